package testfile_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy/syntax"
)

// everything contains each key of the format at least once.
const everything = `
usher: 1
policy: oncehub
at: 2026-03-01T12:30:00+02:00
account:
  settings: {}
  seats: {booking: 2}
  teams: {west: {}, sales: {parent: west}}
  fields:
    - {field: phone, type: text}
    - {field: size, type: number, archived: true}
    - {field: born, type: date, archived: false}
    - {field: remote, type: bool}
  users:
    007: {role: owner, status: active, grants: [chatbots, {grant: routing-forms, until: 2026-12-31}]}
    mia: {teams: {sales: manager, west: member}, seats: [booking], fields: {phone: 007, size: -1.5e3, born: 1990-02-28, remote: true}}
    "two words": {teams: {sales: [manager]}, fields: {phone: "true"}}
    "null": {teams: [west, sales], status: inactive}
    <<<: {teams: [], seats: [], grants: [], fields: {}}
checks:
  - can: calendar.edit
    resource: {host: mia, team: [sales]}
    with: {}
    at: 2026-04-01
    name: "a name: in quotes"
    allow: [mia, 007]
    deny: {"null": inactive}
    hidden: {mia: []}
    visitor: [title]
  - {can: integration.connect, resource: {account-wide: true, owner: [true]}, allow: [], visitor: allow}
  - {can: integration.connect, resource: {}, allow: [], visitor: []}
scenarios:
  - name: every command
    steps:
      - {do: create-account, owner: mia, seats: {booking: 5, "odd one": 0}}
      - {as: mia, do: add-user, user: max, role: member, status: invited, teams: [sales], with: {}, at: 2026-01-01, fails: exists}
      - {as: max, do: accept-invitation}
      - {as: max, do: decline-invitation}
      - {as: max, do: leave}
      - {do: remove-user, user: max}
      - {do: set-status, user: max, status: inactive}
      - {do: set-role, user: max, role: admin}
      - {do: create-team, team: east}
      - {do: move-team, team: east, parent: west}
      - {do: delete-team, team: east}
      - {do: [{do: add-to-team, team: sales, user: max}, {do: set-team-role, team: sales, user: max, role: manager}], as: mia, fails: denied}
      - {do: remove-from-team, team: sales, user: max}
      - {do: unset-team-role, team: sales, user: max, role: manager}
      - {do: set-seats, pool: booking, total: 3}
      - {do: assign-seat, user: max, pool: booking}
      - {do: unassign-seat, user: max, pool: booking}
      - {do: change-setting, setting: sleepy, value: true}
      - {do: give-grant, user: max, grant: chatbots, until: 2026-06-30T23:59:59.5Z}
      - {do: revoke-grant, user: max, grant: chatbots}
      - {do: define-field, field: shoe, type: number}
      - {do: rename-field, field: shoe, to: shoe size}
      - {do: move-field, field: shoe size, before: phone}
      - {do: move-field, field: shoe size}
      - {do: archive-field, field: phone}
      - {do: restore-field, field: phone}
      - {do: set-field, user: max, field: phone, value: "12"}
      - {do: set-field, user: max, field: size, value: 12}
      - {do: transfer-ownership, to: max}
      - {do: delete-account}
  - name: every look
    steps:
      - {as: mia, can: calendar.edit, resource: {host: [mia]}, with: {}, at: 2026-02-03, expect: allow, hidden: [title]}
      - {as: mia, can: calendar.edit, expect: deny, reason: out-of-scope}
      - state:
          seats: {booking: {held: 1, total: 2}}
          users: {mia: {role: member, status: active, seats: [], teams: {sales: manager}, grants: [], fields: {}}}
          teams: {sales: {parent: west}}
          settings: {}
          fields: [{field: phone}, {field: size, archived: true}]
      - {state: {seats: {booking: {held: 0}}}}
      - {state: {fields: []}}
      - {visitor: true, can: calendar.edit, expect: deny, reason: unknown-user}
`

