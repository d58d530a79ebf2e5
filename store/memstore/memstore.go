// Package memstore stores journals in memory, for tests and for programs that need no durable data.
// All data is lost when the process ends. Its Store implements the optional interfaces of package
// store too. Its Tx stands for a transaction of a host's database in tests.
package memstore

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var (
	_ store.UserDataStore = (*Store)(nil)
	_ store.Confirmer     = (*Store)(nil)
	_ store.Transactor    = (*Store)(nil)
	_ store.VersionReader = (*Store)(nil)
	_ store.UserIndex     = (*Store)(nil)
	_ store.Shortener     = (*Store)(nil)
	_ store.Tx            = (*Tx)(nil)
)

// Store stores the journals of many accounts. The zero Store is empty and ready to use; it must not
// be copied. Its methods may be called concurrently. Calls for different accounts do not block each
// other, and a loop does not block Append.
//
// Append and Erase wait while a transaction has locked the account. They return store.ErrNotStored
// when their context ends or after a second.
type Store struct {
	mu       sync.RWMutex
	journals map[usher.AccountID]*journal

	watchers watchers
	shorter  time.Duration // replaces lockTimeout if it is not zero
}

// Append implements store.Store.
func (s *Store) Append(ctx context.Context, account usher.AccountID, e store.Entry) error {
	return do(ctx, "append", account, e.Version, func() error {
		if err := e.Check(); err != nil {
			return err
		}
		e = copied(e)
		j := s.journal(account, e.Version == 1)
		err := j.whenFree(ctx, s.timeout(), func() (bool, error) {
			if err := j.accepts(e, 0); err != nil {
				return true, err
			}
			if !j.locks.free(nil, store.WriteLock) {
				return false, nil
			}
			j.apply(e)
			return true, nil
		})
		if err == nil {
			s.watchers.notify(store.Hint{Account: account, Version: e.Version})
		}
		return err
	})
}

// Commits implements store.Store.
func (s *Store) Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return loop(ctx, "read commits", account, func(yield func(store.Commit) bool) error {
		if err := store.CheckAccount(account); err != nil {
			return err
		}
		commits, err := s.journal(account, false).after(after)
		if err != nil {
			return err
		}
		return each(ctx, commits, after, yield)
	})
}

// SaveSnapshot implements store.Store.
func (s *Store) SaveSnapshot(ctx context.Context, account usher.AccountID, snapshot store.Snapshot) error {
	return do(ctx, "save snapshot", account, snapshot.Version, func() error {
		if err := snapshot.Check(); err != nil {
			return err
		}
		snapshot.Data = slices.Clone(snapshot.Data)
		return s.journal(account, false).save(snapshot)
	})
}

// Snapshot implements store.Store.
func (s *Store) Snapshot(ctx context.Context, account usher.AccountID) (snapshot store.Snapshot, err error) {
	err = do(ctx, "read snapshot", account, 0, func() (err error) {
		snapshot, err = s.journal(account, false).latestSnapshot()
		return err
	})
	return snapshot, err
}

// Shorten implements store.Shortener.
func (s *Store) Shorten(ctx context.Context, account usher.AccountID, upTo uint64, seal []byte) error {
	return do(ctx, "shorten", account, upTo, func() error { return s.journal(account, false).shorten(upTo, seal) })
}

// Accounts implements store.Store. It sorts all ids before it yields the first one.
func (s *Store) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.list(ctx, "list accounts", after, func(j *journal) bool { return hasCommits(j.version()) })
}

// ErasedAccounts yields the ids of the erased accounts whose id is greater than after, sorted by
// their bytes. It sorts all ids before it yields the first one.
func (s *Store) ErasedAccounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.list(ctx, "list erased accounts", after, func(j *journal) bool { return isErased(j.version()) })
}

// list returns an iterator over the ids after an id for whose journal has returns true.
func (s *Store) list(ctx context.Context, op string, after usher.AccountID, has func(*journal) bool) iter.Seq2[usher.AccountID, error] {
	return loop(ctx, op, "", func(yield func(usher.AccountID) bool) error {
		s.mu.RLock()
		ids := slices.Collect(maps.Keys(s.journals))
		s.mu.RUnlock()
		ids = slices.DeleteFunc(ids, func(id usher.AccountID) bool { return id <= after })
		slices.Sort(ids)
		for _, id := range ids {
			if err := ctx.Err(); err != nil {
				return err
			}
			if has(s.journal(id, false)) && !yield(id) {
				return nil
			}
		}
		return nil
	})
}

// Erase implements store.Store.
func (s *Store) Erase(ctx context.Context, account usher.AccountID) error {
	return do(ctx, "erase", account, 0, func() error {
		j := s.journal(account, true)
		err := j.whenFree(ctx, s.timeout(), func() (bool, error) {
			if !j.locks.free(nil, store.WriteLock) {
				return false, nil
			}
			j.erase()
			return true, nil
		})
		if err == nil {
			s.watchers.notify(store.Hint{Account: account})
		}
		return err
	})
}

// Versions implements store.VersionReader.
func (s *Store) Versions(ctx context.Context, accounts []usher.AccountID) ([]uint64, error) {
	versions := make([]uint64, len(accounts))
	for i, id := range accounts {
		err := do(ctx, "read version", id, 0, func() error {
			versions[i] = s.journal(id, false).version()
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return versions, nil
}

// journal returns the account's journal. If there is none, it returns an empty journal, which it
// adds to the store if create is true.
func (s *Store) journal(account usher.AccountID, create bool) *journal {
	s.mu.RLock()
	j := s.journals[account]
	s.mu.RUnlock()
	switch {
	case j != nil:
		return j
	case !create:
		return &journal{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.journals[account]; j != nil {
		return j
	}
	if s.journals == nil {
		s.journals = map[usher.AccountID]*journal{}
	}
	j = &journal{}
	s.journals[account] = j
	return j
}

// do checks the context and the account, calls f, and wraps an error.
func do(ctx context.Context, op string, account usher.AccountID, version uint64, f func() error) error {
	err := ctx.Err()
	if err == nil {
		err = store.CheckAccount(account)
	}
	if err == nil {
		err = f()
	}
	if err != nil {
		return &store.Error{Op: op, Account: account, Version: version, Err: err}
	}
	return nil
}

// loop returns an iterator that checks the context, calls each, and then yields its error, wrapped.
func loop[T any](ctx context.Context, op string, account usher.AccountID, each func(yield func(T) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := ctx.Err()
		if err == nil {
			err = each(func(v T) bool { return yield(v, nil) })
		}
		if err != nil {
			var zero T
			yield(zero, &store.Error{Op: op, Account: account, Err: err})
		}
	}
}

// each yields the commits after a version.
func each(ctx context.Context, commits [][]byte, after uint64, yield func(store.Commit) bool) error {
	for i, data := range commits {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !yield(store.Commit{Version: after + uint64(i) + 1, Data: slices.Clone(data)}) {
			return nil
		}
	}
	return nil
}

// copied returns a copy of an entry and its data.
func copied(e store.Entry) store.Entry {
	e.Data, e.Records = slices.Clone(e.Data), slices.Clone(e.Records)
	for i := range e.Records {
		e.Records[i].Data = slices.Clone(e.Records[i].Data)
	}
	e.Users.Added, e.Users.Removed = slices.Clone(e.Users.Added), slices.Clone(e.Users.Removed)
	return e
}

func (s *Store) timeout() time.Duration {
	if s.shorter != 0 {
		return s.shorter
	}
	return lockTimeout
}

func hasCommits(version uint64) bool { return version != 0 && version != store.Erased }

func isErased(version uint64) bool { return version == store.Erased }
