package account_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

var theHost = account.AsHost("test")

func userOf(t *testing.T, s *account.State, id usher.UserID) *policy.User {
	t.Helper()
	u, err := s.User(id)
	require.NoError(t, err)
	return u
}

// A person without a user is invited by a key, and becomes the user that accepts, with what the
// invitation says and nothing else.
func TestInvitationOfAKey(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	invite := account.Invite{Key: "k1", Role: "member", Teams: []usher.TeamID{"chess", "rowing"}}
	s = do(t, p, s, account.AsUser("adam"), invite, account.SetTeamRole{Team: "rowing", User: "k1", Role: "captain"},
		account.AssignSeat{User: "k1", Pool: "booking"}, account.SetField{User: "k1", Field: "phone", Value: "1"})
	invited := userOf(t, s, "k1")
	assert.Equal(t, usher.Invited, invited.Status)
	again, err := propose(p, s, account.AsUser("adam"), invite)
	require.NoError(t, err)
	assert.Empty(t, again.Changes, "a retry changes nothing")

	accept := account.AcceptInvitation{Key: "k1", User: "nina"}
	s = do(t, p, s, theHost, accept)
	want := *invited
	want.Status = usher.Active
	assert.Equal(t, &want, userOf(t, s, "nina"))
	assert.Nil(t, userOf(t, s, "k1"))
	for _, c := range []account.Command{accept, account.AcceptInvitation{Key: "k1", User: "otto"}, account.RevokeInvitation{User: "k1"}} {
		_, err := propose(p, s, theHost, c)
		assert.Equal(t, account.CodeUnknownUser, codeOf(t, err), "an accepted key is used up: %v", err)
	}
	same, err := propose(p, s, theHost, account.AcceptInvitation{Key: "nina", User: "nina"})
	require.NoError(t, err)
	assert.Empty(t, same.Changes)
}

// The host accepts for a user who was invited by their own id.
func TestInvitationOfAUser(t *testing.T) {
	p := compile(t, club)
	s := do(t, p, open(t, p, members()), theHost, account.AcceptInvitation{Key: "ivan", User: "ivan"})
	assert.Equal(t, usher.Active, userOf(t, s, "ivan").Status)
}

// Values of custom fields follow the person, and do not replace the person's own.
func TestInvitationMovesValues(t *testing.T) {
	p := compile(t, club)
	seed := members()
	seed.Users["rita"] = withStatus(user("member"), usher.Requested)
	s := open(t, p, seed)
	phone := func(id usher.UserID, v account.Value) account.Command {
		return account.SetField{User: id, Field: "phone", Value: v}
	}
	for _, as := range []usher.UserID{"nina", "rita"} {
		o, err := propose(p, s, theHost, account.Invite{Key: "k1"}, phone("k1", "1"), account.AcceptInvitation{Key: "k1", User: as})
		require.NoError(t, err)
		assert.Equal(t, []account.FieldValue{{User: as, Field: 1, Value: "1"}}, o.Values)
		assert.Equal(t, []usher.UserID{"k1"}, o.Removed)
	}
	o, err := propose(p, s, theHost, phone("rita", "2"), account.Invite{Key: "k1"}, phone("k1", "1"), account.AcceptInvitation{Key: "k1", User: "rita"})
	require.NoError(t, err)
	assert.Equal(t, []account.FieldValue{{User: "rita", Field: 1, Value: "2"}}, o.Values, "what the person wrote with the request stays")
}

