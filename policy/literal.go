package policy

import (
	"math/bits"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// evalConditions evaluates the literals that were not evaluated yet.
func (q *evaluation) evalConditions(need uint64) {
	for todo := need &^ q.known; todo != 0; todo &= todo - 1 {
		bit := todo & -todo
		q.known |= bit
		l := q.res.literals[bits.TrailingZeros64(todo)]
		value, known := q.condition(&q.p.conditions[l.condition])
		if !known {
			q.possible |= bit // unknown: neither it nor its opposite holds
			continue
		}
		if value != l.not {
			q.holds |= bit
			q.possible |= bit
		}
	}
}

// condition evaluates a condition. An unknown fact is not false.
func (q *evaluation) condition(c *condition) (value, known bool) {
	switch c.kind {
	case syntax.OnSeat:
		return slices.Contains(q.user.Seats, seat.PoolName(c.of)), true
	case syntax.OnFeature:
		for i := range q.user.Grants {
			if g := &q.user.Grants[i]; g.Name == c.of && q.lasts(g) {
				return true, true
			}
		}
		return false, true
	case syntax.OnSetting:
		account := q.lookAtAccount()
		if account == nil {
			return false, false
		}
		if value, ok := account.Settings[c.of]; ok {
			return value, true
		}
		return q.p.settings[c.of], true
	case syntax.OnContext:
		if value, known = q.context[c.of]; !known && c.of == usher.Acting {
			return q.acting, true
		}
		return value, known
	case syntax.OnAttribute:
		return usher.Attribute(q.resource, c.of)
	case syntax.OnParty:
		return q.hasParty(q.res.party(c.of))
	case syntax.OnGives:
		return q.gives == int16(givesRole+c.role), q.gives != givesUnknown
	case syntax.OnHas:
		return q.someHas(q.res.party(c.of), c.role)
	}
	return false, false
}

// someHas reports whether a user of a party has an account role, or a role beside it. A user who
// is not in the account has none, and an empty id refers to no user.
func (q *evalContext) someHas(at, held int) (has, known bool) {
	if at < 0 || q.res.parties[at].teams {
		return false, true // the type has no such users
	}
	ids, known := q.party(at)
	if !known {
		return false, false
	}
	for _, id := range ids {
		if id == "" {
			continue
		}
		user, err := q.facts.User(usher.UserID(id))
		if err != nil {
			q.fail(err)
			return false, false
		}
		if user != nil && user.holds(q.p.roles[held].Name) {
			return true, true
		}
	}
	return false, true
}

// holds reports whether the user has the account role, or the role beside it, itself and not
// through another role.
func (u *User) holds(name role.Name) bool { return u.Role == name || slices.Contains(u.Beside, name) }

// hasParty reports whether a party has a user or a team. The result is unknown if one of the
// two is.
func (q *evalContext) hasParty(at int) (has, known bool) {
	if at < 0 {
		return false, true
	}
	ids, known := q.party(at)
	if known && q.res.parties[at].both {
		var teams []string
		teams, known = q.party(at + 1)
		return known && len(ids)+len(teams) > 0, known
	}
	return len(ids) > 0, known
}

func (q *evalContext) lookAtAccount() *Account {
	if q.account == nil && q.err == nil {
		account, err := q.facts.Account()
		switch {
		case err != nil:
			q.fail(err)
		case account == nil:
			q.fail(printable.Errorf("Facts.Account returned nil"))
		default:
			q.account = account
		}
	}
	return q.account
}

// literalNames returns literals as rules write them, sorted.
func (p *Policy) literalNames(r *resource, literals uint64) []string {
	var names []string
	for i, l := range r.literals {
		if literals&(1<<i) == 0 {
			continue
		}
		name := p.conditions[l.condition].name
		if l.not {
			name = "not " + name
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// conditionNames returns the conditions of literals, sorted.
func (p *Policy) conditionNames(r *resource, literals uint64) []string {
	var names []string
	for i, l := range r.literals {
		if literals&(1<<i) != 0 {
			names = append(names, p.conditions[l.condition].name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
