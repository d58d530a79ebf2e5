package account

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// sound returns a small valid state with some of everything, for the rows to damage.
func sound(t *testing.T) *State {
	t.Helper()
	s, err := New("acme").Apply(&Commit{
		Account: "acme", Version: 1, Time: time.Unix(1, 0), Actor: AsHost("test"), Key: "k", Request: "r",
		Changes: []Change{
			AccountCreated{Owner: "olga", Unique: "owner"},
			SeatsSet{Pool: "booking", To: 2},
			TeamCreated{Team: "a"},
			TeamCreated{Team: "b", Parent: "a"},
			TeamCreated{Team: "c"},
			TeamCreated{Team: "d"},
			TeamDeleted{Team: "c"},
			TeamDeleted{Team: "d"},
			UserAdded{User: "max", Role: "member", Status: usher.Active},
			MemberAdded{User: "max", Team: "b"},
			SeatAssigned{User: "max", Pool: "booking"},
			FieldDefined{ID: 1, Field: "phone", Type: TextField},
			FieldDefined{ID: 2, Field: "born", Type: DateField},
			SettingChanged{Setting: "open", Value: true},
		},
	})
	require.NoError(t, err)
	return s
}

func set[V any](t *table.Table[V], id string, v V) *table.Table[V] {
	e := t.Edit()
	e.Set(id, v)
	return e.Table()
}

