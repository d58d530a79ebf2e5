package hostproof_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// TestHolder lets another instance take a role away while a transaction that has checked it is open.
// Submit waits, and the check is still right when the transaction commits.
func TestHolder(t *testing.T) {
	for _, mode := range isolation {
		t.Run(mode, func(t *testing.T) {
			ctx := context.Background()
			w := set(t, throughPgx)
			first, second := w.instances[0], w.instances[1]
			tx, err := first.begin(ctx, mode)
			require.NoError(t, err)
			t.Cleanup(func() { _ = tx.rollback(ctx) })
			holder := first.engine.HolderTx(tx.usher)
			allowed, err := mayBook(ctx, holder, "acme", "carl")
			require.NoError(t, err)
			require.True(t, allowed)

			submitted := make(chan engine.Result, 1)
			go func() {
				for {
					result, err := second.engine.Do(ctx, plain, "acme", account.SetRole{User: "carl", Role: "member"})
					if errors.Is(err, engine.ErrContention) {
						continue // the store waits for a second at most
					}
					assert.NoError(t, err)
					submitted <- result
					return
				}
			}()
			db, err := w.kind.admin(w.address)
			require.NoError(t, err)
			defer db.Close()
			require.Eventually(t, func() bool {
				var waiting int
				require.NoError(t, db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'second' AND wait_event_type = 'Lock'").Scan(&waiting))
				return waiting > 0
			}, patience, time.Millisecond)
			require.NoError(t, tx.exec(ctx, "INSERT INTO bookings VALUES ('room', 'acme', 'carl', 1)"))
			allowed, err = mayBook(ctx, second.engine, "acme", "carl")
			require.NoError(t, err)
			assert.True(t, allowed, "the role is not lost before the booking is committed")
			select {
			case <-submitted:
				t.Error("Submit did not wait")
			default:
			}
			require.NoError(t, tx.commit(ctx))
			result := <-submitted
			allowed, err = mayBook(ctx, first.engine.AtLeast("acme", result.Version), "acme", "carl")
			require.NoError(t, err)
			assert.False(t, allowed)
			require.NoError(t, w.verify(ctx))
			assert.Empty(t, w.findings.of("bookings"))
		})
	}
}
