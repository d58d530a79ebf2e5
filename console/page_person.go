package console

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/usherhttp"
)

// personPage is the page of one user.
var personPage = page{
	Path:    "person",
	Visible: func(v *viewer) bool { return v.mayAny(userView) },
	Lacks:   func(v *viewer) missing { return v.lacks(userView) },
	Load:    loadPerson,
	Model:   personModel{},
	Params:  []input{personID, {Name: "ask", Kind: "permission"}},
	Actions: []action{
		onPersonDuring("set-role", func(id usher.UserID, f form) account.Command {
			return account.SetRole{User: id, Role: role.Name(f.raw("role"))}
		}, input{Name: "role", Kind: "role", Must: true}),
		onPersonDuring("set-role-beside", func(id usher.UserID, f form) account.Command {
			return account.SetRoleBeside{User: id, Role: role.Name(f.raw("role"))}
		}, besideInput),
		onPerson("unset-role-beside", func(id usher.UserID, f form) account.Command {
			return account.UnsetRoleBeside{User: id, Role: role.Name(f.raw("role"))}
		}, besideInput),
		{Name: "set-status", Inputs: []input{personID, {Name: "status", Kind: "status", Must: true}}, Commands: setPersonStatus},
		onPerson("assign-seat", func(id usher.UserID, f form) account.Command {
			return account.AssignSeat{User: id, Pool: seat.PoolName(f.raw("pool"))}
		}, input{Name: "pool", Kind: "pool", Must: true}),
		onPerson("unassign-seat", func(id usher.UserID, f form) account.Command {
			return account.UnassignSeat{User: id, Pool: seat.PoolName(f.raw("pool"))}
		}, input{Name: "pool", Kind: "pool", Must: true}),
		onPersonDuring("add-to-team", func(id usher.UserID, f form) account.Command {
			return account.AddToTeam{User: id, Team: usher.TeamID(f.raw("team"))}
		}, teamInput),
		onPerson("remove-from-team", func(id usher.UserID, f form) account.Command {
			return account.RemoveFromTeam{User: id, Team: usher.TeamID(f.raw("team"))}
		}, teamInput),
		onPersonDuring("set-team-role", func(id usher.UserID, f form) account.Command {
			return account.SetTeamRole{User: id, Team: usher.TeamID(f.raw("team")), Role: role.Name(f.raw("role"))}
		}, teamInput, input{Name: "role", Kind: "team-role", Must: true}),
		onPerson("unset-team-role", func(id usher.UserID, f form) account.Command {
			return account.UnsetTeamRole{User: id, Team: usher.TeamID(f.raw("team")), Role: role.Name(f.raw("role"))}
		}, teamInput, input{Name: "role", Kind: "team-role", Must: true}),
		onPersonDuring("give-grant", func(id usher.UserID, f form) account.Command {
			return account.GiveGrant{User: id, Grant: f.raw("grant")}
		}, grantInput),
		onPerson("revoke-grant", func(id usher.UserID, f form) account.Command {
			return account.RevokeGrant{User: id, Grant: f.raw("grant")}
		}, grantInput),
		{Name: "set-field", Inputs: []input{personID, {Name: "field", Kind: "field", Must: true}, {Name: "value", Kind: "text"}}, Commands: setPersonField},
		{Name: "help", Inputs: []input{personID, {Name: "step", Kind: "step", Many: true, Must: true}}, Commands: applyRemedy},
		onPerson("admit", func(id usher.UserID, f form) account.Command {
			return account.AdmitUser{User: id, Role: role.Name(f.raw("role"))}
		}, input{Name: "role", Kind: "role"}),
		{Name: "remove", Inputs: []input{personID}, After: toPeople, Commands: func(_ *viewer, f form) ([]account.Command, error) {
			return []account.Command{account.RemoveUser{User: f.user("id")}}, nil
		}},
		{Name: "leave", Inputs: []input{personID}, After: toPeople, Commands: leave},
	},
}

var (
	personID    = input{Name: "id", Kind: "user", Must: true}
	besideInput = input{Name: "role", Kind: "role-beside", Must: true}
	teamInput   = input{Name: "team", Kind: "team", Must: true}
	grantInput  = input{Name: "grant", Kind: "grant", Must: true}
)

// onPerson returns an action with one command on the user of the page.
func onPerson(name string, command func(usher.UserID, form) account.Command, inputs ...input) action {
	return action{Name: name, Inputs: append([]input{personID}, inputs...), Commands: func(_ *viewer, f form) ([]account.Command, error) {
		return []account.Command{command(f.user("id"), f)}, nil
	}}
}

