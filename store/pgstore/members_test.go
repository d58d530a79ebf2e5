package pgstore_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/mirror/mirrortest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
)

var membersSeed = flag.Uint64("members-seed", 1, "the seed of the random journals in tests of members")

func requireEqual(t *testing.T, s store.MembersStore) {
	t.Helper()
	wrong, err := mirrortest.Differences(context.Background(), s)
	require.NoError(t, err)
	require.Empty(t, wrong)
}

func TestMembersOfRandomAccounts(t *testing.T) {
	s := open(t, pgstore.Options{Schema: newSchema(), Members: true}, "pool_max_conns=8")
	_, err := mirrortest.Fill(context.Background(), s, *membersSeed, 32, 40)
	require.NoError(t, err, "-members-seed %d", *membersSeed)
	requireEqual(t, s)
}

// RebuildMembers and CheckMembers are right while other instances write.
func TestMembersWhileInstancesWrite(t *testing.T) {
	ctx := context.Background()
	schema := newSchema()
	old := open(t, pgstore.Options{Schema: schema}, "pool_max_conns=4")
	journals, err := mirrortest.Fill(ctx, old, *membersSeed, 24, 10)
	require.NoError(t, err)
	_, err = pgstore.Open(ctx, connect(t), pgstore.Options{Schema: schema, Members: true})
	require.ErrorContains(t, err, "the tables of members lack accounts")

	s := open(t, pgstore.Options{Schema: schema, Members: true, LacksMembers: true}, "pool_max_conns=8")
	done := make(chan error, 1)
	go func() { done <- mirrortest.Continue(ctx, s, journals, 20) }()
	require.NoError(t, s.RebuildMembers(ctx))
	requireEqual(t, s)
	require.NoError(t, <-done)
	requireEqual(t, s)

	j := mirrortest.Living(journals)
	require.NotNil(t, j)
	e, err := j.Commit(account.CreateTeam{Team: "new"})
	require.NoError(t, err)
	assert.ErrorIs(t, old.Append(ctx, j.State.ID(), e), store.ErrReadOnly)
	_, err = pgstore.Open(ctx, connect(t), pgstore.Options{Schema: schema})
	assert.ErrorContains(t, err, "the tables of members are in use")
}

// In a transaction of the host, the rows are written with the host's rows, or neither.
func TestMembersInHostTransaction(t *testing.T) {
	ctx := context.Background()
	schema := newSchema()
	s := open(t, pgstore.Options{Schema: schema, Members: true})
	pool := connect(t)
	j := mirrortest.New("acme", rand.New(rand.NewPCG(1, 1)))
	first, err := j.Commit(account.CreateAccount{Owner: "mia"})
	require.NoError(t, err)
	second, err := j.Commit(account.AddUser{User: "max", Role: "guest"}, account.TransferOwnership{To: "max"})
	require.NoError(t, err)
	members := func(query func(context.Context, string, ...any) (pgx.Rows, error)) map[string]string {
		rows, err := query(ctx, "SELECT user_id, role FROM "+pgx.Identifier{schema, "members"}.Sanitize())
		require.NoError(t, err)
		found := map[string]string{}
		var user, role string
		_, err = pgx.ForEachRow(rows, []any{&user, &role}, func() error { found[user] = role; return nil })
		require.NoError(t, err)
		return found
	}
	for _, isolation := range []pgx.TxIsoLevel{pgx.ReadCommitted, pgx.RepeatableRead, pgx.Serializable} {
		tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: isolation})
		require.NoError(t, err)
		require.NoError(t, s.Tx(tx).Append(ctx, "acme", first))
		require.NoError(t, s.Tx(tx).Append(ctx, "acme", second))
		assert.Equal(t, map[string]string{"mia": "admin", "max": "owner"}, members(tx.Query))
		assert.Empty(t, members(pool.Query))
		if isolation != pgx.Serializable {
			require.NoError(t, tx.Rollback(ctx))
			assert.Empty(t, members(pool.Query))
			continue
		}
		require.NoError(t, tx.Commit(ctx))
	}
	assert.Equal(t, map[string]string{"mia": "admin", "max": "owner"}, members(pool.Query))
	requireEqual(t, s)
}
