package account_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// The roles of a workspace: several equal owners, one owner, or no role that must be held.
const (
	equalRoles = `
  owner:  {at-least: 1, includes: [admin], seats: {desk: required}}
  admin:  {}
  member: {default: true}`
	ownedRoles = `
  owner:  {unique: true, includes: [admin], hands-over-to: member, seats: {desk: required}}
  admin:  {}
  member: {default: true}`
	openRoles = `
  owner:  {includes: [admin], seats: {desk: required}}
  admin:  {}
  member: {default: true}`
	superRoles = `
  owner:  {at-least: 1, includes: [admin], seats: {desk: required}}
  root:   {includes: [owner]}
  admin:  {}
  member: {default: true}`
)

func workspace(t testing.TB, roles string) *policy.Policy {
	t.Helper()
	return compile(t, `
usher: 1
name: workspace
seats: {desk: {holds: [invited, active]}}
roles:`+roles+`
resources:
  account: {permissions: {delete: {owner: any}, transfer: {everyone: any}}}
  user:
    permissions:
      create:     {admin: any}
      delete:     {admin: any}
      set-role:   {admin: any}
      set-status: {admin: any}
      leave:      {everyone: own}
`)
}

// "Without a unique role, create-account gives the first user the first role with at-least, or the
// default role."
func TestCreateAccountWithoutUniqueRole(t *testing.T) {
	for _, row := range []struct {
		roles string
		first role.Name
		owner usher.UserID
		seats []seat.PoolName
	}{
		{equalRoles, "owner", "", []seat.PoolName{"desk"}},
		{openRoles, "member", "", nil},
		{ownedRoles, "owner", "ada", []seat.PoolName{"desk"}},
		{superRoles, "owner", "", []seat.PoolName{"desk"}},
	} {
		p := workspace(t, row.roles)
		s := do(t, p, account.New("acme"), account.AsHost("signup"), account.CreateAccount{Owner: "ada", Seats: map[seat.PoolName]int{"desk": 1}})
		ada, _ := s.User("ada")
		require.NotNil(t, ada)
		assert.Equal(t, policy.User{Status: usher.Active, Role: row.first, Seats: row.seats}, *ada)
		assert.Equal(t, row.owner, s.Owner())
		assert.Equal(t, row.owner, s.View(p).Owner())
		assert.True(t, s.Exists())
		require.NoError(t, s.Fits(p))
		decoded, err := account.DecodeState(s.Encode())
		require.NoError(t, err)
		assert.Equal(t, s.Encode(), decoded.Encode())
		do(t, p, decoded, account.AsHost("test"), account.AddUser{User: "bob"}) // it exists

		_, err = propose(p, s, account.AsHost("signup"), account.CreateAccount{Owner: "bob"})
		assert.Equal(t, account.CodeExists, codeOf(t, err))
		gone := do(t, p, s, account.AsHost("test"), account.DeleteAccount{})
		_, err = propose(p, gone, account.AsHost("signup"), account.CreateAccount{Owner: "bob"})
		assert.Equal(t, account.CodeExists, codeOf(t, err))
		_, err = propose(p, gone, account.AsHost("signup"), account.AddUser{User: "bob"})
		assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	}
}

func equalOwners(t *testing.T, p *policy.Policy) *account.State {
	t.Helper()
	return open(t, p, account.Seed{
		Seats: map[seat.PoolName]int{"desk": 6},
		Users: map[usher.UserID]policy.User{
			"ada": user("owner"), "bob": user("owner"), "mia": user("member"), "adi": user("admin"),
			"ivy": withStatus(user("owner"), usher.Invited),
		},
	})
}

