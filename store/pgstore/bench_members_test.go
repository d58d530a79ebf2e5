package pgstore_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/internal/turns"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/pgstore"
)

// BenchmarkMembers stores commits of 1,000 accounts by Engine.Do, in turns without and with tables of
// members, and reports the rate with them as a share of the rate without.
func BenchmarkMembers(b *testing.B) {
	durable := durableServer(b)
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			pool := newPool(b, durable.DSN("postgres", fmt.Sprintf("pool_max_conns=%d", max(writers, 4))))
			ways := make([]turns.Way, 2)
			for i, name := range []string{"without", "members"} {
				e := benchEngine(b, pool, name == "members")
				for n := range benchAccounts {
					_, err := e.Do(context.Background(), account.AsHost("bench"), benchAccount(n), account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"})
					require.NoError(b, err)
				}
				roles, submitted := [2]role.Name{"member", "admin"}, make([]int, benchAccounts)
				ways[i] = turns.Way{Name: name, Do: func(n int) error {
					submitted[n]++
					_, err := e.Do(context.Background(), account.AsHost("bench"), benchAccount(n), account.SetRole{User: "mia", Role: roles[submitted[n]%2]})
					return err
				}}
			}
			_, err := pool.Exec(context.Background(), "VACUUM ANALYZE")
			require.NoError(b, err)
			turns.Compare(b, benchLoad(writers), ways...)
		})
	}
}

// BenchmarkMembersImport imports accounts of 100,000 users, each in one team, in turns without and
// with tables of members.
func BenchmarkMembersImport(b *testing.B) {
	durable := durableServer(b)
	pool := newPool(b, durable.DSN("postgres"))
	seed := account.Seed{Teams: map[usher.TeamID]usher.TeamID{}, Users: map[usher.UserID]policy.User{"olivia": {Status: usher.Active, Role: "owner"}}}
	for i := range 100 {
		seed.Teams[usher.TeamID(fmt.Sprint("team-", i))] = ""
	}
	for i := range 100_000 {
		seed.Users[usher.UserID(fmt.Sprintf("user-%06d", i))] = policy.User{
			Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: usher.TeamID(fmt.Sprint("team-", i%100))}},
		}
	}
	ways := make([]turns.Way, 2)
	for i, name := range []string{"without", "members"} {
		e, next := benchEngine(b, pool, name == "members"), 0
		ways[i] = turns.Way{Name: name, Do: func(int) error {
			next++
			_, err := e.Do(context.Background(), account.AsHost("bench"), benchAccount(next), account.Import{Seed: seed})
			return err
		}}
	}
	turns.Compare(b, turns.Load{Workers: 1, Things: 1, Calls: 1}, ways...)
}

func benchAccount(n int) usher.AccountID { return usher.AccountID(fmt.Sprintf("account-%06d", n)) }

// durableServer returns a server that waits for the disk.
func durableServer(b *testing.B) *pgtest.Server {
	b.Helper()
	durable, err := pgtest.Start(pgtest.Options{Settings: []string{"max_connections=200", "max_wal_size=4GB"}})
	require.NoError(b, err)
	b.Cleanup(durable.Stop)
	return durable
}

// benchEngine returns an engine on a store in a new schema.
func benchEngine(b *testing.B, pool *pgxpool.Pool, members bool) *engine.Engine {
	b.Helper()
	ctx, schema := context.Background(), newSchema()
	require.NoError(b, pgstore.Migrate(ctx, pool, schema))
	s, err := pgstore.Open(ctx, pool, pgstore.Options{Schema: schema, Members: members})
	require.NoError(b, err)
	b.Cleanup(s.Close)
	p, err := preset.Load("oncehub")
	require.NoError(b, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: s, Accounts: 4 * benchAccounts})
	require.NoError(b, err)
	b.Cleanup(func() { _ = e.Close() })
	return e
}
