package syntax

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
)

// Rule is one rule of a cell:
//
//	term { "and" [ "not" ] term } [ "if" [ "not" ] condition { "and" [ "not" ] condition } ] [ "hiding" group { "and" group } ]
//
// The first term is in Scope, Above and As. The zero Rule has no scope and is invalid.
type Rule struct {
	Scope  Scope
	Above  bool   // the scope may also match on a container of the resource
	As     []Name // the parties that the scope looks at; none: all of the resource
	And    []Term // further scopes, all of which must match too, or with Not must not match
	If     []Test
	Hiding []Name // groups of fields
	Pos    Pos
}

// Test requires a condition, or with Not its negation.
type Test struct {
	Not  bool
	Name Name
}

// Scope selects resources, relative to the user and to the parties that the rule looks at.
// The zero value selects none.
type Scope uint8

// The scopes. Only ScopeAny and ScopeHere match a resource without parties.
const (
	ScopeAny    Scope = iota + 1 // every resource
	ScopeOwn                     // the user, or a team that the user belongs to, is among the parties
	ScopeSole                    // the user is the only party
	ScopeTeam                    // every party is the user, belongs to a team of the user, or is such a team
	ScopeShared                  // at least one party is
	ScopeHere                    // the user holds the role of the cell on the resource; only for roles that are held on resources
)

var scopeNames = []string{"any", "own", "sole", "team", "shared", "here"}

// IsScope reports whether a word is a scope.
func IsScope(word string) bool { return slices.Contains(scopeNames, word) }

// String returns the word of the scope, "none" for the zero value.
func (s Scope) String() string {
	if s == 0 || int(s) > len(scopeNames) {
		return "none"
	}
	return scopeNames[s-1]
}

// maxListed is the limit of parties, conditions or groups in one list of a rule.
const maxListed = 40

// reserved are the words of the rule grammar, everyone and visitor. A party and a standard resource
// may nevertheless be named team, because no rule is then ambiguous.
var reserved = append([]string{"as", "or", "above", "if", "not", "and", "hiding", "everyone", "visitor"}, scopeNames...)

// IsReserved reports whether a word is a word of the rule grammar, everyone or visitor.
func IsReserved(word string) bool { return slices.Contains(reserved, word) }

// String returns the rule in a canonical form: parties, conditions and groups in their order,
// with single blanks between words.
func (r Rule) String() string {
	var b strings.Builder
	for i, t := range r.Terms() {
		if i > 0 {
			b.WriteString(" and ")
		}
		b.WriteString(t.String())
	}
	words := func(before, between string, names []Name) {
		for i, n := range names {
			if i == 0 {
				b.WriteString(before)
			} else {
				b.WriteString(between)
			}
			b.WriteString(n.Text)
		}
	}
	for i, t := range r.If {
		if i == 0 {
			b.WriteString(" if ")
		} else {
			b.WriteString(" and ")
		}
		b.WriteString(t.String())
	}
	words(" hiding ", " and ", r.Hiding)
	return b.String()
}

// String returns the condition's name, with the prefix "not " if it is negated.
func (t Test) String() string {
	if t.Not {
		return "not " + t.Name.Text
	}
	return t.Name.Text
}

// ParseRule parses one rule. It does not resolve names. The error is a Problem without a
// file; its position is relative to the beginning of the text.
func ParseRule(text string) (Rule, error) {
	p := ruleParser{text: text}
	r := p.rule()
	if p.err != nil {
		return Rule{}, p.err
	}
	return r, nil
}

type ruleParser struct {
	text string
	at   int // the offset of the next word
	err  error
}

func (p *ruleParser) rule() Rule {
	first := p.term("")
	r := Rule{Scope: first.Scope, Above: first.Above, As: first.As, Pos: first.Pos}
	p.terms(&r)
	if p.accept("if") {
		r.If = p.tests()
	}
	if p.accept("hiding") {
		r.Hiding = p.names("group of fields", "and")
	}
	if rest := p.next(); rest.Text != "" {
		p.fail(rest, "unexpected %q; %s", rest.Text, suggestEnd(rest.Text))
	}
	p.distinct(r)
	return r
}

