package policytest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/policytest"
)

// sharingPolicy has custom roles, roles on resources, containers and users who act for others.
const sharingPolicy = `
usher: 1
name: sharing
seats: {desk: {}}
conditions:
  seated: {seat: desk}
  acting: {context: acting}
  mfa:    {context: mfa}
roles:
  owner:   {unique: true, hands-over-to: admin}
  admin:   {}
  member:  {default: true}
  clerk:   {seat: required}
  billing: {beside: true}
  manager: {held-on: team}
  editor:  {held-on: calendar}
  guard:   {held-on: room}
custom-roles: {like: [member, manager], at-most: 2}
resources:
  room: {parties: {keeper: users}, permissions: {enter: {guard: here}}}
  calendar:
    in: room
    parties: {host: users, guest: [users, teams]}
    permissions:
      view:  {member: own, custom: [own, any if mfa]}
      edit:  {editor: here, custom: own if seated}
      share: {member: own as host}
      send:  {member: own if not acting}
  user: {permissions: {set-role: {admin: any}}}
`

const sharing = "usher: 1\npolicy: sharing.yaml\naccount:\n  seats: {desk: 1}\n  teams: {red: {}}\n" // five lines

var refusedSharing = []struct{ name, src, want string }{
	{"a role: like", "  roles: {a: {like: membr}, b: {like: owner, gives: {calendar.view: own}}, c: {}}\n  users: {o: {role: owner}, m: {role: a}}", `
6:21: under the policy, no role can be like "membr"; did you mean "member"? (member, manager)
6:39: under the policy, no role can be like "owner" (member, manager)
6:76: the role c needs like, because the policy lists several roles under custom-roles (member, manager)
`},
	{"a role: gives", "  roles: {a: {like: member, gives: {calendar.veiw: own, calendar.view: [mine, own], calendar.edit: own, calendar.send: own, x: own}}}\n  users: {o: {role: owner}}", `
6:37: unknown permission "calendar.veiw"; did you mean "calendar.view"?
6:73: the policy does not offer "mine" for calendar.view; it offers own, any if mfa
6:100: the policy does not offer "own" for calendar.edit; it offers own if seated
6:120: the policy offers no rule of calendar.send to the roles of an account
6:125: not a permission: "x" has no dot; write resource.action, for example calendar.edit
`},
	{"a role: rules", "  roles: {a: {like: member, gives: {calendar.view: }}, b: {gives: {calendar.view: {own: x}}}, c: {gives: {calendar.view: ['', own, own]}}}", `
6:52: what a role gives must be a rule or a list of rules, not nothing
6:83: what a role gives must be a rule or a list of rules, not a map
6:123: a rule must not be empty
6:132: duplicate "own"
`},
	{"a role: names", "  roles: {custom: {like: member}, Big: {like: member}}\n  users: {o: {role: owner}}", `
6:11: "custom" cannot name a role: names are lower-case letters, digits and dashes, begin with a letter, and are not words of the policy format
6:35: "Big" cannot name a role: names are lower-case letters, digits and dashes, begin with a letter, and are not words of the policy format
`},
	{"a role of the policy", "  roles: {admin: {like: member}}\n  users: {o: {role: owner}}", `6:11: the policy declares a role admin itself`},
	{"too many roles", "  roles:\n    a: {like: member}\n    b: {like: member}\n    c: {like: member}\n  users: {o: {role: owner}, m: {role: c}}", `9:5: with c, the account defines too many roles (at-most: 2)`},
	{"roles on resources", `  users:
    o: {role: owner}
    a: {roles-on: [{role: editr, on: {type: calendar, id: c}}, {role: editor, on: {type: calender, id: c}}, {role: editor, on: {type: room, id: r}}]}
    b: {roles-on: [{role: member, on: {type: calendar, id: c}}, {role: billing, on: {type: calendar, id: c}}, {role: manager, on: {type: calendar, id: c}}]}
    c: {role: editor, beside: [editor], teams: {red: [editor, admin, billing]}}`, `
8:27: unknown role that is held on resources "editr"; did you mean "editor"?
8:90: unknown type of resource "calender"; did you mean "calendar"?
8:135: editor is held on calendar, not on room
9:27: member is an account role; write it under role: member
9:72: billing is held beside the account role; write it under beside: [billing]
9:118: manager is a team role; write it under teams: {…: manager}
10:15: editor is held on a single calendar; write it under roles-on: [{role: editor, on: {type: calendar, id: …}}]
10:32: editor is held on a single calendar; write it under roles-on: [{role: editor, on: {type: calendar, id: …}}]
10:55: editor is held on a single calendar; write it under roles-on: [{role: editor, on: {type: calendar, id: …}}]
10:63: admin is an account role, not a team role; write it under role: admin
10:70: billing is held beside the account role, not on a team; write it under beside: [billing]
`},
	{"service accounts", `  users:
    o: {role: owner, kind: service}
    a: {kind: service, seats: [desk]}
    b: {kind: service, status: invited}
    c: {kind: service, role: clerk}`, `
7:15: o is a service account, and only a person can have the role owner
8:32: a is a service account, which holds no seat
9:15: b is a service account, which is active or inactive, not invited
10:15: c is a service account, which holds no seat, and one of its roles requires a seat in desk
`},
	{"statuses and kinds", "  users: {a: {status: activ}, b: {kind: person}}", `
6:23: unknown status "activ"; did you mean "active"? (want active, invited, inactive or requested)
6:41: kind must be service, or left out for a person, not "person"
`},
	{"facts of resources", `  users: {o: {role: owner}}
scenarios:
  - name: x
    steps:
      - {as: o, do: give-role-on, user: o, role: editor, on: {type: calendar, id: c, hots: o}}
      - {as: o, do: give-role-on, user: o, role: editor, on: {type: calender, id: c}}
      - {as: o, do: give-role-on, user: o, role: editor, on: {type: calendar, id: c, in: {kepper: o, in: {keeper: o}}}}
      - {as: o, do: [{do: forget, on: {type: room, id: r, in: {keeper: o}}}]}
      - state: {users: {o: {beside: [biling], roles-on: [{role: editr, on: {type: calendar, id: c}}]}}, teams: {red: {roles-on: [{role: editor, on: {type: room, id: r}}]}}}`, `
10:86: calendar has no party or attribute "hots"; did you mean "host"?
11:69: unknown type of resource "calender"; did you mean "calendar"?
12:91: room has no party or attribute "kepper"; did you mean "keeper"?
13:59: the policy declares no container of room; remove in
14:38: unknown role beside "biling"; did you mean "billing"?
14:65: unknown role that is held on resources "editr"; did you mean "editor"?
14:156: editor is held on calendar, not on room
`},
	{"who acts", `  users: {o: {role: owner}}
checks:
  - {can: calendar.send, with: {acting: true, mfaa: true}, allow: []}
scenarios:
  - name: x
    steps:
      - {as: o, do: leave, with: {acting: true}}`, `
8:33: the fact acting is not written: it follows from by, the user who acts on behalf of another
8:47: unknown fact of a request "mfaa"; did you mean "mfa"?
12:35: the fact acting is not written: it follows from by, the user who acts on behalf of another
`},
	{"by in a check", "  users: {o: {role: owner}}\nchecks:\n  - {can: calendar.send, by: o, allow: []}", `
8:26: a check has no key "by"; write a step of a scenario, such as {as: mia, by: adam, can: calendar.view, expect: allow}
`},
	{"what a command gives", "  users: {o: {role: owner}}\nchecks:\n  - {can: user.set-role, gives: biling, allow: [o]}", `
8:33: unknown role "biling"; did you mean "billing"?
`},
	{"commands", `  users: {o: {role: owner}}
scenarios:
  - name: x
    steps:
      - {as: o, do: set-kind, user: o}
      - {as: o, do: approve, request: 0}
      - {as: o, do: set-role, user: o, role: admin, from: 2026-02-30, until: 2026-03-01T10:00:00}`, `
10:21: unknown command "set-kind"; usher do --help lists the commands
11:39: request must be a whole number from 1 on, not "0"
12:59: there is no time "2026-02-30": a month, a day, an hour or an offset is out of range (want 2026-01-31, or 2026-01-31T15:04:05Z with the offset from UTC)
12:78: the time "2026-03-01T10:00:00" lacks its offset from UTC; write 2026-03-01T10:00:00Z for UTC, or for example 2026-03-01T10:00:00+02:00
`},
}

