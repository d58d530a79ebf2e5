package ceilingproof_test

import (
	"slices"
	"strings"
)

// about is what the rules of a permission can name.
type about struct {
	roles   []string // roles with cells, and everyone
	parties []string // none: only the scope any matches
	facts   []string
	nested  bool // the resource is in a folder
	hiding  bool
}

// drawCells draws the cells of a permission.
func drawCells(d dice, on about) string {
	var cells []string
	for _, role := range some(d, 2, 5, on.roles...) {
		var rules []string
		for range pick(d, 1, 1, 2) {
			rules = append(rules, drawRule(d, on))
		}
		if (role == "manager" || role == "lead") && on.parties != nil && d.chance(25) {
			rules[0] = "any and not " + pick(d, "team", "shared") + drawTests(d, 20, on.facts) // reaches more with fewer teams
		}
		cells = append(cells, role+": ["+strings.Join(rules, ", ")+"]")
	}
	if d.chance(30) {
		cells = append(cells, "visitor: any"+drawTests(d, 80, on.facts)+map[bool]string{true: " hiding details"}[on.hiding && d.chance(50)])
	}
	return strings.Join(cells, ", ")
}

func drawRule(d dice, on about) string {
	if on.nested && d.chance(40) { // rules that differ only in the containers
		return pick(d, "own", "shared") + pick(d, "", " or above")
	}
	rule := drawScopes(d, on, "any", "any", "any", "own", "sole", "team", "team", "shared") + drawTests(d, 45, on.facts)
	if on.hiding && d.chance(40) {
		rule += " hiding " + strings.Join(some(d, 1, 2, "details", "contact"), " and ")
	}
	return rule
}

// drawScopes draws one of the scopes. One rule in five has more scopes, most of them negated.
func drawScopes(d dice, on about, scopes ...string) string {
	if on.parties == nil {
		return "any"
	}
	terms := []string{drawTerm(d, on, pick(d, scopes...))}
	if !d.chance(22) {
		return terms[0]
	}
	rule := terms[0]
	for range pick(d, 1, 1, 2) {
		term := drawTerm(d, on, pick(d, "own", "own", "sole", "team", "shared"))
		if slices.Contains(terms, term) {
			continue
		}
		terms = append(terms, term)
		if terms[0] == "any" || d.chance(60) {
			term = "not " + term
		}
		rule += " and " + term
	}
	return rule
}

// drawTerm draws the parties that a scope looks at, and whether it looks at the containers.
func drawTerm(d dice, on about, scope string) string {
	if scope == "any" {
		return scope
	}
	parties := on.parties
	if on.nested && d.chance(50) {
		scope += " or above"
		if !slices.Contains(parties, "reader") {
			parties = append(slices.Clone(parties), "reader") // a party of folders only
		}
	}
	if d.chance(40) {
		as := some(d, 1, 2, parties...)
		slices.Sort(as)
		scope += " as " + strings.Join(as, " or ")
	}
	return scope
}

// drawTests draws one or two conditions, or none.
func drawTests(d dice, percent int, facts []string) string {
	if !d.chance(percent) {
		return ""
	}
	var tests []string
	for _, fact := range slices.Compact(slices.Sorted(slices.Values(some(d, 1, pick(d, 1, 1, 2), facts...)))) {
		tests = append(tests, pick(d, "", "", "not ")+fact)
	}
	return " if " + strings.Join(tests, " and ")
}
