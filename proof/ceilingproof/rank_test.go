package ceilingproof_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// outranks returns something that the account role of a user, or a role beside it, allows beyond the user's own
// resources, in some circumstances, and that the actor cannot do in the user's place; "" if there
// is nothing. For the user only these roles count, for the actor all rules count, and prohibitions
// count for neither.
func (d *effect) outranks(id usher.UserID) string {
	in, user, actor := surroundingsOf(d.before), d.userBefore(id), d.subjectBefore(d.actor)
	if d.ranker != nil {
		actor = *d.ranker
	}
	list := d.questions(in, id, d.actor)
	for _, c := range d.everyCircumstance(circumstances{open: in.settings["open"]}, "chat", "trial", "seated", "open") {
		in.settings = c.settings()
		u := policy.User{Status: usher.Active, Role: user.Role, Beside: user.Beside, Seats: c.seats()}
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
			role := decide(d.had.rank, f, id, q)
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

// ranked puts the actor in the place of a user in given circumstances. Each feature, the seat and
// the setting count as in the circumstances, or as for the actor.
func (d *effect) ranked(in surroundings, id usher.UserID, user *policy.User, actor subject, c circumstances) (list []standIn) {
	kept := []policy.Grant{}
	had := map[string]bool{}
	for _, g := range actor.grants {
		if g.Name != "chat" && g.Name != "trial" {
			kept = append(kept, g)
		} else if g.Until.IsZero() || g.Until.After(d.proposal.Time) {
			had[g.Name] = true
		}
	}
	settings := append(d.settings(surroundingsOf(d.before)), in.settings)
	for _, features := range mixed(had, c.features) {
		for _, seats := range d.seats(c, actor) {
			for _, in.settings = range settings {
				s := actor
				s.grants, s.seats = features, seats
				for _, g := range kept {
					s.grants = append(s.grants[:len(s.grants):len(s.grants)], g)
				}
				list = append(list, d.had.lenient.standIn(in, id, user.Teams, s))
			}
		}
	}
	return list
}

// mixed returns all lists of features in which each feature is held if the actor holds it or if it
// is given; both lists if they differ.
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
