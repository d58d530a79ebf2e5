package console

import (
	"net/http"
	"time"

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
			{Name: "user", Kind: "users", Must: true}, {Name: "role", Kind: "role"}, {Name: "team", Kind: "team", Many: true}, {Name: "pool", Kind: "pool", Many: true}, invitationEnd,
		}, Commands: invite},
		{Name: "resend", Inputs: []input{selectedUsers, invitationEnd}, Commands: resendInvitations, Notes: withoutEnd},
		{Name: "revoke", Inputs: []input{selectedUsers}, Commands: revokeInvitations},
	},
}

// invitationEnd is the day at whose end invitations end; optional.
var invitationEnd = input{Name: "until", Kind: "date"}

var userDelete = permission.MustParse("user.delete")

// invitationsModel is the content of the page.
type invitationsModel struct {
	Seats   []poolCount     `json:"seats"` // the pools, for viewers who need to know what is left
	Query   string          `json:"q,omitempty"`
	Pending []invitationRow `json:"pending"`        // a page of the invitations
	Next    string          `json:"next,omitempty"` // the cursor of the next page, for the parameter after
	After   string          `json:"-"`
	Resend  control         `json:"resend"` // allowed if at least one of the rows can be resent
	Revoke  control         `json:"revoke"` // allowed if at least one of the rows can be revoked
	Invite  inviteForm      `json:"invite"`
	Lines   []inviteLine    `json:"-"` // of the rejected form
	Rest    string          `json:"-"` // the lines of the rejected form that are possible, if others are not
}

// invitationRow is a user who has not accepted yet.
type invitationRow struct {
	personRow
	Until  time.Time `json:"until,omitzero"` // the end; zero: none
	Resend control   `json:"resend"`         // allowed if the invitation has an end that the viewer may change
	Revoke control   `json:"revoke"`
}

// Selectable reports whether the row can be resent or revoked with others.
func (r invitationRow) Selectable() bool { return r.Resend.Allowed || r.Revoke.Allowed }

// Selectable reports whether at least one of the rows can be resent or revoked.
func (m invitationsModel) Selectable() bool { return m.Resend.Allowed || m.Revoke.Allowed }

// inviteForm is the form that invites users.
type inviteForm struct {
	addForm
	Pools []option `json:"pools,omitempty"` // seats that the viewer may give, besides those that a role requires
}

func loadInvitations(v *viewer, r *http.Request) (any, error) {
	f := v.peopleFilter(r)
	m := invitationsModel{
		Seats: v.pools(), Query: f.Query, After: f.After, Pending: []invitationRow{},
		Resend: control{Action: "invitations/resend"}, Revoke: control{Action: "invitations/revoke"},
	}
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
		row, err := v.invitationRow(s)
		if err != nil {
			return nil, err
		}
		m.Resend.Allowed = m.Resend.Allowed || row.Resend.Allowed
		m.Revoke.Allowed = m.Revoke.Allowed || row.Revoke.Allowed
		m.Pending = append(m.Pending, row)
	}
	m.Invite = v.inviteForm()
	if v.form != nil && v.form.Path == "invitations/invite" {
		m.Lines, m.Rest, err = v.inviteLines(v.form.form)
	}
	return m, err
}

func (v *viewer) invitationRow(s sight) (invitationRow, error) {
	id := s.member.ID
	row := invitationRow{Resend: control{Action: "invitations/resend"}, Revoke: v.control("invitations/revoke", account.RevokeInvitation{User: id})}
	if end, ok := v.view.InvitationEnd(id); ok {
		row.Until = end.In(v.zone)
		row.Resend = v.control("invitations/resend", account.ResendInvitation{User: id})
	}
	var err error
	row.personRow, err = v.row(s, nil)
	return row, err
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

// invite invites the users of the lines, each with the same role, teams, seats and end.
func invite(v *viewer, f form) (commands []account.Command, _ error) {
	until, err := v.endOfInvitation(f)
	if err != nil {
		return nil, err
	}
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
		commands = append(commands, f.invitation(i.ID, until)...)
	}
	if len(unknown) > 0 {
		return nil, &inputError{Field: "user", Key: "invitations.unknown-lines", Lines: unknown}
	}
	return commands, nil
}

// endOfInvitation returns the end in a form, zero for none. It returns an *inputError for a day that is over.
func (v *viewer) endOfInvitation(f form) (time.Time, error) {
	until, err := f.endOf(invitationEnd.Name)
	if err == nil && !until.IsZero() && !until.After(v.now) {
		err = &inputError{Field: invitationEnd.Name, Key: "input.past"}
	}
	return until, err
}

// invitation returns the commands that invite a user with the role, teams and seats of a form.
func (f form) invitation(id usher.UserID, until time.Time) []account.Command {
	var teams []usher.TeamID
	for _, t := range f.list("team") {
		teams = append(teams, usher.TeamID(t))
	}
	var commands []account.Command
	if name := role.Name(f.raw("role")); until.IsZero() {
		commands = append(commands, account.AddUser{User: id, Role: name, Status: usher.Invited, Teams: teams})
	} else {
		commands = append(commands, account.Invite{Key: id, Role: name, Teams: teams, Until: until})
	}
	for _, p := range f.list("pool") {
		commands = append(commands, account.AssignSeat{User: id, Pool: seat.PoolName(p)})
	}
	return commands
}

// resendInvitations gives invitations a later end, or none, unless one of the users has accepted meanwhile.
func resendInvitations(v *viewer, f form) ([]account.Command, error) {
	until, err := v.endOfInvitation(f)
	if err != nil {
		return nil, err
	}
	if err := v.stillInvited(f); err != nil {
		return nil, err
	}
	var later []refusedLine
	for _, id := range f.list("user") {
		user := usher.UserID(id)
		end, ends := v.view.InvitationEnd(user)
		if v.sees(user).exists && !until.IsZero() && (!ends || until.Before(end)) {
			later = append(later, refusedLine{v.person(user), v.text.plain("invitations.later")})
		}
	}
	if len(later) > 0 {
		return nil, &inputError{Field: "user", Key: "invitations.later-lines", Lines: later}
	}
	return forEach(func(id usher.UserID, _ form) account.Command { return account.ResendInvitation{User: id, Until: until} })(v, f)
}

// withoutEnd returns a note if invitations lose their end, because the change names only its number.
func withoutEnd(v *viewer, commands []account.Command) []string {
	for _, c := range commands {
		if resend, ok := c.(account.ResendInvitation); ok && resend.Until.IsZero() {
			return []string{v.text.plain("invitations.resend.no-end")}
		}
	}
	return nil
}

// revokeInvitations removes users, unless one of them has accepted meanwhile.
func revokeInvitations(v *viewer, f form) ([]account.Command, error) {
	if err := v.stillInvited(f); err != nil {
		return nil, err
	}
	return forEach(func(id usher.UserID, _ form) account.Command { return account.RevokeInvitation{User: id} })(v, f)
}

// stillInvited returns an *inputError if one of the selected users has accepted.
func (v *viewer) stillInvited(f form) error {
	var accepted []refusedLine
	for _, id := range f.list("user") {
		if s := v.sees(usher.UserID(id)); s.exists && s.member.Status != usher.Invited {
			accepted = append(accepted, refusedLine{v.person(usher.UserID(id)), v.text.plain("invitations.accepted")})
		}
	}
	if len(accepted) > 0 {
		return &inputError{Field: "user", Key: "invitations.accepted-lines", Lines: accepted}
	}
	return nil
}
