package policy_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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

// agency has rules of all kinds: conditions on acting, hidden fields, prohibitions, bundles, visitors.
const agency = `
usher: 1
conditions: {on-behalf: {context: acting}, mfa: {context: mfa}}
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  member: {default: true}
  helper: {}
  lead:   {held-on: team}
bundles: {calendar.all: [calendar.view, calendar.edit], calendar.notes: [calendar.view, calendar.read]}
resources:
  calendar:
    parties: {host: users, team: teams}
    fields:  {private: [notes], places: [room]}
    permissions:
      view: {admin: any, member: own hiding places, helper: any hiding private, visitor: any hiding private and places}
      read: {admin: any, helper: any hiding private, member: any hiding places}
      edit: {admin: any if mfa, member: own, lead: team if on-behalf}
      send: {member: own if not on-behalf, helper: any}
      help: {helper: any if on-behalf, member: any if on-behalf}
      move: {admin: any, member: own}
never:
  calendar.move: any if on-behalf
`

type agencyFacts map[usher.UserID]*policy.User

func (f agencyFacts) User(id usher.UserID) (*policy.User, error) { return f[id], nil }
func (f agencyFacts) Account() (*policy.Account, error)          { return &policy.Account{}, nil }

func agencyUsers() agencyFacts {
	users := agencyFacts{}
	for _, name := range []role.Name{"owner", "admin", "member", "helper"} {
		users[usher.UserID(name)] = &policy.User{Status: usher.Active, Role: name}
	}
	users["lead"] = &policy.User{Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: "t", Roles: []role.Name{"lead"}}}}
	users["gone"] = &policy.User{Status: usher.Inactive, Role: "admin"}
	users["granted"] = &policy.User{Status: usher.Active, Role: "member", Grants: []policy.Grant{{Name: "calendar.move"}, {Name: "calendar.view"}}}
	return users
}

// A decision on behalf allows exactly if both users may, hides what is hidden from one of them, and is otherwise
// the denial of one. The fact acting comes from a second policy, in which the host states it.
func TestOnBehalf(t *testing.T) {
	p, err := policyfile.Load("agency.yaml", []byte(agency))
	require.NoError(t, err)
	stated, err := policyfile.Load("agency.yaml", []byte(strings.ReplaceAll(agency, "{context: acting}", "{context: stated}")))
	require.NoError(t, err)
	users := agencyUsers()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ids := append(slices.Sorted(maps.Keys(users)), "nobody")
	resources := []usher.Resource{nil}
	for _, host := range ids {
		resources = append(resources, &usher.Object{Type: "calendar", ID: "c", Parties: map[string][]string{"host": {string(host)}}})
	}
	resources = append(resources, &usher.Object{Type: "calendar", ID: "c", Parties: map[string][]string{"team": {"t"}}})
	allowed, hiding, count := 0, 0, 0
	for _, name := range []string{"calendar.view", "calendar.read", "calendar.edit", "calendar.send", "calendar.help", "calendar.move", "calendar.all", "calendar.notes"} {
		for _, subject := range ids {
			for _, by := range ids {
				for _, on := range resources {
					for _, mfa := range []bool{false, true} {
						r := usher.Request{Account: "a", Subject: subject, By: by, Permission: permission.MustParse(name), Resource: on, Time: noon, Context: usher.Context{"mfa": mfa}}
						got, err := p.Decide(users, &r)
						require.NoError(t, err)
						alone := func(id usher.UserID) usher.Decision {
							q := r
							q.Subject, q.By, q.Context = id, "", usher.Context{"mfa": mfa, "stated": by != subject}
							d, err := stated.Decide(users, &q)
							require.NoError(t, err)
							return d
						}
						first, second := alone(subject), alone(by)
						hidden := union(first.Hidden(), second.Hidden())
						words := fmt.Sprintf("%s %s by %s on %v, mfa %v", name, subject, by, on, mfa)
						require.Equal(t, first.Allowed() && second.Allowed(), got.Allowed(), words)
						count++
						switch {
						case got.Allowed():
							allowed++
							if len(hidden) > 0 {
								hiding++
							}
							require.Equal(t, hidden, union(got.Hidden(), nil), words)
						case !first.Allowed():
							require.Equal(t, first.Reason(), got.Reason(), words)
						default:
							require.Equal(t, second.Reason(), got.Reason(), words)
						}
						agreesOnBehalf(t, p, users, r, got, words)
					}
				}
			}
		}
	}
	assert.Greater(t, allowed, count/20)
	assert.Greater(t, hiding, 50)
}

