package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store/memstore"
)

// granting is office with grants for opening doors, which clerks may give, too.
const granting = `
usher: 1
name: granting
features: [keys]
conditions:
  keys: {feature: keys}
roles:
  owner:  {unique: true, hands-over-to: member}
  member: {default: true}
resources:
  user:
    permissions:
      create: {owner: any, everyone: any if keys}
      set-status: {owner: any}
  seat: {permissions: {purchase: {owner: any}}}
  account: {permissions: {configure: {owner: any}, transfer: {owner: any}}}
  door: {permissions: {open: {everyone: any if keys}, lock: {owner: any}}}
`

// lent creates the account acme, in which max may open doors until one o'clock, and
// whose last change was at two.
func lent(t *testing.T, mem *memstore.Store, at time.Time) *world {
	t.Helper()
	w := openOn(t, mem, func(o *engine.Options) { o.Policy = load(t, granting) })
	w.must("acme", host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "max"},
		account.GiveGrant{User: "max", Grant: "keys", Until: noon.Add(time.Hour)})
	require.True(t, w.opens("max"), "the grant has not ended")
	w.clock.add(at.Sub(noon))
	require.Equal(t, at.Before(noon.Add(time.Hour)), w.opens("max"))
	w.must("acme", host, account.AddUser{User: "later"})
	return w
}

// answers calls every method that returns whether max may open doors and add users,
// without a time, and returns the methods that allow it.
func answers(t *testing.T, w *world, version uint64) (yes []string) {
	t.Helper()
	note := func(how string, is bool) {
		if is {
			yes = append(yes, how)
		}
	}
	type asks interface {
		usher.Authorizer
		usher.Explainer
	}
	doorOne := usher.Object{Type: "door", ID: "1", Account: "acme"}
	all := ask("max", openDoor)
	door := all
	door.Resource = &doorOne
	for name, a := range map[string]asks{"engine": w.Engine, "at least": w.AtLeast("acme", version), "at": w.At("acme", version), "at the first": w.At("acme", 1)} {
		d, err := a.Check(ctx, door)
		require.NoError(t, err)
		note(name+": check", d.Allowed())
		x, err := a.Explain(ctx, door)
		require.NoError(t, err)
		note(name+": explain", x.Decision.Allowed())
	}
	for name, r := range map[string]*engine.Reader{"at least": w.AtLeast("acme", version), "at": w.At("acme", version), "at the first": w.At("acme", 1)} {
		actions, err := r.Actions(ctx, door)
		require.NoError(t, err)
		for _, a := range actions {
			note(name+": actions", a.Permission == openDoor && a.Decision.Allowed())
		}
		f, err := r.Filter(ctx, all)
		require.NoError(t, err)
		matches, err := f.Match(&doorOne)
		require.NoError(t, err)
		note(name+": filter", matches)
		for s, err := range r.WhoMay(ctx, door, "") {
			require.NoError(t, err)
			note(name+": who may", s.ID == "max" && s.Decision.Allowed())
		}
	}
	actions, err := w.Actions(ctx, door)
	require.NoError(t, err)
	for _, a := range actions {
		note("actions", a.Permission == openDoor && a.Decision.Allowed())
	}
	f, err := w.Filter(ctx, all)
	require.NoError(t, err)
	matches, err := f.Match(&doorOne)
	require.NoError(t, err)
	note("filter", matches)
	for s, err := range w.WhoMay(ctx, door, "") {
		require.NoError(t, err)
		note("who may", s.ID == "max" && s.Decision.Allowed())
	}
	for what, at := range map[string]time.Time{"now": {}, "dated back": noon} {
		b := engine.Batch{Actor: account.AsUser("max"), Account: "acme", Time: at, Commands: []account.Command{account.AddUser{User: usher.UserID("new " + what)}}}
		_, err = w.Preview(ctx, b)
		note("preview "+what, err == nil)
		if err != nil {
			require.ErrorIs(t, err, usher.ErrDenied)
		}
		_, err = w.Submit(ctx, b)
		note("submit "+what, err == nil)
		if err != nil {
			require.ErrorIs(t, err, usher.ErrDenied)
		}
	}
	return yes
}

// A clock that is set back revives no grant that had ended at the last commit, in this
// engine and in one whose clock was always wrong.
func TestClockThatIsSetBackRevivesNoGrant(t *testing.T) {
	mem := new(memstore.Store)
	w := lent(t, mem, noon.Add(2*time.Hour))
	require.Empty(t, answers(t, w, 2))
	w.clock.add(-2 * time.Hour)
	assert.Empty(t, answers(t, w, 2))

	behind := openOn(t, mem, func(o *engine.Options) { o.Policy = load(t, granting) })
	require.Equal(t, noon, behind.clock.Now())
	assert.Empty(t, answers(t, behind, 2))

	old := ask("max", openDoor)
	old.Time = noon
	d, err := w.Check(ctx, old)
	require.NoError(t, err)
	assert.True(t, d.Allowed(), "a request with a time is evaluated at that time")
}

// The same calls allow it while the grant holds; otherwise the test above shows nothing.
func TestClockBeforeTheGrantEnds(t *testing.T) {
	w := lent(t, new(memstore.Store), noon.Add(time.Minute))
	w.clock.add(-time.Minute)
	assert.Len(t, answers(t, w, 2), 4*2+3*3+3+4)
}

// A batch and its preview use the same time.
func TestPreviewAfterTheClockWasSetBack(t *testing.T) {
	w := lent(t, new(memstore.Store), noon.Add(2*time.Hour))
	w.clock.add(-2 * time.Hour)
	p, err := w.Preview(ctx, engine.Batch{Actor: host, Account: "acme", Commands: []account.Command{account.SetStatus{User: "max", Status: usher.Inactive}}})
	require.NoError(t, err)
	require.Len(t, p.Users, 1)
	for _, h := range p.Users[0].Loses {
		assert.NotEqual(t, openDoor, h.Permission, "max had lost it before")
	}
}