func TestRefusedSharing(t *testing.T) {
	read := func(string) ([]byte, error) { return []byte(sharingPolicy), nil }
	for _, row := range refusedSharing {
		t.Run(row.name, func(t *testing.T) {
			suite, err := policytest.Load("x.yaml", []byte(sharing+row.src), read)
			assert.Nil(t, suite)
			require.ErrorAs(t, err, new(*syntax.Problems))
			got := strings.ReplaceAll("\n"+err.Error(), "\nx.yaml:", "\n")
			assert.Equal(t, strings.TrimSpace(row.want), strings.TrimSpace(got))
		})
	}
}

// A request gives a role of any kind.
func TestGivesEachKind(t *testing.T) {
	read := func(string) ([]byte, error) { return []byte(sharingPolicy), nil }
	for _, name := range []string{"admin", "billing", "manager", "editor", "a", "'-'"} {
		src := sharing + "  roles: {a: {like: member}}\n  users: {o: {role: owner}}\nchecks: [{can: user.set-role, gives: " + name + ", allow: []}]"
		_, err := policytest.Load("x.yaml", []byte(src), read)
		assert.NoError(t, err, name)
	}
}

// Without custom-roles, an account defines no roles.
func TestRefusedCustomRoles(t *testing.T) {
	src := club + "account: {roles: {a: {}}, users: {o: {role: owner}}}"
	_, err := policytest.Load("dir/x.yaml", []byte(src), readClub)
	assert.EqualError(t, err, "dir/x.yaml:3:19: the policy has no custom-roles, so an account cannot define the role a")
}
