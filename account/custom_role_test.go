package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

const studio = `
usher: 1
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  member: {default: true}
custom-roles: {like: member}
resources:
  room:
    parties: {host: users}
    permissions:
      see:  {admin: any, custom: [own, any]}
      book: {admin: any, custom: [own, any]}
  role: {permissions: {define: {admin: any}}}
  user: {permissions: {set-role: {admin: any}}}
`

func studioAccount(t *testing.T) (*policy.Policy, *account.State) {
	t.Helper()
	p := compile(t, studio)
	s := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{"olga": user("owner"), "adam": user("admin"), "mia": user("member"), "max": user("member")}})
	s = do(t, p, s, account.AsUser("adam"),
		account.DefineRole{Role: "booker", Title: "Booker", Gives: account.Gives{"room.see": {"any"}, "room.book": {"own"}}},
		account.SetRole{User: "mia", Role: "booker"})
	return p, s
}

func mayBook(t *testing.T, p *policy.Policy, s *account.State, as usher.UserID, host string) bool {
	t.Helper()
	d, err := s.Policy(p).Decide(s, &usher.Request{
		Account: "club", Subject: as, Permission: permission.MustParse("room.book"), Time: noon,
		Resource: &usher.Object{Type: "room", Account: "club", Parties: map[string][]string{"host": {host}}},
	})
	return err == nil && d.Allowed()
}

// A policy that narrows or breaks a custom role gives its holders less, and FitsAfter reports it.
func TestFitsAfterReportsCustomRoles(t *testing.T) {
	p, s := studioAccount(t)
	require.NoError(t, s.Fits(p))
	require.True(t, mayBook(t, p, s, "mia", "mia"))
	for name, row := range map[string]struct {
		old, new string
		reasons  []string
		fits     bool // the policy decides for mia
	}{
		"a choice is gone": {
			"book: {admin: any, custom: [own, any]}", "book: {admin: any, custom: any}",
			[]string{"the account's own role booker loses room.book: own, which it does not offer"},
			true,
		},
		"a permission is gone": {
			"      book: {admin: any, custom: [own, any]}\n", "",
			[]string{"the account's own role booker loses room.book: own, which it does not offer"},
			true,
		},
		"another order is the same": {"see:  {admin: any, custom: [own, any]}", "see:  {custom: [any, own], admin: any}", nil, true},
		"no custom roles": {
			"custom-roles: {like: member}", "custom-roles: {like: admin}",
			[]string{"it has no account role booker (mia)", "it cannot have the account's own role booker: under the policy, accounts define no roles like member"},
			false,
		},
		"the policy has the name itself": {
			"  admin:  {}", "  admin:  {}\n  booker: {}",
			[]string{"it declares a role booker itself, which is another role than the account's own one (mia)", "it cannot have the account's own role booker: the policy declares a role booker itself"},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			next := compile(t, strings.Replace(studio, row.old, row.new, 1))
			err := s.FitsAfter(p, next, noon)
			var m *account.PolicyMismatchError
			if row.reasons == nil {
				require.NoError(t, err)
			} else {
				require.ErrorAs(t, err, &m)
				assert.Equal(t, row.reasons, m.Reasons)
			}
			assert.Equal(t, row.fits, s.FitsUser(next, "mia") == nil)
			assert.Equal(t, row.reasons == nil, mayBook(t, next, s, "mia", "mia") && row.fits)
			_, err = s.Propose(next, account.Proposal{Actor: account.AsHost("test"), Time: noon, Commands: []account.Command{account.DeleteRole{Role: "booker", ReplaceBy: "member"}}})
			require.NoError(t, err, "the role can be deleted under each policy")
		})
	}
}

// A policy that offers a choice again gives it to the holders again, and FitsAfter reports it.
func TestFitsAfterReportsCustomRolesAgain(t *testing.T) {
	p, s := studioAccount(t)
	const offers = "book: {admin: any, custom: [own, any]}"
	narrow := compile(t, strings.Replace(studio, offers, "book: {admin: any, custom: any}", 1))
	require.False(t, mayBook(t, narrow, s, "mia", "mia"))
	var m *account.PolicyMismatchError
	require.ErrorAs(t, s.FitsAfter(narrow, p, noon), &m)
	assert.Equal(t, []string{"the account's own role booker gives room.book: own again, which the policy before does not offer"}, m.Reasons)
	assert.NoError(t, s.FitsUser(p, "mia"))
	assert.NoError(t, s.FitsAfter(narrow, narrow, noon))

	// The holders of a role that the policy before could not have were reported before it was accepted.
	none := compile(t, strings.Replace(studio, "  admin:  {}", "  admin:  {}\n  booker: {}", 1))
	assert.NoError(t, s.FitsAfter(none, p, noon))
}

