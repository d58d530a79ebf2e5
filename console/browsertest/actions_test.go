package browsertest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// action says what an action of the Console does, in commands of the engine.
type action struct {
	// fields are those by which what a page offers is compared. A field that is left out has
	// rows of which at least one is accepted, or is text.
	fields []string

	// candidates returns everything that a viewer could do with the action on a page.
	candidates func(a *app, by viewer, query url.Values) []candidate
}

// candidate is a form as a viewer could fill it in, and what it means.
type candidate struct {
	values   url.Values
	commands []account.Command
}

func do(commands ...account.Command) candidate { return candidate{url.Values{}, commands} }

// with returns the candidate with pairs of a field and its value.
func (c candidate) with(pairs ...string) candidate {
	for i := 0; i < len(pairs); i += 2 {
		c.values.Add(pairs[i], pairs[i+1])
	}
	return c
}

// compared returns the values of fields.
func (c candidate) compared(fields []string) string {
	q := url.Values{}
	for _, name := range fields {
		q[name] = c.values[name]
	}
	return q.Encode()
}

// onUser is an action on the user of the page.
func onUser(fields []string, list func(a *app, id usher.UserID, u account.Member) []candidate) action {
	return action{append(fields, "id"), func(a *app, _ viewer, q url.Values) (all []candidate) {
		id := usher.UserID(q.Get("id"))
		u, _ := a.view().User(id)
		for _, c := range list(a, id, u) {
			all = append(all, c.with("id", string(id)))
		}
		return all
	}}
}

// onUsers is an action on selected rows: candidates of every user that the viewer may see.
func onUsers(fields []string, list func(a *app, id usher.UserID) []candidate) action {
	return action{fields, func(a *app, by viewer, q url.Values) (all []candidate) {
		for _, id := range a.visible(by) {
			for _, c := range list(a, id) {
				all = append(all, c.with("user", string(id)))
			}
		}
		return all
	}}
}

// onTeam is an action on the team of the page.
func onTeam(fields []string, list func(a *app, by viewer, id usher.TeamID, q url.Values) []candidate) action {
	return action{append(fields, "id"), func(a *app, by viewer, q url.Values) (all []candidate) {
		for _, c := range list(a, by, usher.TeamID(q.Get("id")), q) {
			all = append(all, c.with("id", q.Get("id")))
		}
		return all
	}}
}

