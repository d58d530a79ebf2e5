package account_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// leaving has the methods of a command, but is not a command.
type leaving struct{ account.Leave }

// refused has at least one row for each code, with the message.
var refused = []struct {
	as      string // a user, or "the host"
	command account.Command
	code    account.Code
	says    string
}{
	{"max", account.SetSeats{Pool: "booking", Total: 9}, account.CodeDenied, "set-seats booking 9: max may not seat.purchase: denied (no-permission)"},
	{"ina", account.Leave{}, account.CodeDenied, "denied (inactive)"},
	{"nobody", account.Leave{}, account.CodeDenied, "denied (unknown-user)"},
	{"", account.Leave{}, account.CodeDenied, "the proposal has no actor (want a user, or the host without By: a user acts only on behalf of a user)"},
	{"the host", account.Leave{}, account.CodeDenied, "the host cannot leave an account"},
	{"the host", account.AcceptInvitation{}, account.CodeDenied, "the host has no invitation"},
	{"ina", account.AcceptInvitation{}, account.CodeDenied, "ina is inactive"},
	{"olga", account.AcceptInvitation{Key: "ivan", User: "olga"}, account.CodeDenied, "only the host can say whose an invitation is"},
	{"ivan", account.AcceptInvitation{Key: "ivan", User: "ivan"}, account.CodeDenied, "only the host can say whose an invitation is"},
	{"ivan", account.AcceptInvitation{User: "ivan"}, account.CodeDenied, "only the host can say whose an invitation is"},
	{"max", account.Invite{Key: "k1"}, account.CodeDenied, "max may not user.create"},
	{"mia", account.Invite{Key: "k1", Teams: []usher.TeamID{"chess"}}, account.CodeDenied, "out-of-scope"},
	{"mia", account.RevokeInvitation{User: "ivan"}, account.CodeDenied, "out-of-scope"},
	{"ivan", account.RevokeInvitation{User: "ivan"}, account.CodeDenied, "inactive"},
	{"max", account.DeclineInvitation{}, account.CodeDenied, "max is active, not invited"},
	{"olga", account.Leave{}, account.CodeDenied, "denied (forbidden)"},
	{"rita", account.AcceptInvitation{}, account.CodeDenied, "rita has requested to join and was not invited; use withdraw-request, or wait for admit-user"},
	{"rita", account.DeclineInvitation{}, account.CodeDenied, "use withdraw-request"},
	{"rita", account.AdmitUser{User: "rita"}, account.CodeDenied, "denied (inactive)"},
	{"adam", account.AdmitUser{User: "adam"}, account.CodeDenied, "adam cannot admit themselves"},
	{"dora", account.AdmitUser{User: "rita"}, account.CodeDenied, "dora may not user.admit: denied (no-permission)"},
	{"the host", account.WithdrawRequest{}, account.CodeDenied, "the host has no request; remove-user declines one"},
	{"max", account.WithdrawRequest{}, account.CodeDenied, "max is active, and has no request to withdraw"},
	{"nobody", account.WithdrawRequest{}, account.CodeDenied, "nobody is not a user of club"},
	{"nobody", account.RequestToJoin{}, account.CodeDenied, "nobody may not user.request-to-join: denied (unknown-user)"},
	{"max", account.JoinTeam{Team: "chess"}, account.CodeDenied, "max may not team.join: denied (no-permission)"},
	{"the host", account.JoinTeam{Team: "chess"}, account.CodeDenied, "the host cannot join a team; use add-to-team"},
	{"the host", account.LeaveTeam{Team: "chess"}, account.CodeDenied, "the host cannot leave a team; use remove-from-team"},
	{"adam", account.SetStatus{User: "olga", Status: usher.Inactive}, account.CodeDenied, "denied (forbidden)"},
	{"adam", account.TransferOwnership{To: "adam"}, account.CodeDenied, "denied (forbidden)"},
	{"olga", account.CreateAccount{Owner: "olga"}, account.CodeDenied, "only the host can create an account"},
	{"olga", account.Import{}, account.CodeDenied, "only the host can create an account"},
	{"dora", account.SetField{User: "max", Field: "phone", Value: "1"}, account.CodeDenied, "dora may not see phone of max"},
	{"mia", account.CreateTeam{Team: "new", Parent: "chess"}, account.CodeDenied, "out-of-scope"},
	{"mia", account.AddUser{User: "zoe", Teams: []usher.TeamID{"rowing", ""}}, account.CodeDenied, "out-of-scope"},
	{"mia", account.MoveTeam{Team: "rowing", Parent: "chess"}, account.CodeDenied, "out-of-scope"},

	{"adam", account.Cancel{ID: 1}, account.CodeUnknownScheduled, "cancel 1: unknown scheduled: nothing is scheduled as 1; it may have taken effect"},
	{"max", account.Cancel{ID: 1}, account.CodeDenied, "max may not user.set-role: denied (no-permission)"},
	{"adam", account.SetRole{User: "max", Role: "coach", Until: noon}, account.CodeInvalid, "the end, 2026-03-01T12:00:00Z, is not after the beginning, 2026-03-01T12:00:00Z; give a later end"},
	{"adam", account.SetRole{User: "max", Role: "coach", From: noon}, account.CodeInvalid, "is not after the time of the command"},
	{"adam", account.SetRole{User: "max", Role: "coach", Until: noon.AddDate(28000, 0, 0)}, account.CodeInvalid, "in the years 1 to 9999"},
	{"adam", account.SetRole{User: "max", Role: "member", Until: noon.Add(1)}, account.CodeInvalid, "max has the role member after that too, because it is the default role; leave out the end"},
	{"adam", account.RemoveUser{User: "zoe"}, account.CodeUnknownUser, `club has no user "zoe"`},
	{"adam", account.RevokeInvitation{User: "k1"}, account.CodeUnknownUser, `club has no invitation with the key "k1"; it was accepted or revoked, or never made`},
	{"the host", account.AcceptInvitation{Key: "k1", User: "max"}, account.CodeUnknownUser, `club has no invitation with the key "k1"`},
	{"the host", account.AcceptInvitation{User: "max"}, account.CodeUnknownUser, "the key of the invitation is missing; from the host, accept-invitation needs key and user"},
	{"adam", account.SetTeamRole{Team: "nowhere", User: "zoe", Role: "nothing"}, account.CodeUnknownUser, ""},
	{"adam", account.AddToTeam{Team: "nowhere", User: "max"}, account.CodeUnknownTeam, `club has no team "nowhere"`},
	{"adam", account.AddUser{User: "zoe", Role: "nothing", Teams: []usher.TeamID{"nowhere"}}, account.CodeUnknownTeam, ""},
	{"adam", account.CreateTeam{Team: "new", Parent: "new"}, account.CodeUnknownTeam, ""},
	{"adam", account.SetRole{User: "max", Role: "coahc"}, account.CodeUnknownRole, `the policy club has no account role "coahc"; did you mean "coach"?`},
	{"adam", account.SetRole{User: "max", Role: "captain"}, account.CodeUnknownRole, "captain is not an account role; it is a team role: use set-team-role"},
	{"adam", account.SetTeamRole{Team: "rowing", User: "max", Role: "admin"}, account.CodeUnknownRole, "admin is not a team role; it is an account role: use set-role"},
	{"adam", account.AssignSeat{User: "max", Pool: "boking"}, account.CodeUnknownPool, `did you mean "booking"?`},
	{"olga", account.SetSeats{Pool: "boking", Total: -1}, account.CodeUnknownPool, ""},
	{"adam", account.GiveGrant{User: "max", Grant: "report.raed"}, account.CodeUnknownGrant, `did you mean "report.read"?`},
	{"adam", account.RevokeGrant{User: "max", Grant: "report.raed"}, account.CodeUnknownGrant, ""},
	{"adam", account.ChangeSetting{Setting: "opn", Value: true}, account.CodeUnknownSetting, `did you mean "open"?`},
	{"adam", account.SetField{User: "max", Field: "fone", Value: "1"}, account.CodeUnknownField, ""},
	{"adam", account.SetField{User: "max", Field: "shoe", Value: "44"}, account.CodeUnknownField, "the field shoe is archived; restore-field shows it again"},
	{"adam", account.MoveField{Field: "born", Before: "phon"}, account.CodeUnknownField, `did you mean "phone"?`},
	{"adam", account.Approve{Request: 1}, account.CodeUnknownRequest, "approve 1: unknown request: club has no open request 1"},
	{"mia", account.Withdraw{Request: 1}, account.CodeUnknownRequest, ""},
	{"adam", account.Decline{Request: 1}, account.CodeUnknownRequest, ""},
	{"cora", account.Request{Commands: []account.Command{account.DeleteAccount{}}}, account.CodeDenied, "cora may not request.make: denied (no-permission)"},
	{"dora", account.Decline{Request: 1}, account.CodeDenied, "dora may not request.decline: denied (no-permission)"},
	{"adam", account.ChangeRole{Role: "scorre", Title: "Scorer"}, account.CodeUnknownRole, `club defines no role "scorre"; did you mean "scorer"?`},
	{"adam", account.ChangeRole{Role: "member", Title: "Members"}, account.CodeUnknownRole, "member is a role of the policy club, not of the account"},
	{"adam", account.DeleteRole{Role: "scorre"}, account.CodeUnknownRole, ""},
	{"adam", account.DefineRole{Role: "x", Like: "admin"}, account.CodeUnknownRole, `under the policy club, no role can be like "admin" (member)`},
	{"adam", account.DeleteRole{Role: "scorer", ReplaceBy: "membre"}, account.CodeUnknownRole, `did you mean "member"?`},
	{"adam", account.DeleteRole{Role: "scorer", ReplaceBy: "captain"}, account.CodeUnknownRole, "sid holds scorer as an account role, and captain is not an account role"},
	{"adam", account.DefineRole{Role: "x", Gives: account.Gives{"report.read": {"team"}}}, account.CodeNotOffered, `the policy club does not offer "team" for report.read; it offers own as author, any`},
	{"adam", account.DefineRole{Role: "x", Gives: account.Gives{"report.raed": {"any"}}}, account.CodeNotOffered, `the policy club offers no rule of "report.raed" to the roles of an account; did you mean "report.read"?`},
	{"adam", account.ChangeRole{Role: "scorer", Gives: account.Gives{"user.create": {"any"}}}, account.CodeNotOffered, ""},

	{"adam", account.AddUser{}, account.CodeInvalid, "the id of a user must not be empty"},
	{"adam", account.Invite{}, account.CodeInvalid, "the id of a user must not be empty"},
	{"the host", account.AcceptInvitation{Key: "ivan"}, account.CodeInvalid, "the user who gets the invitation is missing"},
	{"the host", account.AcceptInvitation{Key: "ivan", User: "a\xff"}, account.CodeInvalid, "must be UTF-8"},
	{"the host", account.AcceptInvitation{Key: "max", User: "zoe"}, account.CodeInvalid, "max is active, and not invited; use set-status or remove-user"},
	{"the host", account.AcceptInvitation{Key: "ina", User: "ina"}, account.CodeInvalid, "ina is inactive, and not invited"},
	{"the host", account.AcceptInvitation{Key: "rita", User: "max"}, account.CodeInvalid, "rita is requested, and not invited; use admit-user"},
	{"adam", account.RevokeInvitation{User: "max"}, account.CodeInvalid, "max is active, and not invited; use set-status or remove-user"},
	{"adam", account.AddUser{User: "a\xff"}, account.CodeInvalid, "must be UTF-8"},
	{"adam", account.AddUser{User: usher.UserID(strings.Repeat("a", 1025))}, account.CodeInvalid, "at most 1024 bytes, and this one has 1025"},
	{"adam", account.AddUser{User: "zoe", Status: usher.Inactive}, account.CodeInvalid, "the status of a new user must be active or invited, not inactive"},
	{"adam", account.SetStatus{User: "max", Status: usher.Invited}, account.CodeInvalid, `not "invited"`},
	{"adam", account.AddUser{User: "zoe", Status: usher.Requested}, account.CodeInvalid, "must be active or invited, not requested"},
	{"adam", account.SetStatus{User: "max", Status: usher.Requested}, account.CodeInvalid, "only request-to-join makes a user requested"},
	{"the host", account.SetStatus{User: "rita", Status: usher.Active}, account.CodeInvalid, "rita has requested to join; use admit-user, or remove-user to decline"},
	{"adam", account.SetStatus{User: "rita", Status: usher.Inactive}, account.CodeInvalid, "use admit-user"},
	{"adam", account.AdmitUser{User: "max", Role: "coach"}, account.CodeInvalid, "max is active, and has not requested to join; set-role gives another role"},
	{"adam", account.AdmitUser{User: "ivan"}, account.CodeInvalid, "the user can accept-invitation"},
	{"adam", account.AdmitUser{User: "ina"}, account.CodeInvalid, "set-status makes the user active"},
	{"the host", account.RequestToJoin{}, account.CodeInvalid, "the user who requests to join is missing; the host names the user"},
	{"adam", account.RequestToJoin{User: "zoe"}, account.CodeInvalid, "adam can request only for themselves; add-user adds zoe"},
	{"adam", account.RequestToJoin{Role: "coach"}, account.CodeInvalid, "only the host can name the role of a request"},
	{"adam", account.MoveTeam{Team: "sport", Parent: "rowing"}, account.CodeInvalid, "rowing is sport or below it, and a team cannot be below itself"},
	{"adam", account.DefineField{Field: "", Type: account.TextField}, account.CodeInvalid, "the name of a field must not be empty"},
	{"adam", account.DefineField{Field: "x"}, account.CodeInvalid, "the type of a field must be text, number, date or bool"},
	{"adam", account.SetField{User: "max", Field: "born", Value: "yesterday"}, account.CodeInvalid, "the value of born is not a valid date"},
	{"olga", account.SetSeats{Pool: "booking", Total: -1}, account.CodeInvalid, "the number of seats must be at least 0, got -1"},
	{"olga", account.SetSeats{Pool: "booking", Total: math.MaxInt}, account.CodeInvalid, "at most 1000000000 seats of a pool can be bought"},
	{"the host", nil, account.CodeInvalid, "a command is nil"},
	{"adam", &account.AddUser{User: "zoe"}, account.CodeInvalid, "*account.AddUser is not a command; pass account.AddUser, not a pointer"},
	{"the host", leaving{}, account.CodeInvalid, "account_test.leaving: invalid: account_test.leaving is not a command"},
	{"the host", (*account.CreateAccount)(nil), account.CodeInvalid, "pass account.CreateAccount, not a pointer"},
	{"adam", account.DefineRole{}, account.CodeInvalid, "the name of a role must not be empty"},
	{"adam", account.DefineRole{Role: "Scorer"}, account.CodeInvalid, `"Scorer" cannot name a role: names are lower-case letters`},
	{"adam", account.DefineRole{Role: "everyone"}, account.CodeInvalid, ""},
	{"adam", account.DefineRole{Role: "custom"}, account.CodeInvalid, ""},
	{"adam", account.DefineRole{Role: role.Name(strings.Repeat("a", 101))}, account.CodeInvalid, "at most 100 bytes, and this one has 101"},
	{"adam", account.DefineRole{Role: "x", Title: strings.Repeat("a", 201)}, account.CodeInvalid, "at most 200 bytes, and this one has 201"},
	{"adam", account.DefineRole{Role: "x", Gives: account.Gives{"report.read": nil}}, account.CodeInvalid, "report.read has no rule"},
	{"adam", account.DeleteRole{Role: "scorer", ReplaceBy: "scorer"}, account.CodeInvalid, "scorer cannot replace itself"},

	{"the host", account.CreateAccount{Owner: "zoe"}, account.CodeExists, "the account club already exists"},
	{"the host", account.Import{}, account.CodeExists, ""},
	{"adam", account.AddUser{User: "max", Role: "owner"}, account.CodeExists, "the user max already exists"},
	{"adam", account.Invite{Key: "max"}, account.CodeExists, "the user max already exists"},
	{"adam", account.Invite{Key: "ivan", Role: "coach"}, account.CodeExists, "the user ivan already exists"},
	{"adam", account.Invite{Key: "ivan", Teams: []usher.TeamID{"chess"}}, account.CodeExists, "the user ivan already exists"},
	{"adam", account.AddUser{User: "rita"}, account.CodeExists, "the user rita has requested to join; use admit-user, or remove-user to decline"},
	{"the host", account.RequestToJoin{User: "max"}, account.CodeExists, "the user max already exists"},
	{"the host", account.RequestToJoin{User: "rita", Role: "coach"}, account.CodeExists, "the user rita has requested to join; use admit-user"},
	{"adam", account.RequestToJoin{}, account.CodeExists, "the user adam already exists"},
	{"adam", account.CreateTeam{Team: "chess"}, account.CodeExists, "the team chess already exists"},
	{"adam", account.DefineField{Field: "shoe", Type: account.TextField}, account.CodeExists, "archived; restore-field shows it again"},
	{"adam", account.RenameField{Field: "born", To: "phone"}, account.CodeExists, ""},
	{"adam", account.DefineRole{Role: "admin"}, account.CodeExists, "the policy club declares the role admin itself"},
	{"adam", account.DefineRole{Role: "scorer"}, account.CodeExists, "the role scorer already exists; change-role changes it"},

	{"adam", account.SetTeamRole{Team: "chess", User: "max", Role: "captain"}, account.CodeNotMember, "max is not in chess; use add-to-team first"},
	{"adam", account.DeleteTeam{Team: "sport"}, account.CodeTeamNotEmpty, "rowing is below sport"},
	{"adam", account.DefineRole{Role: "x"}, account.CodeTooManyCustomRoles, "an account can define at most 1 role, and this one has 1; delete-role removes one"},
	{"adam", account.DeleteRole{Role: "scorer"}, account.CodeRoleInUse, "1 user holds the role scorer; replace-by gives them another role"},
	{"adam", account.DeleteRole{Role: "scorer", ReplaceBy: "owner"}, account.CodeUniqueRole, ""},

	{"olga", account.SetRole{User: "max", Role: "owner"}, account.CodeUniqueRole, "olga has the role owner; only transfer-ownership gives it to another user"},
	{"olga", account.AddUser{User: "zoe", Role: "owner"}, account.CodeUniqueRole, ""},
	{"olga", account.Invite{Key: "k1", Role: "owner"}, account.CodeUniqueRole, ""},
	{"the host", account.RemoveUser{User: "olga"}, account.CodeUniqueRole, "olga has the role owner; give it to another user with transfer-ownership first"},
	{"the host", account.SetRole{User: "olga", Role: "member"}, account.CodeUniqueRole, ""},
	{"the host", account.RequestToJoin{User: "zoe", Role: "owner"}, account.CodeUniqueRole, ""},
	{"olga", account.AdmitUser{User: "rita", Role: "owner"}, account.CodeUniqueRole, ""},

	{"adam", account.SetTeamRole{Team: "chess", User: "gwen", Role: "captain"}, account.CodeTeamRoleNotAllowed, "gwen has the role guest, which cannot hold team roles; set-role gives another role"},
	{"adam", account.SetTeamRole{Team: "rowing", User: "gwen", Role: "patron"}, account.CodeTeamRoleNotAllowed, ""},
	{"adam", account.GiveGrant{User: "gwen", Grant: "reports"}, account.CodeGrantNotAllowed, "gwen has the role guest, which cannot have grants; set-role gives another role"},
	{"dora", account.GiveGrant{User: "gwen", Grant: "report.read"}, account.CodeGrantNotAllowed, ""},

	{"dora", account.SetRole{User: "max", Role: "admin", From: noon.AddDate(0, 1, 0)}, account.CodeEscalation, "from 2026-04-01T12:00:00Z on, max would get account.configure by "},
	{"dora", account.AddUser{User: "zoe", Role: "admin"}, account.CodeEscalation, "zoe would get account.configure by `admin: any` of account.configure (club.yaml:24), which the rules of dora do not cover"},
	{"dora", account.Invite{Key: "k1", Role: "admin"}, account.CodeEscalation, "k1 would get account.configure"},
	{"dora", account.RevokeInvitation{User: "alf"}, account.CodeEscalation, "alf outranks dora"},
	{"dora", account.RemoveUser{User: "adam"}, account.CodeEscalation, "adam outranks dora: adam has account.configure"},
	{"dora", account.SetStatus{User: "adam", Status: usher.Inactive}, account.CodeEscalation, ""},
	{"dora", account.SetRole{User: "adam", Role: "desk"}, account.CodeEscalation, ""},
	{"dora", account.GiveGrant{User: "max", Grant: "seat.assign"}, account.CodeEscalation, ""},
	{"dora", account.GiveGrant{User: "max", Grant: "reports"}, account.CodeEscalation, "report.read"},
	{"dora", account.SetTeamRole{Team: "rowing", User: "max", Role: "captain"}, account.CodeEscalation, "max would get team.create by `captain: team` of team.create (club.yaml:37) on rowing"},
	{"dora", account.GiveGrant{User: "max", Grant: "chat", Until: noon}, account.CodeUnknownGrant, ""},
	{"dora", account.GiveGrant{User: "max", Grant: "reports", Until: noon}, account.CodeInvalid, "is not after the time of the command"},
	{"dora", account.ChangeRole{Role: "scorer", Gives: account.Gives{"report.read": {"any"}}}, account.CodeEscalation, "a user with the role scorer would get report.read by `scorer: any` of report.read"},
	{"dora", account.DeleteRole{Role: "scorer", ReplaceBy: "member"}, account.CodeEscalation, "sid would get"},

	{"the host", account.AcceptInvitation{Key: "ivan", User: "ina"}, account.CodeInactive, "ina is inactive, and an invitation does not change that; set-status makes the user active"},
	{"adam", account.AssignSeat{User: "rita", Pool: "booking"}, account.CodeInactive, "rita is requested, and so cannot hold a seat in booking"},
	{"olga", account.TransferOwnership{To: "rita"}, account.CodeInactive, "rita is requested"},
	{"olga", account.TransferOwnership{To: "ivan"}, account.CodeInactive, "ivan is invited, and only an active user can be the owner"},
	{"adam", account.AssignSeat{User: "ina", Pool: "booking"}, account.CodeInactive, "ina is inactive, and so cannot hold a seat in booking"},
	{"adam", account.AssignSeat{User: "ivan", Pool: "parking"}, account.CodeInactive, ""},
	{"adam", account.AssignSeat{User: "dora", Pool: "booking"}, account.CodeSeatNotAllowed, "dora has the role desk, which cannot hold a seat in booking"},
	{"adam", account.UnassignSeat{User: "cora", Pool: "booking"}, account.CodeSeatRequired, "cora has the role coach, which requires a seat in booking"},
	{"adam", account.RemoveUser{User: "cora"}, account.CodeLastHolder, "at least 3 users must be active with the role coach, or with owner or admin, which include it; 3 are, and 2 would be"},
	{"adam", account.SetStatus{User: "cora", Status: usher.Inactive}, account.CodeLastHolder, ""},
	{"cora", account.Leave{}, account.CodeLastHolder, ""},
	{"adam", account.SetRole{User: "adam", Role: "desk"}, account.CodeLastHolder, ""},
	{"olga", account.SetSeats{Pool: "booking", Total: 2}, account.CodeSeatsInUse, "3 of 5 seats in booking are held, and 3 of 2 would be; free 1 with unassign-seat first, or in the same batch"},
}