// A user who is there keeps role and status, and gets what else the invitation has.
func TestInvitationOfAUserWhoIsThere(t *testing.T) {
	p := compile(t, club)
	teams := func(roles ...role.Name) []policy.Membership {
		return []policy.Membership{{Team: "chess"}, {Team: "rowing", Roles: roles}}
	}
	for name, row := range map[string]struct {
		as   usher.UserID
		want policy.User
	}{
		"a member":                {"mark", policy.User{Role: "member", Teams: teams("captain")}},
		"a member with more":      {"mia", policy.User{Role: "member", Teams: teams("captain"), Seats: []seat.PoolName{"booking"}}},
		"an administrator":        {"adam", policy.User{Role: "admin", Teams: teams("captain")}},
		"the owner":               {"olga", policy.User{Role: "owner", Teams: teams("captain"), Seats: []seat.PoolName{"booking"}}},
		"a guest":                 {"gwen", policy.User{Role: "guest", Teams: teams()}},
		"another invitation":      {"alf", policy.User{Role: "coach", Teams: teams("captain"), Seats: []seat.PoolName{"booking"}}},
		"a request":               {"rita", policy.User{Role: "member", Teams: teams("captain")}},
		"a user who was removed":  {"zoe", policy.User{Role: "member", Teams: teams("captain")}},
		"an invitation by the id": {"ivan", policy.User{Role: "member", Teams: teams("captain")}},
	} {
		t.Run(name, func(t *testing.T) {
			seed := members()
			seed.Seats["booking"] = 9
			seed.Users["mark"], seed.Users["gwen"], seed.Users["zoe"] = user("member"), user("guest"), inTeam(user("member", "booking"), "sport", "captain")
			seed.Users["rita"] = inTeam(withStatus(user("member"), usher.Requested), "sport")
			seed.Users["alf"] = withStatus(user("coach"), usher.Invited)
			s := open(t, p, seed)
			s = do(t, p, s, theHost, account.RemoveUser{User: "zoe"}, account.Invite{Key: "k1", Teams: []usher.TeamID{"chess", "rowing"}},
				account.SetTeamRole{Team: "rowing", User: "k1", Role: "captain"})
			owner := s.Owner()
			s = do(t, p, s, theHost, account.AcceptInvitation{Key: "k1", User: row.as})
			row.want.Status = usher.Active
			assert.Equal(t, &row.want, userOf(t, s, row.as))
			assert.Nil(t, userOf(t, s, "k1"))
			assert.Equal(t, owner, s.Owner())
			assert.NoError(t, s.Fits(p))
		})
	}
}

// An assigned seat of an invitation belongs to the person; one that its role requires does not, unless
// the role of the person requires it, too.
func TestSeatsOfAnInvitation(t *testing.T) {
	p := compile(t, club)
	for name, row := range map[string]struct {
		role  role.Name
		seats []account.Command
		want  []seat.PoolName
	}{
		"assigned": {"member", []account.Command{account.AssignSeat{User: "k1", Pool: "booking"}}, []seat.PoolName{"booking"}},
		"required": {"coach", nil, nil},
		"none":     {"desk", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, p, members())
			s = do(t, p, s, theHost, append([]account.Command{account.Invite{Key: "k1", Role: row.role}}, row.seats...)...)
			s = do(t, p, s, theHost, account.AcceptInvitation{Key: "k1", User: "max"})
			assert.Equal(t, row.want, userOf(t, s, "max").Seats)
			assert.Equal(t, 3+len(row.want), s.Pool("booking").Held)
		})
	}
	s := open(t, p, members())
	s = do(t, p, s, theHost, account.SetSeats{Pool: "booking", Total: 5}, account.Invite{Key: "k1"}, account.AssignSeat{User: "k1", Pool: "booking"}, account.Invite{Key: "k2"}, account.AssignSeat{User: "k2", Pool: "booking"})
	s = do(t, p, s, theHost, account.AcceptInvitation{Key: "k1", User: "nina"}, account.AcceptInvitation{Key: "k2", User: "nina"})
	assert.Equal(t, []seat.PoolName{"booking"}, userOf(t, s, "nina").Seats, "two invitations of one person")
	assert.Equal(t, 4, s.Pool("booking").Held)
}

