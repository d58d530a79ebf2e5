package policy

import (
	"slices"

	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// Matrix is a policy as a table of permissions by role, for example for a help page. It is
// derived from the compiled rules. The roles of an account are among the columns if the policy has them, as that of
// account.State.Policy does.
type Matrix struct {
	Roles     []role.Role // the columns, in the order of the file
	Resources []MatrixResource
}

// MatrixResource is the part of a Matrix about one type of resource.
type MatrixResource struct {
	Name string
	Rows []MatrixRow
}

// MatrixRow is one permission. Rules are texts as a policy writes them; conditions include
// what a role requires.
type MatrixRow struct {
	Permission permission.Permission
	Cells      [][]string // for each role: its own rules and included ones
	Everyone   []string
	Visitor    []string // rules for every requester, also without a user in the account
	Never      []string
	Offers     []string // rules among which the authors of custom roles choose

	// The same rules in parts, in the same order, for programs that word them in their own
	// way. If contains what a role requires; Teams and Until are empty.
	CellRules     [][]Entitlement
	EveryoneRules []Entitlement
	VisitorRules  []Entitlement
	NeverRules    []Entitlement
	OfferRules    []Entitlement // as those of an Offer
}

// Matrix returns the table of all resources that have a rule. It omits rules of a role
// that another rule of the same role covers.
func (p *Policy) Matrix() Matrix {
	m := Matrix{Roles: p.Roles()}
	for i := range p.resources {
		r := &p.resources[i]
		part := MatrixResource{Name: r.name}
		for _, at := range r.perms {
			if p.perms[at].name == roleDefine && p.custom.like == nil && p.perms[at].pos.IsZero() {
				continue // accounts define no roles, and the file does not mention it
			}
			if row, said := p.matrixRow(&p.perms[at]); said {
				part.Rows = append(part.Rows, row)
			}
		}
		if len(part.Rows) > 0 {
			m.Resources = append(m.Resources, part)
		}
	}
	return m
}

func (p *Policy) matrixRow(perm *perm) (row MatrixRow, said bool) {
	row.Permission = perm.name
	row.Everyone, row.EveryoneRules = p.cell(perm, perm.everyone)
	row.Visitor, row.VisitorRules = p.cell(perm, perm.visitor)
	row.Never, row.NeverRules = p.cell(perm, perm.never)
	for i := range perm.choices {
		c := &perm.choices[i]
		row.Offers, row.OfferRules = append(row.Offers, c.text), append(row.OfferRules, p.entitlement(&c.rule, c.rule.need))
	}
	said = len(row.Everyone)+len(row.Visitor)+len(row.Never)+len(row.Offers) > 0
	for _, list := range perm.byRole {
		texts, rules := p.cell(perm, list)
		row.Cells, row.CellRules = append(row.Cells, texts), append(row.CellRules, rules)
		said = said || len(list) > 0
	}
	return row, said || !perm.pos.IsZero()
}

// cell returns rules with all their conditions, without those that others cover: as texts, and
// in parts.
func (p *Policy) cell(perm *perm, list []rule) (texts []string, rules []Entitlement) {
	for i := range list {
		if perm.coveredBy(list, i) < 0 {
			texts = append(texts, p.fullText(perm, &list[i]))
			rules = append(rules, p.entitlement(&list[i], list[i].need))
		}
	}
	return texts, rules
}

// coveredBy returns the index of another rule of the list that covers rule i, or -1. Of two
// equal rules, the earlier one covers the later one.
func (p *perm) coveredBy(list []rule, i int) int {
	for k := range list {
		a, b := &list[k], &list[i]
		if k != i && p.res.covers(a.extent, b.extent) && (k < i || !p.res.covers(b.extent, a.extent)) {
			return k
		}
	}
	return -1
}

// fullText returns a rule as its holder has it: with what the roles on the include path
// require.
func (p *Policy) fullText(perm *perm, r *rule) string {
	full := p.written[r.written].rule
	full.If = slices.Clone(full.If)
	res := &p.resources[perm.resource]
	for i, l := range res.literals {
		t := syntax.Test{Not: l.not, Name: syntax.Name{Text: p.conditions[l.condition].name}}
		written := slices.ContainsFunc(full.If, func(have syntax.Test) bool { return have.String() == t.String() })
		if r.need&(1<<i) != 0 && !written {
			full.If = append(full.If, t)
		}
	}
	return full.String()
}
