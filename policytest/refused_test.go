package policytest_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/policytest"
)

// clubPolicy has features that the presets do not use: a bound on holders, two pools, a
// bundle over several types of resources.
const clubPolicy = `
usher: 1
name: club
seats: {desk: {}, locker: {holds: [active, inactive]}}
settings: {night: false}
features: [sauna]
conditions:
  at-night: {setting: night}
  mfa: {context: mfa}
  public: {attribute: public}
  has-sauna: {feature: sauna}
roles:
  owner: {unique: true, hands-over-to: member, all: true}
  clerk: {seat: required, at-most: 1}
  guest: {seats: {locker: optional}}
  member: {default: true}
  coach: {held-on: team}
bundles:
  room.all: [locker.open, room.view, room.edit]
  everything: [room.view, locker.open]
resources:
  room:
    parties: {host: users, team: teams}
    fields: {inside: [code, note], outside: [sign]}
    permissions:
      view: {member: [any if public, own], guest: any hiding inside}
      edit: {coach: team if has-sauna, clerk: any if not at-night and mfa}
  locker:
    parties: {keeper: users}
    permissions:
      open: {member: any, guest: any}
never:
  room.edit: own if at-night
`

func readClub(path string) ([]byte, error) {
	if path == "dir/club.yaml" {
		return []byte(clubPolicy), nil
	}
	return nil, fs.ErrNotExist
}

const (
	club    = "usher: 1\npolicy: club.yaml\n"            // two lines
	members = "  users: {o: {role: owner}, m: {}, n: {}" // an account, left open
)

