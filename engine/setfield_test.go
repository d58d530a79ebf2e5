package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

func phone(value account.Value) account.Command {
	return account.SetField{User: "max", Field: "phone", Value: value}
}

// withPhone returns a world in which max has a phone number.
func withPhone(t *testing.T) *world {
	w := open(t, nil).found()
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField}, account.DefineField{Field: "town", Type: account.TextField})
	w.must("acme", host, phone("1"))
	return w
}

// Batches that leave each value unchanged make no commit, and change no record.
func TestSetFieldWithoutAChange(t *testing.T) {
	town := account.SetField{User: "max", Field: "town"}
	for name, commands := range map[string][]account.Command{
		"the same value":          {phone("1")},
		"twice the same value":    {phone("1"), phone("1")},
		"nothing where is none":   {town},
		"nothing of a new user":   nil,
		"both":                    {town, phone("1")},
		"the same of another one": {account.SetField{User: "adam", Field: "phone"}},
	} {
		w := withPhone(t)
		if commands == nil {
			w.must("acme", host, account.AddUser{User: "eve"})
			commands = []account.Command{account.SetField{User: "eve", Field: "phone"}}
		}
		before, record := w.journal(), w.record("max")
		preview, err := w.Preview(ctx, engine.Batch{Actor: host, Account: "acme", Commands: commands})
		require.NoError(t, err, name)
		assert.Empty(t, preview.Changes, name)
		assert.Empty(t, preview.Users, name)
		appends := w.calls.of("Append")
		result, err := w.Submit(ctx, engine.Batch{Actor: host, Account: "acme", Commands: commands, IdempotencyKey: "k"})
		require.NoError(t, err, name)
		assert.Equal(t, engine.Result{Version: uint64(len(before))}, result, name)
		assert.Equal(t, appends, w.calls.of("Append"), name)
		assert.Len(t, w.journal(), len(before), name)
		assert.Equal(t, record, w.record("max"), name)
		changed, err := w.Submit(ctx, engine.Batch{Actor: host, Account: "acme", Commands: []account.Command{setRole("max", "admin")}, IdempotencyKey: "k"})
		require.NoError(t, err, "%s: the key was left free", name)
		assert.False(t, changed.Repeated, name)
	}
}

// Batches in which the same value is a change, since another value came before.
func TestSetFieldWithAChange(t *testing.T) {
	for name, row := range map[string]struct {
		commands []account.Command
		changes  int
		want     map[string]account.Value
	}{
		"another value":       {[]account.Command{phone("2")}, 1, map[string]account.Value{"phone": "2"}},
		"away":                {[]account.Command{phone("")}, 1, map[string]account.Value{}},
		"away twice":          {[]account.Command{phone(""), phone("")}, 1, map[string]account.Value{}},
		"there and back":      {[]account.Command{phone("2"), phone("1")}, 2, map[string]account.Value{"phone": "1"}},
		"away and back":       {[]account.Command{phone(""), phone("1")}, 2, map[string]account.Value{"phone": "1"}},
		"one of two":          {[]account.Command{phone("1"), account.SetField{User: "max", Field: "town", Value: "Rome"}}, 1, map[string]account.Value{"phone": "1", "town": "Rome"}},
		"after a new start":   {[]account.Command{account.RemoveUser{User: "max"}, account.AddUser{User: "max"}, phone("1")}, 3, map[string]account.Value{"phone": "1"}},
		"none after a start":  {[]account.Command{account.RemoveUser{User: "max"}, account.AddUser{User: "max"}, phone("")}, 2, map[string]account.Value{}},
		"a start in between":  {[]account.Command{phone("2"), account.RemoveUser{User: "max"}, account.AddUser{User: "max"}, phone("2")}, 4, map[string]account.Value{"phone": "2"}},
		"with another change": {[]account.Command{phone("1"), setRole("max", "admin")}, 1, map[string]account.Value{"phone": "1"}},
	} {
		w := withPhone(t)
		preview, err := w.Preview(ctx, engine.Batch{Actor: host, Account: "acme", Commands: row.commands})
		require.NoError(t, err, name)
		result := w.must("acme", host, row.commands...)
		require.NotNil(t, result.Commit, name)
		assert.Len(t, result.Commit.Changes, row.changes, name)
		assert.Equal(t, preview.Changes, result.Commit.Changes, name)
		assert.Equal(t, row.want, w.values("max"), name)
	}
}

