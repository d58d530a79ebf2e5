package engineproof_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
)

// TestBrokenIsFound breaks one promise in each case. The model must find the fault from the results
// alone. Faults about commits must also be found in the journal.
func TestBrokenIsFound(t *testing.T) {
	for _, row := range []struct {
		name    string
		engines int
		broken  broken
		journal bool
	}{
		{"the second of two concurrent updates is lost", 2, broken{wrapStore: func(s store.UserDataStore) store.UserDataStore { return lostUpdates{s} }}, true},
		{"a commit is acknowledged and not written", 1, broken{wrapStore: func(s store.UserDataStore) store.UserDataStore { return &lostCommits{UserDataStore: s} }}, true},
		{"a commit that the store rejects permanently is stored", 1, broken{wrapStore: func(s store.UserDataStore) store.UserDataStore { return &acceptsRejected{UserDataStore: s} }}, true},
		{"a batch is applied twice", 1, broken{wrapTarget: func(d target) target { return appliesTwice{d} }}, true},
		{"a key is ignored", 1, broken{wrapTarget: func(d target) target { return ignoresKeys{d} }}, true},
		{"a key is that of all actors", 1, broken{wrapTarget: func(d target) target { return &sharedKeys{target: d} }}, false},
		{"a committed batch is reported as failed", 1, broken{wrapTarget: func(d target) target { return &reportsFailure{target: d} }}, true},
		{"a check does not see the last commit", 1, broken{wrapTarget: func(d target) target { return staleChecks{d} }}, false},
		{"an engine goes back to an earlier version", 2, broken{wrapTarget: func(d target) target { return staleChecks{d} }}, false},
		{"a transaction is acknowledged and rolled back", 2, broken{wrapHost: rollsBack}, true},
		{"a transaction is rolled back and committed", 2, broken{wrapHost: commits}, true},
		{"the required version is ignored", 2, broken{wrapTarget: func(d target) target { return ignoresVersion{d} }}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := setup{name: "memstore", handles: inMemory(), engines: row.engines, transactions: row.broken.wrapHost != nil, broken: row.broken}
			const most = 100
			for seed := range uint64(most) {
				heard := &listener{TB: t}
				h := begin(heard, p, seed)
				h.run(6, *questions)
				if verdict, _ := h.linearize(); verdict != porcupine.Illegal {
					continue
				}
				t.Logf("found in history %d", seed+1)
				if heard.complaints.Store(0); row.journal {
					h.audit(new(counts))
					assert.Positive(t, heard.complaints.Load(), "the journal shows it, too")
				}
				return
			}
			t.Errorf("no fault was found in %d histories", most)
		})
	}
}

// listener collects failures, and does not fail the test. FailNow ends the goroutine.
type listener struct {
	testing.TB
	complaints atomic.Int64

	mu    sync.Mutex
	texts []string
}

func (l *listener) Errorf(format string, args ...any) {
	l.complaints.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts = append(l.texts, fmt.Sprintf(format, args...))
}

func (l *listener) FailNow() { runtime.Goexit() }

func (l *listener) Failed() bool { return l.complaints.Load() > 0 }

// listen returns what f complains about.
func listen(t testing.TB, f func(testing.TB)) (complaints []string) {
	l := &listener{TB: t}
	together(1, func() { f(l) })
	return l.texts
}

type lostUpdates struct{ store.UserDataStore }

func (l lostUpdates) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	err := l.UserDataStore.Append(ctx, id, e)
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	return err
}

type lostCommits struct {
	store.UserDataStore
	appends atomic.Int64
}

func (f *lostCommits) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if f.appends.Add(1)%5 == 0 {
		return nil
	}
	return f.UserDataStore.Append(ctx, id, e)
}

type acceptsRejected struct {
	store.UserDataStore
	appends atomic.Int64
}

func (f *acceptsRejected) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	err := f.UserDataStore.Append(ctx, id, e)
	if f.appends.Add(1)%5 == 0 {
		return errRule
	}
	return err
}

// appliesTwice submits each batch a second time without its idempotency key.
type appliesTwice struct{ target }

func (d appliesTwice) Submit(ctx context.Context, b engine.Batch) (engine.Result, error) {
	result, err := d.target.Submit(ctx, b)
	if err == nil && b.IdempotencyKey == "" {
		_, _ = d.target.Submit(ctx, b)
	}
	return result, err
}

type ignoresKeys struct{ target }

func (d ignoresKeys) Submit(ctx context.Context, b engine.Batch) (engine.Result, error) {
	b.IdempotencyKey = ""
	return d.target.Submit(ctx, b)
}

// sharedKeys treats an idempotency key as the key of all actors.
type sharedKeys struct {
	target
	first sync.Map // the actor by the key
}

func (d *sharedKeys) Submit(ctx context.Context, b engine.Batch) (engine.Result, error) {
	if first, known := d.first.Load(b.IdempotencyKey); known && first != b.Actor {
		return engine.Result{}, engine.ErrKeyReused
	}
	result, err := d.target.Submit(ctx, b)
	if err == nil && result.Commit != nil && b.IdempotencyKey != "" {
		d.first.LoadOrStore(b.IdempotencyKey, b.Actor)
	}
	return result, err
}

type reportsFailure struct {
	target
	batches atomic.Int64
}

func (d *reportsFailure) Submit(ctx context.Context, b engine.Batch) (engine.Result, error) {
	result, err := d.target.Submit(ctx, b)
	if d.batches.Add(1)%7 == 0 {
		return engine.Result{}, engine.ErrContention
	}
	return result, err
}

type staleChecks struct{ target }

func (d staleChecks) Check(ctx context.Context, r usher.Request, _ uint64) (usher.Decision, error) {
	v, err := d.View(ctx, r.Account, 0)
	if err != nil {
		return usher.Decision{}, err
	}
	return d.target.(engineTarget).At(r.Account, max(v.Version()-1, 1)).Check(ctx, r)
}

type ignoresVersion struct{ target }

func (d ignoresVersion) Check(ctx context.Context, r usher.Request, _ uint64) (usher.Decision, error) {
	return d.target.Check(ctx, r, 0)
}

// rollsBack returns a handle whose transactions are rolled back instead of committed.
func rollsBack(h handle) handle {
	return h.withTx(func(tx *hostTx) { tx.commit = tx.rollback })
}

// commits returns a handle whose transactions are committed instead of rolled back.
func commits(h handle) handle {
	return h.withTx(func(tx *hostTx) { tx.rollback = tx.commit })
}

// withTx returns a handle whose transactions are changed by f.
func (h handle) withTx(f func(*hostTx)) handle {
	begin := h.begin
	h.begin = func(ctx context.Context) (*hostTx, error) {
		tx, err := begin(ctx)
		if err == nil {
			f(tx)
		}
		return tx, err
	}
	return h
}
