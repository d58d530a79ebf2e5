package policy

import (
	"math/bits"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// actionTable has the permissions of a class on resources of one type, by what holds for a user and a
// resource: each scope and each condition that a rule looks at. It is filled by the evaluation of all
// permissions, the first time that the same holds. Afterwards, all actions on a resource take one
// evaluation of each scope and each condition. It is safe for concurrent use.
type actionTable struct {
	scopes []*step // one for each scope
	needs  uint64  // the literals that rules need
	lists  []atomic.Pointer[[]actionOutcome]
}

// maxActionBits is the largest number of scopes and literals for which there is a table.
const maxActionBits = 6

// noActionTable marks a type for which a class has no table.
var noActionTable actionTable

// actions returns the table for a type of resource, or nil if there is none.
func (c *class) actions(p *Policy, res *resource) *actionTable {
	if res.index >= len(c.tables) {
		return nil // the class is not kept
	}
	table := c.tables[res.index].Load()
	if table == nil {
		table = p.classes.makeActions(p, c, res)
	}
	if table == &noActionTable {
		return nil
	}
	return table
}

// makeActions makes the table for a type of resource, and stores it.
func (t *classTable) makeActions(p *Policy, c *class, res *resource) *actionTable {
	made := newActionTable(p, c, res)
	t.mu.Lock()
	defer t.mu.Unlock()
	if first := c.tables[res.index].Load(); first != nil {
		return first // of a concurrent call
	}
	if size := len(made.lists) * (len(res.perms) + 1); size <= t.stepsLeft {
		t.stepsLeft -= size
	} else {
		made = &noActionTable
	}
	c.tables[res.index].Store(made)
	return made
}

func newActionTable(p *Policy, c *class, res *resource) *actionTable {
	made := new(actionTable)
	var atoms uint64
	for _, at := range res.perms {
		list := c.steps(p, &p.perms[at])
		if list.fixed != 0 {
			continue
		}
		if !c.active || list.perm.mayForbid(p, c) {
			return &noActionTable
		}
		for i := range list.steps {
			s := &list.steps[i]
			switch {
			case s.only != anyUser, s.scope == scopeJoined, s.scope != syntax.ScopeAny && s.rule.atom == 0:
				return &noActionTable // more than scopes and literals decides
			case s.scope != syntax.ScopeAny && s.rule.atom&atoms == 0:
				atoms |= s.rule.atom
				made.scopes = append(made.scopes, s)
			}
			made.needs |= s.need
		}
	}
	for todo := made.needs; todo != 0; todo &= todo - 1 {
		if p.conditions[res.literals[bits.TrailingZeros64(todo)].condition].kind == syntax.OnFeature {
			return &noActionTable // it reads the time, which the decision then has
		}
	}
	n := len(made.scopes) + bits.OnesCount64(made.needs)
	if n > maxActionBits {
		return &noActionTable
	}
	made.lists = make([]atomic.Pointer[[]actionOutcome], 1<<n)
	return made
}

// find returns the permissions of the user on q.resource; nil if a fact fails. Then q is as new, so that
// the evaluation of one permission after the other returns the error if it needs the fact.
func (q *evaluation) find(t *actionTable) []actionOutcome {
	at := 0
	for i, s := range t.scopes {
		if yes, _ := q.reaches(s.rule, s.team); yes {
			at |= 1 << i
		}
	}
	if t.needs != 0 {
		q.evalConditions(t.needs)
		bit := 1 << len(t.scopes)
		for todo := t.needs; todo != 0; todo &= todo - 1 {
			if q.holds&todo&-todo != 0 {
				at |= bit
			}
			bit <<= 1
		}
	}
	if q.err != nil {
		q.clear()
		return nil
	}
	if known := t.lists[at].Load(); known != nil {
		return *known
	}
	list := make([]actionOutcome, 0, len(q.res.perms))
	for _, i := range q.res.perms {
		perm := &q.p.perms[i]
		if o := q.decide(perm); o.reason() == usher.ReasonGranted {
			list = append(list, actionOutcome{perm.name, o})
		}
	}
	t.lists[at].Store(&list)
	return list
}
