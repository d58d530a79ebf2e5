package policy

import (
	"slices"

	"github.com/usher-go/usher/role"
)

// Bound limits how many users of an account have an account role, or how many users have a
// team role on each team. A role without a Bound has no limit.
type Bound struct {
	Role    role.Name
	AtLeast int // the minimum of active users who have one of Holders; 0: no minimum
	AtMost  int // the maximum of users who have the role itself; 0: no maximum

	// Holders are the roles that count for AtLeast, in the order of the file: the role
	// itself, and the roles that include it.
	Holders []role.Name
}

// Bounds returns the bounds of all account roles that have one, in the order of the file.
// Callers must not change the result.
func (p *Policy) Bounds() []Bound { return p.bounds }

// TeamBounds returns the bounds of all team roles that have one, in the order of the file. Each
// applies to every team: it counts the users who have the role on that team itself, in the team
// or outside it. Callers must not change the result.
func (p *Policy) TeamBounds() []Bound { return p.teamBounds }

func (c *compiler) bounds() {
	for i := range c.p.roles {
		r := &c.p.roles[i]
		if r.AtLeast+r.AtMost == 0 {
			continue
		}
		b := Bound{Role: r.Name, AtLeast: r.AtLeast, AtMost: r.AtMost}
		for _, other := range c.p.roles {
			if slices.ContainsFunc(other.closure, func(far reached) bool { return far.role == i }) {
				b.Holders = append(b.Holders, other.Name)
			}
		}
		if r.OnTeam {
			c.p.teamBounds = append(c.p.teamBounds, b)
		} else {
			c.p.bounds = append(c.p.bounds, b)
		}
	}
}
