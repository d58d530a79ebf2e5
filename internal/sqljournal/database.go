// Package sqljournal implements the contract of package store in SQL. The packages pgstore and
// sqlstore give it a database through the driver that their users have.
package sqljournal

import "context"

// Conn runs statements: in a transaction, or each in a transaction of its own.
//
// Arguments are []byte, string, int64, bool, time.Time, and slices of []byte, string and int64,
// which stand for SQL arrays. Parameters are written $1.
type Conn interface {
	// Exec returns the number of rows that a statement inserted, updated or deleted.
	Exec(ctx context.Context, statement string, args ...any) (int64, error)

	// Query returns the rows of a statement. The caller must close them.
	Query(ctx context.Context, statement string, args ...any) (Rows, error)
}

// Rows are the rows of a query, as sql.Rows.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// Transaction is a transaction that the caller has begun and ends.
type Transaction interface {
	Conn
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
}

// Database is a pool of connections. The Conn in it runs each statement in a transaction of its
// own.
type Database interface {
	Conn

	// Begin begins a transaction that may write.
	Begin(ctx context.Context) (Transaction, error)

	// Classify returns what an error of a Conn says about the outcome.
	Classify(err error) Failure
}

// Failure is what an error says about the outcome of a statement or a transaction.
type Failure uint8

// The failures. The zero value is the worst case.
const (
	Unknown    Failure = iota // the connection failed: the outcome is unknown
	Rejected                  // the database rejected the statement: nothing was stored
	LockFailed                // the statement waited too long for a lock: nothing was stored
	Lost                      // the transaction is lost and may be run again: nothing was stored
)
