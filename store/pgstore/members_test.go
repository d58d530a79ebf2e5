package pgstore_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
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

// A commit that waits while the rows of its account are replaced changes the new rows.
func TestMembersAreReplacedDuringAWait(t *testing.T) {
	ctx := context.Background()
	schema := newSchema()
	s := open(t, pgstore.Options{Schema: schema, Members: true, LockTimeout: time.Hour})
	j := mirrortest.New("acme", rand.New(rand.NewPCG(1, 1)))
	first, err := j.Commit(account.CreateAccount{Owner: "mia"}, account.AddUser{User: "max", Role: "guest"})
	require.NoError(t, err)
	require.NoError(t, s.Append(ctx, "acme", first))
	second, err := j.Commit(account.SetStatus{User: "max", Status: usher.Inactive})
	require.NoError(t, err)

	tx := host(t, pgx.TxOptions{})
	_, err = s.Tx(tx).Lock(ctx, "acme", store.WriteLock)
	require.NoError(t, err)
	waited := make(chan error)
	go func() { waited <- s.Append(ctx, "acme", second) }()
	pool, waits := connect(t), false
	require.Eventually(t, func() bool {
		require.NoError(t, pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1)", "%"+schema+"%").Scan(&waits))
		return waits
	}, time.Minute, 5*time.Millisecond)
	for _, statement := range []string{ // what a store does that replaces the rows
		"DELETE FROM %s.members",
		"INSERT INTO %s.members (account, user_id, role, status) VALUES ('acme', 'mia', 'owner', 'active'), ('acme', 'max', 'guest', 'active')",
		"UPDATE %s.accounts SET mirrored = true, mirrored_at = version, rebuilt = rebuilt + 1",
	} {
		_, err := tx.Exec(ctx, fmt.Sprintf(statement, pgx.Identifier{schema}.Sanitize()))
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit(ctx))
	require.NoError(t, <-waited)
	requireEqual(t, s)
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