// What an invitation holds was checked for its role. With the role of another user it could mean more,
// or take something; then it is not attached.
func TestInvitationGivesNothingElse(t *testing.T) {
	p := compile(t, `
usher: 1
features: [pro, suspended]
conditions: {professional: {feature: pro}, locked: {feature: suspended}}
roles:
  owner: {unique: true, hands-over-to: boss}
  boss:  {}
  guest: {default: true}
  lead:  {held-on: team}
resources:
  desk: {parties: {team: teams}, permissions: {read: {boss: any if professional, guest: any if professional}, write: {boss: any if professional}, edit: {lead: team}, burn: {boss: any}}}
never: {desk.burn: any if locked}
`)
	s := open(t, p, account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{"sales": ""},
		Users: map[usher.UserID]policy.User{"olga": user("owner"), "bea": user("boss"), "gus": user("guest"), "kim": withStatus(user("boss"), usher.Invited)},
	})
	pro, suspended := account.GiveGrant{User: "k1", Grant: "pro", Until: noon.Add(time.Hour)}, account.GiveGrant{User: "k1", Grant: "suspended"}
	for i, row := range []struct {
		as   usher.UserID
		with []account.Command
		code account.Code
		says string
	}{
		{"gus", []account.Command{pro}, 0, ""},
		{"bea", []account.Command{pro}, account.CodeEscalation, "bea would get desk.write by `boss: any if professional` of desk.write"},
		{"kim", []account.Command{pro}, account.CodeEscalation, "which the invitation alone does not give"},
		{"bea", []account.Command{suspended}, account.CodeEscalation, "the invitation would take something from bea"},
		{"gus", []account.Command{suspended}, 0, ""},
		{"bea", []account.Command{account.GiveGrant{User: "k1", Grant: "pro", From: noon.Add(time.Hour)}}, account.CodeEscalation, "bea would get desk.write by `boss: any if professional` of desk.write"},
		{"kim", []account.Command{account.GiveGrant{User: "k1", Grant: "suspended", From: noon.Add(time.Hour)}}, account.CodeEscalation, "the invitation would take something from kim"},
		{"gus", []account.Command{account.GiveGrant{User: "k1", Grant: "pro", From: noon.Add(time.Hour)}}, 0, ""},
		{"bea", []account.Command{account.SetRole{User: "k1", Role: "boss", From: noon.Add(time.Hour)}}, 0, ""},
		{"bea", []account.Command{account.AddToTeam{Team: "sales", User: "k1"}, account.SetTeamRole{Team: "sales", User: "k1", Role: "lead"}}, 0, ""},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			s := do(t, p, s, theHost, append([]account.Command{account.Invite{Key: "k1"}}, row.with...)...)
			_, err := propose(p, s, theHost, account.AcceptInvitation{Key: "k1", User: row.as})
			assert.Equal(t, row.code, codeOf(t, err), "%v", err)
			if row.code != 0 {
				assert.ErrorContains(t, err, row.says)
			} else {
				accepted := do(t, p, s, theHost, account.AcceptInvitation{Key: "k1", User: row.as})
				now, then := userOf(t, accepted, row.as), userOf(t, accepted.At(p, noon.Add(9*time.Hour)), row.as)
				assert.Equal(t, now.Role, then.Role)
				assert.Equal(t, userOf(t, s.At(p, noon.Add(9*time.Hour)), "k1").Grants, then.Grants, "what begins later in the invitation begins for the user")
			}
			_, err = propose(p, s, theHost, account.AcceptInvitation{Key: "k1", User: "new"})
			require.NoError(t, err)
			_, err = propose(p, s, theHost, account.RenameUser{From: "k1", To: row.as})
			require.NoError(t, err, "the host can do it explicitly")
		})
	}
}