// With at-least, no path takes the last active owner away.
func TestLastOfEqualOwners(t *testing.T) {
	p := workspace(t, equalRoles)
	two := equalOwners(t, p)
	one := do(t, p, two, account.AsUser("ada"), account.SetRole{User: "bob", Role: "member"})
	for _, row := range []struct {
		as       account.Actor
		commands []account.Command
		want     account.Code
	}{
		{account.AsUser("ada"), []account.Command{account.SetRole{User: "ada", Role: "member"}}, account.CodeLastHolder},
		{account.AsUser("ada"), []account.Command{account.SetStatus{User: "ada", Status: usher.Inactive}}, account.CodeLastHolder},
		{account.AsUser("ada"), []account.Command{account.RemoveUser{User: "ada"}}, account.CodeLastHolder},
		{account.AsUser("ada"), []account.Command{account.Leave{}}, account.CodeLastHolder},
		{account.AsHost("test"), []account.Command{account.SetRole{User: "ada", Role: "admin"}}, account.CodeLastHolder},
		{account.AsHost("test"), []account.Command{account.RemoveUser{User: "ada"}}, account.CodeLastHolder},
		{account.AsHost("test"), []account.Command{account.SetStatus{User: "ada", Status: usher.Inactive}}, account.CodeLastHolder},
		{account.AsUser("ivy"), []account.Command{account.DeclineInvitation{}}, 0}, // she was not active
		{account.AsUser("ada"), []account.Command{account.SetRole{User: "mia", Role: "owner"}, account.Leave{}}, 0},
		{account.AsHost("test"), []account.Command{account.RemoveUser{User: "ada"}, account.SetRole{User: "mia", Role: "owner"}}, 0},
	} {
		_, err := propose(p, one, row.as, row.commands...)
		assert.Equal(t, row.want, codeOf(t, err), "%v %v: %v", row.as, row.commands, err)
		_, err = propose(p, two, row.as, row.commands...)
		assert.Equal(t, account.Code(0), codeOf(t, err), "with another owner: %v %v: %v", row.as, row.commands, err)
	}
	accepted := do(t, p, one, account.AsUser("ivy"), account.AcceptInvitation{})
	left := do(t, p, accepted, account.AsUser("ada"), account.Leave{})
	_, err := propose(p, left, account.AsUser("ivy"), account.Leave{})
	assert.Equal(t, account.CodeLastHolder, codeOf(t, err))

	// Equal owners manage each other. An administrator does not manage them.
	_, err = propose(p, two, account.AsUser("adi"), account.SetRole{User: "bob", Role: "member"})
	assert.Equal(t, account.CodeEscalation, codeOf(t, err))
	_, err = propose(p, two, account.AsUser("adi"), account.SetRole{User: "mia", Role: "owner"})
	assert.Equal(t, account.CodeEscalation, codeOf(t, err))

	// Without at-least, the last one may go, and even the last user.
	open := workspace(t, openRoles)
	s := do(t, open, account.New("acme"), account.AsHost("signup"), account.CreateAccount{Owner: "mia"})
	s = do(t, open, s, account.AsUser("mia"), account.Leave{})
	assert.Zero(t, s.Users())
	assert.True(t, s.Exists())
	decoded, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	do(t, open, decoded, account.AsHost("test"), account.AddUser{User: "new", Role: "admin"})
}

func TestImportWithoutUniqueRole(t *testing.T) {
	for _, row := range []struct {
		roles string
		users map[usher.UserID]policy.User
		want  account.Code
	}{
		{equalRoles, nil, account.CodeInvalid},
		{equalRoles, map[usher.UserID]policy.User{"mia": user("member")}, account.CodeInvalid},
		{equalRoles, map[usher.UserID]policy.User{"ada": withStatus(user("owner"), usher.Invited)}, account.CodeInvalid},
		{equalRoles, map[usher.UserID]policy.User{"ada": user("owner"), "bob": user("owner")}, 0},
		{superRoles, map[usher.UserID]policy.User{"ada": user("root")}, 0}, // it includes owner
		{openRoles, map[usher.UserID]policy.User{"mia": user("")}, 0},
		{"\n  member: {default: true, at-least: 1}", map[usher.UserID]policy.User{"mia": user("")}, 0},
	} {
		p := compile(t, "usher: 1\nseats: {desk: {}}\nroles:"+row.roles+"\n")
		_, err := propose(p, account.New("acme"), account.AsHost("test"), account.Import{Seed: account.Seed{
			Seats: map[seat.PoolName]int{"desk": 4}, Users: row.users,
		}})
		assert.Equal(t, row.want, codeOf(t, err), "%v: %v", row.users, err)
	}
}

func TestTransferWithoutUniqueRole(t *testing.T) {
	p := workspace(t, equalRoles)
	s := equalOwners(t, p)
	_, err := propose(p, s, account.AsHost("test"), account.TransferOwnership{To: "mia"})
	assert.Equal(t, account.CodeUnknownRole, codeOf(t, err))
	assert.ErrorContains(t, err, "the policy workspace has no unique role, so ownership cannot be transferred; set-role gives any role")
	_, err = propose(p, s, account.AsUser("ada"), account.TransferOwnership{To: "mia"})
	assert.Equal(t, account.CodeDenied, codeOf(t, err))
	assert.ErrorContains(t, err, "no user hands ownership over, because no role is unique")

	for _, c := range account.HostOnly(p) {
		assert.Equal(t, c.Name == "transfer-ownership", c.Never, c.Name)
	}
	for _, c := range account.HostOnly(workspace(t, ownedRoles)) {
		assert.False(t, c.Never)
	}
}

