package policytest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/store"
)

// staff is an account of the preset calcom, whose roles require seats. The steps of
// a scenario begin at line 17.
const staff = `usher: 1
policy: calcom
at: 2026-03-01
account:
  seats: {booking: 3}
  teams: {west: {}, sales: {parent: west}}
  fields: [{field: phone, type: text}, {field: shoe, type: number, archived: true}]
  users:
    olga: {role: owner}
    adam: {role: admin}
    mia:  {role: member, teams: [sales], fields: {phone: "12", shoe: 44}}
    dora: {role: admin-only, grants: [{grant: booking.view, until: 2026-04-01}]}
checks: []
scenarios:
  - name: a story
    steps:
`

func play(t *testing.T, steps string) policytest.Report {
	t.Helper()
	suite, err := policytest.Load("x.yaml", []byte(staff+steps), nil)
	require.NoError(t, err)
	return suite.Run()
}

func TestScenarioPasses(t *testing.T) {
	r := play(t, `
      - state:
          seats: {booking: {held: 3, total: 3}}
          users:
            olga: {role: owner, status: active, seats: [booking], teams: [], grants: []}
            mia:  {teams: [sales], fields: {phone: "12", shoe: 44}}
            dora: {seats: [], grants: [{grant: booking.view, until: 2026-04-01}]}
          teams: {west: {}, sales: {parent: west}}
          fields: [{field: phone, type: text}, {field: shoe, archived: true}]
      - {do: set-seats, pool: booking, total: 2, fails: seats-in-use}
      - {do: [{do: remove-user, user: mia}, {do: set-seats, pool: booking, total: 2}]}
      - {do: add-user, user: mia, role: admin-only}
      - state: {seats: {booking: {held: 2, total: 2}}, users: {mia: {role: admin-only, teams: [], fields: {}}}}
      - {do: create-account, owner: zoe, fails: exists}
      - {do: delete-account}
`)
	for _, f := range r.Failures {
		t.Error(f)
	}
	assert.Equal(t, 1, r.Passed)
}

// A failed step is reported in one line, and the scenario continues.
func TestScenarioFails(t *testing.T) {
	const at = "x.yaml:17: a story: "
	for step, want := range map[string]string{
		"{as: mia, do: set-seats, pool: booking, total: 9}":                          at + "mia, set-seats booking 9: expected done, got denied: mia may not seat.purchase",
		"{do: set-seats, pool: booking, total: 9, fails: denied}":                    at + "set-seats booking 9: expected denied, got done: every command succeeded",
		"{do: set-role, user: dora, role: member, fails: denied}":                    at + "set-role dora member: expected denied, got no-seats-left: 3 of 3",
		"{do: [{do: leave}, {do: delete-account}]}":                                  at + "leave and delete-account: expected done, got denied: command 1, leave: the host cannot leave an account; remove-user removes a user",
		"{as: mia, can: seat.purchase, expect: allow}":                               at + "mia, seat.purchase: expected allow, got deny: denied (no-permission)",
		"{as: nobody, can: seat.purchase, expect: deny, reason: inactive}":           at + "nobody, seat.purchase: expected deny (inactive), got deny (unknown-user): denied (unknown-user)",
		"state: {seats: {booking: {held: 2, total: 4}}}":                             at + "seats held in booking: expected 2, got 3: at version 1\n" + at + "seats bought in booking: expected 4, got 3",
		"state: {users: {zoe: {role: admin}}}":                                       at + "user zoe: expected a user, got none",
		"state: {users: {mia: {role: admin, status: inactive}}}":                     at + "role of mia: expected admin, got member: at version 1\n" + at + "status of mia: expected inactive, got active",
		"state: {users: {mia: {seats: []}}}":                                         at + "seats of mia: expected none, got booking",
		"state: {users: {mia: {teams: {west: member, sales: member}}}}":              at + "teams of mia: expected sales as none, west as none, got sales as none",
		"state: {users: {dora: {grants: [booking.view]}}}":                           at + "grants of dora: expected booking.view, got booking.view until 2026-04-01T00:00:00Z",
		`state: {users: {mia: {fields: {phone: "13", shoe: 45, hat: x}}}}`:           at + `phone of mia: expected "13", got "12": at version 1` + "\n" + at + `shoe of mia: expected "45", got "44": at version 1` + "\n" + at + `hat of mia: expected "x", got ""`,
		"state: {users: {zoe: {fields: {phone: x}}}}":                                at + "user zoe: expected a user, got none",
		"state: {teams: {east: {}, sales: {parent: east}}}":                          at + "team east: expected a team, got none: at version 1\n" + at + "parent of sales: expected east, got west",
		"state: {fields: [{field: shoe, type: number}, {field: phone}]}":             at + "fields: expected shoe (number), phone, got phone (text), shoe",
		"state: {fields: [{field: phone, archived: true}]}":                          at + "fields: expected phone archived, got phone, shoe",
		"{as: adam, do: set-field, user: mia, field: shoe, value: 1, fails: exists}": at + "adam, set-field mia shoe: expected exists, got unknown-field",
	} {
		r := play(t, "      - "+step)
		assert.Equal(t, 1, r.Failed, step)
		var lines []string
		for _, f := range r.Failures {
			lines = append(lines, f.String())
		}
		got := strings.Join(lines, "\n")
		for i, line := range strings.Split(want, "\n") {
			if assert.Greater(t, len(lines), i, "%s\n%s", step, got) {
				assert.True(t, strings.HasPrefix(lines[i], line), "%s\nwant %s\ngot  %s", step, line, lines[i])
			}
		}
		assert.Len(t, lines, strings.Count(want, "\n")+1, "%s\n%s", step, got)
	}
	r := play(t, "      - {as: mia, can: seat.purchase, expect: allow}\n      - {do: leave}")
	assert.Len(t, r.Failures, 2)
}

