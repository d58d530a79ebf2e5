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

// ruled is a store with a rule: it rejects what is appended to a full account.
type ruled struct {
	*plain
	reject func(*plain, context.Context, usher.AccountID, store.Entry) error // nil for the right one

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
		{"the rule is not applied", "AppendRefused RefusedForGood", (*plain).Append},
		{"the rule comes first", "RefusedLast", func(*plain, context.Context, usher.AccountID, store.Entry) error { return errFull }},
		{"what is rejected is stored", "AppendRefused RefusedForGood RefusedLast", func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			_ = p.Append(ctx, id, e)
			return errFull
		}},
		{"what is rejected is stored later", "RefusedForGood RefusedLast", func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			if e.Version == 2 {
				time.AfterFunc(aWhile, func() { _ = p.Append(context.Background(), id, e) })
			}
			return errFull
		}},
		{"it is not said that it is for good", "AppendRefused RefusedLast", func(*plain, context.Context, usher.AccountID, store.Entry) error {
			return store.ErrInvalid
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			fault{rows: row.rows}.check(t, rules(row.reject))
		})
	}
}

// aWhile is shorter than what a row waits for.
const aWhile = 5 * time.Millisecond
