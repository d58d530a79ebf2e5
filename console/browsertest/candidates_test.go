package browsertest

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// additions returns the ways to add a new user: with each role, and in a team or in none.
func additions(a *app, status usher.Status) (list []candidate) {
	for _, r := range a.view().Policy().Roles() {
		if !r.OfAccount() || r.Unique {
			continue
		}
		add := func(teams ...usher.TeamID) {
			list = append(list, do(account.AddUser{User: "new-1", Role: r.Name, Status: status, Teams: teams}).with("role", string(r.Name), "user", "new-1"))
		}
		add()
		if r.Name == a.Policy().DefaultRole().Name {
			for _, t := range a.teams() {
				add(t)
			}
		}
	}
	return list
}

func roles(a *app, command func(role.Name) account.Command) (list []candidate) {
	for _, r := range a.view().Policy().Roles() {
		if r.OfAccount() {
			list = append(list, do(command(r.Name)).with("role", string(r.Name)))
		}
	}
	return list
}

func rolesBeside(a *app, command func(role.Name) account.Command) (list []candidate) {
	for _, r := range a.view().Policy().Roles() {
		if r.Beside {
			list = append(list, do(command(r.Name)).with("role", string(r.Name)))
		}
	}
	return list
}

func isUser(a *app, id usher.UserID) bool {
	_, ok := a.view().User(id)
	return ok
}

func isRequested(a *app, id usher.UserID) bool {
	u, _ := a.view().User(id)
	return u.Status == usher.Requested
}

func isIn(a *app, id usher.UserID, team usher.TeamID) bool {
	u, _ := a.view().User(id)
	_, in := u.InTeam(team)
	return in
}

func statuses(id usher.UserID) (list []candidate) {
	for _, s := range []usher.Status{usher.Active, usher.Inactive} {
		list = append(list, do(account.SetStatus{User: id, Status: s}).with("status", s.String()))
	}
	return list
}

func pools(a *app, field string, command func(seat.PoolName) account.Command) (list []candidate) {
	for _, p := range a.Policy().Pools() {
		list = append(list, do(command(p.Name)).with(field, string(p.Name)))
	}
	return list
}

func teams(a *app, field string, command func(usher.TeamID) account.Command) (list []candidate) {
	for _, t := range a.teams() {
		list = append(list, do(command(t)).with(field, string(t)))
	}
	return list
}

// teamRoles returns a command for each role on each team that a user is in or has a role on.
func teamRoles(a *app, u account.Member, command func(usher.TeamID, role.Name) account.Command) (list []candidate) {
	for _, t := range slices.Concat(u.Teams, u.Outside) {
		for _, r := range a.view().Policy().Roles() {
			if r.OnTeam {
				list = append(list, do(command(t.Team, r.Name)).with("team", string(t.Team), "role", string(r.Name)))
			}
		}
	}
	return list
}

func grants(a *app, command func(string) account.Command) (list []candidate) {
	for _, name := range a.Policy().Grantable() {
		list = append(list, do(command(name)).with("grant", name))
	}
	return list
}

// membersOf returns a command for each user of a team that the viewer may see.
func membersOf(a *app, by viewer, id usher.TeamID, command func(usher.UserID) account.Command) (list []candidate) {
	for _, user := range a.visible(by) {
		u, _ := a.view().User(user)
		if _, in := u.InTeam(id); in {
			list = append(list, do(command(user)).with("user", string(user)))
		}
	}
	return list
}

// rolesOn returns a command for each role on a team, and for each user that the viewer may see and
// who is in the team, has a role on it, or is found by what the viewer searches.
func rolesOn(a *app, by viewer, id usher.TeamID, q url.Values, command func(usher.UserID, role.Name) account.Command) (list []candidate) {
	give := q.Get("give")
	for _, user := range a.visible(by) {
		u, _ := a.view().User(user)
		if _, in := u.InTeam(id); !in && len(u.RolesOutside(id)) == 0 && (give == "" || !strings.Contains(string(user), give)) {
			continue
		}
		for _, r := range a.view().Policy().Roles() {
			if r.OnTeam {
				list = append(list, do(command(user, r.Name)).with("user", string(user), "role", string(r.Name)))
			}
		}
	}
	return list
}

// seats returns a command for each user that the viewer may see and each pool of the page, which
// is the first one unless its address names another.
func seats(a *app, by viewer, q url.Values, command func(usher.UserID, seat.PoolName) account.Command) (list []candidate) {
	for i, p := range a.view().Seats() {
		if q.Get("pool") != string(p.Pool) && (q.Has("pool") || i > 0) {
			continue
		}
		for _, user := range a.visible(by) {
			list = append(list, do(command(user, p.Pool)).with("user", string(user), "pool", string(p.Pool)))
		}
	}
	return list
}

// fields returns a command for each custom field, also those in the archive.
func fields(command func(name string) account.Command) func(*app, viewer, url.Values) []candidate {
	return func(a *app, _ viewer, _ url.Values) (list []candidate) {
		for _, f := range a.view().Fields(true) {
			list = append(list, do(command(f.Name)).with("field", f.Name))
		}
		return list
	}
}

// moves returns the moves of each custom field up or down by one.
func moves(a *app, _ viewer, _ url.Values) (list []candidate) {
	all := a.view().Fields(false)
	for i, f := range all {
		for _, to := range []int{i - 1, i + 2} {
			if to < 0 || to > len(all) {
				continue
			}
			before := ""
			if to < len(all) {
				before = all[to].Name
			}
			list = append(list, do(account.MoveField{Field: f.Name, Before: before}).with("field", f.Name, "before", before))
		}
	}
	return list
}

// onRequests returns a command for each open request.
func onRequests(command func(account.RequestID) account.Command) func(*app, viewer, url.Values) []candidate {
	return func(a *app, by viewer, _ url.Values) (list []candidate) {
		for r := range a.view().Requests(a.now(), 0) {
			if _, declines := command(r.ID).(account.Decline); declines && r.User == by.user {
				continue // the author withdraws it
			}
			list = append(list, do(command(r.ID)).with("request", strconv.Itoa(int(r.ID))))
		}
		return list
	}
}

// rolesOnItems returns a command for each role on the items of a page: of the holders that are found,
// or of those that the page is about.
func rolesOnItems(a *app, by viewer, q url.Values, found bool, command func(account.Holder, role.Name, usher.Ref) account.Command) (list []candidate) {
	items := []string{"spring", "autumn"}
	var holders []account.Holder
	switch {
	case q.Has("type"):
		items = []string{q.Get("id")}
		for _, id := range a.visible(by) {
			holders = append(holders, account.Holder{User: id})
		}
		for _, id := range a.teams() {
			holders = append(holders, account.Holder{Team: id})
		}
	case q.Has("team"):
		holders = []account.Holder{{Team: usher.TeamID(q.Get("team"))}}
	default:
		holders = []account.Holder{{User: usher.UserID(cmp.Or(q.Get("user"), q.Get("id")))}} // id is that of the page of a user
	}
	for _, h := range holders {
		if found && !strings.Contains(string(h.User)+string(h.Team), q.Get("find")) {
			continue
		}
		holder := "user:" + string(h.User)
		if h.Team != "" {
			holder = "team:" + string(h.Team)
		}
		for _, id := range items {
			for _, r := range a.view().Policy().Roles() {
				if r.OnResource != "" {
					list = append(list, do(command(h, r.Name, usher.Ref{Type: "album", ID: id})).with("role", string(r.Name), "on", id, "holder", holder))
				}
			}
		}
	}
	return list
}
