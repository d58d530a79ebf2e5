package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
)

// setPolicy returns the list with which SetPolicy rejects a policy, or nil.
func setPolicy(t *testing.T, w *world, p *policy.Policy, options ...engine.SetPolicyOption) *engine.PolicyMismatchError {
	t.Helper()
	before := w.Policy()
	err := w.SetPolicy(ctx, p, options...)
	if err == nil {
		assert.Same(t, p, w.Policy())
		return nil
	}
	var unfit *engine.PolicyMismatchError
	require.ErrorAs(t, err, &unfit)
	assert.Same(t, before, w.Policy(), "nothing changed")
	return unfit
}

// answers reports whether a check of a user returns no error.
func (w *world) answers(user usher.UserID) bool {
	w.t.Helper()
	d, err := w.Check(ctx, ask(user, openDoor))
	if err != nil {
		var unfit *account.PolicyMismatchError
		assert.ErrorAs(w.t, err, &unfit)
		assert.False(w.t, d.Allowed())
	}
	return err == nil
}

func TestSetPolicyAccepts(t *testing.T) {
	for name, change := range map[string]func(*engine.Options){"in memory": nil, "in the store": func(o *engine.Options) { o.Accounts = 1; unwatched(o) }} {
		t.Run(name, func(t *testing.T) {
			w := open(t, change).found()
			w.must("other", host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "max"})
			p := load(t, noClerks)
			seen := setPolicy(t, w, p)
			require.NotNil(t, seen)
			assert.NotNil(t, setPolicy(t, w, p), "each time anew")
			assert.NotNil(t, setPolicy(t, w, p, engine.Accept(nil)))
			assert.NotNil(t, setPolicy(t, w, p, engine.Accept(&engine.PolicyMismatchError{Accounts: seen.Accounts})), "a list that no SetPolicy returned")
			other := load(t, strings.Replace(noClerks, "admin:  {}", "admin:  {at-least: 1}", 1))
			assert.NotNil(t, setPolicy(t, w, other, engine.Accept(seen)), "a list of another policy")

			w.must("acme", host, setRole("max", "clerk"))
			grown := setPolicy(t, w, p, engine.Accept(seen))
			require.NotNil(t, grown, "another user is on the list now")
			assert.ErrorContains(t, grown, "it has no account role clerk (cleo, max)")
			w.must("other", host, setRole("max", "clerk"))
			require.NotNil(t, setPolicy(t, w, p, engine.Accept(grown)), "another account is on the list now")
			w.must("other", host, setRole("max", "member"))
			w.must("acme", host, setRole("max", "member"))
			require.Nil(t, setPolicy(t, w, p, engine.Accept(grown)), "entries that are gone from the list do not matter")

			assert.False(t, w.answers("cleo"))
			for _, user := range []usher.UserID{"olivia", "adam", "max"} {
				assert.True(t, w.answers(user), user)
			}
			w.must("acme", account.AsUser("olivia"), setRole("cleo", "member"))
			assert.True(t, w.answers("cleo"), "with a role that the policy has")
			require.Nil(t, setPolicy(t, w, load(t, office)))
			require.Nil(t, setPolicy(t, w, p), "which fits now")
		})
	}
}

// Accept covers the whole list, also the part that the error only counts, and nothing
// else.
func TestAcceptCoversWhatIsOnlyCounted(t *testing.T) {
	w := open(t, nil)
	for i := range 105 {
		w.must(usher.AccountID(fmt.Sprintf("a%03d", i)), host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "cleo", Role: "clerk"}, account.AddUser{User: "max"})
	}
	p := load(t, noClerks)
	seen := setPolicy(t, w, p)
	require.Equal(t, 5, seen.More)
	w.must("a104", host, setRole("max", "clerk"))
	require.NotNil(t, setPolicy(t, w, p, engine.Accept(seen)))
	w.must("a104", host, setRole("max", "member"))
	require.Nil(t, setPolicy(t, w, p, engine.Accept(seen)))
}

// A commit during the comparison with an accepted list counts.
func TestAcceptWhileCommitting(t *testing.T) {
	w := open(t, nil).found()
	p := load(t, noClerks)
	seen := setPolicy(t, w, p)
	faults, letGo := held("Append")
	w.calls.set(faults)
	appends := w.calls.of("Append")
	written := make(chan error)
	go func() {
		_, err := w.Do(ctx, host, "acme", setRole("max", "clerk"))
		written <- err
	}()
	eventually(t, "it is on its way", func() bool { return w.calls.of("Append") == appends+1 })
	set := make(chan error)
	go func() { set <- w.SetPolicy(ctx, p, engine.Accept(seen)) }()
	select {
	case err := <-set:
		t.Fatalf("SetPolicy = %v, before the batch was stored", err)
	case <-time.After(20 * time.Millisecond):
	}
	letGo()
	require.NoError(t, <-written)
	var grown *engine.PolicyMismatchError
	assert.ErrorAs(t, <-set, &grown, "max is a clerk now")
}

