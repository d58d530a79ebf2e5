package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store/memstore"
)

func TestCheck(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.AssignSeat{User: "cleo", Pool: "desk"}, account.GiveGrant{User: "max", Grant: "door.lock"})
	w.must("gone", host, account.CreateAccount{Owner: "olivia"})
	w.must("gone", host, account.DeleteAccount{})
	for _, row := range []struct {
		account usher.AccountID
		user    usher.UserID
		want    string
		allowed bool
		err     error
	}{
		{"acme", "adam", "door.open", true, nil},
		{"acme", "cleo", "door.open", true, nil}, // seated
		{"acme", "max", "door.open", false, nil},
		{"acme", "max", "door.lock", true, nil}, // granted
		{"acme", "nobody", "door.open", false, nil},
		{"acme", "", "door.open", false, nil},
		{"acme", "adam", "door.paint", false, usher.ErrUnknownPermission},
		{"other", "adam", "door.open", false, usher.ErrUnknownAccount},
		{"gone", "olivia", "door.open", false, usher.ErrUnknownAccount},
		{"", "adam", "door.open", false, usher.ErrUnknownAccount},
	} {
		r := usher.Request{Account: row.account, Subject: row.user, Permission: permission.MustParse(row.want)}
		d, err := w.Check(ctx, r)
		assert.ErrorIs(t, err, row.err)
		assert.Equal(t, row.allowed, d.Allowed(), "%s: %s %s", row.account, row.user, row.want)
		if row.err != nil {
			var e *usher.RequestError
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "check", e.Op)
			assert.Equal(t, usher.Decision{}, d, "the decision beside an error is the zero Decision")
		}
		x, err := w.Explain(ctx, r)
		assert.ErrorIs(t, err, row.err)
		assert.Equal(t, d.String(), x.Decision.String(), "Explain and Check agree")
	}
}

func TestActions(t *testing.T) {
	w := open(t, nil).found()
	r := usher.Request{Account: "acme", Subject: "cleo", Resource: &usher.Object{Type: "door"}}
	actions, err := w.Actions(ctx, r)
	require.NoError(t, err)
	require.Len(t, actions, 1)
	assert.Equal(t, seeDoor, actions[0].Permission)
	assert.Equal(t, []string{"code"}, actions[0].Decision.Hidden())
	assert.Equal(t, uint64(1), actions[0].Decision.Detail().Version)

	room := make([]policy.Action, 1, 8)
	actions, err = w.AppendActions(ctx, room, r)
	require.NoError(t, err)
	assert.Len(t, actions, 2, "the earlier elements stay")

	r.Account = "other"
	actions, err = w.AppendActions(ctx, room, r)
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	assert.Len(t, actions, 1)
}

// A decision keeps the details of its snapshot.
func TestDecisionsKeepTheirBasis(t *testing.T) {
	w := open(t, nil).found()
	first, err := w.Check(ctx, ask("adam", openDoor))
	require.NoError(t, err)
	digest := first.Detail().Digest
	again, err := w.Check(ctx, ask("adam", openDoor))
	require.NoError(t, err)
	assert.True(t, first == again, "the same request on the same snapshot has the same result")

	w.must("acme", host, setRole("adam", "member"))
	require.NoError(t, w.SetPolicy(ctx, load(t, shutDoors)))
	second, err := w.Check(ctx, ask("adam", openDoor))
	require.NoError(t, err)

	assert.Equal(t, uint64(1), first.Detail().Version)
	assert.Equal(t, digest, first.Detail().Digest)
	assert.Contains(t, first.String(), "`admin: any` of door.open")
	assert.Equal(t, uint64(2), second.Detail().Version)
	assert.NotEqual(t, digest, second.Detail().Digest)
}

func TestCheckAsksTheClock(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.GiveGrant{User: "max", Grant: "door.open", Until: noon.Add(time.Hour)})
	assert.True(t, w.opens("max"))
	d, err := w.Check(ctx, ask("max", openDoor))
	require.NoError(t, err)
	assert.Equal(t, noon, d.Time())
	w.clock.add(time.Hour)
	assert.False(t, w.opens("max"))

	r := ask("max", openDoor)
	r.Time = noon
	d, err = w.Check(ctx, r)
	require.NoError(t, err)
	assert.True(t, d.Allowed(), "the time of a request takes precedence over the clock")
}

// door is a resource type of a host application.
type door struct{ id string }

