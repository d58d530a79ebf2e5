package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/mirror/mirrortest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/store/pgstore"
)

// calendar is a row of the host's table.
type calendar struct {
	id, account, owner string
}

func (c calendar) Ref() usher.Ref             { return usher.Ref{Type: "calendar", ID: c.id} }
func (c calendar) InAccount() usher.AccountID { return usher.AccountID(c.account) }
func (c calendar) Party(string) ([]string, bool) {
	return []string{c.owner}, true
}

// The example of row-level security shows each user of random accounts what a check allows, and
// never more.
func TestRowLevelSecurity(t *testing.T) {
	ctx := context.Background()
	admin := connect(t, "search_path=public") // the first schema would be that with the name of the user
	s := open(t, pgstore.Options{Schema: "usher", Members: true})
	journals, err := mirrortest.Fill(ctx, s, *membersSeed, 24, 30)
	require.NoError(t, err)
	all := hostTable(t, admin, journals)

	rules, err := os.ReadFile("testdata/rls.sql")
	require.NoError(t, err)
	_, err = admin.Exec(ctx, "CREATE ROLE app LOGIN; "+string(rules))
	require.NoError(t, err)
	app, err := pgx.Connect(ctx, server.Server(t).DSN("postgres", "user=app"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, app.Close(ctx)) }()

	under, view, allowed, hidden := mirrortest.Policy(), permission.MustParse("calendar.view"), 0, 0
	for _, j := range journals {
		for _, user := range append(usersOf(j.State), "nobody") {
			want := []string{}
			for _, c := range all {
				d, err := under.Decide(j.State, &usher.Request{
					Account: j.State.ID(), Subject: user, Permission: view, Resource: c, Time: time.Now(),
				})
				if c.account != string(j.State.ID()) {
					require.Error(t, err)
					continue
				}
				if errors.Is(err, usher.ErrUndeclared) {
					continue // a role that the account defines: the rules of the table do not have it, and allow nothing
				}
				require.NoError(t, err)
				if d.Allowed() {
					want = append(want, c.id)
				}
				allowed, hidden = allowed+count(d.Allowed()), hidden+count(!d.Allowed())
			}
			slices.Sort(want)
			assert.Equal(t, want, visible(t, app, j.State.ID(), user), "%q of %q, -members-seed %d", user, j.State.ID(), *membersSeed)
		}
	}
	assert.Greater(t, allowed, 100)
	assert.Greater(t, hidden, 100)

	// Without the settings, and for a user of another account, there are no rows.
	assert.Empty(t, visible(t, app, "", ""))
	_, err = app.Exec(ctx, "SET app.account = 'x'")
	require.NoError(t, err)
	var n int
	require.NoError(t, app.QueryRow(ctx, "SELECT count(*) FROM calendars").Scan(&n))
	assert.Zero(t, n)
	_, err = app.Exec(ctx, "UPDATE usher.members SET role = 'admin'")
	assert.ErrorContains(t, err, "permission denied")

	// A condition in a query does not see rows of other users.
	_, err = app.Exec(ctx, "SET enable_indexscan = off; SET enable_bitmapscan = off; CREATE TEMP TABLE seen (id text); "+
		"CREATE FUNCTION pg_temp.see(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS 'BEGIN INSERT INTO seen VALUES ($1); RETURN true; END'")
	require.NoError(t, err)
	for _, query := range []string{"me WHERE pg_temp.see(user_id)", "managed_users WHERE pg_temp.see(user_id)", "my_grants WHERE pg_temp.see(grant_name)", "calendars WHERE pg_temp.see(id)"} {
		_, err = app.Exec(ctx, "SELECT FROM "+query)
		require.NoError(t, err)
	}
	require.NoError(t, app.QueryRow(ctx, "SELECT count(*) FROM seen").Scan(&n))
	assert.Zero(t, n)

	// A grant that ends during a transaction is not valid until the end of the transaction.
	withUsers := journals[slices.IndexFunc(journals, func(j *mirrortest.Journal) bool { return len(usersOf(j.State)) > 0 })].State
	id, user := withUsers.ID(), usersOf(withUsers)[0]
	_, err = admin.Exec(ctx, "UPDATE usher.members SET role = 'guest', status = 'active' WHERE account = $1 AND user_id = $2", string(id), string(user))
	require.NoError(t, err)
	require.NoError(t, pgx.BeginFunc(ctx, app, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SELECT set_config('app.account', $1, true), set_config('app.user_id', $2, true)", string(id), string(user))
		require.NoError(t, err)
		for end, want := range map[string]int{"clock_timestamp()": 0, "clock_timestamp() + interval '1 hour'": 1} {
			_, err = admin.Exec(ctx, "INSERT INTO usher.grants VALUES ($1, $2, 'calendar.view', "+end+") ON CONFLICT (account, user_id, grant_name) DO UPDATE SET until = excluded.until", string(id), string(user))
			require.NoError(t, err)
			require.NoError(t, tx.QueryRow(ctx, "SELECT count(*) FROM my_grants WHERE grant_name = 'calendar.view'").Scan(&n))
			assert.Equal(t, want, n, end)
		}
		return nil
	}))
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

func usersOf(s *account.State) (ids []usher.UserID) {
	for m := range s.View(nil).Users("") {
		ids = append(ids, m.ID)
	}
	return ids
}

// hostTable makes a table with a calendar of each user, and of a user that no account has.
func hostTable(t *testing.T, admin *pgxpool.Pool, journals []*mirrortest.Journal) (all []calendar) {
	t.Helper()
	_, err := admin.Exec(context.Background(), "CREATE TABLE calendars (id text PRIMARY KEY, account text NOT NULL, owner text NOT NULL)")
	require.NoError(t, err)
	for i, j := range journals {
		for k, owner := range append(usersOf(j.State), "gone") {
			c := calendar{fmt.Sprintf("c%d-%d", i, k), string(j.State.ID()), string(owner)}
			all = append(all, c)
			_, err := admin.Exec(context.Background(), "INSERT INTO calendars VALUES ($1, $2, $3)", c.id, c.account, c.owner)
			require.NoError(t, err)
		}
	}
	return all
}

// visible returns the ids of the calendars that a user sees in the database.
func visible(t *testing.T, app *pgx.Conn, id usher.AccountID, user usher.UserID) (ids []string) {
	t.Helper()
	ctx := context.Background()
	require.NoError(t, pgx.BeginFunc(ctx, app, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT set_config('app.account', $1, true), set_config('app.user_id', $2, true)", string(id), string(user)); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT id FROM calendars")
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	}))
	slices.Sort(ids)
	return ids
}