var refusedFiles = []struct{ name, src, want string }{
	// The file.
	{"an unknown key", "usher: 1\npolicy: club.yaml\nacount: {}", `
1:1: a test file needs the key "account"
3:1: a test file has no key "acount"; did you mean "account"?
`},
	{"another version", "usher: 2\npolicy: club.yaml\naccount: {}", `1:8: unknown format version "2" (want 1)`},
	{"nothing", "usher: 1\npolicy:\naccount:", `
2:8: policy must be a value, not nothing
3:9: an account must be a map, not nothing; write {} for an empty one
`},
	{"a time", club + "at: noon\naccount: {}", `3:5: invalid time "noon" (want 2026-01-31, or 2026-01-31T15:04:05Z with the offset from UTC)`},
	{"too early a time", club + "at: 1066-10-14\naccount: {}", `3:5: 1066-10-14 is outside the years 1678 to 2261`},
	{"a list", "- usher", `1:1: a test file must be a map, not a list`},

	// The account.
	{"account: keys", club + "account: {user: {}, seats: [], teams: {a: }}", `
3:11: an account has no key "user"; did you mean "users"?
3:28: seats must be a map, not a list
3:43: a team must be a map, not nothing; write {} for an empty one
`},
	{"account: an empty id", club + "account: {users: {'': {}}}", `3:19: a user's id must not be empty`},
	{"account: user keys", club + "account: {users: {m: {roles: x, status: asleep, seats: desk, grants: {a: b}, fields: []}}}", `
3:23: a user has no key "roles"; did you mean "role"?
3:41: unknown status "asleep" (want active, invited, inactive or requested)
3:56: seats must be a list, not "desk"; write [desk]
3:70: grants must be a list, not a map
3:86: fields must be a map, not a list
`},
	{"account: settings", club + "account: {settings: {night: yes}}", `3:29: night must be true or false, not "yes"`},
	{"account: a number of seats", club + "account: {seats: {desk: -1, locker: '3'}}", `
3:25: desk must be a whole number from 0 on, not "-1"
3:37: locker must be a number; remove the quotes
`},
	{"account: team roles", club + "account: {users: {m: {teams: {a: [], b: {}, c: ~}}, n: {teams: a}}}", `
3:34: the list of team roles is empty; write member for a member without team roles
3:41: team roles must be a value or a list of values, not a map
3:48: team roles must be a value or a list of values, not nothing
3:64: teams must be a list of teams, or a map from teams to the team roles held there, not "a"
`},
	{"account: twice in a list", club + "account: {users: {m: {seats: [desk, desk], teams: [a, a], grants: [x, {grant: x, until: 2026-01-01}]}, n: {teams: {a: [coach, coach]}}}}", `
3:37: duplicate "desk"
3:55: duplicate "a"
3:79: duplicate "x"
3:127: duplicate "coach"
`},
	{"account: fields", club + "account: {fields: [{type: text}, {field: a}, {field: b, type: txt}, {field: b, type: text, archived: no}]}", `
3:20: a field needs the key "field"
3:34: a field needs the key "type"
3:63: unknown field type "txt"; did you mean "text"? (want text, number, date or bool)
3:77: duplicate "b"
3:102: archived must be true or false, not "no"
`},
	{"account: the same key twice", club + "account: {users: {m: {}, m: {}}}", `3:26: duplicate key "m"; the first is in line 3`},

	// Names of the account.
	{"role", club + "account: {users: {o: {role: owner}, m: {role: membr}, n: {role: coach}}}", `
3:47: unknown role "membr"; did you mean "member"?
3:65: coach is a team role; write it under teams: {…: coach}
`},
	{"team", club + "account: {teams: {west: {parent: wets}}, users: {o: {role: owner, teams: [wst]}}}", `
3:34: unknown team "wets"; did you mean "west"?
3:75: unknown team "wst"; did you mean "west"?
`},
	{"no team at all", club + "account: {users: {o: {role: owner, teams: [west]}}}", `3:44: unknown team "west"; there are none`},
	{"team role", club + "account: {teams: {west: {}}, users: {o: {role: owner, teams: {west: [choach, clerk]}}}}", `
3:70: unknown team role "choach"; did you mean "coach"?
3:78: clerk is an account role, not a team role; write it under role: clerk
`},
	{"pool", club + "account: {seats: {desks: 1}, users: {o: {role: owner, seats: [lockr]}}}", `
3:19: unknown seat pool "desks"; did you mean "desk"?
3:63: unknown seat pool "lockr"; did you mean "locker"?
`},
	{"grant", club + "account: {users: {o: {role: owner, grants: [sauna, room.vew, {grant: rom.all}]}}}", `
3:52: unknown grant "room.vew"; did you mean "room.view"?
3:70: unknown grant "rom.all"; did you mean "room.all"?
`},
	{"setting", club + "account: {settings: {nigth: true}, users: {o: {role: owner}}}", `3:22: unknown setting "nigth"; did you mean "night"?`},
	{"field", club + "account: {fields: [{field: phone, type: text}], users: {o: {role: owner, fields: {fone: x}}}}", `3:83: unknown field "fone"`},
	{"field types", club + "account:\n  fields: [{field: n, type: number}, {field: d, type: date}, {field: b, type: bool}]\n" +
		"  users:\n    o: {role: owner, fields: {n: '1', d: 2026-02-30, b: 1}}\n    m: {fields: {n: 0x1F, d: today, b: 'true'}}", `
6:34: field n has type number, and "1" is not a value of that type
6:42: field d has type date, and "2026-02-30" is not a value of that type
6:57: field b has type bool, and "1" is not a value of that type
7:21: field n has type number, and "0x1F" is not a value of that type
7:30: field d has type date, and "today" is not a value of that type
7:40: field b has type bool, and "true" is not a value of that type
`},

	// The rules that no command can break.
	{"no owner", club + "account: {users: {m: {}}}", `3:10: no user has the role owner (want exactly one)`},
	{"no owner, for a typing error", club + "account: {users: {o: {role: onwer}}}", `3:29: unknown role "onwer"; did you mean "owner"?`},
	{"two owners", club + "account:\n  users:\n    o: {role: owner}\n    m: {role: owner, status: inactive}", `6:15: m has the role owner, which only one user can have; o already has it`},
	{"too many of a role", club + "account: {seats: {desk: 9, locker: 9}, users: {o: {role: owner}, m: {role: clerk}, n: {role: clerk}}}", `3:94: with n, too many users have the role clerk (at-most: 1)`},
	{"a circle of teams", club + "account:\n  teams: {a: {parent: b}, b: {parent: c}, c: {parent: b}}\n  users: {o: {role: owner}}", `4:27: team b is below itself`},
	{"a team below itself", club + "account:\n  teams: {a: {parent: a}}\n  users: {o: {role: owner}}", `4:11: team a is below itself`},
	{"oversold", club + "account:\n  seats: {desk: 1}\n  users:\n    o: {role: owner, seats: [desk]}\n    m: {seats: [desk]}\n    n: {seats: [desk]}", `7:17: desk is oversold: held 3, bought 1`},
	{"nothing bought", club + "account: {users: {o: {role: owner, seats: [desk]}}}", `3:44: desk is oversold: held 1, bought 0`},
	{"oversold by roles", club + "account:\n  seats: {desk: 1}\n  users:\n    o: {role: owner}\n    m: {role: clerk}", `7:5: locker is oversold: held 1, bought 0`},
	{"a seat in a wrong status", club + "account: {seats: {desk: 9, locker: 9}, users: {o: {role: owner}, m: {status: inactive, seats: [desk, locker]}}}", `3:96: m is inactive, so m cannot hold a seat in desk`},
	{"a seat that the role forbids", club + "account: {seats: {desk: 9, locker: 9}, users: {o: {role: owner}, m: {role: guest, seats: [desk, locker]}}}", `3:91: m has the role guest, which cannot hold a seat in desk`},

	// Checks.
	{"check: keys", club + "account: {}\nchecks: [{cann: room.view, allow: m}, {can: , allow: ['', m, m]}]", `
4:10: a check needs the key "can"
4:11: a check has no key "cann"; did you mean "can"?
4:35: allow must be a list, not "m"; write [m]
4:45: can must be a value, not nothing
4:55: a name in allow must not be empty
4:62: duplicate "m"
`},
	{"check: values", club + "account: {}\nchecks:\n  - {can: room.view, with: {mfa: maybe}, at: now, allow: [], deny: {m: tired, n: granted, o: out-of-skope}, hidden: {m: code}}", `
5:34: mfa must be true or false, not "maybe"
5:46: invalid time "now" (want 2026-01-31, or 2026-01-31T15:04:05Z with the offset from UTC)
5:72: unknown reason "tired" for a denial (want unknown-user, inactive, forbidden, condition-unmet, out-of-scope, no-permission)
5:82: unknown reason "granted" for a denial (want unknown-user, inactive, forbidden, condition-unmet, out-of-scope, no-permission)
5:94: unknown reason "out-of-skope" for a denial; did you mean "out-of-scope"? (want unknown-user, inactive, forbidden, condition-unmet, out-of-scope, no-permission)
5:121: hidden must be a list, not "code"; write [code]
`},
	{"check: resource", club + "account: {}\nchecks: [{can: room.view, resource: {host: {a: b}, team: [], keeper: , room: ['']}, allow: []}]", `
4:45: a party of users and teams has no key "a" (users, teams)
4:70: a party must be a value or a list of values, not nothing
4:79: a name in a party must not be empty
`},
	{"permission", club + "account:\n" + members + "}\nchecks: [{can: room.veiw, allow: []}]", `5:16: unknown permission "room.veiw"; did you mean "room.view"?`},
	{"party", club + "account:\n" + members + "}\nchecks: [{can: room.view, resource: {hosts: m}, allow: []}, {can: locker.open, resource: {publik: true, host: m}, allow: []}]", `
5:38: room has no party or attribute "hosts"; did you mean "host"?
5:91: locker has no party or attribute "publik"; did you mean "public"?
5:105: locker has no party or attribute "host"
`},
	{"party of a bundle", club + "account:\n" + members + "}\nchecks: [{can: room.all, resource: {keper: m}, allow: []}, {can: room.all, resource: {keeper: m, host: m}, allow: []}]", `
5:37: no resource type in room.all has a party or attribute "keper"; did you mean "keeper"?
5:66: no resource in room.all has all of these parties
`},
	{"attribute", club + "account:\n" + members + "}\nchecks:\n  - {can: room.view, resource: {public: m}, allow: []}\n  - {can: room.view, resource: {public: [true]}, allow: []}\n  - {can: room.view, resource: {public: 'true'}, allow: []}", `
6:33: public is an attribute, so it must be true or false
7:33: public is an attribute, so it must be true or false
8:33: public is an attribute, so it must be true or false
`},
	{"fact of a request", club + "account:\n" + members + "}\nchecks: [{can: room.view, with: {mfaa: true}, allow: []}]", `5:34: unknown fact of a request "mfaa"; did you mean "mfa"?`},
	{"user", club + "account:\n" + members + "}\nchecks:\n  - {can: room.view, allow: [x], deny: {y: inactive}, hidden: {z: []}}", `
6:30: unknown user "x"
6:41: unknown user "y"
6:64: unknown user "z"
`},
	{"user under both", club + "account:\n" + members + "}\nchecks:\n  - {can: room.view, allow: [m], deny: {m: inactive}}", `6:41: m is under both allow and deny`},
	{"hidden from one who may not", club + "account:\n" + members + "}\nchecks:\n  - {can: room.view, allow: [], hidden: {m: []}}", `6:42: m is not under allow; only an allowed user has hidden fields`},
	{"hidden field", club + "account:\n" + members + "}\nchecks:\n  - {can: room.view, allow: [m], hidden: {m: [coed]}}\n  - {can: locker.open, allow: [m], hidden: {m: [code]}}", `
6:47: room has no field "coed"; did you mean "code"?
7:49: locker has no field "code"; there are none
`},
	{"hidden group", club + "account:\n" + members + "}\nchecks:\n  - {can: room.view, allow: [m], hidden: {m: [inside]}}", `6:47: inside is a group of fields; write its fields: [code, note]`},

	// Scenarios.
	{"scenario: keys", club + "account: {}\nscenarios: [{}, {name: '', steps: []}, {title: x, name: x, steps: [x]}]", `
4:13: a scenario needs the key "steps"
4:24: name must not be empty
4:35: a scenario needs at least one step
4:41: a scenario has no key "title" (name, steps)
4:68: a step must be a map, not "x"
`},
	{"step: kind", club + "account: {}\nscenarios:\n  - name: x\n    steps:\n      - {}\n      - {does: leave}\n      - {doo: leave}\n      - {do: leave, can: x}\n      - leave", `
7:9: a step needs one of the keys do, can and state
8:9: a step needs one of the keys do, can and state
9:9: a step needs one of the keys do, can and state; did you mean "do"?
10:9: a step has only one of the keys do, can and state, but this has do and can; write several steps
11:9: a step must be a map, not "leave"
`},
	{"step: command", club + "account: {}\nscenarios:\n  - name: x\n    steps:\n      - {do: asign-seat}\n      - {do: }\n      - {do: {leave: x}}\n      - {do: []}\n      - {do: [leave, {doo: leave}, {do: leave, as: m}]}", `
7:14: unknown command "asign-seat"; did you mean "assign-seat"?
8:14: do must be a value, not nothing
9:14: do must be a value, not a map
10:14: do lists no command
11:15: a command is a map with the key do, for example {do: leave}
11:22: a command is a map with the key do, for example {do: leave}
11:48: leave has no key "as"
`},
	{"step: arguments", club + "account: {}\nscenarios:\n  - name: x\n    steps:\n      - {do: assign-seat, usr: m, pool: }\n      - {do: leave, user: m}\n" +
		"      - {do: set-seats, pool: desk, total: many}\n      - {do: change-setting, setting: night, value: 'true'}\n      - {do: set-field, user: m, field: f, value: }\n" +
		"      - {do: [{do: leave}], user: m}", `
7:9: assign-seat needs the key "user"
7:27: assign-seat has no key "usr"; did you mean "user"?
7:41: pool must be a value, not nothing
8:21: leave has no key "user" (as, by, with, at, fails, do)
9:44: total must be a whole number from 0 on, not "many"
10:53: value must be true or false; remove the quotes
11:51: value must be a value, not nothing
12:29: a step of several commands has no key "user" (as, by, with, at, fails, do)
`},
	{"step: status", club + "account: {}\nscenarios:\n  - name: x\n    steps:\n      - {do: add-user, user: m, status: inactive}\n      - {do: set-status, user: m, status: invited}\n      - {do: set-status, user: m, status: on}", `
7:41: add-user takes the status active or invited, not inactive
8:43: set-status takes the status active or inactive, not invited
9:43: unknown status "on" (want active, invited, inactive or requested)
`},
	{"step: code", club + "account: {}\nscenarios: [{name: x, steps: [{do: leave, fails: deny}, {do: leave, fails: seat-in-use}]}]", `
4:50: unknown code "deny" (want denied, unknown-user, unknown-team, unknown-role, unknown-pool, unknown-grant, unknown-setting, unknown-field, not-offered, unknown-scheduled, unknown-request, invalid, exists, not-member, team-not-empty, too-many-custom-roles, role-in-use, unique-role, team-role-not-allowed, grant-not-allowed, escalation, too-many-roles, schedule-full, inactive, seat-not-allowed, seat-re…
4:76: unknown code "seat-in-use"; did you mean "seats-in-use"?
`},
	{"step: question", club + "account: {}\nscenarios:\n  - name: x\n    steps:\n      - {can: room.view}\n      - {as: m, can: room.view, expect: allowed}\n" +
		"      - {as: m, can: room.view, expect: allow, reason: inactive}\n      - {as: m, can: room.view, expect: deny, hidden: []}\n      - {as: m, can: room.view, expect: deny, allow: []}", `
7:9: a step with can needs the key "expect"
7:9: a step with can needs the key as, or visitor: true for a caller who is not logged in
8:41: expect must be allow or deny, not "allowed"; did you mean "allow"?
9:56: reason applies only to expect: deny
10:55: hidden applies only to expect: allow
11:47: a step with can has no key "allow" (can, resource, with, gives, at, as, by, visitor, expect, reason, hidden)
`},
	{"visitors", club + "account:\n" + members + "}\nchecks:\n  - {can: room.view, allow: [], visitor: alow}\n  - {can: room.view, allow: [], visitor: [coed]}\n" +
		"scenarios:\n  - name: x\n    steps:\n      - {as: m, visitor: true, can: room.view, expect: deny}\n      - {visitor: false, can: room.view, expect: deny}\n", `
6:42: visitor must be allow, deny or the list of all hidden fields, not "alow"; did you mean "allow"?
11:26: a step has either as or visitor; a visitor is not a user
12:19: visitor can only be true; without it, write as
`},
	{"fields hidden from visitors", club + "account:\n" + members + "}\nchecks:\n  - {can: room.view, allow: [], visitor: [coed]}\n", `
6:43: room has no field "coed"; did you mean "code"?
`},
	{"step: state", club + "account: {}\nscenarios:\n  - name: x\n    steps:\n      - state: {}\n      - {state: {users: {m: {rol: x}}}, as: m}\n      - state: {seats: {desk: {}}}\n      - state: {seats: {desk: {held: -1}}}\n      - state: {users: }", `
7:16: state has nothing to compare
8:30: a user has no key "rol"; did you mean "role"?
8:41: a step with state has no key "as"
9:31: desk needs held, total, or both
10:38: held must be a whole number from 0 on, not "-1"
11:24: users must be a map, not nothing; write {} for an empty one
`},
	{"names in scenarios", club + "account:\n" + members + "}\nscenarios:\n  - name: x\n    steps:\n      - {do: leave, with: {mfaa: true}}\n" +
		"      - {as: ghost, can: room.veiw, expect: deny}\n      - {as: ghost, can: room.view, resource: {hoost: m}, expect: allow, hidden: [coed]}\n" +
		"      - state: {settings: {nigth: true}, seats: {desc: {held: 0}}, users: {ghost: {role: membr, teams: {west: coch}, seats: [desc], grants: [suana]}}, teams: {ghosts: {}}}", `
8:28: unknown fact of a request "mfaa"; did you mean "mfa"?
9:26: unknown permission "room.veiw"; did you mean "room.view"?
10:48: room has no party or attribute "hoost"; did you mean "host"?
10:83: room has no field "coed"; did you mean "code"?
11:28: unknown setting "nigth"; did you mean "night"?
11:50: unknown seat pool "desc"; did you mean "desk"?
11:90: unknown role "membr"; did you mean "member"?
11:111: unknown team role "coch"; did you mean "coach"?
11:126: unknown seat pool "desc"; did you mean "desk"?
11:142: unknown grant "suana"; did you mean "sauna"?
`},
}

