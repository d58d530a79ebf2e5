package sqlstore_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/mirror/mirrortest"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

var membersSeed = flag.Uint64("members-seed", 1, "the seed of the random journals in tests of members")

// membersHandles returns a handle with Members for each database.
func membersHandles(t *testing.T) map[string]handle {
	lite, pg := liteFile(t, 0), postgresSchema(t, 0)
	lite.options.Members, pg.options.Members = true, true
	return map[string]handle{"SQLite": lite, "PostgreSQL": pg}
}

// placed returns a statement with the place of the tables instead of $T.
func (h handle) placed(statement string) string {
	place := "usher_"
	if h.options.Dialect == sqlstore.PostgreSQL {
		place = `"` + h.options.Schema + `".`
	}
	return strings.ReplaceAll(statement, "$T", place)
}

func requireEqual(t *testing.T, s store.MembersStore) {
	t.Helper()
	wrong, err := mirrortest.Differences(context.Background(), s)
	require.NoError(t, err)
	require.Empty(t, wrong)
}

// exec runs a statement as the host could, with $T for where the tables are.
func (h handle) exec(t *testing.T, s *sqlstore.Store, statement string, args ...any) {
	t.Helper()
	_, err := handleOf(s).db.Exec(h.placed(statement), args...)
	require.NoError(t, err)
}

func TestMembersOfRandomAccounts(t *testing.T) {
	for name, h := range membersHandles(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s := h.open(t)
			journals, err := mirrortest.Fill(ctx, s, *membersSeed, 16, 25)
			require.NoError(t, err, "-members-seed %d", *membersSeed)
			requireEqual(t, s)
			rows := 0
			require.NoError(t, handleOf(s).db.QueryRow(h.placed("SELECT count(*) FROM $Tmembers")).Scan(&rows))
			users := 0
			for _, j := range journals {
				users += j.State.Users()
			}
			assert.Equal(t, users, rows)
			assert.NotZero(t, rows)
		})
	}
}

// Each row damages the tables. CheckMembers says what is wrong, and RebuildMembers repairs it.
func TestMembersAreChecked(t *testing.T) {
	for name, h := range membersHandles(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s := h.open(t)
			j := mirrortest.New("acme", rand.New(rand.NewPCG(1, 1)))
			for _, commands := range [][]account.Command{
				{account.CreateAccount{Owner: "mia", Seats: map[seat.PoolName]int{"desk": 3}}, account.CreateTeam{Team: "sales"}, account.CreateTeam{Team: "berlin", Parent: "sales"}},
				{
					account.AddUser{User: "max", Role: "staff", Teams: []usher.TeamID{"sales"}},
					account.SetRoleBeside{User: "max", Role: "billing"},
					account.SetTeamRole{Team: "sales", User: "max", Role: "manager"},
					account.GiveGrant{User: "max", Grant: "calendar.view", Until: mirrortest.Noon.AddDate(1, 0, 0)},
				},
			} {
				e, err := j.Commit(commands...)
				require.NoError(t, err)
				require.NoError(t, s.Append(ctx, "acme", e))
			}
			asked, err := j.CommitAs(account.AsUser("max"), account.Request{
				Commands: []account.Command{account.SetRole{User: "max", Role: "admin"}},
				Note:     "please", Until: mirrortest.Noon.AddDate(0, 1, 0),
			})
			require.NoError(t, err)
			require.NoError(t, s.Append(ctx, "acme", asked))
			requireEqual(t, s)
			for _, row := range []struct{ damage, want string }{
				{"UPDATE $Tmembers SET role = 'admin' WHERE user_id = 'max'", "members of acme: user_id max has role admin (want staff)"},
				{"UPDATE $Tmembers SET status = 'inactive' WHERE user_id = 'max'", "members of acme: user_id max has status inactive (want active)"},
				{"DELETE FROM $Tmembers WHERE user_id = 'max'", "members of acme: the row of user_id max is missing (want role staff, status active, kind person)"},
				{"UPDATE $Tmembers SET kind = 'service' WHERE user_id = 'max'", "members of acme: user_id max has kind service (want person)"},
				{"DELETE FROM $Trequests", "requests of acme: the row of request 1 is missing (want user_id max, commands "},
				{"UPDATE $Trequests SET user_id = 'eve'", "requests of acme: request 1 has user_id eve (want max)"},
				{"UPDATE $Trequests SET until = NULL", "requests of acme: request 1 has until NULL (want "},
				{"UPDATE $Trequests SET since = until", "requests of acme: request 1 has since "},
				{"UPDATE $Trequests SET note = NULL", "requests of acme: request 1 has note NULL (want please)"},
				{"UPDATE $Trequests SET commands = '[]'", "requests of acme: request 1 has commands [] (want "},
				{"INSERT INTO $Tmembers (account, user_id, role, status) VALUES ('acme', 'eve', 'admin', 'active')", "members of acme: there is a row of user_id eve (want none)"},
				{"UPDATE $Troles_beside SET role = 'auditor'", "roles_beside of acme: the row of user_id max, role billing is missing"},
				{"UPDATE $Tteams SET parent = NULL WHERE team = 'berlin'", "teams of acme: team berlin has parent NULL (want sales)"},
				{"DELETE FROM $Tteam_members", "team_members of acme: the row of team sales, user_id max is missing"},
				{"UPDATE $Tteam_roles SET role = 'deputy'", "team_roles of acme: the row of team sales, user_id max, role manager is missing"},
				{"UPDATE $Tseat_pools SET bought = 4", "seat_pools of acme: pool desk has bought 4 (want 3)"},
				{"DELETE FROM $Tseats", "seats of acme: the row of pool desk, user_id max is missing"},
				{"UPDATE $Tgrants SET until = NULL", "grants of acme: user_id max, grant_name calendar.view has until NULL (want "},
				{"INSERT INTO $Tmembers (account, user_id, role, status) VALUES ('other', 'eve', 'admin', 'active')", "there are rows of other, which has no journal"},
				{"UPDATE $Taccounts SET mirrored = (1 = 0)", "the tables of members lack acme"},
			} {
				h.exec(t, s, row.damage)
				wrong, err := mirrortest.Differences(ctx, s)
				require.NoError(t, err)
				require.NotEmpty(t, wrong, row.damage)
				assert.Contains(t, wrong[len(wrong)-1]+wrong[0], row.want)
				require.NoError(t, s.RebuildMembers(ctx, "acme"))
				h.exec(t, s, "DELETE FROM $Tmembers WHERE account = 'other'")
				requireEqual(t, s)
			}
		})
	}
}

