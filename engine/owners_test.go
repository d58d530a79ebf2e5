package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// equalOffice is office with several equal owners.
var equalOffice = strings.Replace(office, "{unique: true, includes: [admin], hands-over-to: admin}", "{at-least: 1, includes: [admin]}", 1)

// A policy without a unique role replaces one that has it, and the other way round.
func TestSetPolicyWithAndWithoutUniqueRole(t *testing.T) {
	for name, forget := range map[string]bool{"the account in memory": false, "the account in the store": true} {
		t.Run(name, func(t *testing.T) {
			w := open(t, nil).found()
			owned, equal := load(t, office), load(t, equalOffice)
			reload := func() {
				if forget {
					p := w.Policy()
					w = openOn(t, w.mem, func(o *engine.Options) { o.Policy = p })
				}
			}
			require.Nil(t, setPolicy(t, w, equal))
			reload()
			w.must("acme", account.AsUser("olivia"), setRole("adam", "owner"))
			reload()
			_, err := w.Do(ctx, host, "acme", account.TransferOwnership{To: "max"})
			assert.ErrorIs(t, err, account.CodeUnknownRole)
			seen := setPolicy(t, w, owned)
			require.NotNil(t, seen)
			assert.ErrorContains(t, seen, "its role owner is unique, but several users have it (adam, olivia)")
			require.Nil(t, setPolicy(t, w, owned, engine.Accept(seen)))
			reload()
			assert.False(t, w.answers("olivia"))
			assert.False(t, w.answers("adam"))
			assert.True(t, w.answers("max"))
			w.must("acme", host, account.TransferOwnership{To: "adam"})
			for _, user := range []usher.UserID{"olivia", "adam", "max"} {
				assert.True(t, w.answers(user), user)
			}
			reload()
			v, err := w.View(ctx, "acme")
			require.NoError(t, err)
			assert.Equal(t, usher.UserID("adam"), v.Owner())
			w.must("acme", account.AsUser("adam"), account.TransferOwnership{To: "olivia"})
			require.Nil(t, setPolicy(t, w, equal))
			w.must("acme", account.AsUser("olivia"), account.AddUser{User: "zoe", Role: "owner"}, account.Leave{})
			v, err = w.View(ctx, "acme")
			require.NoError(t, err)
			assert.Empty(t, v.Owner())
			_, err = w.Do(ctx, account.AsUser("zoe"), "acme", setRole("zoe", "member"))
			assert.ErrorIs(t, err, account.CodeLastHolder)
		})
	}
}

// While two processes run under policies with and without a unique role, each commit keeps the
// account readable for both.
func TestTwoPoliciesWithAndWithoutUniqueRole(t *testing.T) {
	w := open(t, nil).found()
	other := openOn(t, w.mem, func(o *engine.Options) { o.Policy = load(t, equalOffice) })
	for range 3 {
		other.must("acme", account.AsUser("olivia"), setRole("max", "clerk"))
		w.must("acme", account.AsUser("olivia"), setRole("max", "member"))
	}
	other.must("acme", account.AsUser("olivia"), setRole("max", "owner"))
	eventually(t, "two users have the unique role", func() bool { return !w.answers("olivia") })
	assert.True(t, w.answers("adam"))
	w.must("acme", host, setRole("max", "member"))
	assert.True(t, w.answers("olivia"))
	w.must("acme", account.AsUser("olivia"), account.TransferOwnership{To: "adam"})
}
