package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

// Remedies contain titles, and a decision has the titles of its permission and of the conditions
// that failed. Without a title, and for the negation of a condition, the name is used.
func TestTitles(t *testing.T) {
	p, err := policyfile.Load("p.yaml", []byte(`
usher: 1
seats: {booking: {}}
settings: {open: {title: Open house, default: false}}
conditions:
  seated: {seat: booking, title: a booking seat}
  open:   {setting: open}
  away:   {context: away, title: a holiday}
  mfa:    {context: mfa}
roles:
  owner: {unique: true, hands-over-to: member}
  member: {default: true}
resources:
  page:
    permissions:
      edit: {title: edit a page, member: any if seated and open}
      view: {member: any if not away and mfa}
`))
	require.NoError(t, err)
	ask := func(name string, user *policy.User) usher.Explanation {
		x, err := p.Explain(one{user}, &usher.Request{Subject: "mia", Permission: permission.MustParse(name), Time: midnight, Context: usher.Context{"away": true, "mfa": false}})
		require.NoError(t, err)
		return x
	}
	x := ask("page.edit", &policy.User{Status: usher.Active, Role: "member"})
	require.NotEmpty(t, x.Remedies)
	assert.Contains(t, x.Remedies, usher.Remedy{Text: "a booking seat, and the setting Open house on", Steps: []usher.Step{
		{Kind: usher.StepSeat, Name: "booking"}, {Kind: usher.StepSetting, Name: "open", Value: true},
	}})
	assert.Equal(t, []string{"open", "seated"}, x.Decision.Detail().Unmet)
	assert.Equal(t, map[string]string{"page.edit": "edit a page", "seated": "a booking seat"}, x.Decision.Detail().Titles)

	x = ask("page.edit", &policy.User{Status: usher.Active, Role: "owner"})
	assert.Equal(t, usher.ReasonNoPermission, x.Decision.Reason())
	assert.Equal(t, map[string]string{"page.edit": "edit a page"}, x.Decision.Detail().Titles)
	require.NotEmpty(t, x.Remedies)
	assert.Equal(t, "the permission to edit a page", x.Remedies[0].Text)

	x = ask("page.view", &policy.User{Status: usher.Active, Role: "member"})
	assert.Equal(t, []string{"mfa", "not away"}, x.Decision.Detail().Unmet)
	assert.Empty(t, x.Decision.Detail().Titles)
	require.NotEmpty(t, x.Remedies)
	assert.Equal(t, "a request with away false, and a request with mfa true", x.Remedies[0].Text)
}

// A page shows the titles of names.
func TestTitlesOfNames(t *testing.T) {
	p, err := policyfile.Load("p.yaml", []byte(`
usher: 1
settings: {open: {default: false, title: an open door}, quiet: false}
roles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}
bundles: {all.doors: [door.open]}
resources:
  door:
    permissions:
      open: {title: open a door, owner: any}
      shut: {owner: any}
`))
	require.NoError(t, err)
	assert.Equal(t, "an open door", p.SettingTitle("open"))
	assert.Empty(t, p.SettingTitle("quiet"))
	assert.Empty(t, p.SettingTitle("none"))
	assert.Equal(t, "open a door", p.PermissionTitle(permission.MustParse("door.open")))
	for _, name := range []string{"door.shut", "all.doors", "no.such"} {
		assert.Empty(t, p.PermissionTitle(permission.MustParse(name)))
	}
}
