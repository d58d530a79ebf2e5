package storefault

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Wrap returns a store that applies faults to each call and otherwise calls s. The result is a
// store.UserDataStore or a store.Watcher if s is. It is also a store.Confirmer, a store.Transactor, a
// store.VersionReader and a store.Shortener if s implements all of them.
func Wrap(s store.Store, faults Faults) store.Store {
	f := &faulty{Store: s, faults: faults, tries: map[Call]int{}}
	userData, hasUserData := s.(store.UserDataStore)
	watcher, canWatch := s.(store.Watcher)
	confirmer, canConfirm := s.(store.Confirmer)
	transactor, canTransact := s.(store.Transactor)
	versions, hasVersions := s.(store.VersionReader)
	shortener, canShorten := s.(store.Shortener)
	switch {
	case hasUserData && canConfirm && canTransact && hasVersions && canShorten:
		return struct {
			*faulty
			faultyUserData
			faultyConfirmer
			faultyTransactor
			faultyVersions
			faultyShortener
		}{f, faultyUserData{f, userData}, faultyConfirmer{faultyWatcher{f, watcher}, confirmer}, faultyTransactor{f, transactor}, faultyVersions{f, versions}, faultyShortener{f, shortener}}
	case hasUserData && canWatch:
		return struct {
			*faulty
			faultyUserData
			faultyWatcher
		}{f, faultyUserData{f, userData}, faultyWatcher{f, watcher}}
	case hasUserData:
		return struct {
			*faulty
			faultyUserData
		}{f, faultyUserData{f, userData}}
	case canWatch:
		return struct {
			*faulty
			faultyWatcher
		}{f, faultyWatcher{f, watcher}}
	}
	return f
}

type faulty struct {
	store.Store
	faults Faults

	mu    sync.Mutex
	tries map[Call]int
}

// The fields are not embedded, so that a struct that embeds several of these types has each method
// once.
type faultyUserData struct {
	f *faulty
	s store.UserDataStore
}

type faultyWatcher struct {
	f *faulty
	s store.Watcher
}

type faultyConfirmer struct {
	w faultyWatcher
	s store.Confirmer
}

// Watch is that of the Watcher.
func (c faultyConfirmer) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return c.w.Watch(ctx)
}

type faultyTransactor struct {
	f *faulty
	s store.Transactor
}

type faultyVersions struct {
	f *faulty
	s store.VersionReader
}

type faultyShortener struct {
	f *faulty
	s store.Shortener
}

// fault returns the fault of a call, after its delay.
func (f *faulty) fault(ctx context.Context, c Call) (Fault, error) {
	f.mu.Lock()
	f.tries[c]++
	tried := c
	tried.Try = f.tries[c]
	f.mu.Unlock()
	fault := f.faults(ctx, tried)
	if fault.Delay > 0 {
		timer := time.NewTimer(fault.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return fault, ctx.Err()
		}
	}
	return fault, fault.Before
}

// do makes a call, unless a fault prevents it or replaces its result.
func (f *faulty) do(ctx context.Context, c Call, call func(Fault) error) error {
	fault, err := f.fault(ctx, c)
	if err != nil {
		return err
	}
	err = call(fault)
	if fault.After != nil {
		return fault.After
	}
	return err
}

func (f *faulty) Append(ctx context.Context, account usher.AccountID, e store.Entry) error {
	return f.do(ctx, Call{Method: "Append", Account: account, Version: e.Version}, func(fault Fault) error {
		if fault.Rival != nil {
			_ = f.Store.Append(ctx, account, *fault.Rival) // a rejected rival has no effect
		}
		return f.Store.Append(ctx, account, e)
	})
}

func (f *faulty) Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return faultyLoop(ctx, f, Call{Method: "Commits", Account: account, Version: after}, f.Store.Commits(ctx, account, after))
}