// personModel is the content of the page.
type personModel struct {
	Person     person       `json:"person"`
	Role       role.Name    `json:"role"`
	RoleTitle  string       `json:"roleTitle"`
	Owner      bool         `json:"owner,omitempty"` // has the unique role, which only a transfer changes
	Status     usher.Status `json:"status"`
	LastActive time.Time    `json:"lastActive,omitzero"`

	Beside  []besideRow     `json:"beside"` // the roles in addition to Role
	Seats   []seatRow       `json:"seats"`
	Teams   []membershipRow `json:"teams"`
	Outside []outsideRow    `json:"outside"` // the teams on which the user has roles without being in them
	Grants  []grantRow      `json:"grants"`
	Fields  []fieldRow      `json:"fields"`
	Planned []scheduledRow  `json:"scheduled"`            // what takes effect later
	Shares  []shareRow      `json:"shares"`               // the first roles on single resources
	More    bool            `json:"moreShares,omitempty"` // the page shares has more of them

	SetRole   choice   `json:"setRole"`
	SetBeside choice   `json:"setBeside"`
	SetStatus []choice `json:"setStatus"` // one for each status that the user can get
	AddToTeam choice   `json:"addToTeam"`
	GiveGrant choice   `json:"giveGrant"`
	Admit     choice   `json:"admit"` // of a user who has requested to join; the first role is that of the request
	Remove    control  `json:"remove"`
	Leave     control  `json:"leave"`

	May []mayRow   `json:"may"`           // what the user may do
	Ask []option   `json:"ask"`           // permissions to ask about
	Why *whyAnswer `json:"why,omitempty"` // the answer about the permission of the parameter ask
}

// choice is a form in which the viewer chooses one of several values.
type choice struct {
	control
	Options []option `json:"options,omitempty"` // those that the engine accepts
}

// seatRow is a seat pool that the user holds, or may hold.
type seatRow struct {
	Pool     seat.PoolName `json:"pool"`
	Held     bool          `json:"held"`
	Assign   control       `json:"assign"`
	Unassign control       `json:"unassign"`
}

// membershipRow is a team of the user.
type membershipRow struct {
	Team    usher.TeamID  `json:"team"`
	Roles   []teamRoleRow `json:"roles"`
	SetRole choice        `json:"setRole"`
	Remove  control       `json:"remove"`
}

type teamRoleRow struct {
	Role  role.Name `json:"role"`
	Title string    `json:"title"`
	Unset control   `json:"unset"`
}

// grantRow is a grant of the user.
type grantRow struct {
	Grant  string    `json:"grant"`
	Until  time.Time `json:"until,omitzero"`
	Ended  bool      `json:"ended,omitempty"`
	Revoke control   `json:"revoke"`
}

// fieldRow is a custom field of the user.
type fieldRow struct {
	Field string  `json:"field"`
	Type  string  `json:"type"`
	Value string  `json:"value"`
	Set   control `json:"set"`
}

// sharesOfPerson limits the roles on single resources on the page of a user.
const sharesOfPerson = 10

func loadPerson(v *viewer, r *http.Request) (any, error) {
	id := usher.UserID(r.URL.Query().Get("id"))
	s := v.sees(id)
	if !s.exists {
		return nil, usherhttp.ErrNotFound
	}
	u := s.member
	m := personModel{SetStatus: []choice{}, Person: v.person(id), Role: u.Role, RoleTitle: v.RoleTitle(u.Role), Owner: id == v.view.Owner(), Status: u.Status}
	var err error
	if m.LastActive, err = v.lastActive(s); err != nil {
		return nil, err
	}
	if m.Fields, err = v.fieldRows(s); err != nil {
		return nil, err
	}
	m.Beside, m.Seats, m.Teams, m.Outside, m.Grants = v.besideRows(u), v.seatRows(u), v.membershipRows(u), v.outsideRows(u), v.grantRows(u)
	m.Planned = v.scheduledFor(id)
	shares, last := v.sharesOf(account.Holder{User: id}, usher.Ref{}, sharesOfPerson)
	m.Shares, m.More = shares, last != usher.Ref{}
	v.personForms(&m, u)
	if m.May, err = v.mayRows(id); err != nil {
		return nil, err
	}
	m.Ask = v.askOptions()
	m.Why, err = v.why(id, r.URL.Query().Get("ask"), v.administers(m))
	return m, err
}

// personForms sets the forms about the user as a whole.
func (v *viewer) personForms(m *personModel, u account.Member) {
	id := u.ID
	m.SetRole = v.choice("person/set-role", v.roleOptions(func(r role.Role) bool { return r.Name != u.Role }), func(value string) account.Command {
		return account.SetRole{User: id, Role: role.Name(value)}
	})
	m.SetBeside = v.choice("person/set-role-beside", v.besideOptions(u.Beside), func(value string) account.Command {
		return account.SetRoleBeside{User: id, Role: role.Name(value)}
	})
	for _, status := range []usher.Status{usher.Active, usher.Inactive} {
		c := choice{control: v.control("person/set-status", account.SetStatus{User: id, Status: status}), Options: []option{v.statusOption(status)}}
		if c.Shown() && u.Status != status && u.Status != usher.Invited && u.Status != usher.Requested {
			m.SetStatus = append(m.SetStatus, c)
		}
	}
	m.AddToTeam = v.choice("person/add-to-team", v.teamChoices(func(t usher.TeamID) bool { _, in := u.InTeam(t); return !in }), func(value string) account.Command {
		return account.AddToTeam{User: id, Team: usher.TeamID(value)}
	})
	m.GiveGrant = v.choice("person/give-grant", v.grantOptions(u), func(value string) account.Command {
		return account.GiveGrant{User: id, Grant: value}
	})
	if u.Status == usher.Requested {
		roles := v.roleOptions(func(r role.Role) bool { return !r.Unique && r.Name != u.Role })
		m.Admit = v.choice("person/admit", append([]option{{string(u.Role), v.RoleTitle(u.Role)}}, roles...), func(value string) account.Command {
			return account.AdmitUser{User: id, Role: role.Name(value)}
		})
	}
	m.Remove = v.control("person/remove", account.RemoveUser{User: id})
	if id == v.subject.User {
		m.Leave = v.control("person/leave", account.Leave{})
	}
}

