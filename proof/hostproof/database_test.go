package hostproof_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
)

// kind is a kind of database, with the library through which hosts use it.
type kind struct {
	name string

	// modes are the ways to begin a transaction.
	modes []string

	// create returns the address of a new, empty database.
	create func(name string) (address string, err error)

	// migrate creates the tables of usher.
	migrate func(ctx context.Context, address string) error

	// open opens a store with a pool of its own.
	open func(ctx context.Context, address string, o pool) (*instance, error)

	// admin opens a database without usher.
	admin func(address string) (*sql.DB, error)

	tables string // creates the tables of the host
	broken string // a statement that ends a transaction
	late   string // returns bookings that were committed after a later commit of their account
}

// isPostgres reports whether the database is a server with connections that can be cut.
func (k *kind) isPostgres() bool { return k != lite }

// pool configures a pool of connections.
type pool struct {
	name        string // shown by the server
	connections int
	poll        bool // do not use notifications
}

// instance is an instance of a host application.
type instance struct {
	engine *engine.Engine
	store  interface {
		store.MembersStore
		store.Transactor
	}
	connections int
	begin       func(ctx context.Context, mode string) (*transaction, error)
	exec        func(ctx context.Context, statement string, args ...any) error // without a transaction
	close       func()                                                         // closes the store and the pool
}

// transaction is a transaction of a host.
type transaction struct {
	usher    store.Tx
	exec     func(ctx context.Context, statement string, args ...any) error
	row      func(ctx context.Context, into []any, statement string, args ...any) (found bool, err error)
	commit   func(ctx context.Context) error
	rollback func(ctx context.Context) error // does nothing after the end of the transaction

	wire    *wire  // nil in SQLite
	discard func() // closes the connection instead of returning it to the pool; nil in SQLite
	pid     uint32 // of the server's process
}

// runner runs statements through database/sql.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// through sets the functions of a transaction of database/sql.
func (tx *transaction) through(r runner) {
	tx.exec = func(ctx context.Context, statement string, args ...any) error {
		_, err := r.ExecContext(ctx, statement, args...)
		return err
	}
	tx.row = func(ctx context.Context, into []any, statement string, args ...any) (bool, error) {
		rows, err := r.QueryContext(ctx, statement, args...)
		if err != nil {
			return false, err
		}
		defer rows.Close()
		found := rows.Next()
		if found {
			err = rows.Scan(into...)
		}
		return found, firstOf(err, rows.Err())
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// hostTables are the tables of the host: the changes with the commit of each, bookings by clerks
// with the version at which the clerk was allowed to, and rooms that are checked at COMMIT only.
const hostTables = `
CREATE TABLE changes (account text, key text, version bigint NOT NULL, commit_id text NOT NULL, PRIMARY KEY (account, key));
CREATE TABLE bookings (id text PRIMARY KEY, account text NOT NULL, clerk text NOT NULL, version bigint NOT NULL);
CREATE TABLE rooms (room integer PRIMARY KEY);
CREATE TABLE visits (room integer REFERENCES rooms DEFERRABLE INITIALLY DEFERRED);
`

// setUp creates a database with all tables.
func (k *kind) setUp(ctx context.Context, name string) (address string, err error) {
	if address, err = k.create(name); err != nil {
		return "", err
	}
	if err := k.migrate(ctx, address); err != nil {
		return "", err
	}
	db, err := k.admin(address)
	if err != nil {
		return "", err
	}
	defer db.Close()
	for statement := range strings.SplitSeq(hostTables+k.tables, ";\n") {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return "", fmt.Errorf("%s: %w", statement, err)
		}
	}
	return address, nil
}
