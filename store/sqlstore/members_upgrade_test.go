package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/mirror/mirrortest"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

// The files in testdata are dumps of databases that usher wrote before the migrations 0006_shorten and 0007_requests, with
// a service account and an open request.
func TestMembersOfOlderVersion(t *testing.T) {
	for name, h := range membersHandles(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			h.restore(t)
			_, err := sqlstore.Open(ctx, pool(t, h.driver, h.dsn, 1), h.options)
			require.ErrorIs(t, err, sqlstore.ErrSchema)
			require.ErrorContains(t, err, "0007_requests")

			s := h.open(t)
			requireEqual(t, s)
			assert.Equal(t, []string{"max person", "mia person", "robot service"}, h.texts(t, s, "SELECT user_id || ' ' || kind FROM $Tmembers WHERE account = 'acme' ORDER BY 1"))
			want := `1 max [{"do":"set-role","user":"max","role":"admin"}] I'm in charge now`
			assert.Equal(t, []string{want}, h.texts(t, s, "SELECT request || ' ' || user_id || ' ' || commands || ' ' || note FROM $Trequests WHERE account = 'acme'"))

			j := h.journal(t, s, "acme")
			add := func(c ...account.Command) {
				t.Helper()
				e, err := j.Commit(c...)
				require.NoError(t, err)
				require.NoError(t, s.Append(ctx, "acme", e))
			}
			// An instance of the version before runs during the deployment. It adds a program, and
			// writes neither its kind nor the column mirrored_at.
			add(account.AddUser{User: "crawler", Role: "guest", Kind: usher.ServiceAccount})
			h.exec(t, s, "UPDATE $Tmembers SET kind = 'person' WHERE user_id = 'crawler'")
			h.exec(t, s, "UPDATE $Taccounts SET mirrored_at = mirrored_at - 1 WHERE mirrored_at = version AND version > 1")
			add(account.RenameUser{From: "max", To: "maximilian"})
			assert.Equal(t, []string{strings.ReplaceAll(want, "max", "maximilian")}, h.texts(t, s, "SELECT request || ' ' || user_id || ' ' || commands || ' ' || note FROM $Trequests"))
			wrong := []string{"members of acme: user_id crawler has kind person (want service)"}
			differences := func(options sqlstore.Options) []string {
				reopened, err := sqlstore.Open(ctx, handleOf(s).db, options)
				require.NoError(t, err)
				defer reopened.Close()
				found, err := mirrortest.Differences(ctx, reopened)
				require.NoError(t, err)
				return found
			}
			lacking := h.options
			lacking.LacksMembers = true
			assert.Equal(t, wrong, differences(lacking), "a store that may lack accounts is opened without a wait")
			assert.Empty(t, differences(h.options))

			// Now the account is complete, and no later opening replaces its rows.
			add(account.RemoveUser{User: "maximilian"})
			assert.Empty(t, h.texts(t, s, "SELECT commands FROM $Trequests"))
			h.exec(t, s, "UPDATE $Tmembers SET kind = 'person' WHERE user_id = 'crawler'")
			assert.Equal(t, wrong, differences(h.options))
		})
	}
}

// A request moves with the author and with users that its commands name, and leaves with the author.
func TestMembersRequestsFollowUsers(t *testing.T) {
	for name, h := range membersHandles(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			s := h.open(t)
			j := mirrortest.New("acme", rand.New(rand.NewPCG(1, 1)))
			run := func(actor account.Actor, c ...account.Command) {
				t.Helper()
				e, err := j.CommitAs(actor, c...)
				require.NoError(t, err)
				require.NoError(t, s.Append(ctx, "acme", e))
				requireEqual(t, s)
			}
			asks := func(user, of usher.UserID) {
				t.Helper()
				run(account.AsUser(user), account.Request{Commands: []account.Command{account.SetRole{User: of, Role: role.Name("admin")}}})
			}
			authors := func() []string {
				return h.texts(t, s, "SELECT user_id || ':' || commands FROM $Trequests ORDER BY request")
			}
			host := account.AsHost("test")
			run(host, account.CreateAccount{Owner: "mia"}, account.AddUser{User: "max", Role: "guest"}, account.AddUser{User: "ann", Role: "guest"},
				account.AddUser{User: "robot", Role: "guest", Kind: usher.ServiceAccount})
			asks("max", "ann")
			asks("ann", "max")
			asks("robot", "robot")
			run(host, account.RenameUser{From: "max", To: "moritz"}, account.RenameUser{From: "robot", To: "crawler"})
			command := func(user string) string { return `[{"do":"set-role","user":"` + user + `","role":"admin"}]` }
			assert.Equal(t, []string{"moritz:" + command("ann"), "ann:" + command("moritz"), "crawler:" + command("crawler")}, authors())
			assert.Equal(t, []string{"crawler"}, h.texts(t, s, "SELECT user_id FROM $Tmembers WHERE kind = 'service'"))
			run(host, account.RenameUser{From: "moritz", To: "ann"}, account.RemoveUser{User: "crawler"})
			assert.Equal(t, []string{"ann:" + command("ann"), "ann:" + command("ann")}, authors())
			run(host, account.RemoveUser{User: "ann"})
			assert.Empty(t, authors())
			asks("mia", "mia")
			asked := j.State.Version()

			// The commit of the request is deleted. Only a rebuild loses its time.
			run(host, account.CreateTeam{Team: "sales"})
			require.NoError(t, s.SaveSnapshot(ctx, "acme", store.Snapshot{Version: j.State.Version(), Data: j.State.Encode()}))
			require.NoError(t, s.Shorten(ctx, "acme", asked, []byte("seal")))
			times := "SELECT CASE WHEN since IS NULL THEN 'none' ELSE 'some' END FROM $Trequests"
			requireEqual(t, s)
			assert.Equal(t, []string{"some"}, h.texts(t, s, times))
			require.NoError(t, s.RebuildMembers(ctx, "acme"))
			requireEqual(t, s)
			assert.Equal(t, []string{"none"}, h.texts(t, s, times))
			require.NoError(t, s.Erase(ctx, "acme"))
			assert.Empty(t, authors())
		})
	}
}

// restore fills an empty database with the dump of its kind.
func (h handle) restore(t *testing.T) {
	name := map[sqlstore.Dialect]string{sqlstore.SQLite: "sqlite", sqlstore.PostgreSQL: "postgres"}[h.options.Dialect]
	dump, err := os.ReadFile("testdata/before_requests." + name + ".sql")
	require.NoError(t, err)
	text := strings.ReplaceAll(string(dump), "SCHEMA before", fmt.Sprintf("SCHEMA %q", h.options.Schema))
	text = strings.ReplaceAll(text, " before.", fmt.Sprintf(" %q.", h.options.Schema))
	_, err = pool(t, h.driver, h.dsn, 1).Exec(text)
	require.NoError(t, err)
}

// texts returns the first column of a query, with $T for where the tables are.
func (h handle) texts(t *testing.T, s *sqlstore.Store, query string) (found []string) {
	t.Helper()
	rows, err := handleOf(s).db.Query(h.placed(query))
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		found = append(found, text)
	}
	require.NoError(t, rows.Err())
	return found
}

// journal returns the journal of an account that a store has.
func (h handle) journal(t *testing.T, s *sqlstore.Store, id usher.AccountID) *mirrortest.Journal {
	j := mirrortest.New(id, rand.New(rand.NewPCG(1, 1)))
	for stored, err := range s.Commits(context.Background(), id, 0) {
		require.NoError(t, err)
		require.NoError(t, j.Replay(stored.Data))
	}
	return j
}
