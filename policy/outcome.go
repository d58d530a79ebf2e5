package policy

import (
	"math/bits"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
)

// outcome is the result of an evaluation, packed like a Decision. Bits 0 to 3 are the
// reason. Bits 4 to 23 are the rule that decided or came nearest, or the permission if no
// rule did. The bits from 24 on are fields or literals of the permission's resource: the
// hidden fields of an allow, the literals that failed, or the unknown literals of a rule
// under never. The zero outcome denies.
type outcome uint64

const (
	refShift  = 4
	refBits   = 20
	maskShift = refShift + refBits
)

// reason returns bits 0 to 3.
func (o outcome) reason() usher.Reason { return usher.Reason(o & (1<<refShift - 1)) }

// bits returns the bits that a Decision carries in addition to the reason.
func (o outcome) bits() uint64 { return uint64(o >> refShift) }

// decision returns the decision of an outcome at a time.
func (p *Policy) decision(o outcome, at time.Time) usher.Decision {
	return decision.New(p, o.reason(), o.bits(), at)
}

func ruleOutcome(reason usher.Reason, r *rule, mask uint64) outcome {
	return outcome(reason) | outcome(r.id)<<refShift | outcome(mask)<<maskShift
}

func permOutcome(reason usher.Reason, perm *perm) outcome {
	return outcome(reason) | outcome(perm.index)<<refShift
}

// Detail implements decision.Basis for the decisions of this policy. For bits that no
// decision of this policy has, the result has no rule.
func (p *Policy) Detail(reason usher.Reason, bits uint64) usher.Detail {
	d := usher.Detail{Digest: p.digest}
	ref := int(bits & (1<<refBits - 1))
	mask := bits >> refBits
	switch reason {
	case usher.ReasonGranted, usher.ReasonForbidden, usher.ReasonConditionUnmet, usher.ReasonOutOfScope:
		if ref >= len(p.rules) {
			return d
		}
		r := &p.rules[ref]
		d.Rule = p.describe(r)
		d.Titles = p.titles(int(r.perm))
		res := &p.resources[p.perms[r.perm].resource]
		switch reason {
		case usher.ReasonGranted:
			d.Hidden = res.fieldNames(mask)
		case usher.ReasonForbidden:
			d.Unknown = p.conditionNames(res, mask)
		default:
			d.Unmet = p.literalNames(res, mask)
			p.addConditionTitles(&d.Titles, res, mask)
		}
	default:
		if ref < len(p.perms) {
			d.Rule.Permission = p.perms[ref].name.String()
			d.Titles = p.titles(ref)
		}
	}
	return d
}

// titles returns the title of a permission by its name, nil if it has none.
func (p *Policy) titles(perm int) map[string]string {
	title, ok := p.permTitles[perm]
	if !ok {
		return nil
	}
	return map[string]string{p.perms[perm].name.String(): title}
}

// addConditionTitles adds the titles of conditions that must hold. A title states what a
// user needs, so it does not apply to a condition that must not hold.
func (p *Policy) addConditionTitles(titles *map[string]string, r *resource, literals uint64) {
	for i, l := range r.literals {
		c := &p.conditions[l.condition]
		if literals&(1<<i) == 0 || l.not || c.title == "" {
			continue
		}
		if *titles == nil {
			*titles = map[string]string{}
		}
		(*titles)[c.name] = c.title
	}
}

func (p *Policy) describe(r *rule) usher.Rule {
	w := &p.written[r.written]
	described := usher.Rule{
		Source: w.source, Permission: p.perms[r.perm].name.String(), Name: w.who, Text: w.text,
		File: p.file, Line: w.pos.Line,
	}
	if r.held >= 0 {
		described.Held = string(p.roles[r.held].Name)
	}
	return described
}

// fieldNames returns the fields of a mask, sorted.
func (r *resource) fieldNames(mask uint64) []string {
	var names []string
	for ; mask != 0; mask &= mask - 1 {
		names = append(names, r.fields[bits.TrailingZeros64(mask)])
	}
	return names
}