func (f *faulty) SaveSnapshot(ctx context.Context, account usher.AccountID, s store.Snapshot) error {
	return f.do(ctx, Call{Method: "SaveSnapshot", Account: account, Version: s.Version}, func(Fault) error {
		return f.Store.SaveSnapshot(ctx, account, s)
	})
}

func (f *faulty) Snapshot(ctx context.Context, account usher.AccountID) (s store.Snapshot, err error) {
	err = f.do(ctx, Call{Method: "Snapshot", Account: account}, func(Fault) (err error) {
		s, err = f.Store.Snapshot(ctx, account)
		return err
	})
	if err != nil {
		return store.Snapshot{}, err
	}
	return s, nil
}

func (f *faulty) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return faultyLoop(ctx, f, Call{Method: "Accounts", Account: after}, f.Store.Accounts(ctx, after))
}

func (f *faulty) Erase(ctx context.Context, account usher.AccountID) error {
	return f.do(ctx, Call{Method: "Erase", Account: account}, func(Fault) error {
		return f.Store.Erase(ctx, account)
	})
}

func (u faultyUserData) Record(ctx context.Context, account usher.AccountID, user usher.UserID) (data []byte, err error) {
	err = u.f.do(ctx, Call{Method: "Record", Account: account}, func(Fault) (err error) {
		data, err = u.s.Record(ctx, account, user)
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

func (u faultyUserData) Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	return faultyLoop(ctx, u.f, Call{Method: "Records", Account: account}, u.s.Records(ctx, account, after))
}

func (u faultyUserData) SaveLastActive(ctx context.Context, account usher.AccountID, times []store.LastActive) error {
	return u.f.do(ctx, Call{Method: "SaveLastActive", Account: account}, func(Fault) error {
		return u.s.SaveLastActive(ctx, account, times)
	})
}

func (u faultyUserData) LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return faultyLoop(ctx, u.f, Call{Method: "LastActiveTimes", Account: account}, u.s.LastActiveTimes(ctx, account, after))
}

func (w faultyWatcher) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return faultyLoop(ctx, w.f, Call{Method: "Watch"}, w.s.Watch(ctx))
}

func (c faultyConfirmer) Confirm(ctx context.Context) (mark uint64, err error) {
	err = c.w.f.do(ctx, Call{Method: "Confirm"}, func(Fault) (err error) {
		mark, err = c.s.Confirm(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	return mark, nil
}

// InTx applies faults to the whole transaction, and none to the calls of its Tx.
func (t faultyTransactor) InTx(ctx context.Context, f func(store.Tx) error) error {
	return t.f.do(ctx, Call{Method: "InTx"}, func(Fault) error { return t.s.InTx(ctx, f) })
}

func (v faultyVersions) Versions(ctx context.Context, accounts []usher.AccountID) (versions []uint64, err error) {
	err = v.f.do(ctx, Call{Method: "Versions"}, func(Fault) (err error) {
		versions, err = v.s.Versions(ctx, accounts)
		return err
	})
	if err != nil {
		return nil, err
	}
	return versions, nil
}

func (h faultyShortener) Shorten(ctx context.Context, account usher.AccountID, upTo uint64, seal []byte) error {
	return h.f.do(ctx, Call{Method: "Shorten", Account: account, Version: upTo}, func(Fault) error {
		return h.s.Shorten(ctx, account, upTo, seal)
	})
}

// faultyLoop returns an iterator that applies the fault of a call to each loop.
func faultyLoop[T any](ctx context.Context, f *faulty, c Call, loop iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		fault, err := f.fault(ctx, c)
		if err != nil {
			yield(zero, err)
			return
		}
		if fault.After == nil {
			loop(yield)
			return
		}
		if left := fault.Items; left > 0 {
			for v, err := range loop {
				if !yield(v, err) || err != nil {
					return
				}
				if left--; left == 0 {
					break
				}
			}
		}
		yield(zero, fault.After)
	}
}
