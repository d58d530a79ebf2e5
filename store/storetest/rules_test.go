package storetest_test

import (
	"context"
	"fmt"
	"iter"
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
	late   *sync.WaitGroup                                                   // appends that reject has begun, for which reads wait

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

func (r *ruled) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	r.late.Wait()
	return r.plain.Commits(ctx, id, after)
}

func rules(late *sync.WaitGroup, reject func(*plain, context.Context, usher.AccountID, store.Entry) error) storetest.Suite {
	return storetest.Suite{
		Open: func(testing.TB) store.Store {
			return &ruled{plain: newPlain(), reject: reject, late: late, full: map[usher.AccountID]bool{}}
		},
		Refuse: func(_ testing.TB, s store.Store, id usher.AccountID) {
			r := s.(*ruled)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.full[id] = true
		},
	}
}

func TestRules(t *testing.T) { rules(new(sync.WaitGroup), nil).Run(t) }

func TestRuleFaults(t *testing.T) {
	var late sync.WaitGroup
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
		{"a rejected entry is stored later", "AppendRefused RefusedPermanently RefusedLast", func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			if e.Version == 2 {
				late.Go(func() {
					time.Sleep(time.Millisecond)
					_ = p.Append(context.Background(), id, e)
				})
			}
			return errFull
		}},
		{"the rejection is not ErrRefused", "AppendRefused RefusedLast", func(*plain, context.Context, usher.AccountID, store.Entry) error {
			return store.ErrInvalid
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			fault{rows: row.rows}.check(t, rules(&late, row.reject))
		})
	}
}
