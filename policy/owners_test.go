package policy_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

func loadRoles(t *testing.T, roles string) *policy.Policy {
	t.Helper()
	p, err := policyfile.Load("p.yaml", []byte("usher: 1\nroles: {"+roles+"}\n"))
	require.NoError(t, err)
	return p
}

// "The first user of an account gets the unique role; without one, the first account role of the
// file with at-least; without one, the default role."
func TestFirstRole(t *testing.T) {
	for _, row := range []struct{ roles, want string }{
		{"boss: {unique: true, hands-over-to: staff}, staff: {default: true, at-least: 1}", "boss"},
		{"staff: {default: true}, chief: {at-least: 1}, owner: {at-least: 2}", "chief"},
		{"staff: {default: true, at-least: 1}, owner: {at-least: 1}", "staff"},
		{"chief: {at-most: 3}, owner: {at-least: 1}, staff: {default: true}", "owner"},
		{"owner: {}, lead: {held-on: team, at-least: 1}, staff: {default: true}", "staff"},
		{"owner: {}, billing: {beside: true, at-least: 1}, staff: {default: true}", "staff"},
		{"owner: {at-most: 2}, staff: {default: true}", "staff"},
	} {
		assert.Equal(t, role.Name(row.want), loadRoles(t, row.roles).FirstRole().Name, row.roles)
	}
	assert.Empty(t, (&policy.Policy{}).FirstRole().Name)
	assert.Empty(t, (&policy.Policy{}).UniqueRole().Name)
	assert.Empty(t, loadRoles(t, "staff: {default: true, at-least: 1}").UniqueRole().Name)
}

// "The order of keys has no effect", except on the role of the first user.
func TestDigestOfTheFirstRole(t *testing.T) {
	for _, row := range []struct {
		a, b string
		same bool
	}{
		{"owner: {at-least: 1}, admin: {at-least: 1}, staff: {default: true}", "admin: {at-least: 1}, owner: {at-least: 1}, staff: {default: true}", false},
		{"owner: {at-least: 1}, admin: {at-least: 1}, staff: {default: true}", "staff: {default: true}, owner: {at-least: 1}, admin: {at-least: 1}", true},
		{"owner: {at-least: 1}, admin: {}, staff: {default: true}", "admin: {}, staff: {default: true}, owner: {at-least: 1}", true},
		{
			"owner: {at-least: 1}, admin: {at-least: 1}, boss: {unique: true, hands-over-to: staff}, staff: {default: true}",
			"admin: {at-least: 1}, owner: {at-least: 1}, boss: {unique: true, hands-over-to: staff}, staff: {default: true}", true,
		},
	} {
		a, b := loadRoles(t, row.a), loadRoles(t, row.b)
		assert.Equal(t, row.same, a.Digest() == b.Digest(), "%s | %s", row.a, row.b)
		if row.same {
			assert.Equal(t, a.FirstRole().Name, b.FirstRole().Name)
		}
	}
}

const equalOwners = `
usher: 1
roles:
  owner:  {at-least: 1, all: true}
  member: {default: true}
resources:
  account: {permissions: {transfer: {owner: any, member: any, everyone: any}}}
  user:
    permissions:
      edit-sign-in: {owner: any}
      leave:        {everyone: own as user}
`

// "A policy without a unique role protects no user in this way, and no user may transfer."
func TestNoUniqueRole(t *testing.T) {
	p, err := policyfile.Load("equal.yaml", []byte(equalOwners))
	require.NoError(t, err)
	w := &world{users: map[usher.UserID]*policy.User{
		"ada": {Status: usher.Active, Role: "owner", Grants: []policy.Grant{{Name: "account.transfer"}}},
		"bob": {Status: usher.Active, Role: "owner"},
		"mia": {Status: usher.Active, Role: "member"},
		"old": {Status: usher.Active, Role: "boss"}, // a role that the policy lacks is not the unique one
	}}
	on := func(id string) usher.Resource {
		return &usher.Object{Type: "user", Parties: map[string][]string{"user": {id}}}
	}
	unknown := &thing{ref: usher.Ref{Type: "user"}, silent: []string{"user"}}
	for _, row := range []struct {
		who, perm string
		on        usher.Resource
		want      usher.Reason
	}{
		{"ada", "user.set-role", on("bob"), usher.ReasonGranted},
		{"ada", "user.set-role", on("ada"), usher.ReasonGranted},
		{"ada", "user.delete", on("bob"), usher.ReasonGranted},
		{"ada", "user.delete", on("old"), usher.ReasonGranted},
		{"ada", "user.delete", on("gone"), usher.ReasonGranted},
		{"ada", "user.set-status", unknown, usher.ReasonGranted},
		{"ada", "user.edit-sign-in", on("bob"), usher.ReasonGranted},
		{"ada", "user.edit-sign-in", unknown, usher.ReasonGranted},
		{"ada", "user.leave", on("ada"), usher.ReasonGranted},
		{"mia", "user.leave", on("mia"), usher.ReasonGranted},
		{"mia", "user.delete", on("bob"), usher.ReasonNoPermission},
		{"ada", "account.transfer", nil, usher.ReasonForbidden},
		{"bob", "account.transfer", nil, usher.ReasonForbidden},
		{"mia", "account.transfer", nil, usher.ReasonForbidden},
	} {
		r := &usher.Request{Subject: usher.UserID(row.who), Permission: permission.MustParse(row.perm), Resource: row.on, Time: midnight}
		d, err := p.Decide(w, r)
		require.NoError(t, err)
		assert.Equal(t, row.want, d.Reason(), "%s %s: %v", row.who, row.perm, d)
		r.Resource = nil
		f, err := p.Filter(w, r)
		require.NoError(t, err)
		if row.on != nil {
			ok, err := f.Match(row.on)
			require.NoError(t, err)
			assert.Equal(t, d.Allowed(), ok, "%s %s in a list", row.who, row.perm)
		}
	}

	x, err := p.Explain(w, &usher.Request{Subject: "bob", Permission: permission.MustParse("account.transfer"), Time: midnight})
	require.NoError(t, err)
	assert.Contains(t, x.Sentence, "no user hands ownership over, because no role is unique")
	assert.Empty(t, x.Remedies, "no change of the account makes a transfer possible")

	s, err := p.Summary(w, "bob", midnight)
	require.NoError(t, err)
	assert.False(t, slices.ContainsFunc(s.Never, func(e policy.Entitlement) bool { return e.Permission.String() == "user.delete" }))

	for name, opens := range map[string]bool{"account.transfer": false, "account.delete": true, "user.delete": true, "user.set-role": true} {
		assert.Equal(t, opens, p.Opens(permission.MustParse(name)), name)
	}
	delegated, err := policyfile.Load("d.yaml", []byte(`
usher: 1
roles: {owner: {at-least: 1}, lead: {held-on: team}, member: {default: true}}
resources:
  account: {permissions: {transfer: {lead: any, everyone: any}}}
  grant: {permissions: {give: {owner: any}}}
  user: {permissions: {delegate: {owner: any}}}
`))
	require.NoError(t, err)
	assert.False(t, delegated.Opens(permission.MustParse("account.transfer")))
	assert.True(t, delegated.Opens(permission.MustParse("account.delete")))
}