func TestParse(t *testing.T) {
	f, err := testfile.Parse("dir/x.yaml", []byte(everything))
	require.NoError(t, err)

	assert.Equal(t, "dir/x.yaml", f.Name)
	assert.Equal(t, "oncehub", f.Policy.Text)
	assert.Equal(t, time.Date(2026, 3, 1, 10, 30, 0, 0, time.UTC), f.At)

	users := f.Account.Users
	require.Len(t, users, 5)
	assert.Equal(t, "007", users[0].ID.Text, "an id is the text as written")
	assert.Equal(t, syntax.Pos{Line: 15, Col: 5}, users[0].ID.Pos)
	assert.Equal(t, time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), users[0].Grants[1].Until, "a bare date is 00:00 UTC")
	assert.Equal(t, "manager", users[1].Teams[0].Roles[0].Text)
	assert.Equal(t, []syntax.Name{}, users[1].Teams[1].Roles, "member holds no team role")
	assert.Nil(t, users[3].Teams[0].Roles, "a list says nothing of team roles")
	assert.Equal(t, usher.Inactive, users[3].Status)
	assert.Equal(t, []syntax.Name{}, users[4].Seats)

	check := f.Checks[0]
	assert.Equal(t, syntax.Pos{Line: 21, Col: 5}, check.Pos)
	assert.Equal(t, usher.ReasonInactive, check.Deny[0].Reason)
	assert.False(t, f.Checks[1].Resource[1].Bare, "true in a list is an id")
	assert.True(t, f.Checks[1].Resource[0].Bare)

	steps := f.Scenarios[0].Steps
	require.Len(t, steps, 30)
	add := steps[1].(testfile.Do)
	assert.Equal(t, "mia", add.As.Text)
	assert.Equal(t, account.CodeExists, add.Fails)
	assert.Equal(t, usher.Invited, add.Commands[0].(account.AddUser).Status)
	batch := steps[11].(testfile.Do)
	require.Len(t, batch.Commands, 2)
	assert.Equal(t, "set-team-role", account.NameOf(batch.Commands[1]))
	assert.True(t, steps[17].(testfile.Do).Commands[0].(account.ChangeSetting).Value)
	for _, i := range []int{26, 27} { // quotes do not matter for these values
		assert.NotEmpty(t, steps[i].(testfile.Do).Commands[0].(account.SetField).Value)
	}

	looks := f.Scenarios[1].Steps
	assert.Equal(t, usher.ReasonOutOfScope, looks[1].(testfile.Ask).Reason)
	state := looks[3].(testfile.State)
	assert.Zero(t, *state.Seats[0].Held)
	assert.Nil(t, state.Seats[0].Total, "what is not written is not compared")
}

func TestPrint(t *testing.T) {
	f, err := testfile.Parse("x.yaml", []byte(everything))
	require.NoError(t, err)
	printed := f.Print()
	again, err := testfile.Parse("x.yaml", printed)
	require.NoError(t, err, "%s", printed)
	if diff := cmp.Diff(f, again, cmpopts.IgnoreTypes(syntax.Pos{})); diff != "" {
		t.Errorf("Print changed the file (-before +after):\n%s", diff)
	}
	assert.Equal(t, string(printed), string(again.Print()))
	assert.Contains(t, string(printed), "\n    mia: {teams: {sales: [manager], west: member}, seats: [booking], ")
}

// The facts of the resources in a list of commands are those of the step, and are printed again.
func TestResourcesOfSeveralCommands(t *testing.T) {
	src := `usher: 1
policy: x
account:
  users:
    ann: {role: owner}
scenarios:
  - name: two
    steps:
      - {as: ann, do: [{do: give-role-on, user: bob, role: viewer, on: {type: calendar, id: c1, host: ann}}, {do: forget, on: {type: calendar, id: c2}}]}
`
	f, err := testfile.Parse("x.yaml", []byte(src))
	require.NoError(t, err)
	resources := f.Scenarios[0].Steps[0].(testfile.Do).Resources
	require.Len(t, resources, 2)
	assert.Equal(t, usher.Ref{Type: "calendar", ID: "c1"}, resources[0].On)
	require.Len(t, resources[0].Facts, 1)
	assert.Empty(t, resources[1].Facts)
	again, err := testfile.Parse("x.yaml", f.Print())
	require.NoError(t, err)
	assert.Empty(t, cmp.Diff(f, again, cmpopts.IgnoreTypes(syntax.Pos{})))
}

// A key of more than 1024 characters is printed with "? " before it.
func TestPrintLongKeys(t *testing.T) {
	long := strings.Repeat("é", 3000)
	src := "usher: 1\npolicy: x\naccount:\n  seats:\n    ? " + long + "\n    : 1\n  users:\n    ? " + long + "\n    : {fields: {? " + long + " : x}}\n"
	f, err := testfile.Parse("x.yaml", []byte(src))
	require.NoError(t, err)
	again, err := testfile.Parse("x.yaml", f.Print())
	require.NoError(t, err)
	assert.Empty(t, cmp.Diff(f, again, cmpopts.IgnoreTypes(syntax.Pos{})))
}

