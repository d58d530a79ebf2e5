package storetest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/storetest"
)

// ruled is a store with a rule: it rejects each entry for an account that is full.
type ruled struct {
	*plain
	reject func(*plain, context.Context, usher.AccountID, store.Entry) error // nil for the correct rejection

	mu   sync.Mutex
	full map[usher.AccountID]bool
}

var errFull = fmt.Errorf("%w: the account is full", store.ErrRefused)

func (r *ruled) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	r.mu.Lock()
	full := r.full[id]
	r.mu.Unlock()
	switch last := uint64(len(r.commitsOf(id))); {
	case !full:
		return r.plain.Append(ctx, id, e)
	case r.reject != nil:
		return r.reject(r.plain, ctx, id, e)
	case r.isErased(id), e.Version != last+1:
		return r.plain.Append(ctx, id, e)
	}
	return errFull
}

func rules(reject func(*plain, context.Context, usher.AccountID, store.Entry) error) storetest.Suite {
	return storetest.Suite{
		Open: func(testing.TB) store.Store {
			return &ruled{plain: newPlain(), reject: reject, full: map[usher.AccountID]bool{}}
		},
		Refuse: func(_ testing.TB, s store.Store, id usher.AccountID) {
			r := s.(*ruled)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.full[id] = true
		},
	}
}

func TestRules(t *testing.T) { rules(nil).Run(t) }

func TestRuleFaults(t *testing.T) {
	for _, row := range []struct {
		name, rows string
		reject     func(*plain, context.Context, usher.AccountID, store.Entry) error
	}{
		{"the rule is not applied", "AppendRefused RefusedPermanently", (*plain).Append},
		{"the rule comes first", "RefusedLast", func(*plain, context.Context, usher.AccountID, store.Entry) error { return errFull }},
		{"a rejected entry is stored", "AppendRefused RefusedPermanently RefusedLast", func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			_ = p.Append(ctx, id, e)
			return errFull
		}},
		{"a rejected entry is stored later", "RefusedPermanently RefusedLast", func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			if e.Version == 2 {
				time.AfterFunc(shortDelay, func() { _ = p.Append(context.Background(), id, e) })
			}
			return errFull
		}},
		{"the rejection is not ErrRefused", "AppendRefused RefusedLast", func(*plain, context.Context, usher.AccountID, store.Entry) error {
			return store.ErrInvalid
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			fault{rows: row.rows}.check(t, rules(row.reject))
		})
	}
}

// shortDelay is shorter than the pause of a row.
const shortDelay = 5 * time.Millisecond
