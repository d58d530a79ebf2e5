package account_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// gate is a policy in which a role that has less than another admits users.
const gate = `
usher: 1
seats:
  desk:  {holds: [active]}
  queue: {holds: [active, requested]}
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin, seat: none}
  admin:  {includes: [porter], seat: none}
  porter: {includes: [member], seat: none}
  member: {default: true, at-most: 2, seats: {desk: required, queue: required}}
  guest:  {seat: none}
resources:
  page:
    parties: {author: users}
    permissions: {view: {member: any}, edit: {admin: any}}
  user:
    permissions:
      admit:      {porter: any}
      set-role:   {admin: any}
      delete:     {porter: any}
  grant: {permissions: {give: {admin: any}}}
`

func gateAccount(t *testing.T) (*policy.Policy, *account.State) {
	t.Helper()
	p := compile(t, gate)
	return p, open(t, p, account.Seed{
		Seats: map[seat.PoolName]int{"desk": 5, "queue": 5},
		Users: map[usher.UserID]policy.User{"olga": user("owner"), "adam": user("admin"), "pia": user("porter"), "mia": user("member")},
	})
}

func TestRequestToJoin(t *testing.T) {
	p, s := gateAccount(t)
	host := account.AsHost("test")
	s = do(t, p, s, host, account.RequestToJoin{User: "rita"})
	rita, _ := s.User("rita")
	assert.Equal(t, &policy.User{Status: usher.Requested, Role: "member", Seats: []seat.PoolName{"queue"}}, rita,
		"the default role, and only the seats of pools that hold requested")
	assert.Equal(t, seat.Pool{Total: 5, Held: 1}, s.Pool("desk"), "the seat of mia")

	o, err := propose(p, s, host, account.RequestToJoin{User: "rita"})
	require.NoError(t, err)
	assert.Empty(t, o.Changes, "a second request changes nothing")

	d, err := p.Decide(s, &usher.Request{Account: "club", Subject: "rita", Permission: permissionOf(t, p, "page.view"), Time: noon})
	require.NoError(t, err)
	assert.Equal(t, usher.ReasonInactive, d.Reason())

	s = do(t, p, s, host, account.RequestToJoin{User: "gus", Role: "guest"})
	s = do(t, p, s, account.AsUser("gus"), account.WithdrawRequest{})
	gus, _ := s.User("gus")
	assert.Nil(t, gus)
	s = do(t, p, s, account.AsUser("pia"), account.RemoveUser{User: "rita"})
	assert.Zero(t, s.Pool("queue").Held-1, "the seat of mia alone remains")
}

// Requests do not fill a role, and admissions do.
func TestRequestsDoNotFillARole(t *testing.T) {
	p, s := gateAccount(t)
	host := account.AsHost("test")
	for _, id := range []usher.UserID{"r1", "r2", "r3"} {
		s = do(t, p, s, host, account.RequestToJoin{User: id})
		loaded, err := account.DecodeState(s.Encode())
		require.NoError(t, err)
		require.NoError(t, loaded.Fits(p))
	}
	s = do(t, p, s, account.AsUser("pia"), account.AdmitUser{User: "r1"})
	_, err := propose(p, s, host, account.AdmitUser{User: "r2"})
	assert.Equal(t, account.CodeRoleFull, codeOf(t, err), "%v", err)
	do(t, p, s, host, account.AdmitUser{User: "r2", Role: "guest"})
}

