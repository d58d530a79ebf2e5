package engine_test

import (
	"bytes"
	"context"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// steps counts calls of a store and an archive, and makes one of them fail.
type steps struct {
	mu    sync.Mutex // an Engine also calls in the background
	n     int
	fail  int    // the number of the call that fails; 0 for none
	ever  bool   // all later calls fail too
	after bool   // after it had its effect
	only  string // counts only calls of this method; "" for all
	each  func(method string)
}

// calls returns the number of calls that count.
func (s *steps) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

func (s *steps) do(method string, call func() error) error {
	if s.each != nil {
		s.each(method)
	}
	if s.only != "" && s.only != method {
		return call()
	}
	s.mu.Lock()
	s.n++
	fails := s.n == s.fail || s.ever && s.n > s.fail
	s.mu.Unlock()
	if !fails {
		return call()
	}
	if s.after {
		_ = call() // its result is lost
	}
	return errDown
}

type failingStore struct {
	*memstore.Store
	steps *steps
}

func (s failingStore) Snapshot(ctx context.Context, id usher.AccountID) (snapshot store.Snapshot, err error) {
	err = s.steps.do("Snapshot", func() (err error) { snapshot, err = s.Store.Snapshot(ctx, id); return err })
	return snapshot, err
}

func (s failingStore) Shorten(ctx context.Context, id usher.AccountID, upTo uint64, seal []byte) error {
	return s.steps.do("Shorten", func() error { return s.Store.Shorten(ctx, id, upTo, seal) })
}

func (s failingStore) Erase(ctx context.Context, id usher.AccountID) error {
	return s.steps.do("Erase", func() error { return s.Store.Erase(ctx, id) })
}

func (s failingStore) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		if err := s.steps.do("Commits", func() error { return nil }); err != nil {
			yield(store.Commit{}, err)
			return
		}
		s.Store.Commits(ctx, id, after)(yield)
	}
}

type failingArchive struct {
	*memArchive
	steps *steps
}

func (a failingArchive) Save(ctx context.Context, id usher.AccountID, name string, data []byte) error {
	return a.steps.do("Save", func() error { return a.memArchive.Save(ctx, id, name, data) })
}

func (a failingArchive) Load(ctx context.Context, id usher.AccountID, name string) (data []byte, err error) {
	err = a.steps.do("Load", func() (err error) { data, err = a.memArchive.Load(ctx, id, name); return err })
	return data, err
}

func (a failingArchive) Erase(ctx context.Context, id usher.AccountID) error {
	return a.steps.do("Erase", func() error { return a.memArchive.Erase(ctx, id) })
}

// memArchive is a store.Archive in memory, for one goroutine. The zero value is empty.
type memArchive struct {
	objects map[usher.AccountID]map[string][]byte
	erased  map[usher.AccountID]bool
}

func (a *memArchive) Save(_ context.Context, id usher.AccountID, name string, data []byte) error {
	if err := store.CheckObject(id, name); err != nil {
		return err
	}
	if a.erased[id] {
		return store.ErrErased
	}
	if stored, found := a.objects[id][name]; found && !bytes.Equal(stored, data) {
		return store.ErrOtherObject
	}
	if a.objects == nil {
		a.objects = map[usher.AccountID]map[string][]byte{}
	}
	if a.objects[id] == nil {
		a.objects[id] = map[string][]byte{}
	}
	a.objects[id][name] = bytes.Clone(data)
	return nil
}

func (a *memArchive) Load(_ context.Context, id usher.AccountID, name string) ([]byte, error) {
	if a.erased[id] {
		return nil, store.ErrErased
	}
	data, found := a.objects[id][name]
	if !found {
		return nil, store.ErrNoObject
	}
	return bytes.Clone(data), nil
}

func (a *memArchive) Erase(_ context.Context, id usher.AccountID) error {
	if a.erased == nil {
		a.erased = map[usher.AccountID]bool{}
	}
	a.erased[id] = true
	delete(a.objects, id)
	return nil
}

// unreadable is a store whose journals cannot be read while it is down.
type unreadable struct {
	*memstore.Store
	down *atomic.Bool
}

func (s unreadable) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	if s.down.Load() {
		return func(yield func(store.Commit, error) bool) { yield(store.Commit{}, errDown) }
	}
	return s.Store.Commits(ctx, id, after)
}
