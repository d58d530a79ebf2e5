// Package sqljournal implements the contract of package store in SQL. The packages pgstore and
// sqlstore give it a database through the driver that their users have.
package sqljournal

import "context"

// Conn runs statements: in a transaction, or each in a transaction of its own.
//
// Arguments are []byte, string, int64, bool, time.Time, and slices of []byte, string and int64,
// which stand for SQL arrays. A []byte is never nil. Parameters are written $1. A statement without
// arguments may consist of several, separated by semicolons.
type Conn interface {
	// Exec returns the number of rows that a statement inserted, updated or deleted. The Conn of a
	// Database waits for a connection until the context is done, but no longer than the store's
	// lock timeout. A statement that has begun goes on to its end, whatever becomes of the context,
	// so that its outcome is known. In a transaction of the host, the host's driver decides.
	Exec(ctx context.Context, statement string, args ...any) (int64, error)

	// Query returns the rows of a statement that reads. The caller must close them. It may stop
	// when the context is done.
	Query(ctx context.Context, statement string, args ...any) (Rows, error)

	// Change returns the rows of a statement that writes, with RETURNING. The caller must close
	// them. For the context it is like Exec.
	Change(ctx context.Context, statement string, args ...any) (Rows, error)
}

// Rows are the rows of a query, as sql.Rows. A scan into a []byte copies; NULL becomes nil.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// Transaction is a transaction that the caller has begun and ends. Its statements, and Commit and
// Rollback, go on to their end, whatever becomes of the context.
type Transaction interface {
	Conn
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
}

// Database is a pool of connections. The Conn in it runs each statement in a transaction of its
// own.
type Database interface {
	Conn

	// Begin begins a transaction that may write, with the isolation level READ COMMITTED where
	// there is a choice. Its statements wait for locks no longer than the store's lock timeout, and
	// not much longer than until the context's deadline. Begin waits for a connection as Exec.
	Begin(ctx context.Context) (Transaction, error)

	// Classify returns what an error of a Conn or a Transaction says about the outcome. For an
	// error before a statement has begun, such as a wait for a connection that took too long, it
	// returns LockFailed.
	Classify(err error) Failure
}

// Failure is what an error says about the outcome of a statement or a transaction.
type Failure uint8

// The failures. The zero value is the worst case.
const (
	Unknown    Failure = iota // the connection failed: the outcome is unknown
	Rejected                  // the database rejected the statement: nothing was stored
	LockFailed                // the statement waited too long for a lock or a connection: nothing was stored
	Lost                      // the transaction is lost and may be run again: nothing was stored
	ReadOnly                  // the database allows the user only reads: nothing was stored
)
