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