// Each file is refused, with each problem at its place.
func TestRefused(t *testing.T) {
	for _, row := range refusedFiles {
		t.Run(row.name, func(t *testing.T) {
			suite, err := policytest.Load("dir/x.yaml", []byte(row.src), readClub)
			assert.Nil(t, suite)
			require.ErrorAs(t, err, new(*syntax.Problems))
			got := strings.ReplaceAll("\n"+err.Error(), "\ndir/x.yaml:", "\n")
			assert.Equal(t, strings.TrimSpace(row.want), strings.TrimSpace(got))
		})
	}
}

// Each reported problem is correct, for any number of problems and any order in
// which they are found.
func TestRefusedManyTimes(t *testing.T) {
	src := "usher: 1\npolicy: oncehub\nchecks:\n" + strings.Repeat("  - {can: calendar.veiw, allow: [nobody]}\n", 15) +
		"account:\n  users:\n    olivia: {role: owner}\n" + lines(60, "    m%d: {role: membr}\n")
	_, err := policytest.Load("x.yaml", []byte(src), nil)
	var problems *syntax.Problems
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, 90, problems.Len())
	told := problems.List()
	require.Len(t, told, 20)
	for i, p := range told {
		assert.Regexp(t, `^unknown (permission|user) `, p.Message, "problem %d, at %d:%d", i, p.Pos.Line, p.Pos.Col)
	}
	assert.Equal(t, 4, told[0].Pos.Line, "those are told that stand first")
}

func lines(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}