// agreesOnBehalf compares the other calls with Decide.
func agreesOnBehalf(t *testing.T, p *policy.Policy, users agencyFacts, r usher.Request, d usher.Decision, words string) {
	t.Helper()
	x, err := p.Explain(users, &r)
	require.NoError(t, err)
	require.Equal(t, d.Allowed(), x.Decision.Allowed(), words)
	require.Equal(t, d.Reason(), x.Decision.Reason(), words)
	require.Equal(t, union(d.Hidden(), nil), union(x.Decision.Hidden(), nil), words)
	if r.OnBehalf() {
		require.Empty(t, x.Remedies)
		require.Contains(t, x.Sentence, string(r.By)+" for "+string(r.Subject))
	}
	_, bundle := p.Bundle(r.Permission)
	if r.Resource != nil {
		actions, err := p.Actions(users, &r)
		require.NoError(t, err)
		i := slices.IndexFunc(actions, func(a policy.Action) bool { return a.Permission == r.Permission })
		if !bundle {
			require.Equal(t, d.Allowed(), i >= 0, words)
			if i >= 0 {
				require.Equal(t, union(d.Hidden(), nil), union(actions[i].Decision.Hidden(), nil), words)
			}
		}
		all := r
		all.Resource = nil
		f, err := p.Filter(users, &all)
		require.NoError(t, err)
		shown, err := f.Match(r.Resource)
		require.NoError(t, err)
		require.Equal(t, d.Allowed(), shown, words)
		if shown {
			require.Equal(t, union(d.Hidden(), nil), union(f.Masks(r.Resource), nil), words)
		}
	}
}

func union(a, b []string) []string {
	list := append(slices.Clone(a), b...)
	slices.Sort(list)
	if list = slices.Compact(list); len(list) == 0 {
		return nil
	}
	return list
}

// No caller states the fact acting, and no user acts on behalf of a visitor.
func TestOnBehalfIsRefused(t *testing.T) {
	p, err := policyfile.Load("agency.yaml", []byte(agency))
	require.NoError(t, err)
	users := agencyUsers()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := usher.Request{Account: "a", Subject: "helper", Permission: permission.MustParse("calendar.help"), Time: noon, Context: usher.Context{"acting": true}}
	d, err := p.Decide(users, &r)
	assert.ErrorIs(t, err, usher.ErrUndeclared)
	assert.ErrorContains(t, err, "it follows from Request.By")
	assert.False(t, d.Allowed())
	assert.NotContains(t, p.Contexts(), "acting")

	r = usher.Request{Account: "a", Visitor: true, By: "admin", Permission: permission.MustParse("calendar.view"), Time: noon}
	d, err = p.Decide(users, &r)
	assert.ErrorIs(t, err, usher.ErrVisitor)
	assert.False(t, d.Allowed())
	r.Visitor = false
	d, err = p.Decide(users, &r)
	require.NoError(t, err)
	assert.False(t, d.Allowed(), "without a subject")
	d, err = p.Decide(nil, &usher.Request{Subject: "admin", By: "owner", Permission: r.Permission, Time: noon})
	assert.Error(t, err)
	assert.False(t, d.Allowed())
	broken := errors.New("the facts fail")
	d, err = p.Decide(failingUser{users, "helper", broken}, &usher.Request{Subject: "admin", By: "helper", Permission: r.Permission, Time: noon})
	assert.ErrorIs(t, err, broken)
	assert.False(t, d.Allowed())
}

type failingUser struct {
	agencyFacts
	id  usher.UserID
	err error
}

func (f failingUser) User(id usher.UserID) (*policy.User, error) {
	if id == f.id {
		return nil, f.err
	}
	return f.agencyFacts.User(id)
}

// A decision on behalf of another user allocates nothing either, unless a bundle hides fields.
func TestOnBehalfDoesNotAllocate(t *testing.T) {
	p, err := policyfile.Load("agency.yaml", []byte(agency))
	require.NoError(t, err)
	users := agencyUsers()
	r := usher.Request{Account: "a", Subject: "member", By: "helper", Permission: permission.MustParse("calendar.read"), Time: time.Unix(1, 0)}
	d, err := p.Decide(users, &r)
	require.NoError(t, err)
	require.True(t, d.Allowed())
	require.Len(t, d.Hidden(), 2)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = p.Decide(users, &r) }))
}