// The same policy is used for accounts with equal roles, and the policy of the file for accounts
// without.
func TestPolicyOfAState(t *testing.T) {
	p, s := studioAccount(t)
	_, other := studioAccount(t)
	assert.NotSame(t, p, s.Policy(p))
	assert.Same(t, s.Policy(p), other.Policy(p))
	assert.Same(t, s.Policy(p), s.Policy(s.Policy(p)), "a result is accepted, too")
	assert.Equal(t, p.Digest(), s.Policy(p).Digest())
	empty := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{"olga": user("owner")}})
	assert.Same(t, p, empty.Policy(p))
	assert.Same(t, p, empty.Policy(s.Policy(p)))
	assert.Nil(t, s.Policy(nil))

	read, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	assert.Equal(t, s.CustomRoles(), read.CustomRoles())
	assert.Same(t, s.Policy(p), read.Policy(p))
	assert.Equal(t, 1, read.HoldersOf("booker"))
}

// A preview of a change of a role has its effects on the users who hold it.
func TestPreviewOfARole(t *testing.T) {
	p, s := studioAccount(t)
	s = do(t, p, s, account.AsUser("adam"), account.SetRole{User: "max", Role: "booker"})
	preview := preview(t, p, s, account.ChangeRole{Role: "booker", Gives: account.Gives{"room.book": {"any"}, "room.see": {"any"}}})
	require.Len(t, preview.Roles, 1)
	r := preview.Roles[0]
	assert.Equal(t, 2, r.Holders)
	require.Len(t, r.Gains, 1)
	assert.Equal(t, 2, r.Gains[0].Users)
	assert.Equal(t, "room.book", r.Gains[0].Permission.String())
	assert.Equal(t, "booker", r.Gains[0].Rule.Held)
	require.Len(t, r.Loses, 0, "own is part of any")
	assert.Equal(t, "own", r.Before.Gives[0].Rule)
	assert.Equal(t, "any", r.After.Gives[0].Rule)
	assert.Empty(t, preview.Users)
}

// A role is not deleted while the schedule gives it later, also at the end of another role.
func TestDeleteRoleOfTheSchedule(t *testing.T) {
	p, s := studioAccount(t)
	adam := account.AsUser("adam")
	for name, row := range map[string]struct {
		before  account.Command
		deleted bool
		then    account.Command // after which the role can be deleted
	}{
		"the role of mia returns":        {account.SetRole{User: "mia", Role: "member", Until: noon.Add(time.Hour)}, false, account.SetRole{User: "mia", Role: "member"}},
		"max gets the role later":        {account.SetRole{User: "max", Role: "booker", From: noon.Add(time.Hour)}, false, account.Cancel{ID: 1}},
		"a holder of it has another one": {account.SetRole{User: "mia", Role: "member", From: noon.Add(time.Hour), Until: noon.Add(2 * time.Hour)}, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := do(t, p, s, adam, row.before)
			c := account.DeleteRole{Role: "booker", ReplaceBy: "member"}
			_, err := propose(p, s, adam, c)
			if row.deleted {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, account.ErrRoleInUse)
			assert.ErrorContains(t, err, "has the role booker, by the entry 1 of the schedule; cancel it")
			_, err = propose(p, s, account.AsHost("test"), c)
			require.ErrorIs(t, err, account.ErrRoleInUse)
			s = do(t, p, s, adam, row.then)
			s = do(t, p, s, adam, c)
			for at := range 4 {
				for _, id := range []usher.UserID{"mia", "max"} {
					u, err := s.At(p, noon.Add(time.Duration(at)*time.Hour)).User(id)
					require.NoError(t, err)
					assert.EqualValues(t, "member", u.Role)
				}
			}
		})
	}
}

// The same definition again changes nothing, also if the actor could not make it any more.
func TestChangeRoleToTheSame(t *testing.T) {
	p, s := studioAccount(t)
	s = do(t, p, s, account.AsUser("adam"), account.SetRole{User: "max", Role: "admin", Until: noon.Add(time.Hour)})
	c := account.ChangeRole{Role: "booker", Title: "Booker", Gives: account.Gives{"room.see": {"any"}, "room.book": {"own"}}}
	o, err := propose(p, s, account.AsUser("max"), c)
	require.NoError(t, err)
	assert.Empty(t, o.Changes)
	c.Gives["room.book"] = []string{"any"}
	_, err = propose(p, s, account.AsUser("max"), c)
	assert.ErrorIs(t, err, account.ErrEscalation, "max is an admin for an hour only")
}

