package memstore

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Tx is a transaction. It implements store.Tx, so that programs whose production store is in a
// database can test their transactions in memory. Reads return the newest committed data and the
// transaction's own commits, as in the isolation level READ COMMITTED.
//
// Lock and Append lock an account until the transaction ends. A call that waits for another
// transaction returns store.ErrNotStored when its context ends or after a second. This also
// ends deadlocks. A Tx may be used by one goroutine at a time. After the transaction has ended, all
// calls but Rollback return an error.
type Tx struct {
	store   *Store
	open    bool
	held    map[usher.AccountID]*journal      // locked accounts
	pending map[usher.AccountID][]store.Entry // own commits
}

// Begin begins a transaction. The caller must end it with Commit or Rollback.
func (s *Store) Begin() *Tx {
	return &Tx{store: s, open: true, held: map[usher.AccountID]*journal{}, pending: map[usher.AccountID][]store.Entry{}}
}

// InTx implements store.Transactor.
func (s *Store) InTx(ctx context.Context, f func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return &store.Error{Op: "begin transaction", Err: err}
	}
	tx := s.Begin()
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// Commit ends the transaction. Others see its commits, of all accounts at once. If the context is
// done, Commit stores nothing and returns store.ErrNotStored and the context's error; the
// transaction then stays open. After the transaction has ended, Commit returns an error.
func (tx *Tx) Commit(ctx context.Context) error {
	err := tx.ended()
	if err == nil && ctx.Err() != nil {
		err = printable.Errorf("%w: %w", store.ErrNotStored, ctx.Err())
	}
	if err != nil {
		return &store.Error{Op: "commit transaction", Err: err}
	}
	ids := slices.Sorted(maps.Keys(tx.held))
	for _, id := range ids {
		tx.held[id].mu.Lock()
	}
	for id, entries := range tx.pending {
		for _, e := range entries {
			tx.held[id].apply(e)
		}
	}
	for _, id := range ids {
		tx.held[id].locks.release(tx)
		tx.held[id].mu.Unlock()
	}
	for id, entries := range tx.pending {
		tx.store.watchers.notify(store.Hint{Account: id, Version: entries[len(entries)-1].Version})
	}
	tx.open, tx.held, tx.pending = false, nil, nil
	return nil
}

// Rollback ends the transaction without its commits. It returns nil, and does nothing if the
// transaction has ended.
func (tx *Tx) Rollback() error {
	for _, j := range tx.held {
		j.mu.Lock()
		j.locks.release(tx)
		j.mu.Unlock()
	}
	tx.open, tx.held, tx.pending = false, nil, nil
	return nil
}

// Savepoint returns a function that removes the commits that the transaction makes from now on, as
// a rollback to a savepoint does. Locks stay until the transaction ends.
func (tx *Tx) Savepoint() (rollback func()) {
	kept := maps.Clone(tx.pending)
	return func() { tx.pending = maps.Clone(kept) }
}

// Lock implements store.Tx. Every mode other than NoLock and ShareLock is a WriteLock.
func (tx *Tx) Lock(ctx context.Context, account usher.AccountID, mode store.LockMode) (p store.Position, err error) {
	err = tx.do(ctx, "lock", account, 0, func() error {
		j := tx.store.journal(account, false)
		return j.whenFree(ctx, tx.store.timeout(), func() (bool, error) {
			if j.erased {
				return true, store.ErrErased
			}
			committed := j.last()
			last := committed + uint64(len(tx.pending[account]))
			if last != 0 && mode != store.NoLock {
				if !j.locks.free(tx, mode) {
					return false, nil
				}
				tx.hold(account, j, mode)
			}
			p = store.Position{Last: last, Committed: committed}
			return true, nil
		})
	})
	return p, err
}

// Append implements store.Tx. A rejected entry locks nothing.
func (tx *Tx) Append(ctx context.Context, account usher.AccountID, e store.Entry) error {
	return tx.do(ctx, "append", account, e.Version, func() error {
		if err := e.Check(); err != nil {
			return err
		}
		j := tx.store.journal(account, e.Version == 1)
		return j.whenFree(ctx, tx.store.timeout(), func() (bool, error) {
			if err := j.accepts(e, len(tx.pending[account])); err != nil {
				return true, err
			}
			if !j.locks.free(tx, store.WriteLock) {
				return false, nil
			}
			tx.hold(account, j, store.WriteLock)
			tx.pending[account] = append(tx.pending[account], copied(e))
			return true, nil
		})
	})
}

// Commits implements store.Tx.
func (tx *Tx) Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return loop(ctx, "read commits", account, func(yield func(store.Commit) bool) error {
		if err := tx.check(account); err != nil {
			return err
		}
		commits, err := tx.store.journal(account, false).after(after)
		if err != nil {
			return err
		}
		for _, e := range tx.pending[account] {
			if e.Version > after {
				commits = append(commits, e.Data)
			}
		}
		return each(ctx, commits, after, yield)
	})
}

// Snapshot implements store.Tx.
func (tx *Tx) Snapshot(ctx context.Context, account usher.AccountID) (store.Snapshot, error) {
	if err := tx.ended(); err != nil {
		return store.Snapshot{}, &store.Error{Op: "read snapshot", Account: account, Err: err}
	}
	return tx.store.Snapshot(ctx, account)
}

// Record implements store.Tx.
func (tx *Tx) Record(ctx context.Context, account usher.AccountID, user usher.UserID) (data []byte, err error) {
	err = tx.do(ctx, "read record", account, 0, func() error {
		data, err = tx.store.journal(account, false).record(user)
		if err != nil {
			return err
		}
		for _, e := range tx.pending[account] {
			for _, r := range e.Records {
				if r.User != user {
					continue
				}
				if data = nil; len(r.Data) > 0 {
					data = slices.Clone(r.Data)
				}
			}
		}
		return nil
	})
	return data, err
}

// hold locks the account for the transaction. The caller has locked the journal.
func (tx *Tx) hold(account usher.AccountID, j *journal, mode store.LockMode) {
	j.locks.hold(tx, mode)
	tx.held[account] = j
}

// do is the function do, for an open transaction.
func (tx *Tx) do(ctx context.Context, op string, account usher.AccountID, version uint64, f func() error) error {
	return do(ctx, op, account, version, func() error {
		if err := tx.ended(); err != nil {
			return err
		}
		return f()
	})
}

// check checks the account and that the transaction is open.
func (tx *Tx) check(account usher.AccountID) error {
	if err := tx.ended(); err != nil {
		return err
	}
	return store.CheckAccount(account)
}

func (tx *Tx) ended() error {
	if !tx.open {
		return endedError{}
	}
	return nil
}

// endedError is the error of a call after the end of the transaction. It is a store.ErrClosed, and
// so a rejection, with its own text.
type endedError struct{}

func (endedError) Error() string { return "the transaction has ended" }

func (endedError) Unwrap() error { return store.ErrClosed }
