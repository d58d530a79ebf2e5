package sqlstore_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

// What a version from before the index writes is found as missing in the index, and what it erases
// leaves it.
func TestIndexBesideOlderVersions(t *testing.T) {
	ctx := context.Background()
	s := handle{driver: "sqlite", dsn: filepath.Join(t.TempDir(), "usher.db"), options: sqlstore.Options{Dialect: sqlstore.SQLite}}.open(t)
	older := func(statement, account string) {
		t.Helper()
		_, err := handleOf(s).db.ExecContext(ctx, statement, []byte(account))
		require.NoError(t, err)
	}
	lacks := func() (ids []usher.AccountID) {
		for id, err := range s.Unindexed(ctx, "") {
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
	older("UPDATE usher_accounts SET version = 2, changed = changed + 10 WHERE account = $1", "a")
	older("INSERT INTO usher_accounts (account, version, changed, mirrored) VALUES ($1, 1, 99, false)", "c")
	assert.Equal(t, []usher.AccountID{"a", "c"}, lacks())
	add("a", 3, "max")
	assert.Equal(t, []usher.AccountID{"a", "c"}, lacks(), "what the older version did is still unknown")
	require.NoError(t, s.IndexUsers(ctx, "a", 3, []usher.UserID{"max"}))
	require.NoError(t, s.IndexUsers(ctx, "c", 1, nil))
	assert.Nil(t, lacks())
	older("UPDATE usher_accounts SET version = -1, changed = changed + 500 WHERE account = $1", "b")
	assert.Equal(t, []usher.AccountID{"b"}, lacks())
	require.ErrorIs(t, s.IndexUsers(ctx, "b", 1, []usher.UserID{"mia"}), store.ErrErased)
	assert.Nil(t, lacks())
	for id, err := range s.AccountsOf(ctx, "mia", "") {
		t.Errorf("mia is in %q (error %v), want in no account", id, err)
	}
}
