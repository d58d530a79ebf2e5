package policy

import (
	"slices"

	"github.com/usher-go/usher/role"
)

// Bound says how many users of an account may have a role. Every role without one is
// free of bounds.
type Bound struct {
	Role    role.Name
	AtLeast int // so many active users have one of Holders; 0: no bound
	AtMost  int // so many users have the role itself; 0: no bound

	// Holders are the roles that count for AtLeast: the role, and those that include it,
	// for their holders can do what the role can. In the order of the file.
	Holders []role.Name
}

// Bounds returns the bounds of all account roles that have one, in the order of the
// file. What it returns must not be changed.
func (p *Policy) Bounds() []Bound { return p.bounds }

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
		c.p.bounds = append(c.p.bounds, b)
	}
}
