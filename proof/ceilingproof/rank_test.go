package ceilingproof_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// outranks returns something that the account role of a user allows beyond the user's own things, in
// some circumstances, and that the actor cannot do in the user's place; "" if there is nothing. The
// role alone counts for the user, all rules count for the actor, and prohibitions for neither.
func (d *deal) outranks(id usher.UserID) string {
	in, user, actor := around(d.before), d.userBefore(id), d.was(d.actor)
	list := d.questions(in, id, d.actor)
	for _, c := range d.everyCircumstance(circumstances{open: in.settings["open"]}, "chat", "trial", "seated", "open") {
		in.settings = c.settings()
		u := policy.User{Status: usher.Active, Role: user.Role, Seats: c.seats()}
		if u.Role == d.policy.UniqueRole().Name {
			u.Role = placed
		}
		for _, m := range user.Teams {
			u.Teams = append(u.Teams, policy.Membership{Team: m.Team})
		}
		for _, f := range c.features {
			u.Grants = append(u.Grants, policy.Grant{Name: f})
		}
		f := &facts{in.state, id, &u, policy.Account{Teams: in.tree, Settings: in.settings}}
		var places []standIn
		for _, q := range list {
			if !d.matters(c, q.permission) {
				continue
			}
			q.at = d.proposal.Time
			role := decide(d.rank, f, id, q)
			if !role.allowed {
				continue
			}
			if places == nil {
				places = d.ranked(in, id, user, actor, c)
			}
			if could := d.could(places, q); !could.allowed || could.hidden&^role.hidden != 0 {
				return q.String() + c.String()
			}
		}
	}
	return ""
}

// ranked puts the actor in the place of a user, whose circumstances are given. Each feature, the seat
// and the setting count as they are there, or as they are for the actor.
func (d *deal) ranked(in surroundings, id usher.UserID, user *policy.User, actor subject, c circumstances) (list []standIn) {
	kept := []policy.Grant{}
	had := map[string]bool{}
	for _, g := range actor.grants {
		if g.Name != "chat" && g.Name != "trial" {
			kept = append(kept, g)
		} else if g.Until.IsZero() || g.Until.After(d.proposal.Time) {
			had[g.Name] = true
		}
	}
	settings := append(d.settings(around(d.before)), in.settings)
	for _, features := range mixed(had, c.features) {
		for _, seats := range d.seats(c, actor) {
			for _, in.settings = range settings {
				s := actor
				s.grants, s.seats = features, seats
				for _, g := range kept {
					s.grants = append(s.grants[:len(s.grants):len(s.grants)], g)
				}
				list = append(list, d.lenient.standIn(in, id, user.Teams, s))
			}
		}
	}
	return list
}

// mixed returns all lists of features in which each is held if the actor holds it or if it is among
// those given, and both where they differ.
func mixed(had map[string]bool, given []string) (lists [][]policy.Grant) {
	lists = [][]policy.Grant{nil}
	for _, f := range []string{"chat", "trial"} {
		with := slices.Clone(lists)
		for i := range with {
			with[i] = append(slices.Clone(with[i]), policy.Grant{Name: f})
		}
		switch is := slices.Contains(given, f); {
		case is && had[f]:
			lists = with
		case is != had[f]:
			lists = append(lists, with...)
		}
	}
	return lists
}