func actor(as string) account.Actor {
	if as == "the host" {
		return account.AsHost("test")
	}
	return account.AsUser(usher.UserID(as))
}

func TestRefused(t *testing.T) {
	p := compile(t, club)
	seed := members()
	seed.Users["rita"] = withStatus(user("member"), usher.Requested)
	seed.Users["alf"] = withStatus(user("admin"), usher.Invited)
	seed.Seats["booking"] = 5
	s := open(t, p, seed)
	s = do(t, p, s, account.AsHost("test"), account.AddUser{User: "gwen", Role: "guest", Teams: []usher.TeamID{"chess"}})
	s = do(t, p, s, account.AsHost("test"), account.DefineRole{Role: "scorer", Gives: account.Gives{"report.read": {"own as author"}}}, account.AddUser{User: "sid", Role: "scorer"})
	before := s.Encode()
	seen := map[account.Code]bool{account.CodeRoleFull: true, account.CodeNoSeatsLeft: true, account.CodeTooManyRoles: true, account.CodeTooManyRequests: true, account.CodeScheduleFull: true} // they need more than one command
	for _, row := range refused {
		o, err := propose(p, s, actor(row.as), row.command)
		code := codeOf(t, err)
		if !assert.Equal(t, row.code, code, "%s: %#v: %v", row.as, row.command, err) {
			continue
		}
		seen[code] = true
		if code != 0 {
			assert.ErrorContains(t, err, row.says)
			assert.ErrorIs(t, err, code)
			assert.Equal(t, code == account.CodeDenied, errors.Is(err, usher.ErrDenied))
			assert.Zero(t, o, "a refused proposal has no outcome")
		}
	}
	assert.Equal(t, before, s.Encode(), "a refused proposal leaves no trace")
	for _, name := range account.Codes() {
		code, err := account.ParseCode(name)
		require.NoError(t, err)
		assert.True(t, seen[code], "no row for %s", name)
	}
}

