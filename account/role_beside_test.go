package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// books is a policy without an owner, in which an account needs a user who sees to the bills: by
// the account role, or by one of two roles beside it.
const books = `
usher: 1
roles:
  chief:   {includes: [billing]}
  clerk:   {at-least: 1}
  member:  {default: true}
  billing: {beside: true, at-least: 2, at-most: 3}
  manager: {beside: true, includes: [billing]}
  captain: {held-on: team}
resources:
  invoice: {permissions: {pay: {billing: any}}}
  user:    {permissions: {set-role: {clerk: any}}}
`

func besides(r role.Name, beside ...role.Name) policy.User {
	u := user(r)
	u.Beside = beside
	return u
}

// A user counts once for the bounds of a role beside, whether by the account role, by the role or by
// one that includes it.
func TestBoundsOfRolesBeside(t *testing.T) {
	p := compile(t, books)
	s := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{
		"cleo": user("clerk"), "carl": besides("chief", "billing", "manager"), "mia": besides("member", "manager", "billing"),
		"max": user("member"), "ina": withStatus(besides("member", "billing"), usher.Inactive),
	}})
	u, err := s.User("carl")
	require.NoError(t, err)
	assert.Equal(t, []role.Name{"billing", "manager"}, u.Beside, "sorted")
	for _, row := range []struct {
		name     string
		commands []account.Command
		code     account.Code
		says     string
	}{
		{"one of two reasons is enough", []account.Command{account.UnsetRoleBeside{User: "carl", Role: "billing"}, account.UnsetRoleBeside{User: "carl", Role: "manager"}}, 0, ""},
		{"the account role is one of three", []account.Command{account.SetRole{User: "carl", Role: "member"}}, 0, ""},
		{"the last reason", []account.Command{account.UnsetRoleBeside{User: "mia", Role: "billing"}, account.UnsetRoleBeside{User: "mia", Role: "manager"}}, account.CodeLastHolder, "at least 2 users must be active with the role billing, or with chief or manager, which include it; 2 are, and 1 would be"},
		{"a user who is not active", []account.Command{account.SetStatus{User: "mia", Status: usher.Inactive}}, account.CodeLastHolder, "2 are, and 1 would be"},
		{"a removed user", []account.Command{account.RemoveUser{User: "mia"}}, account.CodeLastHolder, "2 are, and 1 would be"},
		{"handed on in either order", []account.Command{account.RemoveUser{User: "mia"}, account.SetRoleBeside{User: "max", Role: "manager"}}, 0, ""},
		{"too many", []account.Command{account.SetRoleBeside{User: "max", Role: "billing"}}, account.CodeRoleFull, "at most 3 users may have the role billing; 3 have it, and 4 would"},
		{"in exchange", []account.Command{account.SetRoleBeside{User: "max", Role: "billing"}, account.UnsetRoleBeside{User: "ina", Role: "billing"}}, 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, err := s.Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: noon, Commands: row.commands})
			if row.code == 0 {
				require.NoError(t, err)
				again, err := account.DecodeState(out.Next.Encode())
				require.NoError(t, err)
				assert.Equal(t, out.Next.Encode(), again.Encode())
				return
			}
			refusal := new(account.Refusal)
			require.ErrorAs(t, err, &refusal)
			assert.Equal(t, row.code, refusal.Code)
			assert.Contains(t, refusal.Error(), row.says)
		})
	}

	// A snapshot has the same counts.
	again, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	for _, state := range []*account.State{s, again} {
		_, err = state.Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: noon, Commands: []account.Command{account.SetRoleBeside{User: "max", Role: "billing"}}})
		assert.ErrorIs(t, err, account.ErrRoleFull)
	}
}