// Each row damages a state, whose snapshot must then be rejected.
func TestOddStateIsNotRead(t *testing.T) {
	put := func(id string, change func(*policy.User)) func(*State) {
		return func(s *State) {
			u := policy.User{Status: usher.Active, Role: "member"}
			change(&u)
			s.users = *set(&s.users, id, policy.NewRecord(u))
		}
	}
	rows := []struct {
		says  string
		spoil func(*State)
	}{
		{"a name is empty", func(s *State) { s.account = "" }},
		{"the account does not exist, but has data", func(s *State) { *s = State{account: "acme", hash: HashOf(nil)} }},
		{"the account does not exist, but has data", func(s *State) { *s = State{account: "acme", chained: true} }},
		{"the time is zero", func(s *State) { s.time = time.Time{} }},
		{"invalid year 10000", func(s *State) { s.time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{"nobody is not the only user with the unique role", func(s *State) { s.owner = "nobody" }},
		{"max is not the only user with the unique role", func(s *State) { s.owner = "max" }},
		{"olga is not the only user with the unique role", put("mia", func(u *policy.User) { u.Role = "owner" })},
		{"olga is not the only user with the unique role", func(s *State) { s.unique = "" }},
		{"the account does not exist, but has data", func(s *State) { s.deleted = true }},
		{"the account does not exist, but has data", func(s *State) { s.version, s.keys = 0, keys{} }},

		{"a name is empty", put("", func(*policy.User) {})},
		{"a name is empty", put("mia", func(u *policy.User) { u.Role = "" })},
		{"unknown status 0", put("mia", func(u *policy.User) { u.Status = 0 })},
		{"unknown status 5", put("mia", func(u *policy.User) { u.Status = usher.Requested + 1 })},
		{"2 is out of range (want less than 2)", put("mia", func(u *policy.User) { u.Teams = []policy.Membership{{Team: "c"}} })},
		{"the teams of a user are not in order", put("mia", func(u *policy.User) { u.Teams = []policy.Membership{{Team: "b"}, {Team: "a"}} })},
		{"the teams of a user are not in order", put("mia", func(u *policy.User) { u.Teams = []policy.Membership{{Team: "b"}, {Team: "b"}} })},
		{"the roles or the seats of a user are not in order", put("mia", func(u *policy.User) { u.Teams = []policy.Membership{{Team: "b", Roles: []role.Name{"y", "x"}}} })},
		{"the roles or the seats of a user are not in order", put("mia", func(u *policy.User) { u.Seats = []seat.PoolName{"booking", "booking"} })},
		{"the grants of a user are not in order", put("mia", func(u *policy.User) { u.Grants = []policy.Grant{{Name: "y"}, {Name: "x"}} })},
		{"invalid year 0", put("mia", func(u *policy.User) { u.Grants = []policy.Grant{{Name: "y", Until: time.Time{}.Add(-1)}} })},
		{"1 of 0 seats in parking are held, and 0 more than bought are allowed", put("mia", func(u *policy.User) { u.Seats = []seat.PoolName{"parking"} })},
		{"2 of 1 seats in booking are held, and 0 more than bought are allowed", func(s *State) {
			s.pools["booking"] = seat.Pool{Total: 1, Held: 1}
			put("mia", func(u *policy.User) { u.Seats = []seat.PoolName{"booking"} })(s)
		}},
		{"the pool parking has no seats", func(s *State) { s.pools["parking"] = seat.Pool{} }},
		{"a name is empty", func(s *State) { s.pools[""] = seat.Pool{Total: 1} }},

		{"a name is empty", func(s *State) { s.config.deleted = set(s.config.deleted, "", struct{}{}) }},
		{"the team b exists and is deleted", func(s *State) { s.config.deleted = set(s.config.deleted, "b", struct{}{}) }},
		{"a name is empty", func(s *State) { s.config.facts.Settings[""] = true }},
		{"duplicate field 1, born", func(s *State) { s.config.fields[1].ID = 1 }},
		{"duplicate field 2, phone", func(s *State) { s.config.fields[1].Name = "phone" }},
		{"duplicate field 0, born, or its id is 0", func(s *State) { s.config.fields[1].ID = 0 }},
		{"2 is out of range (want less than 2)", func(s *State) { s.config.lastField = 1 }},
		{"the field born has no type", func(s *State) { s.config.fields[1].Type = 0 }},
		{"the field born has no type", func(s *State) { s.config.fields[1].Type = BoolField + 1 }},
		{"a name is empty", func(s *State) { s.config.fields[1].Name = "" }},

		{" has the version 1", func(s *State) {
			s.keys = s.keys.with(AsHost("test"), "l", "r", 1)
			s.keys = keys{}.with(AsHost("test"), "l", "r", 1).with(AsHost("test"), "k", "r", 1)
		}},
		{"the key l has the version 2, which is out of order or range", func(s *State) { s.keys = s.keys.with(AsHost("test"), "l", "r", 2) }},
		{"the key l has the version 0, which is out of order or range", func(s *State) { s.keys = keys{}.with(AsHost("test"), "l", "r", 0) }},
		{"a name is empty", func(s *State) { s.keys = s.keys.with(AsHost("test"), "", "r", 1) }},
		{"the key l has two actors, max and test", func(s *State) { s.keys = keys{}.with(Actor{user: "max", host: "test"}, "l", "r", 1) }},
	}
	for _, row := range rows {
		s := sound(t)
		_, err := DecodeState(s.Encode())
		require.NoError(t, err)
		row.spoil(s)
		_, err = DecodeState(s.Encode())
		assert.ErrorContains(t, err, row.says)
	}
}

// Each row replaces bytes of a snapshot, so that its teams are not those of a valid State.
func TestOddTeamsAreNotRead(t *testing.T) {
	const teams = "\x02\x01a\x00\x01b\x01" + "\x02\x01c\x01d" // b below a; c and d were deleted
	for _, row := range []struct{ says, teams string }{
		{"", teams},
		{"teams in a cycle: a below b below a", "\x02\x01a\x02\x01b\x01" + "\x02\x01c\x01d"},
		{"teams in a cycle: b below b", "\x02\x01a\x00\x01b\x02" + "\x02\x01c\x01d"},
		{"3 is out of range (want less than 3)", "\x02\x01a\x00\x01b\x03" + "\x02\x01c\x01d"},
		{"the teams are not in order", "\x02\x01b\x00\x01a\x01" + "\x02\x01c\x01d"},
		{"the teams are not in order", "\x02\x01a\x00\x01a\x01" + "\x02\x01c\x01d"},
		{"a name is empty", "\x02\x00\x00\x01b\x01" + "\x02\x01c\x01d"},
		{"the deleted teams are not in order", "\x02\x01a\x00\x01b\x01" + "\x02\x01d\x01c"},
		{"the deleted teams are not in order", "\x02\x01a\x00\x01b\x01" + "\x02\x01c\x01c"},
		{"the team b exists and is deleted", "\x02\x01a\x00\x01b\x01" + "\x02\x01b\x01c"},
		{"it is too short for a list", "\x02\x01a\x00\x01b\x01" + "\xff\x01\x01c\x01d"},
	} {
		data := sound(t).Encode()
		body := data[:len(data)-snapshotTail]
		require.Equal(t, 1, bytes.Count(body, []byte(teams)))
		body = bytes.Replace(body, []byte(teams), []byte(row.teams), 1)
		_, err := DecodeState(binary.LittleEndian.AppendUint32(body, crc32.Checksum(body, castagnoli)))
		if row.says == "" {
			require.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, row.says)
		}
	}
}

// A new field of a State fails this test, so that its author decides whether a snapshot
// contains it.
func TestSnapshotKnowsTheFieldsOfAState(t *testing.T) {
	for _, row := range []struct {
		of     any
		fields string
	}{
		{State{}, "users account version time hash chained created deleted owner unique counts beside pools config keys on schedule due requests members"}, // counts, beside and members follow from users
		{schedule{}, "order of rolesOn len last skipped"}, // of, rolesOn and len follow from order
		{ScheduleEntry{}, "ID At Command Ends"},
		{config{}, "facts deleted fields lastField custom"},
		{customRoles{}, "list derived"}, // derived follows from list and a policy
		{policy.CustomRole{}, "Name Title Like Gives"},
		{policy.Choice{}, "Permission Rule"},
		{policy.Account{}, "Teams Settings"},
		{keys{}, "byKey users parts"}, // users and parts follow from byKey
		{requests{}, "lastID open"},
		{OpenRequest{}, "ID User Commands Note Until Version"},
		{keyed{}, "version request"}, // version is the order
		{Field{}, "ID Name Type Archived"},
		{seat.Pool{}, "Total Held"},
		{policy.User{}, "Status Role Teams Seats Grants Beside Outside Kind"},
		{policy.Membership{}, "Team Roles"},
		{policy.Grant{}, "Name Until"},
	} {
		var fields []string
		of := reflect.TypeOf(row.of)
		for i := range of.NumField() {
			fields = append(fields, of.Field(i).Name)
		}
		assert.Equal(t, row.fields, strings.Join(fields, " "), of)
	}
}
