package policy

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy/syntax"
)

// unknownFacts returns which facts of a resource a denial depends on that the resource does not
// know, to follow its sentence: "; party team of calendar demo is unknown (Party returned false)".
// If a rule under never forbids, the sentence of the decision names them.
func (p *Policy) unknownFacts(on usher.Resource, o outcome) string {
	reason := o.reason()
	if on == nil || reason != usher.ReasonOutOfScope && reason != usher.ReasonConditionUnmet {
		return ""
	}
	r := &p.rules[o.bits()&(1<<refBits-1)]
	res := &p.resources[p.perms[r.perm].resource]
	if on.Ref().Type != res.name {
		return "" // a rule of a bundle about another type
	}
	var u unknowns
	if reason == usher.ReasonConditionUnmet {
		for unmet := uint64(o >> maskShift); unmet != 0; unmet &= unmet - 1 {
			u.addCondition(&p.conditions[res.literals[bits.TrailingZeros64(unmet)].condition], on, res)
		}
	} else {
		var one [1]term
		for _, t := range res.termsOf(r.extent, &one) {
			u.addTerm(t, on, res)
		}
	}
	slices.Sort(u) // the order in which a policy numbers its conditions says nothing
	return strings.Join(u, "")
}

// unknowns are parts of a sentence, each of which begins with "; ".
type unknowns []string

func (u *unknowns) add(format string, args ...any) {
	if part := printable.Sprintf("; "+format, args...); !slices.Contains(*u, part) {
		*u = append(*u, part)
	}
}

// addTerm adds the unknown parties that a scope looks at, and the first unknown container.
func (u *unknowns) addTerm(t term, on usher.Resource, res *resource) {
	for level := 0; res != nil; level++ {
		parties := t.parties
		if level > 0 {
			parties = t.above.parties[level-1]
		}
		u.addParties(parties, on, res)
		if level == int(t.above.levels) {
			return
		}
		container, known := usher.Container(on)
		if !known {
			u.add("the container of %s is unknown (Container returned false)", on.Ref())
		}
		if container == nil {
			return
		}
		on, res = container, res.in
	}
}

func (u *unknowns) addParties(parties uint16, on usher.Resource, res *resource) {
	for ; parties != 0; parties &= parties - 1 {
		party := &res.parties[bits.TrailingZeros16(parties)]
		if _, known := party.of(on); known {
			continue
		}
		method := "Party"
		if party.both && party.teams {
			method = "TeamParty"
		}
		u.add("party %s of %s is unknown (%s returned false)", party.name, on.Ref(), method)
	}
}

func (u *unknowns) addCondition(c *condition, on usher.Resource, res *resource) {
	switch c.kind {
	case syntax.OnAttribute:
		if _, known := usher.Attribute(on, c.of); !known {
			u.add("attribute %s of %s is unknown (the resource does not state it)", c.of, on.Ref())
		}
	case syntax.OnParty, syntax.OnHas:
		u.addParties(res.partyMask(c.of), on, res)
	}
}