// Each command names a role beside, and the refusal names the command that the role needs.
func TestRoleBesideRefused(t *testing.T) {
	p := compile(t, books)
	s := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{"cleo": user("clerk"), "mia": user("member")}})
	for _, row := range []struct {
		command account.Command
		code    account.Code
		says    string
	}{
		{account.SetRoleBeside{User: "mia", Role: "clerk"}, account.CodeUnknownRole, "clerk is not a role beside the account role; it is an account role: use set-role"},
		{account.SetRoleBeside{User: "mia", Role: "captain"}, account.CodeUnknownRole, "captain is not a role beside the account role; it is a team role: use set-team-role"},
		{account.UnsetRoleBeside{User: "mia", Role: "biling"}, account.CodeUnknownRole, `the policy has no role beside "biling"; did you mean "billing"?`},
		{account.SetRoleBeside{User: "mia", Role: ""}, account.CodeUnknownRole, `the policy has no role beside ""`},
		{account.SetRole{User: "mia", Role: "billing"}, account.CodeUnknownRole, "billing is not an account role; it is a role beside the account role: use set-role-beside"},
		{account.AddUser{User: "zoe", Role: "billing"}, account.CodeUnknownRole, "it is a role beside the account role"},
		{account.SetTeamRole{User: "mia", Team: "a", Role: "billing"}, account.CodeUnknownTeam, ""},
		{account.SetRoleBeside{User: "zoe", Role: "billing"}, account.CodeUnknownUser, ""},
	} {
		_, err := s.Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: noon, Commands: []account.Command{row.command}})
		refusal := new(account.Refusal)
		require.ErrorAs(t, err, &refusal, "%+v", row.command)
		assert.Equal(t, row.code, refusal.Code, "%+v", row.command)
		assert.Contains(t, refusal.Error(), row.says)
	}
	out, err := s.Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: noon, Commands: []account.Command{account.UnsetRoleBeside{User: "mia", Role: "billing"}}})
	require.NoError(t, err)
	assert.Empty(t, out.Changes)
}

// A policy that lacks a role beside does not fit its holders. Only commands that help are possible on
// them, and only users that may outrank every role can run those.
func TestRoleBesideThatThePolicyLacks(t *testing.T) {
	was := compile(t, "usher: 1\nroles: {owner: {unique: true, hands-over-to: clerk, all: true}, clerk: {all: true}, member: {default: true}, billing: {beside: true}, captain: {beside: true}}")
	is := compile(t, "usher: 1\nroles: {owner: {unique: true, hands-over-to: clerk, all: true}, clerk: {all: true}, member: {default: true}, captain: {held-on: team}}")
	s := open(t, was, account.Seed{Users: map[usher.UserID]policy.User{
		"olga": user("owner"), "cleo": user("clerk"), "mia": besides("member", "billing", "captain"), "max": user("member"),
	}})
	require.NoError(t, s.Fits(was))
	assert.EqualError(t, s.Fits(is), "the policy does not fit account club: it has no role beside billing (mia); it has no role beside captain (mia)")

	for _, row := range []struct {
		as      usher.UserID
		command account.Command
		want    error
	}{
		{"mia", account.Leave{}, account.ErrPolicyMismatch},
		{"olga", account.GiveGrant{User: "mia", Grant: "user.view"}, account.ErrPolicyMismatch},
		{"olga", account.SetRoleBeside{User: "mia", Role: "billing"}, account.ErrPolicyMismatch},
		{"cleo", account.UnsetRoleBeside{User: "mia", Role: "billing"}, account.ErrEscalation},
		{"cleo", account.RemoveUser{User: "mia"}, account.ErrEscalation},
		{"olga", account.UnsetRoleBeside{User: "mia", Role: "billing"}, nil},
		{"olga", account.RemoveUser{User: "mia"}, nil},
		{"olga", account.SetRole{User: "mia", Role: "clerk"}, nil},
	} {
		_, err := s.Propose(is, account.Proposal{Actor: account.AsUser(row.as), Time: noon, Commands: []account.Command{row.command}})
		if row.want == nil {
			assert.NoError(t, err, "%s %+v", row.as, row.command)
		} else {
			assert.ErrorIs(t, err, row.want, "%s %+v", row.as, row.command)
		}
	}
}