func (d *door) Ref() usher.Ref                          { return usher.Ref{Type: "door", ID: d.id} }
func (d *door) InAccount() usher.AccountID              { return "acme" }
func (d *door) Party(string) (ids []string, known bool) { return nil, true }
func allocations(ask func()) float64                    { return testing.AllocsPerRun(1000, ask) }

func decide(az usher.Authorizer, r usher.Request) usher.Decision { d, _ := az.Check(ctx, r); return d }

func TestCheckAllocatesNothing(t *testing.T) {
	w := open(t, nil).found()
	w.must("acme", host, account.AssignSeat{User: "cleo", Pool: "desk"}, account.GiveGrant{User: "max", Grant: "door.lock", Until: noon.Add(time.Hour)})
	var az usher.Authorizer = w.Engine
	stale := open(t, func(o *engine.Options) { o.MaxStaleness = time.Minute }).found()
	d := &door{"front"}
	for name, row := range map[string]struct {
		az   usher.Authorizer
		user usher.UserID
		want string
	}{
		"an admin":               {az, "adam", "door.open"},
		"a condition":            {az, "cleo", "door.open"},
		"hidden fields":          {az, "cleo", "door.see"},
		"a denial":               {az, "max", "door.open"},
		"a grant that ends":      {az, "max", "door.lock"},
		"nobody":                 {az, "eve", "door.open"},
		"a bound on staleness":   {stale, "adam", "door.open"},
		"at least a version":     {w.AtLeast("acme", 2), "adam", "door.open"},
		"a version of the past":  {w.At("acme", 2), "adam", "door.open"},
		"the newest of the past": {w.At("acme", 1), "adam", "door.open"},
	} {
		want := permission.MustParse(row.want)
		decide(row.az, ask(row.user, want))
		assert.Zero(t, allocations(func() {
			decide(row.az, usher.Request{Account: "acme", Subject: row.user, Permission: want, Resource: d})
		}), name)
	}

	actions := make([]policy.Action, 0, 8)
	assert.Zero(t, allocations(func() {
		actions, _ = w.AppendActions(ctx, actions[:0], usher.Request{Account: "acme", Subject: "cleo", Resource: d})
	}), "actions into a slice with room")
	assert.Len(t, actions, 2)
}

// An unknown account is read from the store each time, so that it appears as soon as it
// is created.
func TestUnknownAccountsShow(t *testing.T) {
	mem := new(memstore.Store)
	one, two := openOn(t, mem, unwatched), openOn(t, mem, unwatched)
	_, err := one.Check(ctx, ask("olivia", openDoor))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	two.found()
	assert.True(t, one.opens("olivia"))
}

// A failed load makes a check an error, and is not cached: the next check reads the
// store again.
func TestFailedLoadIsNotKept(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).found()
	w := openOn(t, mem, nil)
	for _, method := range []string{"Snapshot", "Commits"} {
		w.calls.set(on(method, storefault.Fault{Before: errDown}))
		d, err := w.Check(ctx, ask("olivia", openDoor))
		assert.ErrorIs(t, err, errDown)
		assert.False(t, d.Allowed())
	}
	w.calls.set(nil)
	assert.True(t, w.opens("olivia"))
}

func TestStorePanics(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).found()
	w := openOn(t, mem, unwatched) // a hint would start another load
	w.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
		if c.Method == "Snapshot" {
			panic("out of cheese")
		}
		return storefault.Fault{}
	})
	_, err := w.Check(ctx, ask("olivia", openDoor))
	assert.ErrorContains(t, err, "panic: out of cheese")
	w.calls.set(nil)
	assert.True(t, w.opens("olivia"))
}

func TestOpenRefuses(t *testing.T) {
	p, mem := load(t, office), new(memstore.Store)
	for want, o := range map[string]engine.Options{
		"Options.Policy is nil":            {Store: mem},
		"Options.Policy is not compiled":   {Policy: &policy.Policy{}, Store: mem},
		"Options.Store is nil":             {Policy: p},
		"Options.Accounts is negative":     {Policy: p, Store: mem, Accounts: -1},
		"Options.MaxStaleness is negative": {Policy: p, Store: mem, MaxStaleness: -time.Second},
	} {
		_, err := engine.Open(o)
		assert.ErrorContains(t, err, want)
		var e *engine.Error
		assert.True(t, errors.As(err, &e))
	}
}