// An unchanged setting is compared with the policy's default. The hidden fields of a
// decision are compared if the step has the key hidden.
func TestScenarioOfGroupcal(t *testing.T) {
	const group = "usher: 1\npolicy: groupcal\naccount: {users: {o: {role: owner}, m: {}}}\nchecks: []\nscenarios:\n  - steps:\n"
	suite, err := policytest.Load("x.yaml", []byte(group+`
      - state: {settings: {free-busy-only: false}}
      - {as: m, can: event.view, resource: {owner: o}, expect: allow, hidden: []}
      - {as: o, do: change-setting, setting: free-busy-only, value: true}
      - state: {settings: {free-busy-only: true}}
      - {as: m, can: event.view, resource: {owner: o}, expect: allow, hidden: []}
      - state: {settings: {free-busy-only: false}}
`), nil)
	require.NoError(t, err)
	r := suite.Run()
	require.Len(t, r.Failures, 2)
	assert.Contains(t, r.Failures[0].String(), "m, event.view {owner: [o]}: expected allow with nothing hidden, got allow with attendees, description, location, title hidden")
	assert.Contains(t, r.Failures[1].String(), "x.yaml:13: setting free-busy-only: expected false, got true: at version 2")
}

// A store that cannot be opened is a failure of each scenario, not a pass.
func TestScenarioWithoutStore(t *testing.T) {
	suite, err := policytest.Load("x.yaml", []byte(staff+"      - {do: delete-account}"), nil)
	require.NoError(t, err)
	r := suite.RunOn(func() (store.Store, error) { return nil, errors.New("the disk is full") })
	assert.Zero(t, r.Passed)
	require.Len(t, r.Failures, 1)
	assert.Equal(t, "x.yaml:15: a story: the account of the file: expected an account, got an error: the disk is full", r.Failures[0].String())
}

func TestRunScenarioWithoutName(t *testing.T) {
	suite, err := policytest.Load("x.yaml", []byte("usher: 1\npolicy: oncehub\naccount: {users: {o: {role: owner}}}\nscenarios:\n  - steps: [{as: o, do: leave, fails: denied}]\n"), nil)
	require.NoError(t, err)
	report := suite.Run()
	assert.Equal(t, 1, report.Passed)
	assert.Empty(t, report.Failures)
}
