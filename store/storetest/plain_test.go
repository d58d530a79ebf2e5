package storetest_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// plain is the shortest store that passes all rows. It shows the effort of writing a store.
type plain struct {
	mu       sync.Mutex
	accounts map[usher.AccountID]*plainAccount
}

type plainAccount struct {
	erased     bool
	commits    []store.Commit
	snapshot   store.Snapshot
	records    map[usher.UserID]store.Record
	lastActive map[usher.UserID]store.LastActive
}

func newPlain() *plain { return &plain{accounts: map[usher.AccountID]*plainAccount{}} }

// with runs f on an account that is not erased. It stores a new account only if f has changed it.
func (p *plain) with(ctx context.Context, id usher.AccountID, f func(*plainAccount) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := cmp.Or(ctx.Err(), store.CheckAccount(id)); err != nil {
		return err
	}
	a := p.accounts[id]
	if a == nil {
		a = &plainAccount{records: map[usher.UserID]store.Record{}, lastActive: map[usher.UserID]store.LastActive{}}
	}
	if a.erased {
		return store.ErrErased
	}
	err := f(a)
	if a.erased || len(a.commits) > 0 {
		p.accounts[id] = a
	}
	return err
}

func (p *plain) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if err := e.Check(); err != nil {
		return err
	}
	return p.with(ctx, id, func(a *plainAccount) error {
		if last := uint64(len(a.commits)); e.Version <= last {
			return store.ErrConflict
		} else if e.Version > last+1 {
			return store.ErrGap
		}
		a.commits = append(a.commits, store.Commit{Version: e.Version, Data: bytes.Clone(e.Data)})
		for _, r := range e.Records {
			a.records[r.User] = store.Record{User: r.User, Data: bytes.Clone(r.Data)}
			if len(r.Data) == 0 {
				delete(a.records, r.User)
				delete(a.lastActive, r.User)
			}
		}
		return nil
	})
}

func (p *plain) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return list(func() (all []store.Commit, err error) {
		err = p.with(ctx, id, func(a *plainAccount) error {
			for _, c := range a.commits[min(after, uint64(len(a.commits))):] {
				all = append(all, store.Commit{Version: c.Version, Data: bytes.Clone(c.Data)})
			}
			return nil
		})
		return all, err
	})
}

func (p *plain) SaveSnapshot(ctx context.Context, id usher.AccountID, s store.Snapshot) error {
	if err := s.Check(); err != nil {
		return err
	}
	return p.with(ctx, id, func(a *plainAccount) error {
		if s.Version > uint64(len(a.commits)) {
			return store.ErrGap
		}
		if s.Version >= a.snapshot.Version {
			a.snapshot = store.Snapshot{Version: s.Version, Data: bytes.Clone(s.Data)}
		}
		return nil
	})
}

func (p *plain) Snapshot(ctx context.Context, id usher.AccountID) (s store.Snapshot, err error) {
	err = p.with(ctx, id, func(a *plainAccount) error {
		s = store.Snapshot{Version: a.snapshot.Version, Data: bytes.Clone(a.snapshot.Data)}
		return nil
	})
	return s, err
}

func (p *plain) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return list(func() (ids []usher.AccountID, err error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for id, a := range p.accounts {
			if id > after && !a.erased {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		return ids, ctx.Err()
	})
}

func (p *plain) Erase(ctx context.Context, id usher.AccountID) error {
	err := p.with(ctx, id, func(a *plainAccount) error {
		*a = plainAccount{erased: true}
		return nil
	})
	if errors.Is(err, store.ErrErased) {
		return nil
	}
	return err
}

// list returns an iterator over the values that all returns.
func list[T any](all func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		values, err := all()
		if err != nil {
			yield(*new(T), err)
			return
		}
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}
}
