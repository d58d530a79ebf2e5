package engineproof_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// TestBrokenIsFound breaks a promise on purpose. The model must see it from the answers alone,
// and what is about commits must show in the journal, too.
func TestBrokenIsFound(t *testing.T) {
	for _, row := range []struct {
		name    string
		engines int
		broken  broken
		journal bool
	}{
		{"an update is lost, since who was second is told that all is well", 2, broken{store: func(s store.UserDataStore) store.UserDataStore { return losing{s} }}, true},
		{"a commit is acknowledged and not written", 1, broken{store: func(s store.UserDataStore) store.UserDataStore { return &forgetful{UserDataStore: s} }}, true},
		{"what the store rejects for good is stored all the same", 1, broken{store: func(s store.UserDataStore) store.UserDataStore { return &fickle{UserDataStore: s} }}, true},
		{"a batch is applied twice", 1, broken{door: func(d fault) fault { return twice{d} }}, true},
		{"a key is not looked at", 1, broken{door: func(d fault) fault { return keyless{d} }}, true},
		{"a key is that of all actors", 1, broken{door: func(d fault) fault { return &shared{fault: d} }}, false},
		{"what was done is said to have failed", 1, broken{door: func(d fault) fault { return &gloomy{fault: d} }}, true},
		{"a check does not see the last commit", 1, broken{door: func(d fault) fault { return late{d} }}, false},
		{"an engine goes back, where others write beside it", 2, broken{door: func(d fault) fault { return late{d} }}, false},
		{"the version that is asked for is not waited for", 2, broken{door: func(d fault) fault { return hasty{d} }}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := place{name: "memstore", store: new(memstore.Store), engines: row.engines, broken: row.broken}
			const most = 100
			for seed := range uint64(most) {
				heard := &listener{TB: t}
				h := begin(heard, p, seed)
				h.run(6, *questions)
				if verdict, _ := h.verdict(); verdict != porcupine.Illegal {
					continue
				}
				t.Logf("found in history %d", seed+1)
				if heard.complaints.Store(0); row.journal {
					h.audit(new(tally))
					assert.Positive(t, heard.complaints.Load(), "the journal shows it, too")
				}
				return
			}
			t.Errorf("%d histories were all found right", most)
		})
	}
}

// listener counts what fails, and does not fail.
type listener struct {
	testing.TB
	complaints atomic.Int64
}

func (l *listener) Errorf(string, ...any) { l.complaints.Add(1) }

type losing struct{ store.UserDataStore }

func (l losing) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	err := l.UserDataStore.Append(ctx, id, e)
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	return err
}

type forgetful struct {
	store.UserDataStore
	appends atomic.Int64
}

func (f *forgetful) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if f.appends.Add(1)%5 == 0 {
		return nil
	}
	return f.UserDataStore.Append(ctx, id, e)
}

type fickle struct {
	store.UserDataStore
	appends atomic.Int64
}

func (f *fickle) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	err := f.UserDataStore.Append(ctx, id, e)
	if f.appends.Add(1)%5 == 0 {
		return errRule
	}
	return err
}

// twice is who asks again to be sure, without a key.
type twice struct{ fault }

func (d twice) Submit(ctx context.Context, b engine.Batch) (engine.Result, error) {
	result, err := d.fault.Submit(ctx, b)
	if err == nil && b.IdempotencyKey == "" {
		_, _ = d.fault.Submit(ctx, b)
	}
	return result, err
}

type keyless struct{ fault }

func (d keyless) Submit(ctx context.Context, b engine.Batch) (engine.Result, error) {
	b.IdempotencyKey = ""
	return d.fault.Submit(ctx, b)
}

// shared knows a key whoever asks.
type shared struct {
	fault
	first sync.Map // actor by key
}

func (d *shared) Submit(ctx context.Context, b engine.Batch) (engine.Result, error) {
	if first, known := d.first.Load(b.IdempotencyKey); known && first != b.Actor {
		return engine.Result{}, engine.ErrKeyReused
	}
	result, err := d.fault.Submit(ctx, b)
	if err == nil && result.Commit != nil && b.IdempotencyKey != "" {
		d.first.LoadOrStore(b.IdempotencyKey, b.Actor)
	}
	return result, err
}

type gloomy struct {
	fault
	batches atomic.Int64
}

func (d *gloomy) Submit(ctx context.Context, b engine.Batch) (engine.Result, error) {
	result, err := d.fault.Submit(ctx, b)
	if d.batches.Add(1)%7 == 0 {
		return engine.Result{}, engine.ErrContention
	}
	return result, err
}

type late struct{ fault }

func (d late) Check(ctx context.Context, r usher.Request, _ uint64) (usher.Decision, error) {
	v, err := d.View(ctx, r.Account, 0)
	if err != nil {
		return usher.Decision{}, err
	}
	return d.fault.(front).At(r.Account, max(v.Version()-1, 1)).Check(ctx, r)
}

type hasty struct{ fault }

func (d hasty) Check(ctx context.Context, r usher.Request, _ uint64) (usher.Decision, error) {
	return d.fault.Check(ctx, r, 0)
}
