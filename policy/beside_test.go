package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

const besidePolicy = `usher: 1
conditions: {mfa: {context: mfa}, office: {context: office}}
roles:
  owner:   {unique: true, hands-over-to: member}
  chief:   {includes: [billing]}
  member:  {default: true}
  guard:   {requires: [office]}
  billing: {beside: true}
  auditor: {beside: true, requires: [mfa]}
  archive: {beside: true}
  lead:    {held-on: team}
resources:
  invoice:
    parties: {payer: users, team: teams}
    permissions:
      view: {billing: any, archive: any, everyone: own}
      pay:  {billing: any, owner: any}
      read: {auditor: any}
      send: {archive: shared, lead: team}
`

// besideWorld is an account with a user for each combination of roles.
func besideWorld() *world {
	user := func(name role.Name, beside ...role.Name) *policy.User {
		return &policy.User{Status: usher.Active, Role: name, Beside: beside}
	}
	w := &world{teams: map[usher.TeamID]usher.TeamID{"sales": ""}, users: map[usher.UserID]*policy.User{
		"olga": user("owner"), "mia": user("member"), "bob": user("member", "billing"), "cleo": user("chief", "archive"),
		"ann": user("member", "auditor"), "gus": user("guard", "billing", "auditor"), "ina": user("member", "billing"),
		"ty": user("member", "archive"), "odd": user("member", "lead", "chief", "gone", "owner"), "bad": user("billing"),
	}}
	w.users["ina"].Status = usher.Inactive
	w.users["ty"].Teams = []policy.Membership{{Team: "sales"}}
	w.now = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return w
}

// Each row is a sentence about roles beside.
func TestBeside(t *testing.T) {
	p, err := policyfile.Load("p.yaml", []byte(besidePolicy))
	require.NoError(t, err)
	require.Empty(t, p.Warnings())
	w := besideWorld()
	bobs := &usher.Object{Type: "invoice", Parties: map[string][]string{"payer": {"bob"}}}
	of := func(team string) *usher.Object {
		return &usher.Object{Type: "invoice", Parties: map[string][]string{"team": {team}}}
	}
	for _, row := range []struct {
		who, perm string
		on        usher.Resource
		with      usher.Context
		want      string // the beginning of the decision as text
	}{
		{"bob", "invoice.pay", nil, nil, "allowed by `billing: any` of invoice.pay"},
		{"mia", "invoice.pay", nil, nil, "denied (no-permission)"},
		{"cleo", "invoice.pay", nil, nil, "allowed by `billing: any` of invoice.pay (which chief includes, "},
		{"ina", "invoice.pay", nil, nil, "denied (inactive)"},
		{"odd", "invoice.pay", nil, nil, "denied (no-permission)"},
		{"olga", "invoice.pay", nil, nil, "allowed by `owner: any`"},

		// The requirements of the role, and those of the account role.
		{"ann", "invoice.read", nil, nil, "denied (condition-unmet): `auditor: any` of invoice.read (p.yaml:18) would allow it, but mfa does not hold"},
		{"ann", "invoice.read", nil, usher.Context{"mfa": true}, "allowed by `auditor: any`"},
		{"ann", "invoice.view", bobs, nil, "denied (out-of-scope): `everyone: own`"},
		{"gus", "invoice.pay", nil, nil, "denied (condition-unmet): `billing: any` of invoice.pay (p.yaml:17) would allow it, but office does not hold"},
		{"gus", "invoice.pay", nil, usher.Context{"office": true}, "allowed by `billing: any`"},
		{"gus", "invoice.read", nil, usher.Context{"office": true}, "denied (condition-unmet): `auditor: any` of invoice.read (p.yaml:18) would allow it, but mfa does not hold"},

		// Of the rules that match, those of roles beside come by name, before those of everyone.
		{"cleo", "invoice.view", nil, nil, "allowed by `archive: any`"},
		{"bob", "invoice.view", bobs, nil, "allowed by `billing: any`"},

		// Team and shared look at the teams of which the user is a direct member.
		{"ty", "invoice.send", of("sales"), nil, "allowed by `archive: shared`"},
		{"cleo", "invoice.send", of("sales"), nil, "denied (out-of-scope): `archive: shared`"},
	} {
		r := usher.Request{Account: "acme", Subject: usher.UserID(row.who), Permission: permission.MustParse(row.perm), Resource: row.on, Context: row.with}
		d, err := p.Decide(w.facts(), &r)
		require.NoError(t, err)
		assert.Contains(t, d.String()+"\n", row.want, "%s %s", row.who, row.perm)
		x, err := p.Explain(w.facts(), &r)
		require.NoError(t, err)
		assert.Equal(t, d.String(), x.Decision.String(), "%s %s", row.who, row.perm)
	}

	_, err = p.Decide(w.facts(), &usher.Request{Account: "acme", Subject: "bad", Permission: permission.MustParse("invoice.pay")})
	assert.ErrorIs(t, err, usher.ErrUndeclared, "a role beside is not an account role")
	x, err := p.Explain(w.facts(), &usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse("invoice.pay")})
	require.NoError(t, err)
	assert.Contains(t, x.Remedies, usher.Remedy{Text: "role billing beside", Steps: []usher.Step{{Kind: usher.StepBeside, Name: "billing"}}})

	var may []usher.UserID
	delete(w.users, "bad") // each page about users would end with the error
	for s, err := range p.WhoMay(listing{w}, &usher.Request{Account: "acme", Time: w.now, Permission: permission.MustParse("invoice.pay")}, "") {
		require.NoError(t, err)
		may = append(may, s.ID)
	}
	assert.Equal(t, []usher.UserID{"bob", "cleo", "olga"}, may)

	s, err := p.Summary(w.facts(), "bob", w.now)
	require.NoError(t, err)
	assert.Equal(t, []role.Name{"billing"}, s.Beside)
	assert.Equal(t, usher.SourceBeside, s.Entitlements[0].Rule.Source)
}

