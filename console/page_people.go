package console

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// peoplePage is the table of the users that the viewer may see.
var peoplePage = page{
	Path: "people", InMenu: true,
	Visible: func(v *viewer) bool { return v.mayAny(userView) },
	Lacks:   func(v *viewer) missing { return v.lacks(userView) },
	Load:    loadPeople,
	Model:   peopleModel{},
	Params:  peopleParams,
	Actions: []action{
		{Name: "add", Inputs: []input{{Name: "user", Kind: "user", Must: true}, {Name: "role", Kind: "role"}, {Name: "team", Kind: "team", Many: true}, {Name: "invite", Kind: "flag"}}, Commands: addPeople},
		{Name: "set-role", Inputs: []input{selectedUsers, {Name: "role", Kind: "role", Must: true}}, Commands: forEach(func(id usher.UserID, f form) account.Command {
			return account.SetRole{User: id, Role: role.Name(f.raw("role"))}
		})},
		{Name: "set-status", Inputs: []input{selectedUsers, {Name: "status", Kind: "status", Must: true}}, Commands: setStatuses},
		{Name: "assign-seat", Inputs: []input{selectedUsers, {Name: "pool", Kind: "pool", Must: true}}, Commands: forEach(func(id usher.UserID, f form) account.Command {
			return account.AssignSeat{User: id, Pool: seat.PoolName(f.raw("pool"))}
		})},
		{Name: "unassign-seat", Inputs: []input{selectedUsers, {Name: "held", Kind: "pool", Must: true}}, Commands: forEach(func(id usher.UserID, f form) account.Command {
			return account.UnassignSeat{User: id, Pool: seat.PoolName(f.raw("held"))}
		})},
		{Name: "add-to-team", Inputs: []input{selectedUsers, {Name: "team", Kind: "team", Must: true}}, Commands: forEach(func(id usher.UserID, f form) account.Command {
			return account.AddToTeam{User: id, Team: usher.TeamID(f.raw("team"))}
		})},
		{Name: "admit", Inputs: []input{selectedUsers}, Commands: forEach(func(id usher.UserID, _ form) account.Command {
			return account.AdmitUser{User: id}
		})},
		{Name: "remove", Inputs: []input{selectedUsers}, Commands: forEach(func(id usher.UserID, _ form) account.Command {
			return account.RemoveUser{User: id}
		})},
	},
}

// selectedUsers is the field of the rows that a bulk action applies to.
var selectedUsers = input{Name: "user", Kind: "user", Many: true, Must: true}

// peopleModel is the content of the page.
type peopleModel struct {
	Seats   []poolCount  `json:"seats"`          // the pools, for viewers who need to know what is left
	Columns []string     `json:"columns"`        // the custom fields that the viewer may see
	People  []personRow  `json:"people"`         // a page of rows
	Next    string       `json:"next,omitempty"` // the cursor of the next page, for the parameter after
	Filter  peopleFilter `json:"filter"`
	Roles   []option     `json:"roles"` // for the filter
	Teams   []option     `json:"teams"` // the first MaxOptions teams, for the filter
	Add     addForm      `json:"add"`
	Bulk    []bulkForm   `json:"bulk"` // what can be done with selected rows
}

// poolCount is a seat pool above the table.
type poolCount struct {
	Pool  seat.PoolName `json:"pool"`
	Inert bool          `json:"inert,omitempty"` // the policy lacks the pool
	seatCount
	Buy string `json:"buy,omitempty"` // the host's page, for viewers who may buy
}

// personRow is a row of the table.
type personRow struct {
	person
	rolesShown
	Teams      []string          `json:"teams"`
	Outside    []string          `json:"outside"` // the teams on which the user has roles without being in them
	Seats      []seat.PoolName   `json:"seats"`
	Status     usher.Status      `json:"status"`
	LastActive time.Time         `json:"lastActive,omitzero"`
	Values     map[string]string `json:"values,omitempty"` // of custom fields
}

// option is a choice of a select element.
type option struct {
	Value string `json:"value"`
	Text  string `json:"text"`
}

// MaxOptions limits the choices of one select element, such as teams.
const MaxOptions = 1000

// addForm is the form to add a user.
type addForm struct {
	control
	Roles []option `json:"roles,omitempty"` // roles that the viewer may give
	Teams []option `json:"teams,omitempty"` // teams to which the viewer may add
}

// bulkForm is an action on selected rows.
type bulkForm struct {
	control
	Name    string   `json:"name"` // of the field with the choice, "" for none
	Options []option `json:"options,omitempty"`
}

