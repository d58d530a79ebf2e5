package engineproof_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
)

// weather says how badly a store behaves.
type weather uint8

const (
	fair   weather = iota
	gusty          // it refuses some commits for certain, and reading takes long
	windy          // it fails now and then
	stormy         // it fails often
)

var weatherNames = [...]string{"fair", "gusty", "windy", "stormy"}

func (w weather) String() string { return weatherNames[w] }

// rates of calls that fail before, after, or are held up.
var rates = [...]storefault.Rates{
	fair:   {Delay: 0.1, MaxDelay: 500 * time.Microsecond},
	gusty:  {},
	windy:  {Before: 0.08, After: 0.12, Delay: 0.2},
	stormy: {Before: 0.2, After: 0.3, Delay: 0.3},
}

// refusals are how often a commit is refused for certain.
var refusals = [...]float64{gusty: 0.2, windy: 0.05, stormy: 0.05}

// rejections are how often a rule of the store rejects a commit for good.
var rejections = [...]float64{gusty: 0.1, windy: 0.05, stormy: 0.1}

// lateness is how often a commit is stored only after its writer was told of a failure.
var lateness = [...]float64{gusty: 0.05, windy: 0.05, stormy: 0.1}

// lingering is how long reading takes at most.
var lingering = [...]time.Duration{fair: time.Millisecond, gusty: 3 * time.Millisecond, windy: time.Millisecond, stormy: time.Millisecond}

// faults makes what befalls the calls of one engine. While calm is set, nothing does.
func faults(seed uint64, w weather, calm *atomic.Bool) storefault.Faults {
	random := storefault.Random(seed, rates[w])
	refuse := storefault.Random(seed+1, storefault.Rates{Before: refusals[w]})
	return func(ctx context.Context, c storefault.Call) storefault.Fault {
		if calm.Load() {
			return storefault.Fault{}
		}
		f := random(ctx, c)
		if c.Method == "Append" && refuse(ctx, c).Before != nil {
			f.Before = store.ErrReadOnly // which says that nothing was stored
		}
		return f
	}
}

// slow is a store that takes a while to hand out what it has read, so that this is old before
// anybody has it, and stores some commits when nobody expects it any more.
type slow struct {
	store.UserDataStore
	history *history

	mu     sync.Mutex
	chance *rand.Rand
}

// after draws how long something takes, which it does with some probability.
func (s *slow) after(probability float64, most time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.history.calm.Load() || s.chance.Float64() >= probability {
		return 0
	}
	return 1 + time.Duration(s.chance.Int64N(int64(most)))
}

func (s *slow) linger() { time.Sleep(s.after(0.3, lingering[s.history.weather])) }

// errRule is that of a commit which the store's rule rejects.
var errRule = &store.Error{Op: "append", Err: fmt.Errorf("%w: a rule of the store", store.ErrRefused)}

// ask returns errRule for an entry that the store's rule rejects: always for the same ones, as
// long as their version is free; once calm is set, for no new ones. Where the version cannot be
// read it returns why, and nothing is stored, now or late, without the rule.
func (s *slow) ask(ctx context.Context, id usher.AccountID, e store.Entry) error {
	h := fnv.New64a()
	h.Write(e.Data)
	if rand.New(rand.NewPCG(h.Sum64(), 0)).Float64() >= rejections[s.history.weather] {
		return nil
	}
	for _, err := range s.UserDataStore.Commits(ctx, id, e.Version-1) {
		return err // or nil: the version is taken, and Append says so
	}
	if s.history.reject(e) {
		return errRule
	}
	return nil
}

func (s *slow) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if err := s.ask(ctx, id, e); err != nil {
		return err
	}
	if d := s.after(lateness[s.history.weather], 3*time.Millisecond); d > 0 {
		e.Data = slices.Clone(e.Data)
		e.Records = slices.Clone(e.Records) // which have no data here
		s.history.late.Go(func() {
			time.Sleep(d)
			_ = s.UserDataStore.Append(context.Background(), id, e) // nobody is left to tell
		})
		return storefault.ErrInjected
	}
	err := s.UserDataStore.Append(ctx, id, e)
	if errors.Is(err, store.ErrConflict) {
		s.history.conflicts.Add(1)
	}
	return err
}

func (s *slow) Snapshot(ctx context.Context, id usher.AccountID) (store.Snapshot, error) {
	defer s.linger()
	return s.UserDataStore.Snapshot(ctx, id)
}

func (s *slow) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		s.UserDataStore.Commits(ctx, id, after)(yield)
		s.linger()
	}
}

// watched is a slow store that can be watched.
type watched struct {
	*slow
	watcher store.Watcher
}

func (w watched) Watch(ctx context.Context) iter.Seq2[usher.AccountID, error] {
	return w.watcher.Watch(ctx)
}
