package policy

import "iter"

// rolesBeside yields each role beside the account role that gives the user something. Decisions
// have their own loops over the same list.
func (p *Policy) rolesBeside(u *User) iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, name := range u.Beside {
			if held := p.roleIndex(name); held >= 0 && p.held[held].beside && !yield(held) {
				return
			}
		}
	}
}