// The number of requests is bounded: for users, for the host and for an import. A request that changes
// nothing stays possible, and each that is withdrawn, declined or admitted makes room.
func TestRequestsAreBounded(t *testing.T) {
	source := strings.Replace(gate, "    permissions:\n      admit:", "    permissions:\n      request-to-join: {visitor: any}\n      admit:", 1)
	require.NotEqual(t, gate, source)
	p := compile(t, strings.NewReplacer("at-most: 2, ", "", "queue: {holds: [active, requested]}", "queue: {holds: [active]}").Replace(source))
	seed := account.Seed{
		Seats: map[seat.PoolName]int{"desk": 5, "queue": 5},
		Users: map[usher.UserID]policy.User{"olga": user("owner"), "pia": user("porter")},
	}
	asks := func(i int) usher.UserID { return usher.UserID("asks-" + strconv.Itoa(i)) }
	for i := range account.MaxRequested {
		seed.Users[asks(i)] = policy.User{Status: usher.Requested, Role: []role.Name{"member", "guest"}[i%2]}
	}
	s := open(t, p, seed)
	seed.Users["one-more"] = policy.User{Status: usher.Requested}
	_, err := propose(p, account.New("club"), account.AsHost("test"), account.Import{Seed: seed})
	assert.Equal(t, account.CodeInvalid, codeOf(t, err))

	rita, host := account.AsUser("rita"), account.AsHost("test")
	loaded, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	for _, s := range []*account.State{s, loaded} {
		_, err = propose(p, s, rita, account.RequestToJoin{})
		assert.Equal(t, account.CodeInvalid, codeOf(t, err))
		assert.ErrorContains(t, err, "at most 10000 users of an account can have requested to join, and 10000 have")
		_, err = propose(p, s, host, account.RequestToJoin{User: "rita", Role: "guest"})
		assert.Equal(t, account.CodeInvalid, codeOf(t, err))
		o, err := propose(p, s, account.AsUser(asks(0)), account.RequestToJoin{})
		require.NoError(t, err)
		assert.Empty(t, o.Changes)
		_, err = propose(p, s, account.AsUser("pia"), account.RequestToJoin{})
		assert.Equal(t, account.CodeExists, codeOf(t, err))
		do(t, p, s, host, account.AddUser{User: "new"}, account.AddUser{User: "invited", Status: usher.Invited})
		for _, room := range []struct {
			by      account.Actor
			command account.Command
		}{
			{account.AsUser(asks(2)), account.WithdrawRequest{}},
			{account.AsUser("pia"), account.RemoveUser{User: asks(3)}},
			{account.AsUser("pia"), account.AdmitUser{User: asks(4)}},
		} {
			after := do(t, p, s, room.by, room.command)
			after = do(t, p, after, rita, account.RequestToJoin{})
			_, err = propose(p, after, account.AsUser("rob"), account.RequestToJoin{})
			assert.Equal(t, account.CodeInvalid, codeOf(t, err))
		}
	}
	after := do(t, p, s, host, account.RemoveUser{User: asks(5)}, account.RequestToJoin{User: "rita"})
	_, err = propose(p, after, host, account.RemoveUser{User: asks(6)}, account.RequestToJoin{User: "rob"}, account.RequestToJoin{User: "eve"})
	assert.Equal(t, account.CodeInvalid, codeOf(t, err), "in the middle of a batch, too")
}

func TestAdmitUser(t *testing.T) {
	p, s := gateAccount(t)
	s = do(t, p, s, account.AsHost("test"), account.RequestToJoin{User: "rita"}, account.RequestToJoin{User: "rob"})
	pia, adam := account.AsUser("pia"), account.AsUser("adam")

	admitted := do(t, p, s, pia, account.AdmitUser{User: "rita"})
	rita, _ := admitted.User("rita")
	assert.Equal(t, &policy.User{Status: usher.Active, Role: "member", Seats: []seat.PoolName{"desk", "queue"}}, rita)
	o, err := propose(p, admitted, pia, account.AdmitUser{User: "rita"})
	require.NoError(t, err)
	assert.Empty(t, o.Changes, "another user was faster")

	as := do(t, p, s, pia, account.AdmitUser{User: "rita", Role: "guest"})
	rita, _ = as.User("rita")
	assert.Equal(t, &policy.User{Status: usher.Active, Role: "guest"}, rita, "the seat of the request is released")

	// Admission gives all that the user then has: the role, and what others gave before.
	for name, before := range map[string]account.Command{
		"a role":  account.SetRole{User: "rita", Role: "admin"},
		"a grant": account.GiveGrant{User: "rita", Grant: "page.edit"},
	} {
		given := do(t, p, s, adam, before)
		_, err := propose(p, given, pia, account.AdmitUser{User: "rita"})
		assert.Equal(t, account.CodeEscalation, codeOf(t, err), "%s: %v", name, err)
		do(t, p, given, adam, account.AdmitUser{User: "rita"})
	}
	_, err = propose(p, s, pia, account.AdmitUser{User: "rita", Role: role.Name("admin")})
	assert.Equal(t, account.CodeEscalation, codeOf(t, err), "%v", err)
}

