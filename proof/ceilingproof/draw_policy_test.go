package ceilingproof_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
)

// dice makes the random choices of a fixture. The same seed makes the same choices.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 11))} }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// some returns low to high different elements.
func some[T any](d dice, low, high int, from ...T) []T {
	from = slices.Clone(from)
	d.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	return from[:min(low+d.IntN(high-low+1), len(from))]
}

const vocabulary = `usher: 1
seats: {desk: {}}
features: [chat, trial]
settings: {open: false}
conditions:
  chat:   {feature: chat}
  trial:  {feature: trial}
  open:   {setting: open}
  seated: {seat: desk}
  mfa:    {context: mfa}
  locked: {attribute: locked}
  teamed: {party: team}
  admins-item: {party: host, has: admin}
  target-admin: {party: user, has: admin}
  gives-clerk: {gives: clerk}
`

// The facts that a rule about an item can test. Features occur more often, because commands change
// them.
var (
	userFacts = []string{"chat", "trial", "chat", "trial", "chat", "trial", "open", "seated", "mfa"}
	itemFacts = append(slices.Clone(userFacts), "locked", "locked", "teamed", "admins-item")
)

// drawPolicy draws a policy for items with two kinds of users and a team, and for payments. In one of
// three, the role boss is not unique: there are several equal bosses, or only one. With delegates, it has cells for user.delegate, which lets users give what they do not have.
func drawPolicy(d dice, delegates bool) *syntax.Document {
	var b strings.Builder
	b.WriteString(strings.Replace(vocabulary, "open: false", "open: {default: false, asks: "+pick(d, "pay.out", "account.configure")+"}", 1))
	extra := func(of ...string) string { // further rules of a role
		var list []string
		for _, s := range of {
			if s != "" {
				list = append(list, s)
			}
		}
		return strings.Join(list, ", ")
	}
	requires := func(percent int) string {
		if !d.chance(percent) {
			return ""
		}
		return "requires: [" + pick(d, "mfa", "seated", "chat", "trial", "open") + "]"
	}
	maybe := func(percent int, text string) string {
		if d.chance(percent) {
			return text
		}
		return ""
	}
	fmt.Fprintf(&b, "roles:\n  boss: {%s}\n", extra(pick(d, "unique: true, hands-over-to: admin", "unique: true, hands-over-to: admin", "at-least: 1"), pick(d, "includes: [admin]", "includes: [admin]", "all: true", ""), requires(5)))
	fmt.Fprintf(&b, "  admin: {%s}\n", extra(pick(d, "includes: [member]", "includes: [member]", "all: true", ""), requires(15)))
	fmt.Fprintf(&b, "  clerk: {%s}\n", extra(maybe(35, "includes: [member]"), requires(10), maybe(10, "seat: none")))
	fmt.Fprintf(&b, "  member: {%s}\n", extra("default: true", requires(10), maybe(8, pick(d, "seat: none", "seat: required"))))
	fmt.Fprintf(&b, "  manager: {%s}\n  lead: {%s}\n", extra("held-on: team", maybe(40, "includes: [lead]"), requires(10)), extra("held-on: team", requires(6)))
	b.WriteString("bundles: {both: [item.view, item.edit], staff: [grant.give, user.set-role]}\nresources:\n")
	b.WriteString("  item:\n    parties: {host: users, guest: users, team: teams}\n    fields: {details: [title], contact: [phone]}\n    permissions:\n")
	for _, action := range []string{"view", "edit"} {
		fmt.Fprintf(&b, "      %s: {%s}\n", action, drawCells(d, []string{"host", "guest", "team"}, itemFacts, action == "view"))
	}
	if d.chance(25) {
		fmt.Fprintf(&b, "      \"*\": {%s: %s}\n", pick(d, "clerk", "member", "lead", "everyone"), drawRule(d, []string{"host", "guest", "team"}, itemFacts, false))
	}
	fmt.Fprintf(&b, "  pay: {permissions: {out: {%s}}}\n", drawCells(d, nil, userFacts, false))
	drawCommandCells(d, &b, delegates)
	drawNever(d, &b)
	doc, err := policyfile.Parse("drawn.yaml", []byte(b.String()))
	if err != nil {
		panic(fmt.Sprintf("%s\n%v", b.String(), err))
	}
	return doc
}

