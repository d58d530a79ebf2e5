package policy_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

// brittle are facts that fail for one user.
type brittle struct {
	studio
	fails usher.UserID
}

var errBrittle = errors.New("no answer")

func (b brittle) User(id usher.UserID) (*policy.User, error) {
	if id == b.fails {
		return nil, errBrittle
	}
	return b.studio.User(id)
}

// Actions are the checks of all permissions: the first time, and when the same holds again; also if facts
// or parties are unknown, or a fact fails that not every permission needs.
func TestActionsAreChecks(t *testing.T) {
	p, err := policyfile.Load("actions.yaml", []byte(`
usher: 1
conditions: {mfa: {context: mfa}, locked: {attribute: locked}}
features: [beta]
roles: {boss: {at-least: 1}, member: {default: true}, strict: {requires: [mfa]}, lead: {held-on: team}}
resources:
  desk:
    parties: {host: users, guest: users, team: teams}
    fields: {secret: [pin]}
    permissions:
      view: {boss: any, lead: shared, member: own}
      edit: {boss: any, lead: team if not locked, member: sole as host}
      join: {boss: any, member: own as guest, lead: shared as guest hiding secret}
      move: {boss: any, strict: own as host if locked}
      sell: {boss: any}
`))
	require.NoError(t, err)
	lead := []policy.Membership{{Team: "red", Roles: []role.Name{"lead"}}}
	users := studio{
		"ann": {Status: usher.Active, Role: "boss"}, "bob": {Status: usher.Active, Role: "member"},
		"cat": {Status: usher.Active, Role: "member", Teams: lead}, "dan": {Status: usher.Active, Role: "strict", Teams: lead},
		"eve": {Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: "red"}}}, "ina": {Role: "member"},
	}
	var parties []map[string][]string
	for _, hosts := range [][]string{{}, {"bob"}, {"eve"}, {"bob", "eve"}, {"dan"}, {"eve", "fay"}} {
		for _, guests := range [][]string{{}, {"bob"}, {"eve"}} {
			for _, teams := range [][]string{{}, {"red"}} {
				parties = append(parties, map[string][]string{"host": hosts, "guest": guests, "team": teams})
			}
		}
	}
	parties = append(parties, map[string][]string{"host": {"bob"}}, nil)
	allowed, failed := 0, 0
	for _, fails := range []usher.UserID{"", "eve", "fay"} {
		b := p.Bind(brittle{users, fails}, "acme", nil)
		for range 2 {
			for _, user := range []usher.UserID{"ann", "bob", "cat", "dan", "ina", "nil"} {
				for _, on := range parties {
					for _, attributes := range []map[string]bool{nil, {"locked": true}, {"locked": false}} {
						for _, facts := range []usher.Context{nil, {"mfa": true}} {
							r := usher.Request{
								Account: "acme", Subject: user, Context: facts, Time: gymAt,
								Resource: &usher.Object{Type: "desk", Parties: on, Attributes: attributes},
							}
							var want []policy.Action
							var wantErr error
							for _, action := range []string{"view", "edit", "join", "move", "sell"} {
								r.Permission = permission.MustParse("desk." + action)
								d, err := p.Decide(brittle{users, fails}, &r)
								if err != nil {
									wantErr = err
								}
								if d.Allowed() {
									want = append(want, policy.Action{Permission: r.Permission, Decision: d})
								}
							}
							got, err := b.AppendActions(nil, &r)
							if wantErr != nil {
								failed++
								assert.ErrorIs(t, err, errBrittle)
								assert.Empty(t, got)
								continue
							}
							allowed += len(want)
							assert.NoError(t, err)
							assert.Equal(t, want, got, "%s on %v %v with %v", user, on, attributes, facts)
						}
					}
				}
			}
		}
	}
	assert.Greater(t, allowed, 1000)
	assert.Greater(t, failed, 10)
}