// Without an owner, only the host helps a user whose role the policy lacks.
func TestUnknownRoleWithoutUniqueRole(t *testing.T) {
	s := equalOwners(t, workspace(t, equalRoles))
	p := compile(t, "usher: 1\nseats: {desk: {}}\nroles:\n  owner: {at-least: 1, seats: {desk: required}, all: true}\n  member: {default: true}\n")
	_, err := propose(p, s, account.AsHost("test"), account.SetRole{User: "adi", Role: "member"})
	require.NoError(t, err)
	_, err = propose(p, s, account.AsUser("ada"), account.SetRole{User: "adi", Role: "member"})
	assert.Equal(t, account.CodeEscalation, codeOf(t, err))
	assert.ErrorContains(t, err, "only the host can do it")
}

// From one owner to equal owners: the policy fits, and the next commit ends the ownership.
func TestFromOneOwnerToSeveral(t *testing.T) {
	owned, equal := workspace(t, ownedRoles), workspace(t, equalRoles)
	s := do(t, owned, account.New("acme"), account.AsHost("signup"), account.CreateAccount{Owner: "ada", Seats: map[seat.PoolName]int{"desk": 3}})
	s = do(t, owned, s, account.AsUser("ada"), account.AddUser{User: "bob"})
	require.NoError(t, s.Fits(equal))
	assert.Equal(t, usher.UserID("ada"), s.View(owned).Owner())
	assert.Empty(t, s.View(equal).Owner())
	assert.Equal(t, usher.UserID("ada"), s.View(nil).Owner())

	o, err := propose(equal, s, account.AsUser("ada"), account.SetRole{User: "bob", Role: "member"}) // which he has
	require.NoError(t, err)
	assert.Empty(t, o.Changes, "a batch without an effect does not end the ownership")
	assert.Same(t, s, o.Next)

	o, err = propose(equal, s, account.AsUser("ada"), account.SetRole{User: "bob", Role: "owner"})
	require.NoError(t, err)
	assert.Equal(t, account.OwnershipEnded{Owner: "ada", Unique: "owner"}, o.Changes[0])
	s = do(t, equal, s, account.AsUser("ada"), account.SetRole{User: "bob", Role: "owner"})
	assert.Empty(t, s.Owner())
	s = do(t, equal, s, account.AsUser("bob"), account.SetRole{User: "ada", Role: "member"})
	_, err = propose(equal, s, account.AsUser("bob"), account.Leave{})
	assert.Equal(t, account.CodeLastHolder, codeOf(t, err))

	// And back: the only owner becomes the holder of the unique role.
	require.NoError(t, s.Fits(owned))
	assert.Equal(t, usher.UserID("bob"), s.View(owned).Owner())
	assert.Empty(t, s.View(equal).Owner())
	for _, c := range []account.Command{account.SetRole{User: "bob", Role: "member"}, account.RemoveUser{User: "bob"}} {
		_, err = propose(owned, s, account.AsHost("test"), c)
		assert.Equal(t, account.CodeUniqueRole, codeOf(t, err), "%v", c)
	}
	s = do(t, owned, s, account.AsUser("bob"), account.TransferOwnership{To: "ada"})
	assert.Equal(t, usher.UserID("ada"), s.Owner())
}