// A caller without the permission gets the same rejection for the stored value as for
// any other, and nothing is read.
func TestSetFieldDeniedTellsNothing(t *testing.T) {
	w := withPhone(t)
	texts := map[string]bool{}
	for _, value := range []account.Value{"1", "2", ""} {
		reads := w.calls.of("Record")
		_, err := w.Do(ctx, account.AsUser("cleo"), "acme", phone(value))
		require.ErrorIs(t, err, account.CodeDenied)
		texts[err.Error()] = true
		_, err = w.Preview(ctx, engine.Batch{Actor: account.AsUser("cleo"), Account: "acme", Commands: []account.Command{phone(value)}})
		require.ErrorIs(t, err, account.CodeDenied)
		assert.Equal(t, reads, w.calls.of("Record"))
	}
	assert.Len(t, texts, 1)
}

// If the store cannot be read, the result discloses nothing about the value.
func TestSetFieldUnread(t *testing.T) {
	w := withPhone(t)
	w.calls.set(on("Record", storefault.Fault{Before: errDown}))
	for _, value := range []account.Value{"1", "2"} {
		_, err := w.Do(ctx, host, "acme", phone(value))
		assert.ErrorIs(t, err, errDown)
	}
	assert.Len(t, w.journal(), 3)
}

// hookedStore is a store that calls functions before and after a record is read.
type hookedStore struct {
	store.UserDataStore
	before, after func()
}

func (l *hookedStore) Record(ctx context.Context, id usher.AccountID, user usher.UserID) ([]byte, error) {
	take(&l.before)
	data, err := l.UserDataStore.Record(ctx, id, user)
	take(&l.after)
	return data, err
}

// take calls a function once.
func take(f *func()) {
	if do := *f; do != nil {
		*f = nil
		do()
	}
}

// Another engine changes the value after this one has read it: the value in the store at
// the end counts.
func TestSetFieldOvertaken(t *testing.T) {
	mem := new(memstore.Store)
	one := openOn(t, mem, nil).found()
	one.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField}, phone("1"))
	l := &hookedStore{UserDataStore: mem}
	two := openOn(t, mem, func(o *engine.Options) { o.Store = l })
	assert.True(t, two.opens("adam"))

	l.after = func() { one.must("acme", host, phone("2")) }
	result := two.must("acme", host, phone("1"))
	assert.NotNil(t, result.Commit, "the value was 2 when the commit was stored")
	assert.Equal(t, map[string]account.Value{"phone": "1"}, one.values("max"))

	// The second value that is read is of a later commit than the state.
	before := one.must("acme", host, account.AddUser{User: "eve"}).Version
	two.must("acme", host, account.AddUser{User: "eva"})
	l.after = func() {
		one.must("acme", host, phone("2"))
		l.before = func() { one.must("acme", host, phone("1")) }
	}
	result = two.must("acme", host, phone("1"))
	assert.Equal(t, engine.Result{Version: before + 3}, result, "the version that has the value")
	assert.Len(t, one.journal(), int(before+3))
}

// If writers set different values concurrently, each change is one commit, and the value
// of the last one stays.
func TestSetFieldConcurrently(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, func(o *engine.Options) { o.Tries = 1000 }).found(), openOn(t, mem, func(o *engine.Options) { o.Tries = 1000 })
	one.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField})
	var writers sync.WaitGroup
	const each = 20
	committed := make(chan uint64, 2*each)
	byVersion := sync.Map{}
	for k, w := range []*world{one, two} {
		writers.Go(func() {
			for i := range each {
				value := account.Value(fmt.Sprint(k, "-", i))
				result, err := w.Do(ctx, host, "acme", phone(value))
				if assert.NoError(t, err) && assert.NotNil(t, result.Commit, "no two values are alike") {
					byVersion.Store(result.Version, value)
					committed <- result.Version
				}
			}
		})
	}
	writers.Wait()
	close(committed)
	last, n := uint64(0), 0
	for v := range committed {
		last, n = max(last, v), n+1
	}
	assert.Equal(t, 2*each, n)
	assert.Len(t, one.journal(), 2+2*each)
	value, _ := byVersion.Load(last)
	assert.Equal(t, map[string]account.Value{"phone": value.(account.Value)}, one.values("max"))
}

func (w *world) record(user string) string {
	w.t.Helper()
	data, err := w.mem.Record(ctx, "acme", usher.UserID(user))
	require.NoError(w.t, err)
	return string(data)
}
