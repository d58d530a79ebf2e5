package policytest_test

import (
	"cmp"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policytest"
)

// people is the account of the checks below.
const people = `at: 2026-03-01
account:
  seats: {desk: 9, locker: 9}
  teams: {west: {}}
  users:
    o: {role: owner}
    c: {role: clerk}
    g: {role: guest}
    m: {teams: {west: coach}, grants: [sauna, {grant: locker.open, until: 2026-04-01}]}
    i: {status: inactive}
checks:
`

func run(t *testing.T, checks string) policytest.Report {
	t.Helper()
	suite, err := policytest.Load("dir/x.yaml", []byte(club+people+checks), readClub)
	require.NoError(t, err)
	return suite.Run()
}

func TestRunPasses(t *testing.T) {
	r := run(t, `
  - {can: room.view, resource: {host: g}, allow: [o, g], hidden: {g: [code, note], o: []}, deny: {m: condition-unmet, c: no-permission, i: inactive}}
  - {can: room.view, resource: {host: [m, stranger]}, allow: [o, g, m], hidden: {g: [note, code]}}
  - {can: room.view, resource: {public: true}, allow: [o, g, m], hidden: {m: []}}
  - {can: room.edit, with: {mfa: true}, allow: [o, c]}
  - {can: room.edit, with: {mfa: false}, allow: [o]}
  - {can: room.edit, resource: {team: west}, allow: [o, m], deny: {c: condition-unmet}}
  - {can: locker.open, at: 2026-03-31T23:59:59Z, allow: [o, g, m]}
  # for a bundle, the resource is of the type that has the parties; the others are asked without one
  - {can: everything, resource: {host: m}, allow: [o, g, m]}
  - {can: everything, resource: {keeper: m}, allow: [o, g], deny: {m: condition-unmet}}
  - {can: everything, resource: {public: true}, allow: [o, g, m], hidden: {g: [code, note]}}
  - {can: room.all, resource: {team: west, host: m}, allow: [o, m]}
  - {can: room.all, resource: {keeper: m}, allow: [o]}
`)
	for _, f := range r.Failures {
		t.Error(f)
	}
	assert.Equal(t, 12, r.Passed)
	assert.Zero(t, r.Failed)
}

func TestRunFails(t *testing.T) {
	for _, row := range []struct{ check, want string }{
		{"{can: locker.open, allow: [o, m]}", "dir/x.yaml:14: g, locker.open: expected deny, got allow: allowed by `guest: any` of locker.open (dir/club.yaml:31)"},
		{"{can: locker.open, allow: [o, g, c, m]}", "dir/x.yaml:14: c, locker.open: expected allow, got deny: denied (no-permission): the user has no rule for locker.open"},
		{"{can: locker.open, allow: [o, g, m], deny: {i: forbidden}}", "dir/x.yaml:14: i, locker.open: expected deny (forbidden), got deny (inactive): denied (inactive): only active users are allowed anything"},
		{"{can: locker.open, allow: [o, m], deny: {g: inactive}}", "dir/x.yaml:14: g, locker.open: expected deny (inactive), got allow: allowed by `guest: any` of locker.open (dir/club.yaml:31)"},
		{"{can: room.view, resource: {host: [m, two words]}, allow: [o, m, g], hidden: {g: [note]}}", `dir/x.yaml:14: g, room.view {host: [m, "two words"]}: expected allow with note hidden, got allow with code, note hidden: ` +
			"allowed by `guest: any hiding inside` of room.view (dir/club.yaml:26), with code and note hidden"},
		{"{can: room.edit, name: a name, resource: {host: m, public: true}, with: {mfa: false}, at: 2027-01-01, allow: [o]}", "dir/x.yaml:14: a name: m, room.edit {host: [m], public: true} with {mfa: false} at 2027-01-01T00:00:00Z: " +
			"expected deny, got allow: allowed by `coach: team if has-sauna` of room.edit (dir/club.yaml:27)"},
		{`{can: locker.open, name: "two\nlines", allow: [o, m]}`, "dir/x.yaml:14: two\\nlines: g, locker.open: expected deny, got allow: allowed by `guest: any` of locker.open (dir/club.yaml:31)"},
	} {
		r := run(t, "  - "+row.check)
		assert.Equal(t, 1, r.Failed)
		require.Len(t, r.Failures, 1)
		assert.Equal(t, row.want, r.Failures[0].String())
	}
}

// A check is one test, even if it fails for several users.
func TestRunCounts(t *testing.T) {
	r := run(t, "  - {can: locker.open, allow: [c]}\n  - {can: locker.open, allow: [o, g, m]}\n")
	assert.Equal(t, 1, r.Passed)
	assert.Equal(t, 1, r.Failed)
	require.Len(t, r.Failures, 4)
	f := r.Failures[1]
	assert.Equal(t, usher.UserID("c"), f.User)
	assert.Equal(t, "allow", f.Expected)
	assert.Equal(t, "deny", f.Got)
	assert.Equal(t, 14, f.Pos.Line)
}