func loadPeople(v *viewer, r *http.Request) (any, error) {
	m := peopleModel{Filter: v.peopleFilter(r), People: []personRow{}, Bulk: []bulkForm{}}
	rows, next, err := v.findPeople(m.Filter)
	if err != nil {
		return nil, err
	}
	m.Next = next
	ids := make([]usher.UserID, len(rows))
	for i, s := range rows {
		ids[i] = s.member.ID
	}
	v.lookUp(ids...)
	m.Columns = slices.DeleteFunc(v.fieldNames(), func(name string) bool {
		return !slices.ContainsFunc(rows, func(s sight) bool { return !s.decision.Hides(name) })
	})
	for _, s := range rows {
		row, err := v.row(s, m.Columns)
		if err != nil {
			return nil, err
		}
		m.People = append(m.People, row)
	}
	m.Seats = v.pools()
	m.Roles = v.rolesToFilter(m.Filter.Role, rows)
	m.Teams = v.teamOptions(func(usher.TeamID) bool { return true })
	m.Add = v.addForm("people/add", usher.Active)
	m.Bulk = v.bulkForms(rows)
	return m, nil
}

// row returns the row of a user.
func (v *viewer) row(s sight, columns []string) (personRow, error) {
	m := s.member
	row := personRow{person: v.person(m.ID), rolesShown: v.rolesShown(m), Seats: slices.Clone(m.Seats), Status: m.Status}
	if row.Seats == nil {
		row.Seats = []seat.PoolName{}
	}
	row.Teams, row.Outside = v.teamsShown(m)
	var err error
	if row.LastActive, err = v.lastActive(s); err != nil {
		return personRow{}, err
	}
	if len(columns) > 0 {
		row.Values, err = v.values(s)
	}
	return row, err
}

// pools returns the seat pools, for viewers who need to know what is left.
func (v *viewer) pools() []poolCount {
	list := []poolCount{}
	if !v.seesSeats() {
		return list
	}
	for _, s := range v.view.Seats() {
		p := poolCount{Pool: s.Pool, Inert: s.Inert, seatCount: seatCount{Held: s.Held, Total: s.Total, Left: s.Left, Excess: s.Excess}}
		if v.options.BuySeats != nil && v.may(seatPurchase, nil) {
			p.Buy = v.options.BuySeats(v.subject.Account, s.Pool)
		}
		list = append(list, p)
	}
	return list
}

// addForm returns the form to add or invite a user, with the roles that the viewer may give now.
// If the engine accepts none, the form has the reason for the default role.
func (v *viewer) addForm(path string, status usher.Status) addForm {
	if v.options.ReadOnly || !v.mayAny(userCreate) {
		return addForm{control: control{Action: path}}
	}
	probe := v.newUserID()
	roles := v.policy.Roles()
	byDefault := v.policy.DefaultRole().Name
	slices.SortStableFunc(roles, func(a, b role.Role) int {
		return order(b.Name == byDefault) - order(a.Name == byDefault)
	})
	var add addForm
	for _, r := range roles {
		if !r.OfAccount() || r.Unique {
			continue
		}
		c := v.control(path, account.AddUser{User: probe, Role: r.Name, Status: status})
		if c.Allowed {
			add.Roles = append(add.Roles, option{string(r.Name), v.RoleTitle(r.Name)})
		}
		if !add.Shown() || c.Allowed && !add.Allowed {
			add.control = c
		}
	}
	if len(add.Roles) > 0 {
		name := role.Name(add.Roles[0].Value)
		add.Teams = v.teamChoices(func(id usher.TeamID) bool {
			return v.mayRun(account.AddUser{User: probe, Role: name, Status: status, Teams: []usher.TeamID{id}})
		})
		return add
	}
	// A viewer who may add users only to a team.
	for _, id := range v.teamList() {
		if c := v.control(path, account.AddUser{User: probe, Status: status, Teams: []usher.TeamID{id}}); c.Shown() {
			add.control = c
			if c.Allowed {
				add.Roles = []option{{string(byDefault), v.RoleTitle(byDefault)}}
				add.Teams = append(add.Teams, option{string(id), string(id)})
			}
		}
	}
	return add
}

func order(first bool) int {
	if first {
		return 1
	}
	return 0
}

// newUserID returns an id that no user of the account has, to find out whether users may be
// added.
func (v *viewer) newUserID() usher.UserID {
	id := usher.UserID("new-user")
	for v.exists(id) {
		id += "-"
	}
	return id
}

// maxTries limits the commands that a bulk form evaluates in vain. After that, the form does not
// offer the options that are left, and they are on the pages of the users.
const maxTries = 10_000