// A policy is also rejected if stored data gets another meaning under it.
func TestSetPolicyListsWhatBecomesEffective(t *testing.T) {
	base := strings.Replace(office, "settings: {open: false}\n", "settings: {open: false, late: false}\nfeatures: [gym, sauna]\nbundles: {doors: [door.open], keys: [door.lock]}\n", 1)
	replaced := func(pairs ...string) *policy.Policy { return load(t, strings.NewReplacer(pairs...).Replace(base)) }
	w := open(t, func(o *engine.Options) { o.Policy = load(t, base) }).found()
	w.must("acme", host,
		account.GiveGrant{User: "max", Grant: "gym"}, account.GiveGrant{User: "max", Grant: "doors"}, account.GiveGrant{User: "adam", Grant: "door.see"},
		account.GiveGrant{User: "max", Grant: "keys", Until: noon.Add(time.Hour)}, account.ChangeSetting{Setting: "open", Value: true})

	without := replaced("features: [gym, sauna]\n", "", "doors: [door.open], ", "", "{open: false, late: false}", "{late: false}")
	require.Nil(t, setPolicy(t, w, without), "a grant that has ended is not listed")
	for name, row := range map[string]struct {
		p    *policy.Policy
		want []string
	}{
		"again":                  {replaced(), []string{"grants of doors become effective again, as grants of a bundle (max)", "grants of gym become effective again, as grants of a feature (max)", "the setting open, which is stored as true, becomes effective again"}},
		"again, as what is none": {replaced("gym, ", "", "bundles: {", "bundles: {gym: [door.lock], ", "doors: [door.open], ", "", "{open: false, late: false}", "{late: false}"), []string{"grants of gym become effective again, as grants of a bundle (max)"}},
		"not in use":             {replaced("gym, ", "", "doors: [door.open], ", "", "{open: false, late: false}", "{late: false}"), nil},
	} {
		seen := setPolicy(t, w, row.p)
		if row.want == nil {
			require.Nil(t, seen, name)
			require.Nil(t, setPolicy(t, w, without))
			continue
		}
		require.NotNil(t, seen, name)
		assert.Equal(t, row.want, seen.Accounts[0].Reasons, name)
		assert.True(t, w.answers("max"))
		require.Nil(t, setPolicy(t, w, row.p, engine.Accept(seen)), name)
		assert.True(t, w.answers("max"), "the mismatches are about grants, not users: the policy decides for all")
		require.Nil(t, setPolicy(t, w, without))
	}

	first := load(t, base)
	require.Nil(t, setPolicy(t, w, first, engine.Accept(setPolicy(t, w, first))))
	for name, row := range map[string]struct {
		p    *policy.Policy
		want string
	}{
		"a feature becomes a bundle":     {replaced("gym, ", "", "bundles: {", "bundles: {gym: [door.lock], "), "gym is a bundle, but was a feature when it was granted (max)"},
		"a bundle becomes a feature":     {replaced("doors: [door.open], ", "", "[gym, sauna]", "[gym, sauna, doors]"), "doors is a feature, but was a bundle when it was granted (max)"},
		"a permission becomes a bundle":  {replaced("      see:  {admin: any, clerk: any hiding keypad}\n", "", "bundles: {", "bundles: {door.see: [door.lock], "), "door.see is a bundle, but was a permission when it was granted (adam)"},
		"one that lasts for an hour yet": {replaced("keys: [door.lock]", "others: [door.lock]", "[gym, sauna]", "[gym, sauna, keys]"), "keys is a feature, but was a bundle when it was granted (max)"},
	} {
		seen := setPolicy(t, w, row.p)
		require.NotNil(t, seen, name)
		assert.Contains(t, seen.Accounts[0].Reasons, row.want, name)
		assert.Len(t, seen.Accounts[0].Reasons, 1, name)
	}
	w.clock.add(time.Hour)
	require.Nil(t, setPolicy(t, w, replaced("keys: [door.lock]", "others: [door.lock]", "[gym, sauna]", "[gym, sauna, keys]")), "the grant has ended")
}

