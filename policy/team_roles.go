package policy

import (
	"iter"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// teamRoles yields each team role that gives the user something, with the team on which the
// user holds it: in the team, or outside it if the role allows that. Decisions have their own
// loops over the same lists.
func (p *Policy) teamRoles(u *User) iter.Seq2[usher.TeamID, int] {
	return func(yield func(usher.TeamID, int) bool) {
		for i := range u.Teams {
			for _, name := range u.Teams[i].Roles {
				if held := p.roleIndex(name); held >= 0 && p.held[held].onTeam && !yield(u.Teams[i].Team, held) {
					return
				}
			}
		}
		for i := range u.Outside {
			for _, name := range u.Outside[i].Roles {
				if held := p.outsideIndex(name); held >= 0 && !yield(u.Outside[i].Team, held) {
					return
				}
			}
		}
	}
}

// outsideIndex returns the index of a team role that users outside the team can hold, or -1.
func (p *Policy) outsideIndex(name role.Name) int {
	if held := p.roleIndex(name); held >= 0 && p.held[held].outside {
		return held
	}
	return -1
}

// isOutsideTeam reports whether the subject holds a role outside the team, or outside a team
// above it.
func (s *evalContext) isOutsideTeam(id usher.TeamID, held role.Name) bool {
	if s.p.outsideIndex(held) < 0 {
		return false
	}
	for i := range s.user.Outside {
		if m := &s.user.Outside[i]; slices.Contains(m.Roles, held) && s.within(id, m.Team) {
			return true
		}
	}
	return false
}
