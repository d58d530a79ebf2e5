package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
)

// Values of custom fields and the last-active time move with the id, also in one batch with other
// changes of them, and nothing of the old id is left in the store.
func TestRenameUserMovesUserData(t *testing.T) {
	w := open(t, seldom).found()
	phone := func(user usher.UserID, value string) account.Command {
		return account.SetField{User: user, Field: "phone", Value: account.Value(value)}
	}
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField}, account.DefineField{Field: "town", Type: account.TextField})
	w.must("acme", host, phone("max", "1"), account.SetField{User: "max", Field: "town", Value: "Rome"}, account.ArchiveField{Field: "town"})
	require.NoError(t, w.mem.SaveLastActive(ctx, "acme", []store.LastActive{{User: "max", At: noon}}))

	w.must("acme", host, account.RenameUser{From: "max", To: "maxine"})
	assert.Equal(t, map[string]account.Value{"phone": "1"}, w.values("maxine"))
	archived, err := w.ArchivedValues(ctx, "acme", "maxine")
	require.NoError(t, err)
	assert.Equal(t, map[string]account.Value{"town": "Rome"}, archived)
	data, err := w.mem.Record(ctx, "acme", "max")
	require.NoError(t, err)
	assert.Empty(t, data)
	assert.Equal(t, []string{"maxine 0"}, w.lastSeen(""))

	w.clock.add(time.Hour)
	w.MarkActive("acme", "maxine") // not written yet
	w.must("acme", host, phone("maxine", "2"), account.RenameUser{From: "maxine", To: "m"}, account.RenameUser{From: "m", To: "max"}, account.AddUser{User: "maxine"})
	assert.Equal(t, map[string]account.Value{"phone": "2"}, w.values("max"))
	assert.Empty(t, w.values("maxine"), "a new user with the old id has nothing of the old one")
	assert.Equal(t, []string{"max 60"}, w.lastSeen(""))

	// In a merge, the values of the user who stays win, and the later time.
	w.must("acme", host, phone("adam", "3"), account.RestoreField{Field: "town"})
	w.must("acme", host, account.RenameUser{From: "max", To: "adam"})
	assert.Equal(t, map[string]account.Value{"phone": "3", "town": "Rome"}, w.values("adam"))
	assert.Equal(t, []string{"adam 60"}, w.lastSeen(""))
	require.NoError(t, w.Close())
	assert.Equal(t, []string{"adam 60"}, w.written())
}

// In a transaction, the engine reads nothing outside of it: the host may hold the only connection.
func TestRenameUserInTransaction(t *testing.T) {
	w := open(t, seldom).found()
	require.NoError(t, w.mem.SaveLastActive(ctx, "acme", []store.LastActive{{User: "max", At: noon}}))
	tx := w.mem.Begin()
	w.submitTx(tx, host, account.RenameUser{From: "max", To: "maxine"})
	assert.Zero(t, w.calls.of("LastActiveTimes"))
	require.NoError(t, tx.Commit(ctx))
	assert.Empty(t, w.lastSeen(""), "the last-active time ends with the id")
}

// Checks follow the id at once, on the instance that renamed the user and on others.
func TestRenameUserMovesAccess(t *testing.T) {
	w := open(t, nil).found()
	other := openOn(t, w.mem, nil)
	assert.True(t, other.opens("adam"))
	w.must("acme", host, account.RenameUser{From: "adam", To: "ada"})
	assert.True(t, w.opens("ada"))
	assert.False(t, w.opens("adam"))
	eventually(t, "the other instance hears of it", func() bool { return other.opens("ada") && !other.opens("adam") })

	_, err := w.Do(ctx, account.AsUser("olivia"), "acme", account.RenameUser{From: "ada", To: "adam"})
	assert.ErrorIs(t, err, account.CodeDenied)
	assert.ErrorContains(t, err, "only the host can give a user another id")
}
