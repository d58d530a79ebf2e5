package ceilingproof_test

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

var (
	noon       = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	userIDs    = []usher.UserID{"olga", "mia", "max", "kim"} // olga holds the unique role, or the one that several can have
	teamIDs    = []usher.TeamID{"a", "b", "c"}
	grantNames = []string{"chat", "trial", "chat", "trial", "chat", "trial", "item.view", "item.edit", "pay.out", "both", "grant.give", "staff", "grant.revoke"}
)

// later draws the end of a grant, counted from a time: mostly none.
func later(d dice, from time.Time) time.Time {
	return pick(d, time.Time{}, time.Time{}, from.Add(time.Hour), from.Add(2*time.Hour), from.Add(3*time.Hour))
}

// drawAccount draws four users in three teams, as the seed of an import.
func drawAccount(d dice, doc *syntax.Document) account.Seed {
	c := account.Seed{
		Settings: map[string]bool{"open": d.chance(40)},
		Seats:    map[seat.PoolName]int{"desk": 50},
		Teams:    map[usher.TeamID]usher.TeamID{"a": "", "b": pick[usher.TeamID](d, "", "a"), "c": pick[usher.TeamID](d, "", "a", "b")},
		Users:    map[usher.UserID]policy.User{},
	}
	for i, id := range userIDs {
		u := policy.User{Status: usher.Active, Role: pick[role.Name](d, "admin", "admin", "clerk", "clerk", "member")}
		if i == 0 || isShared(doc, "boss") && d.chance(30) {
			u.Role = "boss"
		}
		if i == 0 {
			u.Status = usher.Active
		} else if d.chance(10) {
			u.Status = pick(d, usher.Inactive, usher.Invited)
		} else if d.chance(12) {
			u.Status = usher.Requested
		}
		teams := some(d, 0, pick(d, 2, 2, 3), teamIDs...)
		slices.Sort(teams)
		of := findRole(doc, u.Role)
		u.Beside = some(d, 0, 1, besideIn(doc)...)
		if outside := outsideIn(doc); len(outside) > 0 && !of.NoTeamRoles {
			for _, t := range teamIDs {
				if !slices.Contains(teams, t) && d.chance(25) {
					u.Outside = append(u.Outside, policy.Membership{Team: t, Roles: some(d, 1, 1, outside...)})
				}
			}
		}
		for _, t := range teams {
			m := policy.Membership{Team: t}
			if d.chance(50) && !of.NoTeamRoles {
				m.Roles = some[role.Name](d, 1, 2, "manager", "lead")
				slices.Sort(m.Roles)
			}
			u.Teams = append(u.Teams, m)
		}
		if seats := seatOf(doc, u); seats != role.SeatNone && (u.Status == usher.Active || u.Status == usher.Invited) && (seats == role.SeatRequired || d.chance(50)) {
			u.Seats = []seat.PoolName{"desk"}
		}
		for _, name := range some(d, 0, 3, grantNames...) {
			if !of.NoGrants && !slices.ContainsFunc(u.Grants, func(g policy.Grant) bool { return g.Name == name }) {
				u.Grants = append(u.Grants, policy.Grant{Name: name, Until: later(d, noon)})
			}
		}
		if isDelegating(doc) && !of.NoGrants && d.chance(25) {
			u.Grants = append(u.Grants, policy.Grant{Name: delegate.String(), Until: later(d, noon)})
		}
		c.Users[id] = u
	}
	return c
}

// isShared reports whether several users can have a role.
func isShared(doc *syntax.Document, name role.Name) bool {
	return slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.Name.Text == string(name) && !r.Unique })
}

// findRole returns a role of a document.
func findRole(doc *syntax.Document, name role.Name) syntax.Role {
	return doc.Roles[slices.IndexFunc(doc.Roles, func(r syntax.Role) bool { return r.Name.Text == string(name) })]
}

// seatOf returns whether a user must, may or must not hold a seat: the strongest rule of the account
// role and of the team roles.
func seatOf(doc *syntax.Document, u policy.User) role.Seat {
	strongest := findRole(doc, u.Role).Seat
	for _, m := range slices.Concat(u.Teams, u.Outside) {
		for _, name := range m.Roles {
			for _, s := range findRole(doc, name).Seats {
				if s.Seat == role.SeatRequired || strongest == role.SeatNone {
					strongest = s.Seat
				}
			}
		}
	}
	return strongest
}

// besideIn returns the roles beside the account role.
func besideIn(doc *syntax.Document) []role.Name {
	return rolesWith(doc, func(r syntax.Role) bool { return r.Beside })
}

// outsideIn returns the team roles that users outside the team can hold.
func outsideIn(doc *syntax.Document) []role.Name {
	return rolesWith(doc, func(r syntax.Role) bool { return r.Outside })
}

func rolesWith(doc *syntax.Document, is func(syntax.Role) bool) (names []role.Name) {
	for _, r := range doc.Roles {
		if is(r) {
			names = append(names, role.Name(r.Name.Text))
		}
	}
	return names
}

// open returns an imported account.
func open(p *policy.Policy, c account.Seed) (*account.State, error) {
	out, err := account.New("acme").Propose(p, account.Proposal{
		Actor: account.AsHost("import"), Time: noon.Add(-24 * time.Hour), Commands: []account.Command{account.Import{Seed: c}},
	})
	return out.Next, err
}
