package console

import (
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// invitationsPage lists the users who have not accepted their invitation yet. Users accept and
// decline in the host application.
var invitationsPage = page{
	Path: "invitations", InMenu: true,
	Visible: func(v *viewer) bool { return v.mayAny(userCreate) || v.mayAny(userView) && v.mayAny(userDelete) },
	Lacks:   func(v *viewer) missing { return v.lacks(userCreate) },
	Load:    loadInvitations,
	Model:   invitationsModel{},
	Params:  []input{{Name: "q", Kind: "text"}, {Name: "after", Kind: "user"}},
	Actions: []action{
		{Name: "invite", Inputs: []input{
			{Name: "user", Kind: "users", Must: true}, {Name: "role", Kind: "role"}, {Name: "team", Kind: "team", Many: true}, {Name: "pool", Kind: "pool", Many: true},
		}, Commands: invite},
		{Name: "revoke", Inputs: []input{selectedUsers}, Commands: revokeInvitations},
	},
}

var userDelete = permission.MustParse("user.delete")

// invitationsModel is the content of the page.
type invitationsModel struct {
	Seats   []poolCount     `json:"seats"` // the pools, for viewers who need to know what is left
	Query   string          `json:"q,omitempty"`
	Pending []invitationRow `json:"pending"`        // a page of the invitations
	Next    string          `json:"next,omitempty"` // the cursor of the next page, for the parameter after
	After   string          `json:"-"`
	Revoke  control         `json:"revoke"` // allowed if at least one of the rows can be revoked
	Invite  inviteForm      `json:"invite"`
	Lines   []inviteLine    `json:"-"` // of the rejected form
	Rest    string          `json:"-"` // the lines of the rejected form that are possible, if others are not
}

// invitationRow is a user who has not accepted yet.
type invitationRow struct {
	personRow
	Revoke control `json:"revoke"`
}

// inviteForm is the form that invites users.
type inviteForm struct {
	addForm
	Pools []option `json:"pools,omitempty"` // seats that the viewer may give, besides those that a role requires
}

func loadInvitations(v *viewer, r *http.Request) (any, error) {
	f := v.peopleFilter(r)
	m := invitationsModel{Seats: v.pools(), Query: f.Query, After: f.After, Pending: []invitationRow{}, Revoke: control{Action: "invitations/revoke"}}
	rows, next, err := v.findPeople(peopleFilter{Query: f.Query, found: f.found, After: f.After, Status: usher.Invited.String()})
	if err != nil {
		return nil, err
	}
	m.Next = next
	ids := make([]usher.UserID, len(rows))
	for i, s := range rows {
		ids[i] = s.member.ID
	}
	v.lookUp(ids...)
	for _, s := range rows {
		row, err := v.row(s, nil)
		if err != nil {
			return nil, err
		}
		own := v.control("invitations/revoke", account.RevokeInvitation{User: s.member.ID})
		m.Revoke.Allowed = m.Revoke.Allowed || own.Allowed
		m.Pending = append(m.Pending, invitationRow{row, own})
	}
	m.Invite = v.inviteForm()
	if v.form != nil && v.form.Path == "invitations/invite" {
		m.Lines, m.Rest, err = v.inviteLines(v.form.form)
	}
	return m, err
}

// inviteForm returns the form with the roles, teams and seats that the viewer may give.
func (v *viewer) inviteForm() inviteForm {
	f := inviteForm{addForm: v.addForm("invitations/invite", usher.Invited)}
	if !f.Allowed {
		return f
	}
	add := account.AddUser{User: v.newUserID(), Role: role.Name(f.Roles[0].Value), Status: usher.Invited}
	if v.try(add) != nil { // only to a team
		add.Teams = []usher.TeamID{usher.TeamID(f.Teams[0].Value)}
	}
	for _, p := range v.policy.Pools() {
		if v.addsChange(add, account.AssignSeat{User: add.User, Pool: p.Name}) {
			f.Pools = append(f.Pools, option{string(p.Name), string(p.Name)})
		}
	}
	return f
}

// addsChange reports whether the engine accepts a command after another one, and it changes
// something.
func (v *viewer) addsChange(first, second account.Command) bool {
	one, err := v.reader.Propose(v.ctx, v.batch(first))
	if v.noteFailure(err) != nil {
		return false
	}
	both, err := v.reader.Propose(v.ctx, v.batch(first, second))
	return v.noteFailure(err) == nil && len(both.Changes) > len(one.Changes)
}

// invite invites the users of the lines, each with the same role, teams and seats.
func invite(v *viewer, f form) (commands []account.Command, _ error) {
	list, err := v.invitees(f)
	if err != nil {
		return nil, err
	}
	var unknown []refusedLine
	for _, i := range list {
		if i.ID == "" {
			unknown = append(unknown, refusedLine{person{Name: i.Entry}, v.text.plain("invitations.unknown")})
			continue
		}
		commands = append(commands, f.invitation(i.ID)...)
	}
	if len(unknown) > 0 {
		return nil, &inputError{Field: "user", Key: "invitations.unknown-lines", Lines: unknown}
	}
	return commands, nil
}

// invitation returns the commands that invite a user with the role, teams and seats of a form.
func (f form) invitation(id usher.UserID) []account.Command {
	add := account.AddUser{User: id, Role: role.Name(f.raw("role")), Status: usher.Invited}
	for _, t := range f.list("team") {
		add.Teams = append(add.Teams, usher.TeamID(t))
	}
	commands := []account.Command{add}
	for _, p := range f.list("pool") {
		commands = append(commands, account.AssignSeat{User: id, Pool: seat.PoolName(p)})
	}
	return commands
}

// revokeInvitations removes users, unless one of them has accepted meanwhile.
func revokeInvitations(v *viewer, f form) ([]account.Command, error) {
	var accepted []refusedLine
	for _, id := range f.list("user") {
		if s := v.sees(usher.UserID(id)); s.exists && s.member.Status != usher.Invited {
			accepted = append(accepted, refusedLine{v.person(usher.UserID(id)), v.text.plain("invitations.accepted")})
		}
	}
	if len(accepted) > 0 {
		return nil, &inputError{Field: "user", Key: "invitations.accepted-lines", Lines: accepted}
	}
	return forEach(func(id usher.UserID, _ form) account.Command { return account.RevokeInvitation{User: id} })(v, f)
}
