package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

// A denial because of an unknown fact under never states that the fact is unknown.
func TestUnknownUnderNever(t *testing.T) {
	p, err := policyfile.Load("policy.yaml", []byte(`
usher: 1
conditions: {locked: {attribute: locked}, mfa: {context: mfa}}
roles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}
resources: {calendar: {permissions: {edit: {everyone: any}}}}
never:
  calendar.edit: any if locked and not mfa
`))
	require.NoError(t, err)
	edit := permission.MustParse("calendar.edit")
	for _, row := range []struct {
		attributes map[string]bool
		context    usher.Context
		unknown    []string
		says       string
	}{
		{nil, nil, []string{"locked", "mfa"}, "denied (forbidden) by `never: calendar.edit: any if locked and not mfa` (policy.yaml:7); it is not known whether locked or mfa holds"},
		{map[string]bool{"locked": true}, nil, []string{"mfa"}, "denied (forbidden) by `never: calendar.edit: any if locked and not mfa` (policy.yaml:7); it is not known whether mfa holds"},
		{map[string]bool{"locked": true}, usher.Context{"mfa": false}, nil, "denied (forbidden) by `never: calendar.edit: any if locked and not mfa` (policy.yaml:7)"},
		{map[string]bool{"locked": false}, nil, nil, "allowed by `everyone: any` of calendar.edit (policy.yaml:5)"},
	} {
		d, err := p.Decide(&world{users: map[usher.UserID]*policy.User{"mia": {Role: "member", Status: usher.Active}}}, &usher.Request{
			Subject: "mia", Permission: edit, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Context: row.context,
			Resource: &usher.Object{Type: "calendar", Attributes: row.attributes},
		})
		require.NoError(t, err)
		assert.Equal(t, row.unknown, d.Detail().Unknown)
		assert.Equal(t, row.says, d.String())
	}
}

// Explain names the parties and attributes that the resource of a denial does not know.
func TestUnknownInExplain(t *testing.T) {
	p, err := policyfile.Load("policy.yaml", []byte(`
usher: 1
conditions: {locked: {attribute: locked}, hosted: {party: host}}
roles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}
resources:
  calendar:
    parties: {host: users, team: teams, guest: [users, teams]}
    permissions:
      read: {member: own as host or team}
      both: {member: own as guest}
      lock: {member: any if locked and not hosted}
      unlock: {member: any if not locked}
      sign: {member: own as host}
  event:
    in: calendar
    permissions: {move: {member: own or above as host}}
`))
	require.NoError(t, err)
	w := &world{users: map[usher.UserID]*policy.User{"mia": {Role: "member", Status: usher.Active}, "max": {Role: "member", Status: usher.Active}}}
	const outside = "does not reach this resource"
	for _, row := range []struct {
		permission string
		on         usher.Resource
		by         usher.UserID
		want       string
	}{
		{"calendar.read", hostedOnly{"max"}, "", outside + "; party team of calendar demo is unknown (Party returned false)"},
		{"calendar.both", hostedOnly{"max"}, "", outside + "; party guest of calendar demo is unknown (Party returned false)" +
			"; party guest of calendar demo is unknown (TeamParty returned false)"},
		{"calendar.lock", hostedOnly{"max"}, "", "but locked and not hosted do not hold; attribute locked of calendar demo is unknown (the resource does not state it)"},
		{"calendar.unlock", hostedOnly{"mia"}, "", "but not locked does not hold; attribute locked of calendar demo is unknown (the resource does not state it)"},
		{"calendar.sign", hostedOnly{"max"}, "", outside},
		{"calendar.sign", hostedOnly{"max"}, "max", outside + " (for mia)"},
		{"calendar.read", hostedOnly{"max"}, "max", outside + "; party team of calendar demo is unknown (Party returned false) (for mia)"},
		{"calendar.read", &usher.Object{Type: "calendar"}, "", outside},
		{"calendar.read", nil, "", outside},
		{"event.move", event{known: true, in: hostless{}}, "", outside + "; party host of calendar demo is unknown (Party returned false)"},
		{"event.move", event{}, "", outside + "; the container of event e1 is unknown (Container returned false)"},
		{"event.move", event{known: true}, "", outside},
	} {
		x, err := p.Explain(w, &usher.Request{
			Subject: "mia", By: row.by, Permission: permission.MustParse(row.permission), Time: noon, Resource: row.on,
		})
		require.NoError(t, err)
		assert.True(t, strings.HasSuffix(x.Sentence, row.want), "%s: %s", row.permission, x.Sentence)
	}
}

// hostedOnly is a calendar that knows its host and nothing else.
type hostedOnly struct{ host string }

func (hostedOnly) Ref() usher.Ref                    { return usher.Ref{Type: "calendar", ID: "demo"} }
func (hostedOnly) InAccount() usher.AccountID        { return "" }
func (c hostedOnly) Party(p string) ([]string, bool) { return []string{c.host}, p == "host" }

// hostless is a calendar that knows nothing.
type hostless struct{ hostedOnly }

func (hostless) Party(string) ([]string, bool) { return nil, false }

// event is in a calendar, or its container is unknown.
type event struct {
	in    usher.Resource
	known bool
}

func (event) Ref() usher.Ref                      { return usher.Ref{Type: "event", ID: "e1"} }
func (event) InAccount() usher.AccountID          { return "" }
func (event) Party(string) ([]string, bool)       { return nil, false }
func (e event) Container() (usher.Resource, bool) { return e.in, e.known }
