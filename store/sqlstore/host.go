package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
	"github.com/usher-go/usher/store"
)

// DBTX is a transaction of the host application: *sql.Tx, *sql.Conn after BEGIN, or the type that a
// library has for its transactions.
type DBTX interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Tx returns a store.Tx that reads and writes in a transaction of the host application, on the
// database of the store. The result may be used until the transaction ends.
//
// A *sql.DB is a pool, not a transaction: with it, each call returns an error. In SQLite, the same
// applies if tx is a connection without a transaction. In PostgreSQL, each statement on such a
// connection would be a transaction of its own, and locks nothing.
func (s *Store) Tx(tx DBTX) store.Tx {
	c := conn{tx, s.dialect}
	switch {
	case isPool(tx):
		return s.journal.Tx(brokenConn{printable.Errorf("%T is a pool of connections (want a transaction, such as *sql.Tx)", tx)})
	case s.dialect == SQLite:
		return s.journal.Tx(liteHostConn{c})
	}
	return s.journal.Tx(c)
}

// isPool reports whether tx can begin a transaction as *sql.DB does. The pools of libraries have a
// method of the same name, with results of their own types. A *sql.Conn has it too, but may also be
// in a transaction that was begun with a statement.
func isPool(tx DBTX) bool {
	if _, ok := tx.(*sql.Conn); ok {
		return false
	}
	return reflect.ValueOf(tx).MethodByName("BeginTx").IsValid()
}

// brokenConn is a Conn whose calls fail.
type brokenConn struct{ err error }

func (c brokenConn) Exec(context.Context, string, ...any) (int64, error) { return 0, c.err }

func (c brokenConn) Query(context.Context, string, ...any) (sqljournal.Rows, error) {
	return nil, c.err
}

func (c brokenConn) Change(context.Context, string, ...any) (sqljournal.Rows, error) {
	return nil, c.err
}

// liteHostConn is a transaction of the host in SQLite.
type liteHostConn struct{ conn }

// Exec does not end a statement with the context: SQLite rolls a transaction back if a statement in
// it is interrupted.
func (c liteHostConn) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	if err := inTransaction(ctx, c.on); err != nil {
		return 0, err
	}
	n, err := c.conn.Exec(context.WithoutCancel(ctx), statement, args...)
	return n, lostIfBusy(err)
}

func (c liteHostConn) Query(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	if err := inTransaction(ctx, c.on); err != nil {
		return nil, err
	}
	found, err := c.conn.Query(context.WithoutCancel(ctx), statement, args...)
	return found, lostIfBusy(err)
}

func (c liteHostConn) Change(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	return c.Query(ctx, statement, args...)
}

// inTransaction returns an error if tx is not in a transaction. SQLite rolls a transaction back after
// some errors, such as a full disk, and would store the changes of later statements at once. In a
// transaction it rejects the statement of this function; otherwise the statement does no harm.
func inTransaction(ctx context.Context, tx DBTX) error {
	_, err := tx.ExecContext(ctx, "PRAGMA synchronous = FULL")
	code, ok := liteCode(err)
	switch {
	case err == nil:
		return lost{errors.New("SQLite has already ended the transaction, or none was begun")}
	case ok && code == liteError && strings.Contains(err.Error(), "inside a transaction"):
		return nil
	}
	return err
}

// lostIfBusy returns an error after which the host must begin again for an error about a lock: a
// transaction that holds the lock from its beginning has no such errors.
func lostIfBusy(err error) error {
	if code, ok := liteCode(err); !ok || code&0xff != liteBusy {
		return err
	}
	return lost{printable.Errorf("%w; begin transactions that write with BEGIN IMMEDIATE (_txlock=immediate in the data source name), and set a busy timeout", err)}
}