// In a rolling deployment, processes with different policies work for all users except
// those that hold what their policy lacks.
func TestRollingDeployment(t *testing.T) {
	mem := new(memstore.Store)
	old := openOn(t, mem, nil).found()
	w := openOn(t, mem, func(o *engine.Options) { o.Policy = load(t, noClerks) })
	assert.False(t, w.answers("cleo"))
	assert.True(t, w.opens("adam"))
	w.must("acme", account.AsUser("olivia"), setRole("max", "admin"))
	old.must("acme", host, setRole("cleo", "member"))
	eventually(t, "cleo fits", func() bool { return w.answers("cleo") })
	old.must("acme", host, setRole("max", "clerk"))
	eventually(t, "max does not fit", func() bool { return !w.answers("max") })
	assert.True(t, w.answers("cleo"))
	assert.True(t, w.opens("adam"))
	w.must("acme", account.AsUser("adam"), account.AddUser{User: "new"})
	assert.False(t, w.answers("max"), "a commit of the other engine changes nothing for max")
	w.must("acme", account.AsUser("olivia"), setRole("max", "member"))
	assert.True(t, w.answers("max"))
}

// If another role is the unique one, the account has no owner, on which protections and
// transfers depend: the policy decides for no user.
func TestOtherUniqueRole(t *testing.T) {
	mem := new(memstore.Store)
	openOn(t, mem, nil).found()
	heads := strings.NewReplacer("owner:  {unique: true, includes: [admin], hands-over-to: admin}", "owner:  {includes: [admin]}\n  head:  {unique: true, hands-over-to: admin}").Replace(office)
	w := openOn(t, mem, func(o *engine.Options) { o.Policy = load(t, heads) })
	for _, user := range []usher.UserID{"olivia", "adam", "cleo", "max", "nobody"} {
		assert.False(t, w.answers(user), user)
	}
	var unfit *account.PolicyMismatchError
	_, err := w.Do(ctx, host, "acme", setRole("max", "admin"))
	require.ErrorAs(t, err, &unfit)
	assert.True(t, unfit.Whole)
	_, err = w.View(ctx, "acme")
	assert.ErrorAs(t, err, &unfit)
	for _, err := range w.WhoMay(ctx, ask("", openDoor), "") {
		assert.ErrorAs(t, err, &unfit)
	}
}

// What the policy lacks can be removed step by step; an admin can remove it only from
// users of known rank.
func TestMismatchesAreMended(t *testing.T) {
	p := load(t, policyWithout("  clerk:  {}\n", "clerk: any, ", "  deputy: {held-on: team}\n", ", deputy: shared", ", locker: {}", "  keeps: {seat: locker}\n"))
	mem := new(memstore.Store)
	first := openOn(t, mem, func(o *engine.Options) { o.Policy = load(t, firm) })
	firmAccount(t, first)
	w := openOn(t, mem, func(o *engine.Options) { o.Policy = p })
	adam := account.AsUser("adam")
	for _, c := range []account.Command{account.SetRole{User: "cleo", Role: "member"}, account.RemoveUser{User: "cleo"}, account.SetStatus{User: "cleo", Status: usher.Inactive}} {
		_, err := w.Do(ctx, adam, "acme", c)
		assert.ErrorIs(t, err, account.CodeEscalation, account.Describe(c))
		assert.ErrorContains(t, err, "cleo has the role clerk, which the policy firm lacks")
	}
	for _, c := range []account.Command{account.UnsetTeamRole{Team: "crew", User: "kay", Role: "lead"}, account.UnassignSeat{User: "kay", Pool: "desk"}, account.SetSeats{Pool: "locker", Total: 3}, account.AssignSeat{User: "max", Pool: "locker"}} {
		_, err := w.Do(ctx, adam, "acme", c)
		assert.Error(t, err, account.Describe(c))
	}
	w.must("acme", adam, account.SetRole{User: "kay", Role: "admin"})
	assert.False(t, w.answers("kay"), "the seat does not change")
	w.must("acme", account.AsUser("olivia"), account.UnassignSeat{User: "kay", Pool: "locker"})
	assert.True(t, w.answers("kay"))
	w.must("acme", adam, account.UnsetTeamRole{Team: "crew", User: "dan", Role: "deputy"})
	assert.True(t, w.answers("dan"))
	w.must("acme", account.AsUser("olivia"), setRole("cleo", "member"), setRole("ines", "member"), account.RemoveUser{User: "inge"})
	assert.True(t, w.answers("cleo"))
	assert.Error(t, latestState(t, first).Fits(p), "there are lockers yet")
	w.must("acme", adam, account.SetSeats{Pool: "locker", Total: 0})
	require.NoError(t, latestState(t, first).Fits(p))
	assert.Equal(t, seat.Pool{}, latestState(t, first).Pool("locker"))
}
