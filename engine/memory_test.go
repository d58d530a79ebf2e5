package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
)

// The counts match the accounts in memory, and unknown accounts take none.
func TestMemoryIsCounted(t *testing.T) {
	p, err := preset.Load("oncehub")
	require.NoError(t, err)
	e, err := Open(Options{Policy: p, Store: new(memstore.Store), Accounts: 10})
	require.NoError(t, err)
	ctx, host := context.Background(), account.AsHost("test")
	count := func() (slots, accounts, users int) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.index.each(func(snap *snapshot) bool {
			slots++
			users += snap.State.Users()
			return true
		})
		assert.Equal(t, e.index.count, slots)
		assert.Equal(t, e.accounts, slots)
		assert.Equal(t, e.users, users)
		return slots, e.accounts, e.users
	}
	for i := range 40 {
		id := usher.AccountID(fmt.Sprint("a", i))
		_, err := e.Do(ctx, host, id, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"}, account.AddUser{User: "max"})
		require.NoError(t, err)
		_, err = e.Do(ctx, host, id, account.RemoveUser{User: "max"})
		require.NoError(t, err)
		_, err = e.View(ctx, usher.AccountID(fmt.Sprint("b", i)))
		require.ErrorIs(t, err, usher.ErrUnknownAccount)
		if i%4 == 0 {
			require.NoError(t, e.Erase(ctx, id))
		}
	}
	for slots, _, _ := count(); slots > 10; slots, _, _ = count() {
		time.Sleep(time.Millisecond) // hints keep some accounts for a moment
	}
	_, _, users := count()
	assert.Equal(t, 20, users)
	require.NoError(t, e.SetPolicy(ctx, p))
	count()
	require.NoError(t, e.Close())
}
