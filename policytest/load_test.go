package policytest_test

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/seat"
)

const tiny = "\naccount: {seats: {desk: 1, locker: 1}, users: {o: {role: owner}}}"

func TestLoadPolicy(t *testing.T) {
	for _, row := range []struct{ name, policy, path string }{
		{"tests/x.yaml", "oncehub", ""}, // a preset, although there may be such a file
		{"tests/x.yaml", "club.yaml", "tests/club.yaml"},
		{"tests/x.yaml", "../policies/club.yaml", "policies/club.yaml"},
		{"tests/x.yaml", "./oncehub", "tests/oncehub"},
		{"x.yaml", "/etc/club.yaml", "/etc/club.yaml"},
	} {
		asked := ""
		suite, err := policytest.Load(row.name, []byte("usher: 1\npolicy: "+row.policy+"\naccount: {users: {o: {role: owner}}}"), func(path string) ([]byte, error) {
			asked = path
			return []byte(clubPolicy), nil
		})
		require.NoError(t, err)
		assert.Equal(t, row.path, asked)
		if row.path != "" {
			assert.Equal(t, row.path, suite.Policy().File(), "messages name the policy's file")
		}
	}
}

func TestLoadPolicyRefused(t *testing.T) {
	refused := errors.New("refused")
	read := func(path string) ([]byte, error) {
		switch path {
		case "dir/broken.yaml":
			return []byte("usher: 1\nroles:\n  owner: {unique: yes}\n"), nil
		case "dir/secret.yaml":
			return nil, refused
		}
		return nil, fs.ErrNotExist
	}
	load := func(name string) error {
		suite, err := policytest.Load("dir/x.yaml", []byte("usher: 1\npolicy: "+name+tiny), read)
		assert.Nil(t, suite)
		return err
	}

	err := load("broken.yaml")
	assert.EqualError(t, err, "dir/broken.yaml:3:19: unique must be true or false, not \"yes\"", "a policy's problems are where it has them")

	err = load("onechub")
	assert.EqualError(t, err, `dir/x.yaml:2:9: policy "onechub" is not a preset, and the file cannot be read; did you mean "oncehub"?: file does not exist`)
	assert.ErrorIs(t, err, fs.ErrNotExist, "the error of read is in it")
	var problem syntax.Problem
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, syntax.Pos{Line: 2, Col: 9}, problem.Pos)

	assert.ErrorIs(t, load("secret.yaml"), refused)

	_, err = policytest.Load("x.yaml", []byte("usher: 1\npolicy: club.yaml"+tiny), nil)
	assert.ErrorContains(t, err, "no function to read files is set")
}

func TestRequest(t *testing.T) {
	suite, err := policytest.Load("dir/x.yaml", []byte(world), readClub)
	require.NoError(t, err)
	name := func(text string) syntax.Name { return syntax.Name{Text: text} }
	q := testfile.Question{
		Can:      name("room.edit"),
		Resource: []testfile.Fact{{Name: name("host"), IDs: []syntax.Name{name("m")}}, {Name: name("public"), IDs: []syntax.Name{name("true")}, Bare: true}},
		With:     []testfile.Flag{{Name: name("mfa"), Value: true}},
	}
	r, err := testfile.Request(suite.Policy(), "c", q, suite.Time(), testfile.IDs{})
	require.NoError(t, err)
	assert.Equal(t, usher.Request{
		Subject:    "c",
		Permission: permission.MustParse("room.edit"),
		Resource:   &usher.Object{Type: "room", Parties: map[string][]string{"host": {"m"}}, Attributes: map[string]bool{"public": true}},
		Context:    usher.Context{"mfa": true},
		Time:       time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}, r)

	q.Can = name("room.edti")
	r, err = testfile.Request(suite.Policy(), "c", q, suite.Time(), testfile.IDs{})
	assert.ErrorContains(t, err, `unknown permission "room.edti"; did you mean "room.edit"?`)
	assert.Zero(t, r)

	_, err = testfile.Request(nil, "c", q, suite.Time(), testfile.IDs{})
	assert.ErrorContains(t, err, `unknown permission "room.edti"`)
}

