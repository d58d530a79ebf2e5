package accountproof_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// count compares the accounts before a batch and after each of its commands, and returns the code
// of a violated count: "the index of the last command that moved the count in the wrong direction".
// If several counts are violated, it returns the first code in the order of the codes.
func count(states []*modelAccount) (account.Code, int) {
	first, last := states[0], states[len(states)-1]
	if !last.exists {
		return 0, 0
	}
	full, missing := countTeams(states)
	for _, r := range last.book.doc.Roles {
		if n := last.all(r); r.AtMost > 0 && n > r.AtMost && n > first.all(r) {
			return account.CodeRoleFull, lastRise(states, func(w *modelAccount) int { return w.all(r) })
		}
	}
	if full != nil {
		return full()
	}
	for _, r := range last.book.doc.Roles {
		if n := last.active(r); !r.OnTeam && n < r.AtLeast && n < first.active(r) {
			return account.CodeLastHolder, lastRise(states, func(w *modelAccount) int { return -w.active(r) })
		}
	}
	if missing != nil {
		return missing()
	}
	inUse := -1
	for _, pool := range slices.Sorted(slices.Values(last.book.pools())) {
		if last.excess(pool) == 0 {
			continue
		}
		if last.book.isOver(pool) || first.excess(pool) > 0 {
			if i := lastGain(states, pool); i >= 0 {
				return account.CodeNoSeatsLeft, i
			}
			if last.book.isOver(pool) || last.excess(pool) <= first.excess(pool) {
				continue
			}
		}
		i := lastRise(states, func(w *modelAccount) int { return w.held(pool) - w.bought[pool] })
		if states[i+1].held(pool) > states[i].held(pool) {
			return account.CodeNoSeatsLeft, i
		}
		if inUse < 0 {
			inUse = i
		}
	}
	if inUse >= 0 {
		return account.CodeSeatsInUse, inUse
	}
	return 0, 0
}

func (w *modelAccount) excess(pool seat.PoolName) int {
	return max(0, w.held(pool)-w.bought[pool])
}

// lastGain returns the last command that gave a seat to a user who had none before the batch, and who
// has it at the end; -1 if there is none. "No further user gets one."
func lastGain(states []*modelAccount, pool seat.PoolName) int {
	last := -1
	for id, u := range states[len(states)-1].users {
		if !u.seats[pool] || u.had[pool] {
			continue
		}
		for i := len(states) - 2; i >= 0; i-- {
			if before := states[i].users[id]; before == nil || !before.seats[pool] {
				last = max(last, i)
				break
			}
		}
	}
	return last
}

// lastRise returns the last command after which a number was higher than before.
func lastRise(states []*modelAccount, number func(*modelAccount) int) int {
	for i := len(states) - 2; i >= 0; i-- {
		if number(states[i+1]) > number(states[i]) {
			return i
		}
	}
	panic("no command did it")
}

// "at-most: exceeding it is role-full". Holders of a role that includes it do not count.
func (w *modelAccount) all(r syntax.Role) int {
	all, _ := w.holders(roleName(r))
	return all
}

// "at-least counts active holders; holders of a role that includes another role count for it." "A
// user counts once for the bounds of a role, even if several of the user's roles include it."
func (w *modelAccount) active(r syntax.Role) (n int) {
	for _, u := range w.users {
		counts := func(other syntax.Role) bool {
			has := u.role == roleName(other) && w.book.isAccountRole(u.role) || u.beside[roleName(other)] && other.Beside
			return has && w.book.includes(other, r.Name.Text)
		}
		if u.status == usher.Active && slices.ContainsFunc(w.book.doc.Roles, counts) {
			n++
		}
	}
	return n
}

// includes reports whether a role is another role or includes it, directly or not.
func (b *rulebook) includes(r syntax.Role, name string) bool {
	return r.Name.Text == name || slices.ContainsFunc(r.Includes, func(n syntax.Name) bool {
		return b.includes(*b.role(role.Name(n.Text)), name)
	})
}

// counted reports whether a code is for a count, which is checked once for a batch.
func counted(code account.Code) bool {
	return code == account.CodeRoleFull || code == account.CodeLastHolder || code == account.CodeNoSeatsLeft || code == account.CodeSeatsInUse
}

// overfull reports whether the counts of an imported account are invalid.
func (w *modelAccount) overfull() bool {
	return slices.ContainsFunc(w.book.pools(), func(pool seat.PoolName) bool { return w.held(pool) > w.bought[pool] }) ||
		slices.ContainsFunc(w.book.doc.Roles, func(r syntax.Role) bool { return r.AtMost > 0 && w.all(r) > r.AtMost })
}
