package syntax

import (
	"slices"
	"strings"
)

// Term is one scope of a rule, with the parties that it looks at:
//
//	scope [ "or" "above" ] [ "as" party { "or" party } ]
//
// The zero Term has no scope and is invalid.
type Term struct {
	Not   bool // the rule matches only where the scope does not
	Scope Scope
	Above bool   // the scope may also match on a container of the resource
	As    []Name // the parties that the scope looks at; none: all of the resource
	Pos   Pos    // of the scope
}

// String returns the term in the form in which a rule has it after its first scope, without
// the word "and".
func (t Term) String() string {
	var b strings.Builder
	if t.Not {
		b.WriteString("not ")
	}
	b.WriteString(t.Scope.String())
	if t.Above {
		b.WriteString(" or above")
	}
	for i, n := range t.As {
		if i == 0 {
			b.WriteString(" as ")
		} else {
			b.WriteString(" or ")
		}
		b.WriteString(n.Text)
	}
	return b.String()
}

// same reports whether two terms select the same resources, except for their Not.
func (t Term) same(o Term) bool {
	named := func(list []Name) []string {
		var texts []string
		for _, n := range list {
			texts = append(texts, n.Text)
		}
		slices.Sort(texts)
		return texts
	}
	return t.Scope == o.Scope && t.Above == o.Above && slices.Equal(named(t.As), named(o.As))
}

// Terms returns all terms of the rule: the first one, which is never negated, and those of And.
func (r Rule) Terms() []Term {
	return append([]Term{{Scope: r.Scope, Above: r.Above, As: r.As, Pos: r.Pos}}, r.And...)
}

// MaxTerms is the limit of scopes in one rule.
const MaxTerms = 8

// term parses a scope with its parties. The word before it is "and", or "" for the first term
// of a rule.
func (p *ruleParser) term(before string) Term {
	var t Term
	at := p.next()
	if at.Text == "not" {
		t.Not = true
		not := at
		at = p.next()
		switch example := at.Text; {
		case before != "":
		case example == scopeNames[ScopeAny-1] || example == scopeNames[ScopeHere-1] || !IsScope(example):
			p.fail(not, "a rule begins with a scope without not; write any and not own")
		default:
			p.fail(not, "a rule begins with a scope without not; write any and not %s", example)
		}
	}
	i := slices.Index(scopeNames, at.Text)
	switch {
	case at.Text == "" && before == "":
		p.fail(at, "a rule must begin with a scope: any, own, sole, team, shared or here")
	case at.Text == "":
		p.fail(at, "a scope is missing after and, as in own and not own as author")
	case i < 0 && before != "":
		p.fail(at, "%q is not a scope (own, sole, team, shared, here); parties are joined by or, and conditions follow if: own as host or guest if mfa", at.Text)
	case i < 0:
		p.fail(at, "unknown scope %q%s (any, own, sole, team, shared, here)", at.Text, suggestScope(at.Text))
	}
	t.Scope, t.Pos = Scope(i+1), at.Pos
	if or := p.at; p.accept("or") {
		if p.accept("above") {
			t.Above = true
		} else {
			p.at = or // an unexpected word
		}
	}
	if p.accept("as") {
		t.As = p.names("party", "or")
	}
	switch {
	case t.Scope == ScopeHere && t.Not:
		p.fail(at, "`not here` has no meaning: a rule with here is only for users who hold the role; remove it")
	case t.Scope == ScopeHere && len(t.As) > 0:
		p.fail(at, "here looks at no party, but at the roles that users hold on the resource; remove `as`")
	case t.Scope != ScopeAny:
	case t.Above:
		p.fail(at, "any matches every resource, so `or above` adds nothing; remove it")
	case t.Not:
		p.fail(at, "`not any` matches nothing; remove the rule")
	case before != "":
		p.fail(at, "any matches every resource, so `and any` adds nothing; remove it")
	}
	return t
}

// terms parses the further terms of a rule.
func (p *ruleParser) terms(r *Rule) {
	for p.err == nil && p.accept("and") {
		t := p.term("and")
		if r.Scope == ScopeAny && !t.Not {
			p.fail(Name{Pos: r.Pos}, "any matches every resource, so it adds nothing before `and %s`; begin the rule with %s", t, t)
		}
		if len(r.And)+2 > MaxTerms {
			p.fail(Name{Pos: t.Pos}, "more than %d scopes in one rule", MaxTerms)
		}
		r.And = append(r.And, t)
	}
}

// distinct reports a term that repeats or contradicts another one.
func (p *ruleParser) distinct(r Rule) {
	terms := r.Terms()
	for i, t := range terms {
		for _, other := range terms[:i] {
			switch {
			case t.Scope == ScopeHere && other.Scope == ScopeHere:
				p.fail(Name{Pos: t.Pos}, "a rule has here once; `here or above` includes `here`")
			case !t.same(other):
			case t.Not == other.Not:
				p.fail(Name{Pos: t.Pos}, "duplicate scope `%s`", t)
			default:
				t.Not = false
				p.fail(Name{Pos: t.Pos}, "`%s` and `not %s` never hold together", t, t)
			}
		}
	}
}