func TestRevokeInvitation(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	s = do(t, p, s, account.AsUser("mia"), account.Invite{Key: "k1", Teams: []usher.TeamID{"rowing"}})
	s = do(t, p, s, theHost, account.AssignSeat{User: "k1", Pool: "booking"})
	s = do(t, p, s, account.AsUser("mia"), account.RevokeInvitation{User: "k1"})
	assert.Nil(t, userOf(t, s, "k1"))
	assert.Equal(t, 3, s.Pool("booking").Held, "the seat is free")
}

// Whatever removes a user, a user who is added again under the id has nothing of before, in the same
// batch and later.
func TestAddedAgain(t *testing.T) {
	p := compile(t, club)
	full := policy.User{
		Role: "member", Seats: []seat.PoolName{"booking"},
		Teams:   []policy.Membership{{Team: "rowing", Roles: []role.Name{"captain"}}, {Team: "sport"}},
		Outside: []policy.Membership{{Team: "chess", Roles: []role.Name{"patron"}}},
		Grants:  []policy.Grant{{Name: "reports", Until: noon.Add(time.Hour)}, {Name: "user.edit"}},
	}
	self := account.AsUser("u")
	for name, row := range map[string]struct {
		status  usher.Status
		by      account.Actor
		command account.Command
	}{
		"removed":   {usher.Active, theHost, account.RemoveUser{User: "u"}},
		"inactive":  {usher.Inactive, theHost, account.RemoveUser{User: "u"}},
		"left":      {usher.Active, self, account.Leave{}},
		"declined":  {usher.Invited, self, account.DeclineInvitation{}},
		"revoked":   {usher.Invited, theHost, account.RevokeInvitation{User: "u"}},
		"accepted":  {usher.Invited, theHost, account.AcceptInvitation{Key: "u", User: "v"}},
		"attached":  {usher.Invited, theHost, account.AcceptInvitation{Key: "u", User: "max"}},
		"withdrawn": {usher.Requested, self, account.WithdrawRequest{}},
		"renamed":   {usher.Active, theHost, account.RenameUser{From: "u", To: "v"}},
		"merged":    {usher.Active, theHost, account.RenameUser{From: "u", To: "max"}},
	} {
		t.Run(name, func(t *testing.T) {
			seed := members()
			seed.Seats["booking"] = 9
			u := withStatus(full, row.status)
			if row.status == usher.Inactive || row.status == usher.Requested {
				u.Seats = nil
			}
			seed.Users["u"] = u
			seed.Values = map[usher.UserID]map[string]account.Value{"u": {"phone": "1"}}
			s := open(t, p, seed)
			s = do(t, p, s, theHost, account.SetRole{User: "u", Role: "desk", From: noon.Add(time.Hour)}, account.GiveGrant{User: "u", Grant: "user.edit", Until: noon.Add(4 * time.Hour), From: noon.Add(2 * time.Hour)})
			o, err := propose(p, s, row.by, row.command)
			require.NoError(t, err)
			assert.Contains(t, o.Removed, usher.UserID("u"), "the values of custom fields are erased")
			again := account.AddUser{User: "u", Role: "coach"}
			later := do(t, p, do(t, p, s, row.by, row.command), theHost, again)
			want := &policy.User{Status: usher.Active, Role: "coach", Seats: []seat.PoolName{"booking"}}
			assert.Equal(t, want, userOf(t, later, "u"))
			assert.Equal(t, want, userOf(t, later.At(p, noon.Add(9*time.Hour)), "u"), "what was scheduled is gone")
			if row.by == theHost {
				assert.Equal(t, want, userOf(t, do(t, p, s, theHost, row.command, again), "u"))
			}
		})
	}
	seed := members()
	full.Seats = nil
	seed.Users["u"] = withStatus(full, usher.Requested)
	s := do(t, p, open(t, p, seed), theHost, account.AcceptInvitation{Key: "ivan", User: "u"})
	assert.Equal(t, &policy.User{Status: usher.Active, Role: "member"}, userOf(t, s, "u"), "an invitation replaces a request")
}

