package sqljournal

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

var (
	_ store.UserDataStore = (*Journal)(nil)
	_ store.Watcher       = (*Journal)(nil)
	_ store.Transactor    = (*Journal)(nil)
	_ store.VersionReader = (*Journal)(nil)
	_ store.UserIndex     = (*Journal)(nil)
	_ store.Shortener     = (*Journal)(nil)
)

// Options configures a Journal.
type Options struct {
	Database Database
	Dialect  Dialect

	// Mirror writes to further tables what commits change. Default: none.
	Mirror Mirror

	// LockTimeout limits the wait for locks and for a connection. Required.
	LockTimeout time.Duration

	// PollEvery is the time between two looks for changes in Watch. Required.
	PollEvery time.Duration

	// Committed is called after every change that other processes should learn of. It must not
	// block. Default: none.
	Committed func(*Journal)
}

// Mirror writes what a commit changes to further tables, in the transaction of the commit.
type Mirror interface {
	// Prepare returns what Committed needs, or the error that makes the store reject an entry before
	// it writes anything, which is or wraps ErrRefused.
	Prepare(account usher.AccountID, e store.Entry) (prepared any, err error)

	// Inline returns the changes of entries as parts of a statement, or nil if they need several
	// statements.
	Inline(prepared []any) Inline

	// Committed writes the changes of entries, each of another account, that have been stored in
	// the transaction of the Conn. If it returns an error, the transaction is rolled back.
	Committed(ctx context.Context, c Conn, entries []Change) error

	// Erased removes all rows of an account.
	Erased(ctx context.Context, c Conn, account usher.AccountID) error
}

// Inline returns parts of a statement of PostgreSQL, each the text of a CTE, and their arguments. Their
// first parameter has the number first. The parts do nothing for accounts that are not in marked, a
// query for ids of accounts.
type Inline func(first int, marked string) (parts []string, args []any)

// Change is an entry that has been stored.
type Change struct {
	Account  usher.AccountID
	Version  uint64
	Prepared any // by Mirror.Prepare
}

// Journal is a store.Store on a database. Its methods may be called concurrently. Stores embed it,
// so it has no exported method that their users do not need: [Wake], [WakeForOwn] and [Locked] are
// functions.
type Journal struct {
	db          Database
	dialect     Dialect
	tables      Tables
	mirror      Mirror // nil if there is none
	lockTimeout time.Duration
	pollEvery   time.Duration
	onCommit    func(*Journal) // nil if there is none

	lane     lane
	watchers watchers
	closed   atomic.Bool
}

// New returns a Journal. It does not use the database.
func New(o Options) *Journal {
	return &Journal{
		db: o.Database, dialect: o.Dialect, tables: o.Dialect.Tables(), mirror: o.Mirror,
		lockTimeout: o.LockTimeout, pollEvery: o.PollEvery, onCommit: o.Committed,
	}
}

// Close makes all later calls return store.ErrClosed, and ends the loops of Watch with it.
func (j *Journal) Close() {
	j.closed.Store(true)
	j.watchers.wake()
}

// begin returns the error of a call that must not begin.
func (j *Journal) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if j.closed.Load() {
		return store.ErrClosed
	}
	return nil
}

// do checks the context and the account, calls f, and wraps an error.
func (j *Journal) do(ctx context.Context, op string, account usher.AccountID, version uint64, f func() error) error {
	err := j.begin(ctx)
	if err == nil {
		err = store.CheckAccount(account)
	}
	if err == nil {
		err = f()
	}
	return wrap(op, account, version, err)
}

func wrap(op string, account usher.AccountID, version uint64, err error) error {
	if err == nil {
		return nil
	}
	return &store.Error{Op: op, Account: account, Version: version, Err: err}
}

// maxLost is the number of times that a transaction of the store runs, if the database gives it up
// each time because of a concurrent transaction.
const maxLost = 8

// write calls f, which runs a statement or a transaction of the store, and calls it again if a
// concurrent transaction made the database give it up. It returns ErrNotStored if nothing was
// stored.
func (j *Journal) write(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if err == nil || isOurs(err) {
			return err
		}
		switch j.db.Classify(err) {
		case Lost:
			if try < maxLost && ctx.Err() == nil {
				continue
			}
		case Unknown:
			return err
		case ReadOnly:
			return printable.Errorf("%w: %w", store.ErrReadOnly, err)
		}
		return printable.Errorf("%w: %w", store.ErrNotStored, err)
	}
}

// isOurs reports whether an error is one of the contract, not one of the database.
func isOurs(err error) bool { return store.IsRejected(err) || errors.Is(err, usher.ErrUnknownAccount) }

// transaction runs f in a transaction of the store.
func (j *Journal) transaction(ctx context.Context, f func(Transaction) error) error {
	return j.write(ctx, func() error {
		tx, err := j.db.Begin(ctx)
		if err != nil {
			return j.withoutCommit(err)
		}
		return end(ctx, tx, func() error { return j.withoutCommit(f(tx)) })
	})
}

// end calls f and commits a transaction, or rolls it back after an error or a panic of f. It returns
// the error of f or of the commit.
func end(ctx context.Context, tx Transaction, f func() error) error {
	ended := false
	defer func() {
		if !ended {
			_ = tx.Rollback(ctx) // if it fails, the database ends the transaction with the connection
		}
	}()
	if err := f(); err != nil {
		return err
	}
	ended = true
	return tx.Commit(ctx)
}

// withoutCommit returns the error of a transaction that was not committed: nothing is stored,
// whatever happened to the connection.
func (j *Journal) withoutCommit(err error) error {
	if err == nil || isOurs(err) || j.db.Classify(err) != Unknown {
		return err
	}
	return printable.Errorf("%w: %w", store.ErrNotStored, err)
}

// bounded converts a version to that of the tables. No commit has a greater one.
func bounded(version uint64) int64 { return int64(min(version, math.MaxInt64)) }

// key converts an id to that of the tables.
func key[ID ~string](id ID) []byte { return append([]byte{}, id...) }

// filled returns data that is not nil.
func filled(data []byte) []byte {
	if data == nil {
		return []byte{}
	}
	return data
}