// suggestScope suggests a replacement for an unknown scope.
func suggestScope(word string) string {
	switch strings.ToLower(word) {
	case "none", "no", "nobody", "never", "false", "deny":
		return "; to deny, remove the cell"
	case "true", "yes", "all", "always", "allow", "everyone", "*":
		return "; write any"
	}
	if scope := strings.TrimSuffix(word, ","); scope != word && slices.Contains(scopeNames, scope) {
		return "; write several rules as a list: [own if a, team if b]"
	}
	return suggest.DidYouMean(word, scopeNames)
}

// suggestEnd suggests a replacement for an unexpected word after a rule.
func suggestEnd(word string) string {
	switch strings.ToLower(word) {
	case "or", "||":
		return "for \"or\" write a list of rules: [own, team], [own if a, own if b]"
	case "unless", "except", "without":
		return "write if not …"
	case "when", "where", "with", "while":
		return "write if …"
	case "above":
		return "write or above, as in own or above"
	}
	return "a rule is: scope [or above] [as party or …] [and [not] scope …] [if condition and …] [hiding group and …]"
}

func (p *ruleParser) tests() []Test {
	var tests []Test
	for p.err == nil {
		not := p.accept("not")
		t := Test{Not: not, Name: p.name("condition", "and")}
		p.bound(t.Name, len(tests))
		for _, other := range tests {
			switch {
			case other.Name.Text != t.Name.Text:
			case other.Not == t.Not:
				p.fail(t.Name, "duplicate condition %s", t)
			default:
				p.fail(t.Name, "%s and not %s never hold together", t.Name.Text, t.Name.Text)
			}
		}
		tests = append(tests, t)
		if !p.accept("and") {
			break
		}
	}
	return tests
}

func (p *ruleParser) names(what, between string) []Name {
	var names []Name
	for p.err == nil {
		n := p.name(what, between)
		p.bound(n, len(names))
		if slices.ContainsFunc(names, func(o Name) bool { return o.Text == n.Text }) {
			p.fail(n, "duplicate %s %s", what, n.Text)
		}
		names = append(names, n)
		if !p.accept(between) {
			break
		}
	}
	return names
}

func (p *ruleParser) name(what, between string) Name {
	n := p.next()
	switch {
	case n.Text == "":
		p.fail(n, "the name of a %s is missing at the end", what)
	case what == "party" && n.Text == "above":
		p.fail(n, "`or above` follows the scope, as in own or above as host")
	case what == "condition" && IsScope(n.Text):
		p.fail(n, "%q is a scope, not a condition; scopes come before if: own and not own as author if mfa", n.Text)
	case IsReserved(n.Text) && (what != "party" || n.Text != "team"):
		p.fail(n, "%q is a reserved word and cannot name a %s", n.Text, what)
	case strings.HasSuffix(n.Text, ","):
		p.fail(n, "separate names with %q, not with a comma", between)
	case !permission.IsName(n.Text):
		p.fail(n, "%q cannot name a %s: names are lower-case letters, digits and dashes, and begin with a letter", n.Text, what)
	}
	return n
}

// bound limits the length of a list, which keeps the search for duplicates short.
func (p *ruleParser) bound(at Name, before int) {
	if before == maxListed {
		p.fail(at, "more than %d names in one list of a rule", maxListed)
	}
}

func (p *ruleParser) accept(word string) bool {
	before := p.at
	if p.next().Text == word {
		return true
	}
	p.at = before
	return false
}

// next returns the word at p.at with its column; its text is "" at the end.
func (p *ruleParser) next() Name {
	rest := p.text[p.at:]
	blank := len(rest) - len(strings.TrimLeft(rest, " \t\n"))
	rest = rest[blank:]
	end := strings.IndexAny(rest, " \t\n")
	if end < 0 {
		end = len(rest)
	}
	n := Name{Text: rest[:end], Pos: Pos{Line: 1, Col: utf8.RuneCountInString(p.text[:p.at+blank]) + 1}}
	p.at += blank + end
	return n
}

func (p *ruleParser) fail(at Name, format string, args ...any) {
	if p.err == nil {
		p.err = Problem{Pos: at.Pos, Message: printable.Sprintf(format, args...)}
	}
}
