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

// faultLevel is how often the store fails. The zero value is faultFree: never.
type faultLevel uint8

const (
	faultFree  faultLevel = iota
	rejecting             // rejects some commits before storing them, and reads slowly
	fewFaults             // fails sometimes
	manyFaults            // fails often
)

var faultLevelNames = [...]string{"fault-free", "rejecting", "few faults", "many faults"}

func (w faultLevel) String() string { return faultLevelNames[w] }

// rates are the probabilities of calls that fail before or after their effect, or are delayed.
var rates = [...]storefault.Rates{
	faultFree:  {Delay: 0.1, MaxDelay: 500 * time.Microsecond},
	rejecting:  {},
	fewFaults:  {Before: 0.08, After: 0.12, Delay: 0.2},
	manyFaults: {Before: 0.2, After: 0.3, Delay: 0.3},
}

// refusalRates are the probabilities that an append fails and certainly stores nothing.
var refusalRates = [...]float64{rejecting: 0.2, fewFaults: 0.05, manyFaults: 0.05}

// rejectionRates are the probabilities that a rule of the store rejects a commit permanently.
var rejectionRates = [...]float64{rejecting: 0.1, fewFaults: 0.05, manyFaults: 0.1}

// lateRates are the probabilities that a commit is stored only after its append returned an error.
var lateRates = [...]float64{rejecting: 0.05, fewFaults: 0.05, manyFaults: 0.1}

// readDelays are the longest delays of a read.
var readDelays = [...]time.Duration{faultFree: time.Millisecond, rejecting: 3 * time.Millisecond, fewFaults: time.Millisecond, manyFaults: time.Millisecond}

// faults returns the faults for the calls of one engine. While calm is set, there are none.
func faults(seed uint64, w faultLevel, calm *atomic.Bool) storefault.Faults {
	random := storefault.Random(seed, rates[w])
	refuse := storefault.Random(seed+1, storefault.Rates{Before: refusalRates[w]})
	return func(ctx context.Context, c storefault.Call) storefault.Fault {
		if calm.Load() {
			return storefault.Fault{}
		}
		f := random(ctx, c)
		if c.Method == "Append" && refuse(ctx, c).Before != nil {
			f.Before = store.ErrReadOnly // which states that nothing was stored
		}
		return f
	}
}

// slow is a store that delays reads, so that their results are stale when they return, and that
// stores some commits after their append has failed.
type slow struct {
	store.UserDataStore
	history *history

	mu     sync.Mutex
	chance *rand.Rand
}

// after draws the duration of a delay, which occurs with a probability; otherwise 0.
func (s *slow) after(probability float64, most time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.history.calm.Load() || s.chance.Float64() >= probability {
		return 0
	}
	return 1 + time.Duration(s.chance.Int64N(int64(most)))
}

func (s *slow) delay() { time.Sleep(s.after(0.3, readDelays[s.history.faultLevel])) }

// errRule is the error for a commit that a rule of the store rejects.
var errRule = &store.Error{Op: "append", Err: fmt.Errorf("%w: a rule of the store", store.ErrRefused)}

// checkRule returns errRule for an entry that the store's rule rejects. It always rejects the same
// entries, as long as their version is free; while calm is set, it rejects no new ones. If the
// version cannot be read, checkRule returns the error, and the entry is not stored, now or late.
func (s *slow) checkRule(ctx context.Context, id usher.AccountID, e store.Entry) error {
	h := fnv.New64a()
	h.Write(e.Data)
	if rand.New(rand.NewPCG(h.Sum64(), 0)).Float64() >= rejectionRates[s.history.faultLevel] {
		return nil
	}
	for _, err := range s.UserDataStore.Commits(ctx, id, e.Version-1) {
		return err // nil if the version exists: then Append returns a conflict
	}
	if s.history.reject(e) {
		return errRule
	}
	return nil
}

func (s *slow) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if err := s.checkRule(ctx, id, e); err != nil {
		return err
	}
	if d := s.after(lateRates[s.history.faultLevel], 3*time.Millisecond); d > 0 {
		e.Data = slices.Clone(e.Data)
		e.Records = slices.Clone(e.Records) // which contain no values here
		s.history.late.Go(func() {
			time.Sleep(d)
			_ = s.UserDataStore.Append(context.Background(), id, e) // the caller has returned already
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
	defer s.delay()
	return s.UserDataStore.Snapshot(ctx, id)
}

func (s *slow) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		s.UserDataStore.Commits(ctx, id, after)(yield)
		s.delay()
	}
}

// withWatch returns a slow store that implements store.Watcher, and all other optional interfaces if
// the store has them.
func withWatch(s *slow, own store.UserDataStore) store.Store {
	w := watched{s, own.(store.Watcher)}
	transactor, ok := own.(store.Transactor)
	if !ok {
		return w
	}
	return complete{w, transactor, own.(store.VersionReader)}
}

// watched is a slow store that implements store.Watcher.
type watched struct {
	*slow
	watcher store.Watcher
}

func (w watched) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return w.watcher.Watch(ctx)
}

// complete is a slow store that implements all interfaces. Its transactions are neither slow nor
// rejected.
type complete struct {
	watched
	transactor store.Transactor
	versions   store.VersionReader
}

func (c complete) InTx(ctx context.Context, f func(store.Tx) error) error {
	return c.transactor.InTx(ctx, f)
}

func (c complete) Versions(ctx context.Context, accounts []usher.AccountID) ([]uint64, error) {
	return c.versions.Versions(ctx, accounts)
}