// drawCells draws the cells of a permission. Without parties, only the scope any matches.
func drawCells(d dice, parties, facts []string, hiding bool) string {
	var cells []string
	for _, role := range some(d, 2, 5, "boss", "admin", "clerk", "member", "manager", "lead", "everyone") {
		var rules []string
		for range pick(d, 1, 1, 2) {
			rules = append(rules, drawRule(d, parties, facts, hiding))
		}
		cells = append(cells, role+": ["+strings.Join(rules, ", ")+"]")
	}
	if d.chance(30) {
		cells = append(cells, "visitor: any"+drawTests(d, 80, facts)+map[bool]string{true: " hiding details"}[hiding && d.chance(50)])
	}
	return strings.Join(cells, ", ")
}

func drawRule(d dice, parties, facts []string, hiding bool) string {
	rule := "any"
	if parties != nil {
		rule = pick(d, "any", "any", "any", "own", "sole", "team", "team", "shared")
		if rule != "any" && d.chance(40) {
			rule += " as " + strings.Join(some(d, 1, 2, parties...), " or ")
		}
	}
	rule += drawTests(d, 45, facts)
	if hiding && d.chance(40) {
		rule += " hiding " + strings.Join(some(d, 1, 2, "details", "contact"), " and ")
	}
	return rule
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

// drawCommandCells draws which roles may send which commands. They may send more than in most
// products, so that the ceiling rejects more.
func drawCommandCells(d dice, b *strings.Builder, delegates bool) {
	cells := func(kind string) string {
		var cells []string
		tested := slices.Clone(userFacts)
		switch kind {
		case "user":
			tested = append(tested, "target-admin", "target-admin", "gives-clerk", "gives-clerk")
		case "team", "seat", "grant":
			tested = append(tested, "target-admin")
		}
		add := func(percent int, role string, scopes ...string) {
			if d.chance(percent) {
				cells = append(cells, role+": "+pick(d, scopes...)+drawTests(d, 12, tested))
			}
		}
		own, team := "any", "any"
		if kind == "user" || kind == "team" || kind == "seat" || kind == "grant" {
			own, team = "own", "team"
		}
		add(85, "boss", "any")
		add(85, "admin", "any")
		add(55, "clerk", "any", "any", "any", own, team)
		add(14, "member", "any", own)
		add(30, "manager", "any", team)
		add(4, "everyone", own)
		return strings.Join(cells, ", ")
	}
	for _, of := range [][]string{
		{"account", "configure", "transfer"},
		{"user", "create", "delete", "set-role", "set-status", "leave", "admit"},
		{"team", "create", "edit", "delete", "set-members", "set-role", "join", "leave"},
		{"seat", "assign", "unassign", "purchase"},
		{"grant", "give", "revoke"},
	} {
		fmt.Fprintf(b, "  %s:\n    permissions:\n", of[0])
		for _, action := range of[1:] {
			who := cells(of[0])
			if action == "transfer" { // a built-in rule stops all other users
				who = "boss: any"
			}
			fmt.Fprintf(b, "      %s: {%s}\n", action, who)
		}
		if of[0] == "user" && delegates {
			fmt.Fprintf(b, "      delegate: {%s: %s}\n", pick(d, "admin", "clerk"), pick(d, "any", "team"))
		}
	}
}

// drawNever draws up to three prohibitions. Most of them depend on a feature.
func drawNever(d dice, b *strings.Builder) {
	list := some(d, 0, 3, "item.view", "item.edit", "pay.out", "pay.out", "grant.give", "user.set-role", "both", "staff")
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) == 0 {
		return
	}
	b.WriteString("never:\n")
	for _, permission := range list {
		var parties []string
		facts := []string{"chat", "trial", "chat", "trial", "chat", "trial", "open", "seated", "mfa"}
		if strings.HasPrefix(permission, "item.") || permission == "both" { // a bundle of items
			parties = []string{"host", "guest", "team"}
			facts = append(facts, "locked", "admins-item")
		}
		rules := []string{}
		for range pick(d, 1, 1, 2) {
			scope := "any"
			if parties != nil {
				scope = pick(d, "any", "any", "any", "own", "team", "shared")
			}
			rules = append(rules, scope+drawTests(d, 92, facts))
		}
		fmt.Fprintf(b, "  %s: [%s]\n", permission, strings.Join(rules, ", "))
	}
}