// From equal owners to one: if not exactly one user has the unique role, the host chooses.
func TestFromSeveralOwnersToOne(t *testing.T) {
	owned, equal := workspace(t, ownedRoles), workspace(t, equalRoles)
	s := equalOwners(t, equal) // ada, bob, and ivy, who is invited
	var unfit *account.PolicyMismatchError
	require.ErrorAs(t, s.Fits(owned), &unfit)
	assert.False(t, unfit.Whole)
	assert.Equal(t, []string{"its role owner is unique, but several users have it (ada, bob, ivy)"}, unfit.Reasons)
	assert.Empty(t, s.View(owned).Owner())
	for _, id := range []usher.UserID{"ada", "bob", "ivy"} {
		require.ErrorAs(t, s.FitsUser(owned, id), &unfit)
		_, err := propose(owned, s, account.AsUser(id), account.AddUser{User: "new"})
		assert.ErrorAs(t, err, &unfit, "the policy does not decide for %s", id)
	}
	require.NoError(t, s.FitsUser(owned, "adi"))
	do(t, owned, s, account.AsUser("adi"), account.AddUser{User: "new"})

	_, err := propose(owned, s, account.AsUser("adi"), account.SetRole{User: "bob", Role: "member"})
	assert.Equal(t, account.CodeDenied, codeOf(t, err), "each of them may be the owner")
	_, err = propose(owned, s, account.AsUser("adi"), account.TransferOwnership{To: "adi"})
	assert.Equal(t, account.CodeDenied, codeOf(t, err))
	_, err = propose(owned, s, account.AsHost("test"), account.SetRole{User: "mia", Role: "owner"})
	assert.Equal(t, account.CodeUniqueRole, codeOf(t, err))
	assert.ErrorContains(t, err, "owner is the unique role, and 3 users have it; only transfer-ownership by the host gives it")
	_, err = propose(owned, s, account.AsHost("test"), account.TransferOwnership{To: "ivy"})
	assert.Equal(t, account.CodeInactive, codeOf(t, err))

	for _, to := range []usher.UserID{"ada", "mia"} { // one of them, or another user
		next := do(t, owned, s, account.AsHost("test"), account.TransferOwnership{To: to})
		require.NoError(t, next.Fits(owned))
		assert.Equal(t, to, next.Owner())
		for _, id := range []usher.UserID{"ada", "bob", "ivy"} {
			u, _ := next.User(id)
			if id != to {
				assert.Equal(t, role.Name("member"), u.Role)
			}
		}
		u, _ := next.User(to)
		assert.Equal(t, []seat.PoolName{"desk"}, u.Seats)
		do(t, owned, next, account.AsUser(to), account.TransferOwnership{To: "adi"})
	}
	// Other commands of the host help as well. The same batch may transfer afterwards.
	next := do(t, owned, s, account.AsHost("test"), account.SetRole{User: "ada", Role: "member"}, account.RemoveUser{User: "ivy"})
	require.NoError(t, next.Fits(owned))
	next = do(t, owned, s, account.AsHost("test"), account.TransferOwnership{To: "mia"}, account.TransferOwnership{To: "bob"})
	assert.Equal(t, usher.UserID("bob"), next.Owner())

	// No user has the role.
	none := do(t, workspace(t, openRoles), account.New("acme"), account.AsHost("signup"), account.CreateAccount{Owner: "mia", Seats: map[seat.PoolName]int{"desk": 1}})
	require.ErrorAs(t, none.Fits(owned), &unfit)
	assert.Equal(t, []string{"its unique role is owner, but no user has it"}, unfit.Reasons)
	require.NoError(t, none.FitsUser(owned, "mia"), "it prevents no decision")
	require.ErrorAs(t, none.Fits(equal), &unfit)
	assert.Equal(t, []string{"at least 1 user must be active with the role owner, but none is"}, unfit.Reasons)
	owner := do(t, owned, none, account.AsHost("test"), account.TransferOwnership{To: "mia"})
	assert.Equal(t, usher.UserID("mia"), owner.Owner())
	require.NoError(t, owner.Fits(owned))
	owner = do(t, equal, none, account.AsHost("test"), account.SetRole{User: "mia", Role: "owner"})
	require.NoError(t, owner.Fits(equal))
}

