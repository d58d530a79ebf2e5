package accountproof_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

// observe writes all that is visible of a state, in the format of modelAccount.String.
func observe(s *account.State, book *rulebook) string {
	switch {
	case s.Deleted():
		return "deleted\n"
	case !s.Exists():
		return "nothing\n"
	}
	var b strings.Builder
	v := s.View(book.compiled)
	for m := range v.Users("") {
		writeUser(&b, m.ID, sorted(m.User))
	}
	for t := range v.Teams("") {
		fmt.Fprintf(&b, "team %q in %q\n", t.ID, t.Parent)
	}
	for _, pool := range book.pools() {
		p := s.Pool(pool)
		fmt.Fprintf(&b, "pool %s: %d of %d\n", pool, p.Held, p.Total)
	}
	for _, setting := range v.Settings() {
		if setting.Changed {
			fmt.Fprintf(&b, "setting %s %t\n", setting.Name, setting.Value)
		}
	}
	for _, f := range s.Fields() {
		fmt.Fprintf(&b, "field %d %q %v archived=%t\n", f.ID, f.Name, f.Type, f.Archived)
	}
	return b.String()
}

// sorted returns a user with sorted lists. It keeps repetitions.
func sorted(u policy.User) *policy.User {
	u.Teams = slices.Clone(u.Teams)
	for i := range u.Teams {
		u.Teams[i].Roles = slices.Sorted(slices.Values(u.Teams[i].Roles))
	}
	slices.SortFunc(u.Teams, func(a, b policy.Membership) int { return strings.Compare(string(a.Team), string(b.Team)) })
	u.Outside = slices.Clone(u.Outside)
	for i := range u.Outside {
		u.Outside[i].Roles = slices.Sorted(slices.Values(u.Outside[i].Roles))
	}
	slices.SortFunc(u.Outside, func(a, b policy.Membership) int { return strings.Compare(string(a.Team), string(b.Team)) })
	u.Seats = slices.Sorted(slices.Values(u.Seats))
	u.Beside = slices.Sorted(slices.Values(u.Beside))
	u.Grants = slices.Clone(u.Grants)
	slices.SortFunc(u.Grants, func(a, b policy.Grant) int { return strings.Compare(a.Name, b.Name) })
	return &u
}

// disagreements compares several views of a state with each other and with the model.
func disagreements(s *account.State, w *modelAccount) (list []string) {
	differ := func(what string, got, want any) {
		if got != want {
			list = append(list, fmt.Sprintf("%s: the state says %v, and it is %v", what, got, want))
		}
	}
	differ("all", observe(s, w.book), w.String())
	holder, _ := w.holder()
	if w.swapped && s.Owner() != "" {
		holder = s.Owner() // as the commits under an earlier policy state
	}
	differ("exists", s.Exists(), w.exists)
	differ("deleted", s.Deleted(), w.deleted)
	differ("users", s.Users(), len(w.users))
	differ("holder", s.Owner(), holder)
	for _, id := range userIDs {
		u, err := s.User(id)
		differ("user "+string(id), u != nil && err == nil, w.users[id] != nil)
	}
	for _, id := range teamIDs {
		parent, ok := s.Team(id)
		_, want := w.teams[id]
		differ("team "+string(id), ok, want)
		differ("above "+string(id), parent, w.teams[id])
	}
	facts, err := s.Account()
	differ("facts", err, error(nil))
	for _, below := range teamIDs {
		for _, above := range teamIDs {
			within := err == nil && facts.Teams.Within(below, above)
			differ(fmt.Sprintf("%s within %s", below, above), within, w.isTeam(below) && slices.Contains(w.above(below), above))
		}
	}
	for _, setting := range w.book.doc.Settings {
		value, changed := s.Setting(setting.Name.Text)
		was, want := w.settings[setting.Name.Text]
		differ("setting "+setting.Name.Text, value, was)
		differ("changed "+setting.Name.Text, changed, want)
	}
	if err := s.Fits(w.book.compiled); err != nil && !w.swapped {
		list = append(list, err.Error())
	} else if w.swapped {
		differ("fits", err == nil, w.fits())
		for id, u := range w.users {
			differ("fits "+string(id), s.FitsUser(w.book.compiled, id) == nil, !w.doesNotFit(u))
		}
	}
	return list
}

// broken returns the invariants that an account violates.
func (w *modelAccount) broken() (list []string) {
	if !w.exists || w.swapped {
		return nil
	}
	claim := func(holds bool, format string, args ...any) {
		if !holds {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	holders := 0
	for id, u := range w.users {
		claim(isID(id), "%q is no id", id)
		claim(w.book.isAccountRole(u.role), "%s has the role %s", id, u.role)
		claim(u.status >= usher.Invited && u.status <= usher.Requested, "%s is %v", id, u.status)
		if w.book.isUnique(u.role) {
			holders++
		}
		for name := range u.beside {
			claim(w.book.isRoleBeside(name), "%s has the role %s beside", id, name)
		}
		for team, roles := range u.teams {
			claim(w.isTeam(team), "%s is in %s, which is no team", id, team)
			for _, r := range roles {
				claim(w.book.isTeamRole(r), "%s is %s on %s", id, r, team)
			}
		}
		for team, roles := range u.outside {
			claim(w.isTeam(team) && !u.isIn(team), "%s has roles outside %s", id, team)
			for _, r := range roles {
				claim(w.book.role(r).Outside, "%s is %s outside %s", id, r, team)
			}
		}
		claim(!w.book.role(u.role).NoTeamRoles || !u.hasTeamRole(), "%s has team roles and is %s", id, u.role)
		claim(!w.book.role(u.role).NoGrants || len(u.grants) == 0, "%s has grants and is %s", id, u.role)
		for _, pool := range w.book.pools() {
			counts, must := w.book.counts(pool, u.status), w.book.seatFor(u, pool).String()
			claim(!u.seats[pool] || counts, "%s holds a seat in %s and is %v", id, pool, u.status)
			claim(!u.seats[pool] || must != "none", "%s holds a seat in %s and is %s", id, pool, u.role)
			claim(u.seats[pool] || !counts || must != "required", "%s holds no seat in %s and is %s", id, pool, u.role)
		}
	}
	if first := w.book.first(); first.Unique {
		claim(holders == 1, "%d users have the unique role", holders)
	} else if first.AtLeast > 0 {
		claim(w.active(*first) > 0, "no active user has the role %s", first.Name.Text)
	}
	for _, r := range w.book.doc.Roles {
		all, _ := w.holders(roleName(r))
		claim(r.AtMost == 0 || all <= r.AtMost, "%d users are %s", all, r.Name.Text)
	}
	for _, r := range w.book.teamBounds() {
		for id := range w.teams {
			claim(w.activeOn(r, id) >= r.AtLeast, "%d active users are %s on %s", w.activeOn(r, id), r.Name.Text, id)
			claim(r.AtMost == 0 || w.allOn(r, id) <= r.AtMost, "%d users are %s on %s", w.allOn(r, id), r.Name.Text, id)
		}
	}
	for _, pool := range w.book.pools() {
		claim(w.held(pool) <= w.bought[pool] || w.book.isOver(pool), "%d of %d seats in %s are held", w.held(pool), w.bought[pool], pool)
	}
	for id, parent := range w.teams {
		claim(w.isParent(parent), "%s is below %s, which is no team", id, parent)
		claim(!slices.Contains(w.above(parent), id), "%s is below itself", id)
	}
	return list
}