const world = club + `
account:
  settings: {night: true}
  seats: {desk: 2, locker: 3}
  teams: {west: {}, sales: {parent: west}}
  fields: [{field: phone, type: text, archived: true}, {field: born, type: date}]
  users:
    o: {role: owner, seats: [locker]}
    c: {role: clerk, seats: [desk], status: active}
    i: {role: guest, status: inactive, seats: [locker], fields: {born: 1990-02-28, phone: 007}}
    m: {status: invited, teams: {sales: coach, west: member}, grants: [sauna, {grant: room.all, until: 2026-06-01}]}
    n: {teams: [west, sales], seats: [desk]}
`

func TestWorld(t *testing.T) {
	suite, err := policytest.Load("dir/x.yaml", []byte(world), readClub)
	require.NoError(t, err)
	w := suite.World()
	assert.Equal(t, []usher.UserID{"o", "c", "i", "m", "n"}, w.Users())

	user := func(id usher.UserID) policy.User {
		u, err := w.User(id)
		require.NoError(t, err)
		require.NotNil(t, u)
		return *u
	}
	assert.Equal(t, policy.User{Status: usher.Active, Role: "owner", Seats: []seat.PoolName{"locker"}}, user("o"))
	assert.Equal(t, []seat.PoolName{"desk", "locker"}, user("c").Seats, "a role that requires a seat holds it without saying so")
	m := user("m")
	assert.Equal(t, usher.Invited, m.Status)
	assert.Equal(t, "member", string(m.Role), "the default")
	assert.Equal(t, []policy.Membership{{Team: "sales", Roles: m.Teams[0].Roles}, {Team: "west"}}, m.Teams)
	assert.Equal(t, "coach", string(m.Teams[0].Roles[0]))
	assert.Equal(t, "2026-06-01 00:00:00 +0000 UTC", m.Grants[0].Until.String())

	stranger, err := w.User("x")
	assert.NoError(t, err)
	assert.Nil(t, stranger)

	assert.Equal(t, seat.Pool{Total: 2, Held: 2}, w.Pool("desk"))
	assert.Equal(t, seat.Pool{Total: 3, Held: 3}, w.Pool("locker"), "the inactive too: the pool says so")
	account, err := w.Account()
	require.NoError(t, err)
	assert.True(t, account.Settings["night"])
	assert.True(t, account.Teams.Within("sales", "west"))
	assert.Equal(t, "phone", w.Fields()[0].Name)
	assert.True(t, w.Fields()[0].Archived)
	assert.Equal(t, "007", string(w.Values("i")["phone"]), "an archived field keeps its values")
	assert.Empty(t, w.Values("m"))
}

// Fewer holders than a role's at-least are not an error. An invited user with a role
// that requires a seat holds it only if invited users hold seats in the pool.
func TestWorldAllows(t *testing.T) {
	for _, account := range []string{
		"{users: {o: {role: owner, status: inactive}}}",
		"{seats: {desk: 1}, users: {o: {role: owner}, c: {role: clerk, status: invited}}}",
		"{seats: {locker: 1}, users: {o: {role: owner}, g: {role: guest, seats: [locker]}}}",
		"{users: {o: {role: owner}, c: {role: guest, grants: [room.view, everything, sauna]}}}",
		"{teams: {a: {parent: b}, b: {parent: c}, c: {}, d: {parent: b}}, users: {o: {role: owner, teams: [a, b]}}}",
		"{fields: [{field: n, type: number}, {field: t, type: text}, {field: d, type: date}, {field: b, type: bool}]," +
			" users: {o: {role: owner, fields: {n: -1.50e+3, t: true, d: '2024-02-29', b: false}}}}",
	} {
		_, err := policytest.Load("dir/x.yaml", []byte(club+"account: "+account), readClub)
		assert.NoError(t, err, account)
	}
}
