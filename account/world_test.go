package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// club is a policy under which every code can occur.
const club = `
usher: 1
name: club
seats:
  booking: {holds: [invited, active]}
  parking: {holds: [active]}
features: [reports]
settings: {open: false}
conditions:
  reporting: {feature: reports}
roles:
  owner:   {unique: true, includes: [admin], hands-over-to: admin, seats: {booking: required, parking: optional}}
  admin:   {includes: [coach], at-most: 3}
  coach:   {seats: {booking: required, parking: optional}, at-least: 3}
  member:  {default: true}
  desk:    {seat: none}
  captain: {held-on: team}
  guest:   {team-roles: none, grants: none, seat: none}
  patron:  {held-on: team, outside: true}
bundles:
  staff.manage: [user.create, user.delete, user.edit, user.set-role]
resources:
  account:
    permissions: {configure: {admin: any}, transfer: {owner: any}, delete: {owner: any}}
  user:
    fields: {private: [phone]}
    permissions:
      create:     {admin: any, captain: team, desk: any}
      delete:     {admin: any, desk: any}
      edit:       {admin: any, desk: any hiding private, member: own}
      set-role:   {admin: any, desk: any}
      set-status: {admin: any, desk: any}
      leave:      {everyone: own}
      admit:      {admin: any}
      request-to-join: {admin: any}
  team:
    permissions: {create: {admin: any, captain: team}, edit: {admin: any, captain: team}, delete: {admin: any}, set-members: {admin: any}, set-role: {admin: any, desk: any}}
  seat:
    permissions: {assign: {admin: any}, unassign: {admin: any}, purchase: {owner: any}}
  grant:
    permissions: {give: {admin: any, desk: any}, revoke: {admin: any, desk: any}}
  field:
    permissions: {manage: {admin: any}}
  report:
    parties: {author: users}
    permissions: {read: {admin: any, member: own as author if reporting, custom: [own as author, any]}}
  request:
    permissions: {make: {member: own, desk: own, admin: own}, decline: {admin: any}}
  role:
    permissions: {define: {admin: any, desk: any}}
custom-roles: {like: member, at-most: 1}
`

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func compile(t testing.TB, src string) *policy.Policy {
	t.Helper()
	p, err := policyfile.Load("club.yaml", []byte(src))
	require.NoError(t, err)
	return p
}

func user(r role.Name, seats ...seat.PoolName) policy.User {
	return policy.User{Role: r, Seats: seats}
}

func withStatus(u policy.User, s usher.Status) policy.User {
	u.Status = s
	return u
}

func inTeam(u policy.User, id usher.TeamID, roles ...role.Name) policy.User {
	u.Teams = append(u.Teams, policy.Membership{Team: id, Roles: roles})
	return u
}

// members is the club before each test; booking has one seat left.
func members() account.Seed {
	return account.Seed{
		Seats:  map[seat.PoolName]int{"booking": 4, "parking": 1},
		Teams:  map[usher.TeamID]usher.TeamID{"sport": "", "rowing": "sport", "chess": ""},
		Fields: []account.Field{{Name: "phone", Type: account.TextField}, {Name: "born", Type: account.DateField}, {Name: "shoe", Type: account.NumberField, Archived: true}},
		Users: map[usher.UserID]policy.User{
			"olga": user("owner"),
			"adam": user("admin"),
			"cora": user("coach"),
			"mia":  inTeam(user("member", "booking"), "rowing", "captain"),
			"max":  inTeam(user("member"), "rowing"),
			"dora": user("desk"),
			"ivan": withStatus(user("member"), usher.Invited),
			"ina":  withStatus(user("member"), usher.Inactive),
		},
	}
}

// open returns an account with the contents of a Seed.
func open(t testing.TB, p *policy.Policy, c account.Seed) *account.State {
	t.Helper()
	return do(t, p, account.New("club"), account.AsHost("test"), account.Import{Seed: c})
}

// do commits commands, which must be allowed and change something.
func do(t testing.TB, p *policy.Policy, s *account.State, as account.Actor, commands ...account.Command) *account.State {
	t.Helper()
	o, err := s.Propose(p, account.Proposal{Actor: as, Time: noon, Commands: commands})
	require.NoError(t, err)
	require.NotEmpty(t, o.Changes)
	next, err := s.Apply(&account.Commit{Account: s.ID(), Version: s.Version() + 1, Time: noon, Actor: as, Changes: o.Changes})
	require.NoError(t, err)
	require.Equal(t, string(next.Encode()), string(o.Next.Encode()), "Apply and Propose make the same state")
	return next
}

func propose(p *policy.Policy, s *account.State, as account.Actor, commands ...account.Command) (account.Outcome, error) {
	return s.Propose(p, account.Proposal{Actor: as, Time: noon, Commands: commands})
}

// codeOf returns the code of a refusal, and 0 for nil.
func codeOf(t testing.TB, err error) account.Code {
	t.Helper()
	var r *account.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	require.NoError(t, err)
	return 0
}
