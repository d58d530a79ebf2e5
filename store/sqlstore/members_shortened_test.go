package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/mirror/mirrortest"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store"
)

// The tables of members of a shortened journal are compared with its snapshot and the later commits, and
// rebuilt from them. If the snapshot cannot be read, that is an error, and the tables stay as they are.
func TestMembersOfShortenedJournals(t *testing.T) {
	for name, h := range membersHandles(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s := h.open(t)
			j := mirrortest.New("acme", rand.New(rand.NewPCG(1, 1)))
			commit := func(commands ...account.Command) {
				e, err := j.Commit(commands...)
				require.NoError(t, err)
				require.NoError(t, s.Append(ctx, "acme", e))
			}
			commit(account.CreateAccount{Owner: "mia", Seats: map[seat.PoolName]int{"desk": 9}})
			for i := range 5 {
				commit(account.AddUser{User: usher.UserID(fmt.Sprint("user", i))})
			}
			saved := store.Snapshot{Version: 6, Data: j.State.Encode()}
			require.NoError(t, s.SaveSnapshot(ctx, "acme", saved))
			commit(account.RemoveUser{User: "user3"})
			require.NoError(t, s.Shorten(ctx, "acme", 5, nil))
			requireEqual(t, s)

			spoil := func() { h.exec(t, s, "UPDATE $Tmembers SET role = 'admin' WHERE user_id = 'user1'") }
			spoil()
			wrong, err := mirrortest.Differences(ctx, s)
			require.NoError(t, err)
			assert.Len(t, wrong, 1)
			require.NoError(t, s.RebuildMembers(ctx, "acme"))
			requireEqual(t, s)

			spoil()
			require.NoError(t, s.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 6, Data: []byte("damaged")}))
			assert.ErrorIs(t, s.RebuildMembers(ctx, "acme"), store.ErrShortened)
			require.NoError(t, s.SaveSnapshot(ctx, "acme", saved))
			wrong, err = mirrortest.Differences(ctx, s)
			require.NoError(t, err)
			assert.Len(t, wrong, 1, "the tables are unchanged")
		})
	}
}