// With a cell of visitors, users who are not in the account request to join by themselves.
func TestVisitorsRequestToJoin(t *testing.T) {
	p := compile(t, gate+`  account: {permissions: {configure: {visitor: any}}}
`)
	s := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{"olga": user("owner"), "ina": withStatus(user("guest"), usher.Inactive)}, Seats: map[seat.PoolName]int{"queue": 5}})
	rita := account.AsUser("rita")
	_, err := propose(p, s, rita, account.RequestToJoin{})
	require.ErrorContains(t, err, "rita may not user.request-to-join: denied (unknown-user)")

	opened := compile(t, strings.Replace(gate, "      admit: ", "      request-to-join: {visitor: any if not blocked}\n      admit: ", 1)+`conditions: {blocked: {feature: blocked}}
features: [blocked]
`)
	requested := do(t, opened, s, rita, account.RequestToJoin{})
	u, _ := requested.User("rita")
	assert.Equal(t, &policy.User{Status: usher.Requested, Role: "member", Seats: []seat.PoolName{"queue"}}, u)
	o, err := propose(opened, requested, rita, account.RequestToJoin{User: "rita"})
	require.NoError(t, err)
	assert.Empty(t, o.Changes, "a second request changes nothing")
	do(t, opened, requested, rita, account.WithdrawRequest{})

	for _, row := range []struct {
		as      usher.UserID
		command account.Command
		code    account.Code
	}{
		{"rita", account.RequestToJoin{User: "rob"}, account.CodeInvalid},
		{"rita", account.RequestToJoin{Role: "member"}, account.CodeInvalid},
		{"olga", account.RequestToJoin{}, account.CodeExists},
		{"ina", account.RequestToJoin{}, account.CodeExists},
		{"rita", account.AddUser{User: "rita"}, account.CodeDenied},
		{"", account.RequestToJoin{}, account.CodeDenied},
	} {
		_, err := propose(opened, s, account.AsUser(row.as), row.command)
		assert.Equal(t, row.code, codeOf(t, err), "%s: %v: %v", row.as, row.command, err)
	}
	_, err = propose(opened, s, rita, account.RequestToJoin{}, account.AdmitUser{User: "rita"})
	assert.Equal(t, account.CodeDenied, codeOf(t, err), "%v", err)
}

// No way leads a user who has requested to join into the account without another user: neither
// a command nor a batch of the user, whatever the policy allows.
func TestUsersNeverAdmitThemselves(t *testing.T) {
	p := compile(t, `
usher: 1
roles:
  owner:  {unique: true, all: true, hands-over-to: member}
  member: {default: true, all: true}
resources: {user: {permissions: {admit: {everyone: any}, leave: {everyone: any}}}}
`)
	s := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{
		"olga": user("owner"), "mia": user("member"), "rita": withStatus(user("member"), usher.Requested),
	}})
	for _, batch := range [][]account.Command{
		{account.AdmitUser{User: "rita"}},
		{account.SetStatus{User: "rita", Status: usher.Active}},
		{account.AcceptInvitation{}},
		{account.SetRole{User: "rita", Role: "member"}, account.AdmitUser{User: "rita"}},
		{account.WithdrawRequest{}, account.AddUser{User: "rita"}},
		{account.WithdrawRequest{}, account.RequestToJoin{}, account.AdmitUser{User: "rita"}},
	} {
		_, err := propose(p, s, account.AsUser("rita"), batch...)
		assert.Equal(t, account.CodeDenied, codeOf(t, err), "%v: %v", batch, err)
	}
	for _, batch := range [][]account.Command{
		{account.Leave{}, account.RequestToJoin{}, account.AdmitUser{User: "mia"}},
		{account.AdmitUser{User: "mia"}},
	} {
		_, err := propose(p, s, account.AsUser("mia"), batch...)
		assert.Equal(t, account.CodeDenied, codeOf(t, err), "%v: %v", batch, err)
	}
	do(t, p, s, account.AsUser("mia"), account.AdmitUser{User: "rita"})
}

func permissionOf(t *testing.T, p *policy.Policy, name string) (q permission.Permission) {
	t.Helper()
	q, err := p.Permission(name)
	require.NoError(t, err)
	return q
}

// The role of the request is a fact of the command, also if the command does not name it.
func TestAdmissionGivesARole(t *testing.T) {
	p := compile(t, strings.Replace(gate, "admit:      {porter: any}", "admit: {porter: any if not gives-guest}", 1)+"conditions: {gives-guest: {gives: guest}}\n")
	_, s := gateAccount(t)
	s = do(t, p, s, account.AsHost("test"), account.RequestToJoin{User: "gus", Role: "guest"}, account.RequestToJoin{User: "rita"})
	for _, c := range []account.AdmitUser{{User: "gus"}, {User: "gus", Role: "guest"}, {User: "rita", Role: "guest"}} {
		_, err := propose(p, s, account.AsUser("pia"), c)
		assert.Equal(t, account.CodeDenied, codeOf(t, err), "%v: %v", c, err)
	}
	do(t, p, s, account.AsUser("pia"), account.AdmitUser{User: "rita"})
}