// choice returns a form with the options that the engine accepts now. Without any, the form has
// the reason for the first one, unless the viewer is not allowed to choose at all.
func (v *viewer) choice(path string, options []option, command func(value string) account.Command) choice {
	c := choice{control: control{Action: path}}
	for _, o := range options {
		own := v.control(path, command(o.Value))
		if own.Allowed {
			c.Options = append(c.Options, o)
		}
		if !c.Shown() || own.Allowed {
			c.control = own
		}
	}
	return c
}

func (v *viewer) seatRows(u account.Member) []seatRow {
	rows := []seatRow{}
	for _, s := range v.view.Seats() {
		row := seatRow{Pool: s.Pool, Held: u.HasSeat(s.Pool)}
		if row.Held {
			row.Unassign = v.control("person/unassign-seat", account.UnassignSeat{User: u.ID, Pool: s.Pool})
		} else if row.Assign = v.control("person/assign-seat", account.AssignSeat{User: u.ID, Pool: s.Pool}); !row.Assign.Shown() {
			continue
		}
		rows = append(rows, row)
	}
	return rows
}

func (v *viewer) membershipRows(u account.Member) []membershipRow {
	rows := []membershipRow{}
	for _, t := range u.Teams {
		roles, set := v.rolesOnTeam("person", u.ID, t.Team, t.Roles, v.teamRoleOptions(t.Roles))
		rows = append(rows, membershipRow{t.Team, roles, set, v.control("person/remove-from-team", account.RemoveFromTeam{User: u.ID, Team: t.Team})})
	}
	return rows
}

func (v *viewer) grantRows(u account.Member) []grantRow {
	rows := []grantRow{}
	for _, g := range u.Grants {
		rows = append(rows, grantRow{g.Name, g.Until, !g.Until.IsZero() && !v.now.Before(g.Until), v.control("person/revoke-grant", account.RevokeGrant{User: u.ID, Grant: g.Name})})
	}
	return rows
}

// grantOptions returns what can be granted to a user who does not have it for good.
func (v *viewer) grantOptions(u account.Member) (list []option) {
	for _, name := range v.policy.Grantable() {
		has := func(g policy.Grant) bool { return g.Name == name && g.Until.IsZero() }
		if !slices.ContainsFunc(u.Grants, has) {
			list = append(list, option{name, v.grantTitle(name)})
		}
	}
	return list
}

func (v *viewer) grantTitle(name string) string {
	if p, err := v.policy.Permission(name); err == nil {
		return v.permissionTitle(p)
	}
	return name
}

func (v *viewer) fieldRows(s sight) ([]fieldRow, error) {
	rows := []fieldRow{}
	values, err := v.values(s)
	if err != nil {
		return nil, err
	}
	for _, f := range v.view.Fields(false) {
		if s.decision.Hides(f.Name) {
			continue
		}
		rows = append(rows, fieldRow{f.Name, f.Type.String(), values[f.Name], v.control("person/set-field", account.SetField{User: s.member.ID, Field: f.Name})})
	}
	return rows, nil
}

func setPersonStatus(_ *viewer, f form) ([]account.Command, error) {
	status, err := usher.ParseStatus(f.text("status"))
	if err != nil {
		return nil, &inputError{Field: "status", Key: "input.choice"}
	}
	return []account.Command{account.SetStatus{User: f.user("id"), Status: status}}, nil
}

// setPersonField reads a checkbox that is off as false.
func setPersonField(v *viewer, f form) ([]account.Command, error) {
	return []account.Command{account.SetField{User: f.user("id"), Field: f.raw("field"), Value: account.Value(f.text("value"))}}, nil
}

func leave(v *viewer, f form) ([]account.Command, error) {
	if f.user("id") != v.subject.User {
		return nil, &inputError{Field: "id", Key: "input.choice"}
	}
	return []account.Command{account.Leave{}}, nil
}

// toPeople leads to the table after a user was removed.
func toPeople(*viewer, form) (string, map[string][]string) { return "people", url.Values{} }

// Control returns the form without its options.
func (c choice) Control() control { return c.control }
