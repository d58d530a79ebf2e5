package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

func (w *world) values(user usher.UserID) map[string]account.Value {
	w.t.Helper()
	values, err := w.Values(ctx, "acme", user)
	require.NoError(w.t, err)
	return values
}

func TestValues(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField}, account.DefineField{Field: "size", Type: account.NumberField})
	w.must("acme", account.AsUser("max"), account.SetField{User: "max", Field: "phone", Value: "555-0100"})
	w.must("acme", account.AsUser("max"), account.SetField{User: "max", Field: "size", Value: "43"})
	assert.Equal(t, map[string]account.Value{"phone": "555-0100", "size": "43"}, w.values("max"))
	assert.Empty(t, w.values("adam"))

	w.must("acme", host, account.RenameField{Field: "size", To: "shoe size"}, account.ArchiveField{Field: "phone"})
	assert.Equal(t, map[string]account.Value{"shoe size": "43"}, w.values("max"), "values stay with their field")
	archived, err := w.ArchivedValues(ctx, "acme", "max")
	require.NoError(t, err)
	assert.Equal(t, map[string]account.Value{"phone": "555-0100"}, archived)

	w.must("acme", host, account.RestoreField{Field: "phone"}, account.SetField{User: "max", Field: "phone"})
	assert.Equal(t, map[string]account.Value{"shoe size": "43"}, w.values("max"), "an empty value removes the earlier one")

	_, err = w.Values(ctx, "acme", "nobody")
	assert.ErrorIs(t, err, account.CodeUnknownUser)
	_, err = w.Values(ctx, "other", "max")
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)

	for _, c := range w.journal() {
		data, err := c.Encode()
		require.NoError(t, err)
		assert.NotContains(t, string(data), "555-0100", "the journal has no values")
	}
}

// The values of a user are removed with the user, also if the same batch adds the user
// again.
func TestValuesGoWithTheUser(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField}, account.DefineField{Field: "town", Type: account.TextField})
	set := account.SetField{User: "max", Field: "phone", Value: "555-0100"}
	record := func() string {
		data, err := w.mem.Record(ctx, "acme", "max")
		require.NoError(t, err)
		return string(data)
	}
	w.must("acme", host, set)
	assert.Contains(t, record(), "555-0100")
	w.must("acme", host, account.RemoveUser{User: "max"})
	assert.Empty(t, record())

	w.must("acme", host, account.AddUser{User: "max"}, set)
	w.must("acme", host, account.RemoveUser{User: "max"}, account.AddUser{User: "max"}, account.SetField{User: "max", Field: "town", Value: "Rome"})
	assert.Equal(t, map[string]account.Value{"town": "Rome"}, w.values("max"))

	w.must("acme", host, account.DeleteAccount{})
	assert.Empty(t, record())
}

// A user without values keeps the last-active time.
func TestNoValuesIsNoErasure(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField}, account.SetField{User: "max", Field: "phone", Value: "1"})
	require.NoError(t, w.mem.SaveLastActive(ctx, "acme", []store.LastActive{{User: "max", At: noon}}))
	w.must("acme", host, account.SetField{User: "max", Field: "phone"})
	assert.Empty(t, w.values("max"))
	n := 0
	for range w.mem.LastActiveTimes(ctx, "acme", "") {
		n++
	}
	assert.Equal(t, 1, n)
}

// Two engines that set different fields of one user concurrently lose no value.
func TestValuesInTwoEngines(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, unwatched).found(), openOn(t, mem, unwatched)
	one.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField}, account.DefineField{Field: "town", Type: account.TextField})
	two.must("acme", host, account.SetField{User: "max", Field: "phone", Value: "1"})
	one.must("acme", host, account.SetField{User: "max", Field: "town", Value: "Rome"})
	two.must("acme", host, account.SetField{User: "max", Field: "phone", Value: "2"})
	assert.Equal(t, map[string]account.Value{"phone": "2", "town": "Rome"}, one.values("max"))
}

func TestImportWithValues(t *testing.T) {
	w := open(t, nil)
	w.must("acme", host, account.Import{Seed: account.Seed{
		Fields: []account.Field{{Name: "phone", Type: account.TextField}},
		Users:  map[usher.UserID]policy.User{"olivia": {Role: "owner"}, "max": {}},
		Values: map[usher.UserID]map[string]account.Value{"max": {"phone": "555-0100"}},
	}})
	assert.Equal(t, map[string]account.Value{"phone": "555-0100"}, w.values("max"))
	assert.True(t, w.opens("olivia"))
}

// A store without user data accepts everything except values.
func TestNoUserData(t *testing.T) {
	w := open(t, journalsOnly).found()
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField})
	_, err := w.Do(ctx, host, "acme", account.SetField{User: "max", Field: "phone", Value: "1"}, setRole("max", "admin"))
	assert.ErrorIs(t, err, store.ErrNoUserData)
	assert.ErrorContains(t, err, "values of custom fields need a store.UserDataStore")
	assert.Len(t, w.journal(), 2, "no changes were made")
	assert.Empty(t, w.values("max"))
	w.must("acme", host, account.RemoveUser{User: "max"})
	w.MarkActive("acme", "adam")
	for range w.LastActiveTimes(ctx, "acme", "") {
		t.Error("a last-active time was stored")
	}
}

func TestDamagedRecord(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField})
	view, err := w.View(ctx, "acme")
	require.NoError(t, err)
	previous := view.State().Head().Hash
	for version, data := range []string{`{"usher":2}`, `{"usher":1,"values":{"1":"555-0100"}`, `{"usher":1,"values":["555-0100"]}`} {
		c := &account.Commit{
			Account: "acme", Version: uint64(version) + 3, Previous: previous, ID: "x", Time: noon, Actor: host, Policy: "p",
			Changes: []account.Change{account.FieldSet{User: "max", Field: "phone"}},
		}
		bytes, err := c.Encode()
		require.NoError(t, err)
		previous = account.HashOf(bytes)
		require.NoError(t, w.mem.Append(ctx, "acme", store.Entry{
			Commit: store.Commit{Version: c.Version, Data: bytes}, Records: []store.Record{{User: "max", Data: []byte(data)}},
		}))
		_, err = w.AtLeast("acme", c.Version).View(ctx, "acme")
		require.NoError(t, err)
		_, err = w.Values(ctx, "acme", "max")
		assert.ErrorContains(t, err, "a record")
		assert.NotContains(t, err.Error(), "555")
		_, err = w.Do(ctx, host, "acme", account.SetField{User: "max", Field: "phone", Value: "2"})
		assert.ErrorContains(t, err, "a record", "an unreadable record is not overwritten")
	}
}