// bulkForms returns the actions that the engine accepts for at least one of the rows.
func (v *viewer) bulkForms(rows []sight) []bulkForm {
	list := []bulkForm{}
	add := func(name, field string, options []option, command func(id usher.UserID, value string) account.Command) {
		form := bulkForm{control: control{Action: "people/" + name}, Name: field}
		if len(rows) > 0 && len(options) > 0 {
			q, ok := v.view.State().RequestFor(v.policy, v.subject.User, command(rows[0].member.ID, options[0].Value))
			if ok && !v.mayAny(q.Permission) {
				return
			}
		}
		tries := 0
		for _, o := range options {
			for _, s := range rows {
				if tries++; tries > maxTries {
					break
				}
				if v.changes(command(s.member.ID, o.Value)) {
					form.Options = append(form.Options, o)
					form.Allowed = true
					tries-- // not in vain
					break
				}
			}
		}
		if form.Allowed {
			if field == "" {
				form.Options = nil
			}
			list = append(list, form)
		}
	}
	var pools []option
	for _, p := range v.policy.Pools() {
		pools = append(pools, option{string(p.Name), string(p.Name)})
	}
	add("set-role", "role", v.roleOptions(func(r role.Role) bool { return !r.Unique }), func(id usher.UserID, value string) account.Command {
		return account.SetRole{User: id, Role: role.Name(value)}
	})
	add("set-status", "status", []option{v.statusOption(usher.Active), v.statusOption(usher.Inactive)}, func(id usher.UserID, value string) account.Command {
		status, _ := usher.ParseStatus(value)
		return account.SetStatus{User: id, Status: status}
	})
	add("assign-seat", "pool", pools, func(id usher.UserID, value string) account.Command {
		return account.AssignSeat{User: id, Pool: seat.PoolName(value)}
	})
	add("unassign-seat", "held", pools, func(id usher.UserID, value string) account.Command {
		return account.UnassignSeat{User: id, Pool: seat.PoolName(value)}
	})
	add("add-to-team", "team", v.teamChoices(func(usher.TeamID) bool { return true }), func(id usher.UserID, value string) account.Command {
		return account.AddToTeam{User: id, Team: usher.TeamID(value)}
	})
	add("admit", "", []option{{}}, func(id usher.UserID, _ string) account.Command {
		return account.AdmitUser{User: id}
	})
	add("remove", "", []option{{}}, func(id usher.UserID, _ string) account.Command {
		return account.RemoveUser{User: id}
	})
	return list
}

// roleOptions returns the account roles of the policy that keep accepts.
func (v *viewer) roleOptions(keep func(role.Role) bool) []option {
	return v.roleChoices(func(r role.Role) bool { return r.OfAccount() && keep(r) })
}

// maxChoices limits the teams that a form on users offers, because the engine evaluates each of
// them. In an account with more teams, the page of a team adds users to it.
const maxChoices = 100

// teamChoices returns maxChoices teams that keep accepts, for a form on users: the viewer's own
// and those below them before others.
func (v *viewer) teamChoices(keep func(usher.TeamID) bool) []option {
	list := []option{}
	add := func(teams []usher.TeamID) {
		for _, id := range teams {
			o := option{string(id), string(id)}
			if len(list) < maxChoices && !slices.Contains(list, o) && keep(id) {
				list = append(list, o)
			}
		}
	}
	add(v.withinTeams(v.ownTeams(), maxChoices))
	add(v.teamList()[:min(len(v.teamList()), maxChoices)])
	slices.SortFunc(list, func(a, b option) int { return strings.Compare(a.Value, b.Value) })
	return list
}

// teamOptions returns the teams whose names the viewer may see and that keep accepts.
func (v *viewer) teamOptions(keep func(usher.TeamID) bool) []option {
	list := []option{}
	for _, id := range v.teamList() {
		if keep(id) {
			list = append(list, option{string(id), string(id)})
		}
	}
	return list
}

func (v *viewer) statusOption(s usher.Status) option {
	return option{s.String(), v.text.plain("status." + s.String())}
}

// forEach returns the Commands of an action on selected rows.
func forEach(command func(usher.UserID, form) account.Command) func(*viewer, form) ([]account.Command, error) {
	return func(_ *viewer, f form) (list []account.Command, _ error) {
		for _, id := range f.list("user") {
			list = append(list, command(usher.UserID(id), f))
		}
		return list, nil
	}
}

func setStatuses(v *viewer, f form) ([]account.Command, error) {
	status, err := usher.ParseStatus(f.text("status"))
	if err != nil {
		return nil, &inputError{Field: "status", Key: "input.choice"}
	}
	return forEach(func(id usher.UserID, _ form) account.Command { return account.SetStatus{User: id, Status: status} })(v, f)
}

// addPeople adds one user, or with several lines several users.
func addPeople(_ *viewer, f form) (list []account.Command, _ error) {
	status := usher.Active
	if f.flag("invite") {
		status = usher.Invited
	}
	var teams []usher.TeamID
	for _, id := range f.list("team") {
		teams = append(teams, usher.TeamID(id))
	}
	for _, id := range f.lines("user") {
		if strings.ContainsAny(id, "\x00") {
			return nil, &inputError{Field: "user", Key: "input.choice"}
		}
		list = append(list, account.AddUser{User: usher.UserID(id), Role: role.Name(f.raw("role")), Status: status, Teams: teams})
	}
	return list, nil
}
