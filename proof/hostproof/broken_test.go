package hostproof_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
)

// outside is a Tx that appends outside of the transaction, and therefore does not lock.
type outside struct {
	store.Tx
	to store.Store
}

func (tx outside) Lock(ctx context.Context, id usher.AccountID, _ store.LockMode) (store.Position, error) {
	return tx.Tx.Lock(ctx, id, store.NoLock)
}

func (tx outside) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	return tx.to.Append(ctx, id, e)
}

// eager is a Tx that reports commits of the transaction as commits that others see. The cache of the
// engine then learns of them.
type eager struct{ store.Tx }

func (tx eager) Lock(ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
	p, err := tx.Tx.Lock(ctx, id, mode)
	p.Committed = p.Last
	return p, err
}

// loose is a Tx whose shared lock locks nothing.
type loose struct{ store.Tx }

func (tx loose) Lock(ctx context.Context, id usher.AccountID, mode store.LockMode) (store.Position, error) {
	if mode == store.ShareLock {
		mode = store.NoLock
	}
	return tx.Tx.Lock(ctx, id, mode)
}

// TestBroken checks that the checks find the faults of broken variants.
func TestBroken(t *testing.T) {
	for name, row := range map[string]struct {
		fault   fault
		check   string // that finds it
		noticed string // the end of an error of the engine that also shows it; "" for none
	}{
		"appends outside of the transaction":      {fault{tx: func(in *instance, tx store.Tx) store.Tx { return outside{tx, in.store} }}, "rows", ""},
		"shows commits before they are visible":   {fault{tx: func(_ *instance, tx store.Tx) store.Tx { return eager{tx} }}, "shown", "commits were lost or replaced"},
		"does not hold accounts":                  {fault{tx: func(_ *instance, tx store.Tx) store.Tx { return loose{tx} }}, "bookings", ""},
		"inserts rows outside of the transaction": {fault{rowsOutside: true}, "rows", ""},
		"takes no answer for a rollback":          {fault{assumesNone: true}, "lost", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for round := 1; ; round++ {
				w := set(t, throughPgx)
				w.fault = row.fault
				one := w.instances[2]
				t.Cleanup(func() { _ = one.engine.Close(); one.close() })
				w.instances = w.instances[:2] // a pool of one connection would only wait
				isNoticed := func(text string) bool { return row.noticed != "" && strings.Contains(text, row.noticed) }
				w.enough = func() bool {
					return len(w.findings.of(row.check)) > 0 || slices.ContainsFunc(w.findings.of("errors"), isNoticed)
				}
				w.work(fullJobs / 3)
				err := w.verify(context.Background())
				if w.enough() || err != nil && isNoticed(err.Error()) {
					return
				}
				require.NoError(t, err)
				require.Less(t, round, 10, "%s", &w.findings)
			}
		})
	}
	t.Run("a row of the tables of members is missing", func(t *testing.T) {
		for _, k := range []*kind{throughPgx, lite} {
			w := set(t, k)
			_, err := w.instances[0].engine.Do(context.Background(), setup, "corso", account.SetRoleBeside{User: "cleo", Role: "desk"})
			require.NoError(t, err)
			require.NoError(t, w.verify(context.Background()))
			require.Empty(t, w.findings.String())
			prefix := map[*kind]string{throughPgx: "usher.", lite: "usher_"}[k]
			for i, table := range []string{"roles_beside", "members"} {
				w.findings = findings{}
				require.NoError(t, w.instances[0].exec(context.Background(), "DELETE FROM "+prefix+table+" WHERE user_id = 'cleo' AND account = 'corso'"))
				require.NoError(t, w.verify(context.Background()))
				assert.Len(t, w.findings.of("members"), i+1, table)
			}
		}
	})
}