// These refusals need more than one command; the last one is refused.
func TestRefusedInBatch(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	host := account.AsHost("test")
	for name, row := range map[string]struct {
		code     account.Code
		says     string
		commands []account.Command
	}{
		"the seats run out": {
			account.CodeNoSeatsLeft, "command 2 of 2: assign-seat ivan booking: no seats left: 3 of 4 seats in booking are held, and 5 would be; set-seats buys more, unassign-seat frees one",
			[]account.Command{account.AssignSeat{User: "max", Pool: "booking"}, account.AssignSeat{User: "ivan", Pool: "booking"}},
		},
		"no seat was ever bought": {
			account.CodeNoSeatsLeft, "command 2 of 2: assign-seat max parking: no seats left: 0 of 1 seats in parking are held, and 1 of 0 would be; set-seats buys some",
			[]account.Command{account.SetSeats{Pool: "parking"}, account.AssignSeat{User: "max", Pool: "parking"}},
		},
		"a role requires a seat": {
			account.CodeNoSeatsLeft, "and the role coach requires one",
			[]account.Command{account.AssignSeat{User: "max", Pool: "booking"}, account.AddUser{User: "zoe", Role: "coach"}},
		},
		"a new owner needs a seat": {
			account.CodeNoSeatsLeft, "and the role owner requires one",
			[]account.Command{account.AssignSeat{User: "max", Pool: "booking"}, account.TransferOwnership{To: "dora"}},
		},
		"a role is full": {
			account.CodeRoleFull, "at most 3 users may have the role admin; 1 has it, and 4 would",
			[]account.Command{account.SetRole{User: "max", Role: "admin"}, account.SetRole{User: "mia", Role: "admin"}, account.AddUser{User: "zoe", Role: "admin"}},
		},
		"the previous owner has no role left": {
			account.CodeRoleFull, "",
			[]account.Command{account.SetRole{User: "max", Role: "admin"}, account.AddUser{User: "zoe", Role: "admin"}, account.TransferOwnership{To: "mia"}},
		},
		"the account is gone": {
			account.CodeExists, "club was deleted, and the id of an account is never used again",
			[]account.Command{account.DeleteAccount{}, account.CreateAccount{Owner: "zoe"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range row.commands[1:] {
				_, err := propose(p, s, host, row.commands[:i+1]...)
				require.NoError(t, err)
			}
			_, err := propose(p, s, host, row.commands...)
			assert.Equal(t, row.code, codeOf(t, err), "%v", err)
			assert.ErrorContains(t, err, row.says)
			var r *account.Refusal
			require.ErrorAs(t, err, &r)
			assert.Equal(t, len(row.commands)-1, r.Index)
		})
	}
}

// A proposal that cannot be decided is an error that is not a Refusal.
func TestProposeErrors(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	host := account.AsHost("test")
	for name, row := range map[string]struct {
		state    *account.State
		proposal account.Proposal
		want     error
	}{
		"no account":            {account.New("club"), account.Proposal{Actor: host, Time: noon, Commands: []account.Command{account.SetSeats{}}}, usher.ErrUnknownAccount},
		"the account is gone":   {do(t, p, s, host, account.DeleteAccount{}), account.Proposal{Actor: host, Time: noon, Commands: []account.Command{account.SetSeats{}}}, usher.ErrUnknownAccount},
		"the zero state":        {&account.State{}, account.Proposal{Actor: host, Time: noon}, usher.ErrUnknownAccount},
		"no time":               {s, account.Proposal{Actor: host}, usher.ErrNoTime},
		"an undeclared fact":    {s, account.Proposal{Actor: account.AsUser("adam"), Time: noon, Context: usher.Context{"mfa": true}, Commands: []account.Command{account.ChangeSetting{Setting: "open", Value: true}}}, usher.ErrUndeclared},
		"a time past all dates": {s, account.Proposal{Actor: host, Time: noon.AddDate(28000, 0, 0)}, usher.ErrNoTime},
		"a time past all time":  {s, account.Proposal{Actor: account.AsUser("adam"), Time: noon.AddDate(1000, 0, 0), Commands: []account.Command{account.ChangeSetting{Setting: "open", Value: true}}}, usher.ErrNoTime},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := row.state.Propose(p, row.proposal)
			require.ErrorIs(t, err, row.want)
			var r *account.Refusal
			assert.NotErrorAs(t, err, &r)
			assert.Zero(t, o)
		})
	}
	_, err := s.Propose(nil, account.Proposal{Actor: host, Time: noon})
	require.ErrorContains(t, err, "the policy is nil")
	_, err = account.New("a\xff").Propose(p, account.Proposal{Actor: host, Time: noon, Commands: []account.Command{account.CreateAccount{Owner: "zoe"}}})
	require.ErrorContains(t, err, "must be UTF-8")
}