// What an actor gets later covers nothing before, also at delete-role: with the replacement, mia would keep what ends for
// her in an hour.
func TestDeleteRoleDoesNotGiveForLonger(t *testing.T) {
	p := compile(t, strings.Replace(studio, "define: {admin: any}", "define: {admin: any, member: any}", 1))
	s := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{"olga": user("owner"), "adam": user("admin"), "mia": user("member"), "max": user("member")}})
	adam, gives := account.AsUser("adam"), account.Gives{"room.book": {"any"}}
	s = do(t, p, s, adam, account.DefineRole{Role: "booker", Gives: gives}, account.DefineRole{Role: "host", Gives: gives},
		account.SetRole{User: "mia", Role: "booker", Until: noon.Add(time.Hour)}, account.SetRole{User: "max", Role: "admin", From: noon.Add(time.Hour)})
	c := account.DeleteRole{Role: "booker", ReplaceBy: "host"}
	_, err := propose(p, s, account.AsUser("max"), c)
	assert.ErrorIs(t, err, account.ErrEscalation)
	_, err = propose(p, s, adam, c)
	assert.NoError(t, err)
}

// A role of the account does not bring back users whose account role has its name, and was lost with an earlier
// policy: they would have again what else they have.
func TestDefiningALostRole(t *testing.T) {
	before := compile(t, strings.Replace(studio, "  member:", "  planner: {}\n  member:", 1))
	after := compile(t, studio)
	seed := account.Seed{Users: map[usher.UserID]policy.User{
		"olga": user("owner"), "adam": user("admin"), "mia": user("member"),
		"zed": {Role: "planner", Grants: []policy.Grant{{Name: "role.define"}}},
	}}
	define := account.DefineRole{Role: "planner"}
	s := open(t, before, seed)
	_, err := propose(after, s, account.AsUser("adam"), define)
	assert.Equal(t, account.CodeEscalation, codeOf(t, err), "%v", err)
	s = do(t, after, s, account.AsUser("olga"), define)
	u, _ := s.User("zed")
	assert.EqualValues(t, "planner", u.Role)

	seed.Users["zed"] = user("member")
	s = do(t, before, open(t, before, seed), account.AsHost("test"), account.SetRole{User: "zed", Role: "planner", From: noon.Add(time.Hour)})
	_, err = propose(after, s, account.AsUser("adam"), define)
	assert.Equal(t, account.CodeRoleInUse, codeOf(t, err), "%v", err)
}

// The holder of a role that the account defined does not become the owner, and gets nothing uncovered, if a new policy
// declares a role of the same name.
func TestRoleOfTheNameOfAnotherRole(t *testing.T) {
	replaced := func(old, by string) *policy.Policy { return compile(t, strings.Replace(studio, old, by, 1)) }
	const owner = "owner:  {unique: true, includes: [admin], hands-over-to: admin}"
	host, hr := account.AsHost("test"), account.AsUser("hans")
	hans := policy.User{Role: "member", Grants: []policy.Grant{{Name: "role.define"}, {Name: "user.set-role"}}}

	before, after := replaced(owner, "boss: {at-least: 1, includes: [admin]}"), compile(t, studio)
	s := open(t, before, account.Seed{Users: map[usher.UserID]policy.User{"olga": user("boss"), "adam": user("admin"), "mia": user("member")}})
	s = do(t, before, s, account.AsUser("adam"), account.DefineRole{Role: "owner"}, account.SetRole{User: "mia", Role: "owner"})
	s = do(t, after, s, host, account.AddUser{User: "zed"})
	assert.Empty(t, s.View(after).Owner())
	_, err := propose(after, s, host, account.TransferOwnership{To: "adam"})
	assert.Equal(t, account.CodeRoleInUse, codeOf(t, err), "%v", err)
	s = do(t, after, s, host, account.DeleteRole{Role: "owner", ReplaceBy: "member"}, account.TransferOwnership{To: "adam"})
	assert.EqualValues(t, "adam", s.View(after).Owner())

	before, after = compile(t, studio), replaced("  member:", "  chief: {includes: [admin]}\n  member:")
	s = open(t, before, account.Seed{Users: map[usher.UserID]policy.User{"olga": user("owner"), "adam": user("admin"), "hans": hans, "mia": user("member")}})
	s = do(t, before, s, hr, account.DefineRole{Role: "chief"}, account.SetRole{User: "mia", Role: "chief"})
	for _, c := range []account.Command{account.SetRole{User: "mia", Role: "admin"}, account.DeleteRole{Role: "chief", ReplaceBy: "admin"}} {
		_, err := propose(after, s, hr, c)
		assert.Equal(t, account.CodeEscalation, codeOf(t, err), "%v", err)
	}
	do(t, after, s, account.AsUser("olga"), account.SetRole{User: "mia", Role: "admin"})
}