// An account never ends in a state that nothing can repair: whatever policies were installed one
// after another, with whatever commits, the host can make the account fit a policy.
func TestEveryAccountCanBeRepaired(t *testing.T) {
	policies := []*policy.Policy{
		workspace(t, equalRoles), workspace(t, ownedRoles), workspace(t, openRoles), workspace(t, superRoles),
		workspace(t, "\n  owner: {at-least: 2, at-most: 3, includes: [admin], seat: none}\n  admin: {}\n  member: {default: true}"),
		workspace(t, "\n  admin: {at-least: 1, includes: [owner]}\n  owner: {}\n  member: {default: true}"),
	}
	ids := []usher.UserID{"ada", "bob", "mia", "max"}
	seen := map[string]int{}
	for seed := range uint64(300) {
		d := rand.New(rand.NewPCG(seed, 7))
		pick := func(ids []usher.UserID) usher.UserID { return ids[d.IntN(len(ids))] }
		p := policies[d.IntN(len(policies))]
		s := do(t, p, account.New("acme"), account.AsHost("signup"), account.CreateAccount{Owner: "ada", Seats: map[seat.PoolName]int{"desk": 4}})
		for range 40 {
			if d.IntN(4) == 0 {
				p = policies[d.IntN(len(policies))] // with every mismatch accepted
			}
			actor := account.AsHost("test")
			if d.IntN(3) == 0 {
				actor = account.AsUser(pick(ids))
			}
			roles := p.Roles()
			command := []account.Command{
				account.AddUser{User: pick(ids), Role: roles[d.IntN(len(roles))].Name},
				account.SetRole{User: pick(ids), Role: roles[d.IntN(len(roles))].Name},
				account.SetStatus{User: pick(ids), Status: usher.Inactive},
				account.SetStatus{User: pick(ids), Status: usher.Active},
				account.RemoveUser{User: pick(ids)},
				account.TransferOwnership{To: pick(ids)},
				account.Leave{},
			}[d.IntN(7)]
			o, err := propose(p, s, actor, command)
			if err == nil && len(o.Changes) > 0 {
				seen[account.NameOfChange(o.Changes[0])]++
				s = do(t, p, s, actor, command)
			}
			repaired := repair(t, p, s, seen)
			require.NoError(t, repaired.Fits(p), "seed %d", seed)
			if unique := p.UniqueRole().Name; unique != "" {
				o, err := propose(p, repaired, account.AsHost("test"), account.AddUser{User: "zoe"})
				require.NoError(t, err)
				assert.NotEmpty(t, o.Next.Owner(), "the account has an owner again")
			}
		}
	}
	t.Log(seen)
	for _, kind := range []string{"ownership-begun", "ownership-ended", "shared", "none", "holder", "set-role", "unassign-seat"} {
		assert.Greater(t, seen[kind], 10, kind)
	}
}

// repair returns the state after commands of the host that make the account fit the policy.
func repair(t *testing.T, p *policy.Policy, s *account.State, seen map[string]int) *account.State {
	t.Helper()
	host := account.AsHost("repair")
	for range 20 {
		var unfit *account.PolicyMismatchError
		if !errors.As(s.Fits(p), &unfit) {
			return s
		}
		require.False(t, unfit.Whole)
		var users []usher.UserID
		for _, id := range unfit.Mismatches() {
			if id != "" {
				users = append(users, id)
			}
		}
		slices.Sort(users)
		switch unique := p.UniqueRole().Name; {
		case unique != "" && s.View(p).Owner() == "":
			seen[map[bool]string{true: "shared", false: "none"}[len(users) > 0]]++
			to := firstActive(s)
			if to == "" {
				s = do(t, p, s, host, account.AddUser{User: usher.UserID(fmt.Sprint("new", s.Version()))})
				continue
			}
			if s.FitsUser(p, to) != nil && !slices.Contains(users, to) {
				s = do(t, p, s, host, account.RemoveUser{User: to})
				continue
			}
			o, err := propose(p, s, host, account.TransferOwnership{To: to})
			if err != nil || len(o.Changes) == 0 { // the user also lacks something else
				s = do(t, p, s, host, account.RemoveUser{User: to})
				continue
			}
			s = do(t, p, s, host, account.TransferOwnership{To: to})
		case len(users) > 0:
			for _, c := range []account.Command{
				account.UnassignSeat{User: users[0], Pool: "desk"},
				account.AssignSeat{User: users[0], Pool: "desk"},
				account.SetRole{User: users[0], Role: p.DefaultRole().Name},
				account.RemoveUser{User: users[0]},
			} {
				if o, err := propose(p, s, host, c); err == nil && len(o.Changes) > 0 {
					seen[account.NameOf(c)]++
					s = do(t, p, s, host, c)
					break
				}
			}
		default:
			seen["holder"]++
			to := firstActive(s)
			if to == "" {
				s = do(t, p, s, host, account.AddUser{User: usher.UserID(fmt.Sprint("new", s.Version()))})
				continue
			}
			s = do(t, p, s, host, account.SetRole{User: to, Role: p.FirstRole().Name})
		}
	}
	return s
}

func firstActive(s *account.State) usher.UserID {
	for u := range s.UsersAfter("") {
		if u.User.Status == usher.Active {
			return u.ID
		}
	}
	return ""
}