// A store that is created without Members, and has accounts, gets them while it is written.
func TestMembersAreAdded(t *testing.T) {
	for name, h := range membersHandles(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			without := h
			without.options.Members = false
			old := without.open(t)
			journals, err := mirrortest.Fill(ctx, old, *membersSeed, 10, 8)
			require.NoError(t, err)
			require.ErrorContains(t, old.RebuildMembers(ctx), "open it with Members")
			_, err = mirrortest.Differences(ctx, old)
			require.ErrorContains(t, err, "open it with Members")

			_, err = sqlstore.Open(ctx, handleOf(old).db, h.options)
			require.ErrorContains(t, err, "the tables of members lack accounts")
			require.ErrorContains(t, err, "usher mirror STORE --rebuild")
			lacking := h
			lacking.options.LacksMembers = true
			s := lacking.open(t)

			// Until an account is rebuilt, both stores write it, and its rows stay away.
			j := mirrortest.Living(journals)
			require.NotNil(t, j)
			teams := 0
			next := func() store.Entry {
				teams++
				e, err := j.Commit(account.CreateTeam{Team: usher.TeamID(fmt.Sprint("new ", teams))})
				require.NoError(t, err)
				return e
			}
			add := func(s store.Store) { require.NoError(t, s.Append(ctx, j.State.ID(), next())) }
			add(s)
			add(old)
			wrong, err := mirrortest.Differences(ctx, s)
			require.NoError(t, err)
			assert.Len(t, wrong, len(journals))
			require.NoError(t, s.RebuildMembers(ctx))
			requireEqual(t, s)
			add(s)
			requireEqual(t, s)

			// The old store can no longer make the tables stale.
			e := next()
			for what, err := range map[string]error{
				"append":                  old.Append(ctx, j.State.ID(), e),
				"append in a transaction": old.InTx(ctx, func(tx store.Tx) error { return tx.Append(ctx, j.State.ID(), e) }),
				"erase":                   old.Erase(ctx, j.State.ID()),
			} {
				assert.ErrorIs(t, err, store.ErrReadOnly, what)
				assert.ErrorContains(t, err, "open it with Members", what)
			}
			require.NoError(t, s.Append(ctx, j.State.ID(), e))
			requireEqual(t, s)
			_, err = sqlstore.Open(ctx, handleOf(s).db, without.options)
			require.ErrorContains(t, err, "the tables of members are in use")
			_, err = sqlstore.Open(ctx, handleOf(s).db, h.options)
			require.NoError(t, err)
		})
	}
}

// A commit that cannot be mirrored is rejected for good, unless another error takes precedence.
func TestMembersRefuseOddIDs(t *testing.T) {
	for name, h := range membersHandles(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s := h.open(t)
			j := mirrortest.New("acme", rand.New(rand.NewPCG(1, 1)))
			first, err := j.Commit(account.CreateAccount{Owner: "mia"})
			require.NoError(t, err)
			require.NoError(t, s.Append(ctx, "acme", first))
			odd, err := j.Commit(account.AddUser{User: "m\x00a", Role: "guest"})
			require.NoError(t, err)
			inTx := func(e store.Entry) error {
				return s.InTx(ctx, func(tx store.Tx) error {
					err := tx.Append(ctx, "acme", e)
					_, alive := tx.Lock(ctx, "acme", store.WriteLock)
					assert.NoError(t, alive, "the transaction stays usable")
					return err
				})
			}
			for _, append := range []func(store.Entry) error{func(e store.Entry) error { return s.Append(ctx, "acme", e) }, inTx} {
				err := append(odd)
				assert.ErrorIs(t, err, store.ErrRefused)
				assert.ErrorContains(t, err, `"m\x00a" contains NUL`)
				assert.ErrorIs(t, append(store.Entry{Commit: store.Commit{Version: 1, Data: odd.Data}}), store.ErrConflict)
				assert.ErrorIs(t, append(store.Entry{Commit: store.Commit{Version: 7, Data: odd.Data}}), store.ErrGap)
			}
			requireEqual(t, s)
			require.NoError(t, s.Erase(ctx, "acme"))
			assert.ErrorIs(t, s.Append(ctx, "acme", odd), store.ErrErased)
			assert.ErrorIs(t, s.RebuildMembers(ctx, "acme"), store.ErrErased)
			assert.ErrorIs(t, s.RebuildMembers(ctx, "none"), usher.ErrUnknownAccount)
			requireEqual(t, s)
		})
	}
}