func TestParseTime(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"2026-02-28", "2026-02-28T00:00:00Z"},
		{"2026-02-28T12:00:00Z", "2026-02-28T12:00:00Z"},
		{"2026-02-28T00:30:00.25+01:00", "2026-02-27T23:30:00.25Z"},
		{"1678-01-01", "1678-01-01T00:00:00Z"},
		{"2261-12-31T23:59:59Z", "2261-12-31T23:59:59Z"},
		{"2261-12-31T23:59:59-01:00", "2261-12-31T23:59:59-01:00 is outside the years 1678 to 2261"},
		{"0001-01-01", "0001-01-01 is outside the years 1678 to 2261"},
		{"2026-02-30", `there is no time "2026-02-30": a month, a day, an hour or an offset is out of range (want 2026-01-31, or 2026-01-31T15:04:05Z with the offset from UTC)`},
		{"2026-02-28 12:00", `invalid time "2026-02-28 12:00" (want 2026-01-31, or 2026-01-31T15:04:05Z with the offset from UTC)`},
		{"", `invalid time "" (want 2026-01-31, or 2026-01-31T15:04:05Z with the offset from UTC)`},
	} {
		got, err := testfile.ParseTime(row.text)
		if err != nil {
			assert.Equal(t, row.want, err.Error())
			assert.Zero(t, got)
			continue
		}
		assert.Equal(t, row.want, got.Format(time.RFC3339Nano))
	}
}

// The cost of parsing the largest files grows linearly with their size.
// The test measures allocations; go test ends a slow one.
func TestParseIsLinear(t *testing.T) {
	head := "usher: 1\npolicy: x\naccount:\n"
	numbered := func(before, line string) string {
		var b strings.Builder
		b.WriteString(before)
		for i := 0; b.Len()+len(line) < source.MaxBytes-20; i++ {
			b.WriteString(strings.ReplaceAll(line, "#", strings.Repeat("i", i%7)+time.Duration(i).String()))
		}
		return b.String()
	}
	for name, src := range map[string]string{
		"users":            numbered(head+"  users:\n", "    #: {}\n"),
		"unknown keys":     numbered(head, "  user#: 1\n"),
		"unknown commands": numbered(head+"  users: {}\nscenarios:\n  - name: x\n    steps:\n", "      - {do: asign#}\n"),
		"nulls":            numbered(head+"  users: {}\nchecks:\n  - can: x\n    allow:\n", "      -\n"),
		"repetitions":      numbered(head+"  users: {}\nchecks:\n  - can: x\n    allow:\n", "      - a\n"),
		"a long key": numbered(head+"  users: {}\nchecks:\n  - can: x\n    resource:\n      ? "+strings.Repeat("k", source.MaxBytes/2)+"\n      :\n",
			"        - ~\n"),
		"flow": numbered(head+"  users: {}\nchecks: [", "{},"),
		"deep": head + "  users: " + strings.Repeat("[", source.MaxBytes/2),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = testfile.Parse("x.yaml", []byte(src))
			runtime.ReadMemStats(&after)
			each := (after.TotalAlloc - before.TotalAlloc) / uint64(len(src))
			t.Logf("%d bytes for each of %d", each, len(src))
			assert.Less(t, each, uint64(300), "bytes that are allocated for each byte of the file")
		})
	}
	f, err := testfile.Parse("x.yaml", []byte(numbered(head+"  users:\n", "    #: {}\n")))
	require.NoError(t, err)
	assert.Less(t, 10000, bytes.Count(f.Print(), []byte("\n")))
}

// A grant may end later than the last valid time of a decision.
func TestUntilLiesFarAhead(t *testing.T) {
	const file = "usher: 1\npolicy: oncehub\naccount: {users: {o: {role: owner}, m: {grants: [{grant: chatbots, until: %s}]}}}\nchecks: []\n"
	f, err := testfile.Parse("x.yaml", []byte(strings.Replace(file, "%s", "9999-12-31", 1)))
	require.NoError(t, err)
	assert.Equal(t, 9999, f.Account.Users[1].Grants[0].Until.Year())
	_, err = testfile.Parse("x.yaml", []byte(strings.Replace(file, "%s", "0001-01-01", 1)))
	assert.ErrorContains(t, err, "0001-01-01 is outside the years 1678 to 9999", "the zero time would be no end")
}

// A scenario needs no name.
func TestScenarioWithoutName(t *testing.T) {
	f, err := testfile.Parse("x.yaml", []byte("usher: 1\npolicy: oncehub\naccount: {users: {o: {role: owner}}}\nscenarios:\n  - steps: [{as: o, do: leave, fails: denied}]\n"))
	require.NoError(t, err)
	again, err := testfile.Parse("x.yaml", f.Print())
	require.NoError(t, err)
	assert.Empty(t, cmp.Diff(f, again, cmpopts.IgnoreTypes(syntax.Pos{})))
}