// An invitation with an end is revoked at that time, unless it was accepted or resent before.
func TestInvitationWithAnEnd(t *testing.T) {
	p := compile(t, club)
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	adam := account.AsUser("adam")
	s := open(t, p, members())
	invite := account.Invite{Key: "k1", Until: hour(2)}
	s = do(t, p, s, adam, invite, account.AssignSeat{User: "k1", Pool: "booking"})
	again, err := propose(p, s, adam, invite)
	require.NoError(t, err)
	assert.Empty(t, again.Changes)
	end, ok := s.View(p).InvitationEnd("k1")
	assert.True(t, ok)
	assert.Equal(t, hour(2), end)
	assert.NotNil(t, userOf(t, s.At(p, hour(2).Add(-1)), "k1"))
	over := s.At(p, hour(2))
	assert.Nil(t, userOf(t, over, "k1"))
	assert.Equal(t, 3, over.Pool("booking").Held, "the seat is free")
	_, err = over.Propose(p, account.Proposal{Actor: theHost, Time: hour(2), Commands: []account.Command{account.AcceptInvitation{Key: "k1", User: "nina"}}})
	assert.Equal(t, account.CodeUnknownUser, codeOf(t, err))

	for name, accepted := range map[usher.UserID]*account.State{
		"nina": do(t, p, s, theHost, account.AcceptInvitation{Key: "k1", User: "nina"}),
		"max":  do(t, p, s, theHost, account.AcceptInvitation{Key: "k1", User: "max"}),
		"k1":   do(t, p, s, account.AsUser("k1"), account.AcceptInvitation{}),
	} {
		later := accepted.At(p, hour(3))
		assert.Equal(t, usher.Active, userOf(t, later, name).Status, "an accepted invitation has no end")
		_, due := accepted.NextDue()
		assert.False(t, due, name)
	}
	resent := do(t, p, s, adam, account.ResendInvitation{User: "k1", Until: hour(4)})
	assert.NotNil(t, userOf(t, resent.At(p, hour(3)), "k1"))
	assert.Nil(t, userOf(t, resent.At(p, hour(4)), "k1"))
	forever := do(t, p, s, adam, account.ResendInvitation{User: "k1"})
	assert.NotNil(t, userOf(t, forever.At(p, hour(9)), "k1"))
	renamed := do(t, p, s, theHost, account.RenameUser{From: "k1", To: "k2"})
	assert.Nil(t, userOf(t, renamed.At(p, hour(2)), "k2"), "an end moves with the id")
	decoded, err := account.DecodeState(s.Encode())
	require.NoError(t, err)
	assert.Nil(t, userOf(t, decoded.At(p, hour(2)), "k1"))

	for _, row := range []struct {
		by      account.Actor
		command account.Command
		code    account.Code
	}{
		{adam, account.ResendInvitation{User: "k1", Until: hour(1)}, account.CodeInvalid},
		{adam, account.ResendInvitation{User: "ivan", Until: hour(1)}, account.CodeInvalid},
		{adam, account.ResendInvitation{User: "max", Until: hour(9)}, account.CodeInvalid},
		{adam, account.ResendInvitation{User: "nobody", Until: hour(9)}, account.CodeUnknownUser},
		{adam, account.ResendInvitation{User: "k1", Until: noon}, account.CodeInvalid},
		{adam, account.Invite{Key: "k9", Until: noon}, account.CodeInvalid},
		{account.AsUser("max"), account.ResendInvitation{User: "k1", Until: hour(9)}, account.CodeDenied},
	} {
		_, err := propose(p, s, row.by, row.command)
		assert.Equal(t, row.code, codeOf(t, err), "%v: %v", row.command, err)
	}
	s = do(t, p, s, adam, account.SetRole{User: "k1", Role: "admin"})
	_, err = propose(p, s, account.AsUser("dora"), account.ResendInvitation{User: "k1", Until: hour(9)})
	assert.Equal(t, account.CodeEscalation, codeOf(t, err), "resending counts as giving")
}
