package pgstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
)

// The statements of a version from before the index, as instances of it run them during a deployment.
const (
	olderAppend = `WITH moved AS (UPDATE "%s".accounts SET base = CASE WHEN xid = pg_current_xact_id()::text::bigint THEN base ELSE version END,
		xid = pg_current_xact_id()::text::bigint, version = version + 1 WHERE account = $1 RETURNING xid, account, version)
		INSERT INTO "%[1]s".commits (account, version, xid, data) SELECT account, version, xid, 'old' FROM moved`
	olderCreate = `WITH moved AS (INSERT INTO "%s".accounts (account, version, xid, base, mirrored) VALUES ($1, 1, pg_current_xact_id()::text::bigint, 0, false) RETURNING xid, account)
		INSERT INTO "%[1]s".commits (account, version, xid, data) SELECT account, 1, xid, 'old' FROM moved`
	olderErase = `UPDATE "%s".accounts SET version = -1, xid = pg_current_xact_id()::text::bigint, base = 0 WHERE account = $1`
)

// What an older instance writes is found as missing in the index, and what it erases leaves it.
func TestIndexBesideOlderInstances(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema()}
	s := open(t, o)
	pool := connect(t)
	older := func(statement string, account string) {
		t.Helper()
		_, err := pool.Exec(ctx, fmt.Sprintf(statement, o.Schema), []byte(account))
		require.NoError(t, err)
	}
	lacks := func() (ids []usher.AccountID) {
		for id, err := range s.Unindexed(ctx, "") {
			require.NoError(t, err)
			ids = append(ids, id)
		}
		return ids
	}
	of := func(user usher.UserID) (ids []usher.AccountID) {
		for id, err := range s.AccountsOf(ctx, user, "") {
			require.NoError(t, err)
			ids = append(ids, id)
		}
		return ids
	}
	add := func(account usher.AccountID, version uint64, users ...usher.UserID) {
		t.Helper()
		require.NoError(t, s.Append(ctx, account, store.Entry{Commit: store.Commit{Version: version, Data: []byte("new")}, Users: store.Users{Known: true, Added: users}}))
	}
	add("a", 1, "mia")
	add("b", 1, "mia")
	older(olderCreate, "c")
	older(olderAppend, "a")
	assert.Equal(t, []usher.AccountID{"a", "c"}, lacks())
	add("a", 3, "max")
	assert.Equal(t, []usher.AccountID{"a", "c"}, lacks(), "what the older instance did is still unknown")
	require.NoError(t, s.IndexUsers(ctx, "a", 3, []usher.UserID{"max"}))
	require.NoError(t, s.IndexUsers(ctx, "c", 1, []usher.UserID{"mia"}))
	assert.Nil(t, lacks())
	assert.Equal(t, []usher.AccountID{"b", "c"}, of("mia"))

	older(olderErase, "b")
	assert.Equal(t, []usher.AccountID{"b"}, lacks())
	require.ErrorIs(t, s.IndexUsers(ctx, "b", 1, []usher.UserID{"mia"}), store.ErrErased)
	assert.Nil(t, lacks())
	assert.Equal(t, []usher.AccountID{"c"}, of("mia"))
}

// An append changes no entry of an index on the accounts, so that PostgreSQL needs no new ones.
func TestAppendIsHOT(t *testing.T) {
	ctx := context.Background()
	o := pgstore.Options{Schema: newSchema()}
	s := open(t, o)
	pool := connect(t)
	for version := range uint64(50) {
		require.NoError(t, s.Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: version + 1, Data: []byte("x")}, Users: store.Users{Known: true}}))
	}
	require.Eventually(t, func() bool {
		var updates, hot int
		err := pool.QueryRow(ctx, "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'accounts'", o.Schema).Scan(&updates, &hot)
		require.NoError(t, err)
		return updates >= 49 && hot >= 40
	}, 30*time.Second, 100*time.Millisecond)
}