// The zero Suite has no tests, so no test passes.
func TestRunZero(t *testing.T) {
	assert.Equal(t, policytest.Report{}, new(policytest.Suite).Run())
	u, err := new(policytest.World).User("o")
	assert.Nil(t, u)
	assert.NoError(t, err)
}

// A rule is covered if it matches, even if it does not decide.
func TestCover(t *testing.T) {
	for _, row := range []struct{ checks, want string }{
		{"  []", `
13 . owner
26 room.view member
26 room.view member
26 room.view guest
27 room.edit coach
27 room.edit clerk
31 locker.open member
31 locker.open guest
33 room.edit `},
		{"  - {can: room.view, resource: {host: m, public: true}, allow: [o, m, g]}", `
27 room.edit coach
27 room.edit clerk
31 locker.open member
31 locker.open guest
33 room.edit `},
		{"  - {can: everything, resource: {host: g}, allow: [o, g]}", `
26 room.view member
26 room.view member
27 room.edit coach
27 room.edit clerk
33 room.edit `},
	} {
		cover := run(t, row.checks).Cover
		assert.Equal(t, cover.Rules, cover.Reached+len(cover.Unreached))
		got := ""
		for _, rule := range cover.Unreached {
			got += fmt.Sprintf("\n%d %s %s", rule.Line, cmp.Or(rule.Permission, "."), rule.Name)
		}
		assert.Equal(t, row.want, got)
	}
}

// A step with can counts, and so does the permission check of a user's command, each on the
// current state of the account.
func TestCoverOfScenarios(t *testing.T) {
	const rules = `usher: 1
roles:
  boss:  {unique: true, hands-over-to: staff}
  staff: {default: true}
resources:
  user:
    permissions:
      create:   {boss: any}
      set-role: {staff: own}
  team:
    permissions:
      create: {boss: any}
      edit:   {staff: own}
      delete: {boss: any}
  room:
    parties: {team: teams}
    permissions:
      view: {staff: team}
never:
  team.edit: own
`
	const account = "usher: 1\npolicy: rules.yaml\naccount: {teams: {west: {}}, users: {olga: {role: boss}, mia: {}}}\nscenarios:\n  - steps:\n"
	for _, row := range []struct {
		steps string
		left  int // of the 7 rules
	}{
		{"      - {do: create-team, team: east}\n", 7}, // by the host, without a permission check
		{"      - {as: olga, do: create-team, team: east}\n", 6},
		{"      - {as: mia, do: create-team, team: east, fails: denied}\n", 7},
		{"      - {as: olga, do: [{do: create-team, team: east}, {do: delete-team, team: east}]}\n", 5},
		{"      - {as: olga, do: [{do: create-team, team: west}, {do: delete-team, team: west}], fails: exists}\n", 6},
		{"      - {do: add-to-team, team: west, user: mia}\n      - {as: mia, do: move-team, team: west, fails: denied}\n", 5}, // a cell and a never rule
		{"      - {as: mia, can: room.view, resource: {team: west}, expect: deny}\n", 7},
		{"      - {do: add-to-team, team: west, user: mia}\n      - {as: mia, can: room.view, resource: {team: west}, expect: allow}\n", 6},
		{"      - {do: delete-account}\n      - {as: olga, do: create-team, team: east}\n", 7},
	} {
		suite, err := policytest.Load("x.yaml", []byte(account+row.steps), func(string) ([]byte, error) { return []byte(rules), nil })
		require.NoError(t, err)
		cover := suite.RunOn(nil).Cover
		assert.Equal(t, 7, cover.Rules)
		assert.Len(t, cover.Unreached, row.left, "%s", row.steps)
	}
}

// Covers of the same policy are joined. Covers of other policies are kept apart.
func TestJoinCovers(t *testing.T) {
	one := run(t, "  - {can: room.view, resource: {host: m, public: true}, allow: [o, m, g]}").Cover
	two := run(t, "  - {can: locker.open, allow: [o, g, m]}").Cover
	other, err := policytest.Load("x.yaml", []byte("usher: 1\npolicy: calcom\naccount: {users: {o: {role: owner}}, seats: {booking: 1}}"), nil)
	require.NoError(t, err)
	joined := policytest.JoinCovers(nil, new(policytest.Cover), one, other.Run().Cover, two)
	require.Len(t, joined, 2)
	assert.Same(t, one.Policy, joined[0].Policy)
	assert.Same(t, other.Policy(), joined[1].Policy)
	assert.Zero(t, joined[1].Reached)
	assert.Len(t, one.Unreached, 5, "it is as before")
	assert.Len(t, joined[0].Unreached, 3, "of room.edit")
	assert.Equal(t, joined[0].Rules, joined[0].Reached+len(joined[0].Unreached))
	assert.Empty(t, policytest.JoinCovers())
}