// actions has a row for each action of the Console.
var actions = map[string]action{
	"people/add": {[]string{"role"}, func(a *app, _ viewer, _ url.Values) []candidate { return additions(a, usher.Active) }},
	"people/set-role": onUsers([]string{"role"}, func(a *app, id usher.UserID) []candidate {
		return roles(a, func(r role.Name) account.Command { return account.SetRole{User: id, Role: r} })
	}),
	"people/set-status": onUsers([]string{"status"}, func(_ *app, id usher.UserID) []candidate { return statuses(id) }),
	"people/assign-seat": onUsers([]string{"pool"}, func(a *app, id usher.UserID) []candidate {
		return pools(a, "pool", func(p seat.PoolName) account.Command { return account.AssignSeat{User: id, Pool: p} })
	}),
	"people/unassign-seat": onUsers([]string{"held"}, func(a *app, id usher.UserID) []candidate {
		return pools(a, "held", func(p seat.PoolName) account.Command { return account.UnassignSeat{User: id, Pool: p} })
	}),
	"people/add-to-team": onUsers([]string{"team"}, func(a *app, id usher.UserID) []candidate {
		return teams(a, "team", func(t usher.TeamID) account.Command { return account.AddToTeam{User: id, Team: t} })
	}),
	"people/admit": onUsers(nil, func(a *app, id usher.UserID) []candidate {
		if !isRequested(a, id) {
			return nil
		}
		return []candidate{do(account.AdmitUser{User: id})}
	}),
	"people/remove": onUsers(nil, func(_ *app, id usher.UserID) []candidate { return []candidate{do(account.RemoveUser{User: id})} }),

	"person/set-role": onUser([]string{"role"}, func(a *app, id usher.UserID, _ account.Member) []candidate {
		return roles(a, func(r role.Name) account.Command { return account.SetRole{User: id, Role: r} })
	}),
	"person/set-role-beside": onUser([]string{"role"}, func(a *app, id usher.UserID, _ account.Member) []candidate {
		return rolesBeside(a, func(r role.Name) account.Command { return account.SetRoleBeside{User: id, Role: r} })
	}),
	"person/unset-role-beside": onUser([]string{"role"}, func(a *app, id usher.UserID, _ account.Member) []candidate {
		return rolesBeside(a, func(r role.Name) account.Command { return account.UnsetRoleBeside{User: id, Role: r} })
	}),
	"person/set-status": onUser([]string{"status"}, func(_ *app, id usher.UserID, u account.Member) []candidate {
		if u.Status == usher.Invited || u.Status == usher.Requested {
			return nil // the user accepts in the host, is admitted, or is removed
		}
		return statuses(id)
	}),
	"person/admit": onUser([]string{"role"}, func(a *app, id usher.UserID, _ account.Member) []candidate {
		if !isRequested(a, id) {
			return nil
		}
		return roles(a, func(r role.Name) account.Command { return account.AdmitUser{User: id, Role: r} })
	}),
	"person/assign-seat": onUser([]string{"pool"}, func(a *app, id usher.UserID, _ account.Member) []candidate {
		return pools(a, "pool", func(p seat.PoolName) account.Command { return account.AssignSeat{User: id, Pool: p} })
	}),
	"person/unassign-seat": onUser([]string{"pool"}, func(a *app, id usher.UserID, _ account.Member) []candidate {
		return pools(a, "pool", func(p seat.PoolName) account.Command { return account.UnassignSeat{User: id, Pool: p} })
	}),
	"person/add-to-team": onUser([]string{"team"}, func(a *app, id usher.UserID, _ account.Member) []candidate {
		return teams(a, "team", func(t usher.TeamID) account.Command { return account.AddToTeam{User: id, Team: t} })
	}),
	"person/remove-from-team": onUser([]string{"team"}, func(_ *app, id usher.UserID, u account.Member) (list []candidate) {
		for _, t := range u.Teams { // of other teams, the page offers to take each role
			list = append(list, do(account.RemoveFromTeam{User: id, Team: t.Team}).with("team", string(t.Team)))
		}
		return list
	}),
	"person/set-team-role": onUser([]string{"role", "team"}, func(a *app, id usher.UserID, u account.Member) []candidate {
		return teamRoles(a, u, func(t usher.TeamID, r role.Name) account.Command {
			return account.SetTeamRole{User: id, Team: t, Role: r}
		})
	}),
	"person/unset-team-role": onUser([]string{"role", "team"}, func(a *app, id usher.UserID, u account.Member) []candidate {
		return teamRoles(a, u, func(t usher.TeamID, r role.Name) account.Command {
			return account.UnsetTeamRole{User: id, Team: t, Role: r}
		})
	}),
	"person/give-grant": onUser([]string{"grant"}, func(a *app, id usher.UserID, _ account.Member) []candidate {
		return grants(a, func(name string) account.Command { return account.GiveGrant{User: id, Grant: name} })
	}),
	"person/revoke-grant": onUser([]string{"grant"}, func(a *app, id usher.UserID, _ account.Member) []candidate {
		return grants(a, func(name string) account.Command { return account.RevokeGrant{User: id, Grant: name} })
	}),
	"person/set-field": onUser([]string{"field"}, func(a *app, id usher.UserID, _ account.Member) (list []candidate) {
		for _, f := range a.view().Fields(false) {
			value := account.Value("x")
			if f.Type == account.DateField {
				value = "2026-01-01"
			}
			list = append(list, do(account.SetField{User: id, Field: f.Name, Value: value}).with("field", f.Name, "value", string(value)))
		}
		return list
	}),
	"person/help": {nil, func(*app, viewer, url.Values) []candidate { return nil }}, // TestRemedies
	"person/remove": onUser(nil, func(_ *app, id usher.UserID, _ account.Member) []candidate {
		return []candidate{do(account.RemoveUser{User: id})}
	}),
	"person/leave": {[]string{"id"}, func(_ *app, by viewer, q url.Values) []candidate {
		if q.Get("id") != string(by.user) {
			return nil
		}
		return []candidate{do(account.Leave{}).with("id", q.Get("id"))}
	}},

	"invitations/invite": {[]string{"role"}, func(a *app, _ viewer, _ url.Values) []candidate { return additions(a, usher.Invited) }},
	"invitations/resend": {nil, func(a *app, by viewer, _ url.Values) (list []candidate) {
		for _, id := range a.visible(by) {
			if _, ends := a.view().InvitationEnd(id); ends {
				list = append(list, do(account.ResendInvitation{User: id}).with("user", string(id)))
			}
		}
		return list
	}},
	"invitations/revoke": {[]string{"user"}, func(a *app, by viewer, _ url.Values) (list []candidate) {
		for _, id := range a.visible(by) {
			if u, _ := a.view().User(id); u.Status == usher.Invited {
				list = append(list, do(account.RevokeInvitation{User: id}).with("user", string(id)))
			}
		}
		return list
	}},

	"requests/make":     {nil, func(*app, viewer, url.Values) []candidate { return nil }}, // TestAskForIt
	"requests/approve":  {[]string{"request"}, onRequests(func(id account.RequestID) account.Command { return account.Approve{Request: id} })},
	"requests/decline":  {[]string{"request"}, onRequests(func(id account.RequestID) account.Command { return account.Decline{Request: id} })},
	"requests/withdraw": {[]string{"request"}, onRequests(func(id account.RequestID) account.Command { return account.Withdraw{Request: id} })},

	"schedule/cancel": {[]string{"id"}, func(a *app, _ viewer, q url.Values) (list []candidate) {
		user := usher.UserID(q.Get("id")) // on the page of a user
		for e := range a.view().Scheduled(account.ScheduleEntry{}) {
			if of := a.view().ScheduledFor(user); user != "" && !slices.ContainsFunc(of, func(own account.ScheduleEntry) bool { return own.ID == e.ID }) {
				continue
			}
			list = append(list, do(account.Cancel{ID: e.ID}).with("id", strconv.Itoa(e.ID)))
		}
		return list
	}},

	"teams/create": {nil, func(*app, viewer, url.Values) []candidate {
		return []candidate{do(account.CreateTeam{Team: "new-team"}).with("team", "new-team")}
	}},
	"team/create": onTeam(nil, func(_ *app, _ viewer, id usher.TeamID, _ url.Values) []candidate {
		return []candidate{do(account.CreateTeam{Team: "new-team", Parent: id}).with("team", "new-team")}
	}),
	"team/add": onTeam([]string{"user"}, func(a *app, by viewer, id usher.TeamID, q url.Values) (list []candidate) {
		for _, user := range a.visible(by) {
			if find := q.Get("find"); find != "" && strings.Contains(string(user), find) {
				list = append(list, do(account.AddToTeam{User: user, Team: id}).with("user", string(user)))
			}
		}
		return list
	}),
	"team/remove": onTeam([]string{"user"}, func(a *app, by viewer, id usher.TeamID, _ url.Values) []candidate {
		return membersOf(a, by, id, func(user usher.UserID) account.Command { return account.RemoveFromTeam{User: user, Team: id} })
	}),
	"team/join": onTeam(nil, func(a *app, by viewer, id usher.TeamID, _ url.Values) []candidate {
		if !isUser(a, by.user) || isIn(a, by.user, id) {
			return nil
		}
		return []candidate{do(account.JoinTeam{Team: id})}
	}),
	"team/leave": onTeam(nil, func(a *app, by viewer, id usher.TeamID, _ url.Values) []candidate {
		if !isUser(a, by.user) {
			return nil
		}
		return []candidate{do(account.LeaveTeam{Team: id})}
	}),
	"team/set-role": onTeam([]string{"role", "user"}, func(a *app, by viewer, id usher.TeamID, q url.Values) []candidate {
		return rolesOn(a, by, id, q, func(user usher.UserID, r role.Name) account.Command {
			return account.SetTeamRole{User: user, Team: id, Role: r}
		})
	}),
	"team/unset-role": onTeam([]string{"role", "user"}, func(a *app, by viewer, id usher.TeamID, q url.Values) []candidate {
		return rolesOn(a, by, id, q, func(user usher.UserID, r role.Name) account.Command {
			return account.UnsetTeamRole{User: user, Team: id, Role: r}
		})
	}),
	"team/move": onTeam([]string{"parent"}, func(a *app, _ viewer, id usher.TeamID, _ url.Values) []candidate {
		list := teams(a, "parent", func(t usher.TeamID) account.Command { return account.MoveTeam{Team: id, Parent: t} })
		return append(list, do(account.MoveTeam{Team: id}).with("parent", ""))
	}),
	"team/delete": onTeam(nil, func(_ *app, _ viewer, id usher.TeamID, _ url.Values) []candidate {
		return []candidate{do(account.DeleteTeam{Team: id})}
	}),

	"shares/give": {[]string{"role", "holder", "on"}, func(a *app, by viewer, q url.Values) (list []candidate) {
		if q.Get("find") == "" {
			return nil
		}
		return rolesOnItems(a, by, q, true, func(h account.Holder, r role.Name, on usher.Ref) account.Command {
			return account.GiveRoleOn{User: h.User, Team: h.Team, Role: r, On: on}
		})
	}},
	"shares/take": {[]string{"role", "holder", "on"}, func(a *app, by viewer, q url.Values) []candidate {
		return rolesOnItems(a, by, q, false, func(h account.Holder, r role.Name, on usher.Ref) account.Command {
			return account.TakeRoleOn{User: h.User, Team: h.Team, Role: r, On: on}
		})
	}},

	"custom-roles/define": {nil, func(_ *app, _ viewer, q url.Values) []candidate {
		if q.Get("role") != "" {
			return nil
		}
		return []candidate{do(account.DefineRole{Role: "planner", Title: "Planner", Gives: account.Gives{"album.view": {"any"}}}).with("title", "Planner", "give", "album.view any")}
	}},
	"custom-roles/change": {[]string{"role"}, func(_ *app, _ viewer, q url.Values) []candidate {
		if q.Get("role") == "" {
			return nil
		}
		return []candidate{do(account.ChangeRole{Role: role.Name(q.Get("role")), Title: "Other"}).with("role", q.Get("role"), "title", "Other")}
	}},
	"custom-roles/delete": {[]string{"role", "replace-by"}, func(a *app, _ viewer, q url.Values) (list []candidate) {
		if q.Get("role") == "" {
			return nil
		}
		for _, by := range append([]role.Role{{}}, a.view().Policy().Roles()...) {
			if by.OfAccount() && string(by.Name) != q.Get("role") {
				list = append(list, do(account.DeleteRole{Role: role.Name(q.Get("role")), ReplaceBy: by.Name}).with("role", q.Get("role"), "replace-by", string(by.Name)))
			}
		}
		return list
	}},

	"seats/assign": {[]string{"pool", "user"}, func(a *app, by viewer, q url.Values) []candidate {
		if q.Get("list") != "without" {
			return nil
		}
		return seats(a, by, q, func(id usher.UserID, p seat.PoolName) account.Command { return account.AssignSeat{User: id, Pool: p} })
	}},
	"seats/unassign": {[]string{"pool", "user"}, func(a *app, by viewer, q url.Values) []candidate {
		if q.Get("list") == "without" {
			return nil
		}
		return seats(a, by, q, func(id usher.UserID, p seat.PoolName) account.Command { return account.UnassignSeat{User: id, Pool: p} })
	}},
	"seats/set": {[]string{"pool"}, func(a *app, _ viewer, _ url.Values) (list []candidate) {
		if a.buys {
			return nil
		}
		for _, p := range a.view().Seats() {
			list = append(list, do(account.SetSeats{Pool: p.Pool, Total: p.Total + 1}).with("pool", string(p.Pool), "total", strconv.Itoa(p.Total+1)))
		}
		return list
	}},
	"settings/change": {[]string{"setting"}, func(a *app, _ viewer, _ url.Values) (list []candidate) {
		for _, s := range a.view().Settings() {
			list = append(list, do(account.ChangeSetting{Setting: s.Name, Value: !s.Value}).with("setting", s.Name))
		}
		return list
	}},
	"fields/define": {[]string{"type"}, func(*app, viewer, url.Values) (list []candidate) {
		for _, t := range []account.FieldType{account.TextField, account.NumberField, account.DateField, account.BoolField} {
			list = append(list, do(account.DefineField{Field: "new", Type: t}).with("type", t.String(), "field", "new"))
		}
		return list
	}},
	"fields/rename": {[]string{"field"}, func(a *app, _ viewer, _ url.Values) (list []candidate) {
		for _, f := range a.view().Fields(true) {
			list = append(list, do(account.RenameField{Field: f.Name, To: "new"}).with("field", f.Name, "to", "new"))
		}
		return list
	}},
	"fields/move":    {[]string{"field", "before"}, moves},
	"fields/archive": {[]string{"field"}, fields(func(name string) account.Command { return account.ArchiveField{Field: name} })},
	"fields/restore": {[]string{"field"}, fields(func(name string) account.Command { return account.RestoreField{Field: name} })},

	"ownership/transfer": {[]string{"to"}, func(_ *app, _ viewer, q url.Values) []candidate {
		if q.Get("to") == "" {
			return nil
		}
		return []candidate{do(account.TransferOwnership{To: usher.UserID(q.Get("to"))}).with("to", q.Get("to"))}
	}},
}
