package storefault

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Wrap returns a store whose calls fail as faults returns, and otherwise are those of s. It is a
// Keeper or a Watcher if s is.
func Wrap(s store.Store, faults Faults) store.Store {
	f := &faulty{Store: s, faults: faults, tries: map[Call]int{}}
	keeper, isKeeper := s.(store.UserDataStore)
	watcher, isWatcher := s.(store.Watcher)
	switch {
	case isKeeper && isWatcher:
		return struct {
			*faulty
			faultyKeeper
			faultyWatcher
		}{f, faultyKeeper{f, keeper}, faultyWatcher{f, watcher}}
	case isKeeper:
		return struct {
			*faulty
			faultyKeeper
		}{f, faultyKeeper{f, keeper}}
	case isWatcher:
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

// The fields have names, so that a store composed of these has each method once.
type faultyKeeper struct {
	f *faulty
	k store.UserDataStore
}

type faultyWatcher struct {
	f *faulty
	w store.Watcher
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
			_ = f.Store.Append(ctx, account, *fault.Rival) // a rival that is rejected has no effect
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

func (k faultyKeeper) Record(ctx context.Context, account usher.AccountID, user usher.UserID) (data []byte, err error) {
	err = k.f.do(ctx, Call{Method: "Record", Account: account}, func(Fault) (err error) {
		data, err = k.k.Record(ctx, account, user)
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

func (k faultyKeeper) Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	return faultyLoop(ctx, k.f, Call{Method: "Records", Account: account}, k.k.Records(ctx, account, after))
}

func (k faultyKeeper) SaveLastActive(ctx context.Context, account usher.AccountID, sightings []store.LastActive) error {
	return k.f.do(ctx, Call{Method: "Seen", Account: account}, func(Fault) error {
		return k.k.SaveLastActive(ctx, account, sightings)
	})
}

func (k faultyKeeper) LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return faultyLoop(ctx, k.f, Call{Method: "Sightings", Account: account}, k.k.LastActiveTimes(ctx, account, after))
}

func (w faultyWatcher) Watch(ctx context.Context) iter.Seq2[usher.AccountID, error] {
	return faultyLoop(ctx, w.f, Call{Method: "Watch"}, w.w.Watch(ctx))
}

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
