package account_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// crew has roles that may not hold everything.
const crew = `
usher: 1
name: crew
seats: {phone: {}, desk: {}}
features: [sms]
roles:
  owner:   {unique: true, all: true, hands-over-to: guest, seat: none}
  member:  {default: true, seats: {desk: optional}}
  guest:   {team-roles: none, grants: none, seat: none}
  manager: {held-on: team, at-least: 1, at-most: 2, outside: true}
  chief:   {held-on: team, includes: [manager]}
  helper:  {held-on: team, seats: {phone: required, desk: optional}}
`

func crewSeed() account.Seed {
	return account.Seed{
		Seats: map[seat.PoolName]int{"phone": 2, "desk": 1},
		Teams: map[usher.TeamID]usher.TeamID{"red": "", "blue": "red"},
		Users: map[usher.UserID]policy.User{
			"olga": user("owner"),
			"mia":  inTeam(user("member"), "red", "manager", "helper"),
			"max":  outside(user("member"), "blue", "manager"),
			"gus":  inTeam(user("guest"), "red"),
		},
	}
}

func outside(u policy.User, id usher.TeamID, roles ...role.Name) policy.User {
	u.Outside = append(u.Outside, policy.Membership{Team: id, Roles: roles})
	return u
}

// Commands of roles make exactly these changes, in this order.
func TestChangesOfRoleLimits(t *testing.T) {
	p := compile(t, crew)
	s := open(t, p, crewSeed())
	host := account.AsHost("test")
	for name, row := range map[string]struct {
		commands []account.Command
		want     []account.Change
	}{
		"a guest": {
			[]account.Command{
				account.SetTeamRole{Team: "red", User: "max", Role: "manager"},
				account.GiveGrant{User: "mia", Grant: "sms"},
				account.SetRole{User: "mia", Role: "guest"},
			},
			[]account.Change{
				account.OutsideRoleSet{Team: "red", User: "max", Role: "manager"},
				account.GrantGiven{User: "mia", Grant: "sms"},
				account.SeatUnassigned{User: "mia", Pool: "phone"},
				account.TeamRoleUnset{Team: "red", User: "mia", Role: "helper"},
				account.TeamRoleUnset{Team: "red", User: "mia", Role: "manager"},
				account.GrantRevoked{User: "mia", Grant: "sms"},
				account.RoleSet{User: "mia", From: "member", To: "guest"},
			},
		},
		"the previous owner becomes a guest": {
			[]account.Command{account.SetTeamRole{Team: "red", User: "olga", Role: "manager"}, account.TransferOwnership{To: "max"}},
			[]account.Change{
				account.OutsideRoleSet{Team: "red", User: "olga", Role: "manager"},
				account.OutsideRoleUnset{Team: "red", User: "olga", Role: "manager"},
				account.OwnershipTransferred{From: "olga", To: "max", Was: "member", Becomes: "guest"},
			},
		},
		"into the team, and out of it": {
			[]account.Command{
				account.AddToTeam{Team: "blue", User: "max"},
				account.SetTeamRole{Team: "blue", User: "mia", Role: "manager"},
				account.RemoveFromTeam{Team: "blue", User: "max"},
			},
			[]account.Change{
				account.OutsideRoleUnset{Team: "blue", User: "max", Role: "manager"},
				account.MemberAdded{Team: "blue", User: "max"},
				account.TeamRoleSet{Team: "blue", User: "max", Role: "manager"},
				account.OutsideRoleSet{Team: "blue", User: "mia", Role: "manager"},
				account.TeamRoleUnset{Team: "blue", User: "max", Role: "manager"},
				account.MemberRemoved{Team: "blue", User: "max"},
			},
		},
		"a seat comes with the first role and goes with the last": {
			[]account.Command{
				account.AddToTeam{Team: "blue", User: "mia"},
				account.SetTeamRole{Team: "blue", User: "mia", Role: "helper"},
				account.UnsetTeamRole{Team: "red", User: "mia", Role: "helper"},
				account.UnsetTeamRole{Team: "blue", User: "mia", Role: "helper"},
			},
			[]account.Change{
				account.MemberAdded{Team: "blue", User: "mia"},
				account.TeamRoleSet{Team: "blue", User: "mia", Role: "helper"},
				account.TeamRoleUnset{Team: "red", User: "mia", Role: "helper"},
				account.SeatUnassigned{User: "mia", Pool: "phone"},
				account.TeamRoleUnset{Team: "blue", User: "mia", Role: "helper"},
			},
		},
		"a deleted team": {
			[]account.Command{account.DeleteTeam{Team: "blue"}},
			[]account.Change{account.OutsideRoleUnset{Team: "blue", User: "max", Role: "manager"}, account.TeamDeleted{Team: "blue"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := propose(p, s, host, row.commands...)
			require.NoError(t, err)
			assert.Equal(t, row.want, o.Changes)
			next := do(t, p, s, host, row.commands...)
			read, err := account.DecodeState(next.Encode())
			require.NoError(t, err)
			assert.Equal(t, next.Encode(), read.Encode())
		})
	}
}

// The bounds of team roles apply to each team, on every way to change the number of holders.
func TestTeamBoundsAreRefused(t *testing.T) {
	p := compile(t, crew)
	s := open(t, p, crewSeed())
	for name, row := range map[string]struct {
		code     account.Code
		says     string
		index    int
		commands []account.Command
	}{
		"unset":             {account.CodeLastHolder, "at least 1 user must be active with the role manager on the team red, or with chief, which includes it; 1 is, and 0 would be", 0, []account.Command{account.UnsetTeamRole{Team: "red", User: "mia", Role: "manager"}}},
		"the user goes":     {account.CodeLastHolder, "", 0, []account.Command{account.RemoveUser{User: "max"}}},
		"inactive":          {account.CodeLastHolder, "", 0, []account.Command{account.SetStatus{User: "max", Status: usher.Inactive}}},
		"leaves the team":   {account.CodeLastHolder, "", 0, []account.Command{account.RemoveFromTeam{Team: "red", User: "mia"}}},
		"outside":           {account.CodeLastHolder, "", 0, []account.Command{account.RemoveFromTeam{Team: "blue", User: "max"}}},
		"a guest":           {account.CodeLastHolder, "", 0, []account.Command{account.SetRole{User: "mia", Role: "guest"}}},
		"a new team":        {account.CodeLastHolder, "the team is new, and 0 would be; add them in the same batch, with add-to-team and set-team-role", 0, []account.Command{account.CreateTeam{Team: "new"}}},
		"the last one lost": {account.CodeLastHolder, "", 2, []account.Command{account.SetTeamRole{Team: "blue", User: "mia", Role: "manager"}, account.UnsetTeamRole{Team: "blue", User: "max", Role: "manager"}, account.RemoveUser{User: "mia"}}},
		"too many":          {account.CodeRoleFull, "at most 2 users may have the role manager on the team red; 1 has it, and 3 would", 1, []account.Command{account.SetTeamRole{Team: "red", User: "max", Role: "manager"}, account.SetTeamRole{Team: "red", User: "olga", Role: "manager"}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := propose(p, s, account.AsHost("test"), row.commands...)
			require.Equal(t, row.code, codeOf(t, err), "%v", err)
			assert.ErrorContains(t, err, row.says)
			var r *account.Refusal
			require.ErrorAs(t, err, &r)
			assert.Equal(t, row.index, r.Index)
		})
	}
	for name, commands := range map[string][]account.Command{
		"a new team with a manager":          {account.CreateTeam{Team: "new"}, account.SetTeamRole{Team: "new", User: "mia", Role: "manager"}},
		"a role that includes it":            {account.SetTeamRole{Team: "red", User: "mia", Role: "chief"}, account.UnsetTeamRole{Team: "red", User: "mia", Role: "manager"}},
		"handed on":                          {account.UnsetTeamRole{Team: "red", User: "mia", Role: "manager"}, account.SetTeamRole{Team: "red", User: "max", Role: "manager"}},
		"a deleted team":                     {account.DeleteTeam{Team: "blue"}},
		"a moved team":                       {account.MoveTeam{Team: "blue"}},
		"a new team that is deleted again":   {account.CreateTeam{Team: "new"}, account.DeleteTeam{Team: "new"}},
		"a user without the role who leaves": {account.RemoveUser{User: "gus"}},
	} {
		t.Run(name, func(t *testing.T) { do(t, p, s, account.AsHost("test"), commands...) })
	}
}

// A policy that is stricter than the account rejects only what makes the account worse.
func TestTeamBoundsAfterAnotherPolicy(t *testing.T) {
	s := open(t, compile(t, crew), crewSeed())
	p := compile(t, `
usher: 1
name: crew
seats: {phone: {}, desk: {}}
roles:
  owner:   {unique: true, all: true, hands-over-to: guest, seat: none}
  member:  {default: true, seats: {desk: optional}}
  guest:   {seat: none}
  manager: {held-on: team, at-least: 3, at-most: 3, outside: true}
  chief:   {held-on: team}
  helper:  {held-on: team, seats: {phone: required}, at-most: 1}
`)
	require.NoError(t, s.Fits(p), "too few holders are no mismatch")
	host := account.AsHost("test")
	do(t, p, s, host, account.SetTeamRole{Team: "red", User: "max", Role: "manager"})
	_, err := propose(p, s, host, account.UnsetTeamRole{Team: "red", User: "mia", Role: "manager"})
	assert.Equal(t, account.CodeLastHolder, codeOf(t, err))
	do(t, p, s, host, account.AddToTeam{Team: "blue", User: "gus"})
}

// An import is checked like commands.
func TestImportOfRoleLimits(t *testing.T) {
	p := compile(t, crew)
	for name, row := range map[string]struct {
		change func(*account.Seed)
		code   account.Code
		says   string
	}{
		"a guest with a team role": {func(c *account.Seed) { c.Users["gus"] = inTeam(user("guest"), "red", "helper") }, account.CodeInvalid, "gus has the role guest, which cannot hold team roles"},
		"a guest outside":          {func(c *account.Seed) { c.Users["gus"] = outside(user("guest"), "red", "manager") }, account.CodeInvalid, ""},
		"a guest with a grant": {func(c *account.Seed) {
			c.Users["gus"] = policy.User{Role: "guest", Grants: []policy.Grant{{Name: "sms"}}}
		}, account.CodeInvalid, "gus has the role guest, which cannot have grants"},
		"a helper outside":   {func(c *account.Seed) { c.Users["max"] = outside(user("member"), "blue", "helper") }, account.CodeInvalid, "max is not in blue, and so cannot have the role helper on it"},
		"inside and outside": {func(c *account.Seed) { c.Users["max"] = outside(inTeam(user("member"), "blue"), "blue", "manager") }, account.CodeInvalid, "max is in blue, and so cannot have roles outside it"},
		"twice outside": {func(c *account.Seed) {
			c.Users["max"] = outside(outside(user("member"), "blue", "manager"), "blue", "manager")
		}, account.CodeInvalid, "twice"},
		"outside without a role":   {func(c *account.Seed) { c.Users["max"] = outside(user("member"), "blue") }, account.CodeInvalid, "max has no role outside blue; leave the team out"},
		"an unknown team":          {func(c *account.Seed) { c.Users["max"] = outside(user("member"), "green", "manager") }, account.CodeUnknownTeam, ""},
		"an unknown role":          {func(c *account.Seed) { c.Users["max"] = outside(user("member"), "blue", "managr") }, account.CodeUnknownRole, `did you mean "manager"?`},
		"a team without a manager": {func(c *account.Seed) { c.Users["max"] = user("member") }, account.CodeLastHolder, "on the team blue"},
		"no seat for the helper":   {func(c *account.Seed) { c.Seats["phone"] = 0 }, account.CodeInvalid, "more seats in phone are held than the 0 bought"},
		"a seat by no role":        {func(c *account.Seed) { c.Users["max"] = outside(user("member", "phone"), "blue", "manager") }, account.CodeInvalid, "max has the role member, which cannot hold a seat in phone"},
	} {
		t.Run(name, func(t *testing.T) {
			seed := crewSeed()
			row.change(&seed)
			_, err := propose(p, account.New("club"), account.AsHost("test"), account.Import{Seed: seed})
			assert.Equal(t, row.code, codeOf(t, err), "%v", err)
			assert.ErrorContains(t, err, row.says)
		})
	}
}

// A policy does not fit users who hold what it excludes, and names each of them once.
func TestFitOfRoleLimits(t *testing.T) {
	seed := crewSeed()
	seed.Users["max"] = outside(outside(user("member"), "blue", "manager"), "red", "manager")
	seed.Users["nia"] = policy.User{Role: "member", Grants: []policy.Grant{{Name: "sms"}}}
	s := open(t, compile(t, crew), seed)
	p := compile(t, `
usher: 1
name: crew
seats: {phone: {}, desk: {}}
features: [sms]
roles:
  owner:   {unique: true, all: true, hands-over-to: guest, seat: none}
  member:  {default: true, team-roles: none, grants: none, seats: {phone: optional}}
  guest:   {seat: none}
  manager: {held-on: team, at-most: 1}
  chief:   {held-on: team}
  helper:  {held-on: team}
`)
	err := s.Fits(p)
	require.EqualError(t, err, "the policy crew does not fit account club: the role member cannot hold team roles (max, mia); "+
		"users outside a team cannot hold the role manager on it (max); the role member cannot have grants (nia); "+
		"at most 1 user may have the role manager on the team red, but 2 have it")
	host := account.AsHost("test")
	for _, c := range []account.Command{
		account.UnsetTeamRole{Team: "red", User: "max", Role: "manager"},
		account.RemoveFromTeam{Team: "blue", User: "max"},
		account.AddToTeam{Team: "blue", User: "max"},
		account.RevokeGrant{User: "nia", Grant: "sms"},
		account.SetRole{User: "mia", Role: "guest"},
	} {
		_, err := propose(p, s, host, c)
		assert.NoError(t, err, "%s helps", account.Describe(c))
	}
	for _, c := range []account.Command{
		account.SetTeamRole{Team: "red", User: "mia", Role: "chief"}, account.AddToTeam{Team: "blue", User: "nia"}, account.GiveGrant{User: "nia", Grant: "user.view"},
	} {
		_, err := propose(p, s, host, c)
		assert.ErrorIs(t, err, account.ErrPolicyMismatch, "%s does not help", account.Describe(c))
	}
	var mismatch *account.PolicyMismatchError
	require.True(t, errors.As(s.FitsUser(p, "max"), &mismatch))
	assert.Len(t, mismatch.Reasons, 2)
}

// A view lists the holders of team roles, in the team and outside it, and counts only members.
func TestViewOfRolesOutside(t *testing.T) {
	p := compile(t, crew)
	v := open(t, p, crewSeed()).View(p)
	holders := v.TeamRoleHolders("blue")
	require.Len(t, holders, 1)
	assert.Equal(t, usher.UserID("max"), holders[0].ID)
	assert.Equal(t, []role.Name{"manager"}, holders[0].RolesOutside("blue"))
	assert.Empty(t, holders[0].RolesOutside("red"))
	_, in := holders[0].InTeam("blue")
	assert.False(t, in)
	assert.Equal(t, 0, v.TeamLen("blue"))
	assert.Empty(t, v.UsersOf("blue"))
	assert.Equal(t, 2, v.TeamLen("red"))
}
