package sqlstore

import (
	"context"
	"database/sql"
	"io/fs"
	"strings"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
	"github.com/usher-go/usher/store"
)

var (
	_ store.UserDataStore = (*Store)(nil)
	_ store.Watcher       = (*Store)(nil)
	_ store.Transactor    = (*Store)(nil)
	_ store.VersionReader = (*Store)(nil)
)

// Dialect is a kind of database.
type Dialect uint8

// The dialects. The zero value is not one of them.
const (
	SQLite Dialect = iota + 1
	PostgreSQL
)

// String returns the name of the database.
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	}
	return printable.Sprintf("Dialect(%d)", uint8(d))
}

// text returns a statement as the dialect writes its parameters. In SQLite, $1 would be a name.
func (d Dialect) text(statement string) string {
	if d == SQLite {
		return strings.ReplaceAll(statement, "$", "?")
	}
	return statement
}

// Options configures a store. Only Dialect is required.
type Options struct {
	Dialect Dialect

	// Schema is the schema of the tables in PostgreSQL. SQLite has no schemas, and ignores it.
	// Default: "usher".
	Schema string

	// Prefix begins the names of the tables in SQLite. PostgreSQL ignores it. Default: "usher_".
	Prefix string

	// LockTimeout limits how long a call waits until it can write: for a connection, and for locks
	// that transactions of others hold. The call then returns store.ErrNotStored. It should be less
	// than the time limits of the callers. It does not apply in transactions of the host. Default:
	// 5 s.
	LockTimeout time.Duration

	// PollEvery is the time between two queries for changes of others, as long as Watch runs.
	// Default: 100 ms for SQLite and 1 s for PostgreSQL.
	PollEvery time.Duration
}

// complete returns the options with the defaults filled in, or an error that names a wrong one.
func (o Options) complete() (Options, error) {
	switch {
	case o.Dialect != SQLite && o.Dialect != PostgreSQL:
		return o, printable.Errorf("Options.Dialect is %d (want SQLite or PostgreSQL)", uint8(o.Dialect))
	case o.LockTimeout < 0:
		return o, printable.Errorf("Options.LockTimeout is %s (want 0 for the default, or more)", o.LockTimeout)
	case o.PollEvery < 0:
		return o, printable.Errorf("Options.PollEvery is %s (want 0 for the default, or more)", o.PollEvery)
	}
	if o.Schema == "" {
		o.Schema = "usher"
	}
	if o.Prefix == "" {
		o.Prefix = "usher_"
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = 5 * time.Second
	}
	if o.PollEvery == 0 {
		o.PollEvery = time.Second
		if o.Dialect == SQLite {
			o.PollEvery = 100 * time.Millisecond
		}
	}
	return o, nil
}

// database returns the pool and the statements for it.
func (o Options) database(db *sql.DB) (sqljournal.Database, sqljournal.Dialect) {
	if o.Dialect == SQLite {
		return newLite(db, o.LockTimeout), sqljournal.SQLite(o.Prefix)
	}
	return newPostgres(db, o.LockTimeout), sqljournal.PostgreSQL(o.Schema)
}

// ErrSchema means that the tables are missing, or are not those of this version of the package. The
// text says which, and what to run.
var ErrSchema = sqljournal.ErrSchema

// Store stores the journals of many accounts in the database of a pool. Its methods may be called
// concurrently; those that it has from the embedded type are described in package store.
type Store struct {
	*sqljournal.Journal
	dialect Dialect
}

// Open returns a Store on a database, which stays the caller's. It returns ErrSchema if the tables
// are missing or different; it does not create them. For SQLite it turns on write-ahead logging. The
// caller must close the Store before the database.
func Open(ctx context.Context, db *sql.DB, o Options) (*Store, error) {
	s, err := open(ctx, db, o)
	if err != nil {
		return nil, printable.Errorf("sqlstore: open: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, db *sql.DB, o Options) (*Store, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	if err := check(ctx, db, o.Dialect); err != nil {
		return nil, err
	}
	database, dialect := o.database(db)
	if err := sqljournal.CheckSchema(ctx, database, dialect, "run sqlstore.Migrate, or: usher migrate STORE"); err != nil {
		return nil, err
	}
	j := sqljournal.New(sqljournal.Options{Database: database, Dialect: dialect, LockTimeout: o.LockTimeout, PollEvery: o.PollEvery})
	j.Committed = j.Wake
	return &Store{j, o.Dialect}, nil
}

// Migrate creates or updates the tables. It runs the migrations that the database does not have, in
// one transaction. Concurrent calls wait for each other. It returns ErrSchema for tables of a newer
// version of this package.
func Migrate(ctx context.Context, db *sql.DB, o Options) error {
	o, err := o.complete()
	if err == nil {
		err = check(ctx, db, o.Dialect)
	}
	if err == nil {
		database, dialect := o.database(db)
		err = sqljournal.Migrate(ctx, database, dialect)
	}
	if err != nil {
		return printable.Errorf("sqlstore: migrate: %w", err)
	}
	return nil
}

// Migrations returns the files with the statements of all migrations, in the order of their names.
// They are for hosts with a migration tool of their own. Each file is valid in one transaction. It
// also records itself in the table of migrations, which Open reads.
func Migrations(o Options) (fs.FS, error) {
	o, err := o.complete()
	if err != nil {
		return nil, printable.Errorf("sqlstore: %w", err)
	}
	_, dialect := o.database(nil)
	return dialect.Migrations(), nil
}