// The ceiling takes each role beside for a source of its own, and counts it for rank.
func TestBesideCeiling(t *testing.T) {
	p, err := policyfile.Load("p.yaml", []byte(besidePolicy))
	require.NoError(t, err)
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	user := func(name role.Name, beside ...role.Name) *policy.User {
		return &policy.User{Status: usher.Active, Role: name, Beside: beside}
	}
	ceiling := func(actor *policy.User) policy.Ceiling {
		c, err := p.Ceiling(actor, &policy.Account{}, nil, at)
		require.NoError(t, err)
		return c
	}
	for _, row := range []struct {
		actor, before, after *policy.User
		gives, takes, ranks  string // the uncovered rule, whether something is taken, the outranking rule
	}{
		{user("member", "billing"), user("member"), user("member", "billing"), "", "no", ""},
		{user("chief"), user("member"), user("member", "billing"), "", "no", ""},
		{user("member"), user("member"), user("member", "billing"), "`billing: any` of invoice.view (p.yaml:16)", "no", ""},
		{user("member", "auditor"), user("member"), user("member", "auditor"), "", "no", ""},
		{user("member", "billing"), user("member", "billing"), user("member", "archive"), "`archive: shared` of invoice.send (p.yaml:19)", "yes", ""},
		{user("member"), user("chief"), user("chief", "billing"), "`billing: any` of invoice.view (p.yaml:16)", "no", "`billing: any` of invoice.view (which chief includes, p.yaml:16)"},
		{user("member"), user("member", "billing"), user("member"), "", "yes", "`billing: any` of invoice.view (p.yaml:16)"},
		{user("chief"), user("member", "billing"), user("member"), "", "yes", ""},
		{user("member", "archive"), user("member", "billing"), user("member"), "", "yes", "`billing: any` of invoice.pay (p.yaml:17)"},
	} {
		c := ceiling(row.actor)
		given, uncovered, err := c.Gives(row.before, row.after)
		require.NoError(t, err)
		takes, err := c.Takes(row.before, row.after)
		require.NoError(t, err)
		rank, outranks, err := c.Outranks(row.before)
		require.NoError(t, err)
		name := func(u policy.Uncovered, is bool) string {
			if !is {
				return ""
			}
			return u.Rule.String()
		}
		assert.Equal(t, row.gives, name(given, uncovered), "%+v", row)
		assert.Equal(t, map[bool]string{true: "yes", false: "no"}[takes], row.takes, "%+v", row)
		assert.Equal(t, row.ranks, name(rank, outranks), "%+v", row)
	}
	_, err = p.Ceiling(user("billing"), &policy.Account{}, nil, at)
	assert.ErrorIs(t, err, usher.ErrUndeclared)
}
