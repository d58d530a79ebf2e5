package policy_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

// one is an account with one user.
type one struct{ user *policy.User }

func (o one) User(usher.UserID) (*policy.User, error) { return o.user, nil }
func (o one) Account() (*policy.Account, error)       { return &policy.Account{}, nil }

// Each row states whether a user who exchanges the first rule for the second gains nothing, and
// whether the same holds in the other direction. A rule may be held through a team role ("on a b")
// or a grant ("until 2027").
func TestDifferenceCovers(t *testing.T) {
	const yes, no = true, false
	for _, row := range []struct {
		a, b         string
		aHasB, bHasA bool
	}{
		{"any", "any", yes, yes},
		{"any", "own", yes, no},
		{"any", "sole", yes, no},
		{"any", "team", yes, no},
		{"any", "shared", yes, no},
		{"own", "own", yes, yes},
		{"own", "sole", yes, no},
		{"own", "team", no, no},
		{"own", "shared", no, no},
		{"sole", "team", no, yes},
		{"sole", "shared", no, yes},
		{"team", "shared", no, yes},

		{"own", "own if mfa", yes, no},
		{"any", "any if mfa", yes, no},
		{"own if mfa", "own if office", no, no},
		{"own if mfa", "own if mfa and office", yes, no},
		{"own if mfa", "own if login", yes, yes}, // two names of one fact
		{"own hiding details", "own", no, yes},
		{"own hiding details", "own hiding details and notes", yes, no},
		{"own as host", "own", no, no},
		{"own as host", "own as guest", no, no},
		{"own as host or guest", "own as guest or host", yes, yes},
		{"own as host or guest or team", "own", yes, yes},
		{"any", "own as host", yes, no},

		{"any until 2026", "any", no, yes},
		{"any until 2026", "any until 2027", no, yes},
		{"any until 2026", "any until 2026", yes, yes},

		{"team on a", "team on a", yes, yes},
		{"team on a b", "team on a", yes, no},
		{"team on a", "team on b", no, no},
		{"shared on a", "team on a", yes, no},
		{"any on a", "team", yes, no},
		{"team on a", "sole on b", yes, no},
	} {
		p, err := policyfile.Load("p.yaml", fmt.Appendf(nil, `
usher: 1
conditions: {mfa: {context: mfa}, login: {context: mfa}, office: {context: office}}
roles:
  owner: {unique: true, hands-over-to: a}
  a: {default: true}
  b: {}
  on-a: {held-on: team}
  on-b: {held-on: team}
resources:
  page:
    parties: {host: users, guest: users, team: teams}
    fields: {details: [body], notes: [notes]}
    permissions:
      edit: {%s, %s}
`, cellOf("a", row.a), cellOf("b", row.b)))
		require.NoError(t, err)
		a, b := one{holderOf("a", row.a)}, one{holderOf("b", row.b)}
		at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		gains, loses, err := p.Difference(a, b, "mia", at)
		require.NoError(t, err)
		assert.Equal(t, row.aHasB, len(gains) == 0, "from %q to %q a user gains %v", row.a, row.b, gains)
		assert.Equal(t, row.bHasA, len(loses) == 0, "from %q to %q a user loses %v", row.a, row.b, loses)
		back, ahead, err := p.Difference(b, a, "mia", at)
		require.NoError(t, err)
		assert.Equal(t, loses, back, "what is lost is gained on the way back")
		assert.Equal(t, gains, ahead)
	}
}

// cellOf returns the cell of a rule, for the account role or for the team role. A grant
// needs none; its permission then belongs to a role that the user does not have.
func cellOf(name, rule string) string {
	if text, _, onTeam := strings.Cut(rule, " on "); onTeam {
		return "on-" + name + ": " + text
	}
	if strings.Contains(rule, " until ") {
		return "on-" + name + ": any" // which no user holds here
	}
	return name + ": " + rule
}

func holderOf(name, rule string) *policy.User {
	u := &policy.User{Status: usher.Active, Role: role.Name(name)}
	if _, teams, onTeam := strings.Cut(rule, " on "); onTeam {
		for _, id := range strings.Fields(teams) {
			u.Teams = append(u.Teams, policy.Membership{Team: usher.TeamID(id), Roles: []role.Name{role.Name("on-" + name)}})
		}
	}
	if _, year, ends := strings.Cut(rule, " until "); ends {
		n, _ := strconv.Atoi(year)
		u.Grants = []policy.Grant{{Name: "page.edit", Until: time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC)}}
	}
	return u
}

// Only teams on which the rule is new remain; a team below another one is included in it.
func TestDifferenceOnTeams(t *testing.T) {
	p := onceHub(t)
	before := one{parseUser("member sales:manager support")}
	after := one{parseUser("member sales:manager support:manager")}
	gains, loses, err := p.Difference(before, after, "mia", midnight)
	require.NoError(t, err)
	assert.Empty(t, loses)
	require.NotEmpty(t, gains)
	for _, h := range gains {
		assert.Equal(t, []usher.TeamID{"support"}, h.Teams, "%s", h.Permission)
	}
	gains, loses, err = p.Difference(after, one{}, "mia", midnight)
	require.NoError(t, err)
	assert.Empty(t, gains)
	assert.NotEmpty(t, loses)
	_, _, err = p.Difference(before, after, "mia", time.Time{})
	assert.ErrorIs(t, err, usher.ErrNoTime)
	_, _, err = new(policy.Policy).Difference(before, after, "mia", midnight)
	assert.ErrorIs(t, err, usher.ErrUnknownPermission)
}
