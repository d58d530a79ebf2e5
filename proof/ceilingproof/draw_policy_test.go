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

// shape is what a drawn policy has besides the vocabulary.
type shape struct {
	crew   bool // items have a party of users and teams
	nested bool // items are in folders, and folders in folders
	beside bool // there are roles beside the account role
}

// drawPolicy draws a policy for items with two kinds of users and a team, and for payments. In one of
// three, the role boss is not unique: there are several equal bosses, or only one. With delegates, it
// has cells for user.delegate, which lets users give what they do not have.
func drawPolicy(d dice, delegates bool) *syntax.Document {
	var b strings.Builder
	of := shape{crew: d.chance(30), nested: d.chance(40), beside: d.chance(60)}
	words := vocabulary
	set := func(from, to string) { words = strings.Replace(words, from, to, 1) }
	set("open: false", "open: {default: false, "+pick(d, "asks: pay.out", "asks: pay.out", "asks: account.configure", "asks: account.configure", "set-by: host")+"}")
	if of.beside && d.chance(50) {
		set("user, has: admin", "user, has: biller")
		set("gives: clerk", "gives: biller")
	}
	b.WriteString(words)
	item := about{roles: []string{"boss", "admin", "clerk", "member", "manager", "lead", "everyone"}, parties: []string{"host", "guest", "team"}, facts: itemFacts, nested: of.nested}
	if of.beside {
		item.roles = append(item.roles, "biller", "tester")
	}
	if of.crew {
		b.WriteString("  crewed: {party: crew}\n")
		item.parties, item.facts = append(item.parties, "crew"), append(slices.Clone(itemFacts), "crewed")
	}
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
	fmt.Fprintf(&b, "  admin: {%s}\n", extra(pick(d, "includes: [member]", map[bool]string{true: "includes: [member, biller]", false: "includes: [member]"}[of.beside], "all: true", ""), requires(15)))
	fmt.Fprintf(&b, "  clerk: {%s}\n", extra(maybe(35, "includes: [member]"), requires(10), maybe(10, "seat: none"), maybe(8, "team-roles: none"), maybe(8, "grants: none")))
	fmt.Fprintf(&b, "  member: {%s}\n", extra("default: true", requires(10), maybe(8, pick(d, "seat: none", "seat: required"))))
	seats := maybe(15, "seats: {desk: "+pick(d, "required", "optional")+"}")
	fmt.Fprintf(&b, "  manager: {%s}\n  lead: {%s}\n", extra("held-on: team", maybe(40, "includes: [lead]"), requires(10), maybe(45, "outside: true"), seats), extra("held-on: team", requires(6), maybe(25, "outside: true")))
	if of.beside {
		fmt.Fprintf(&b, "  biller: {%s}\n  tester: {%s}\n", extra("beside: true", pick(d, "", "", "includes: [tester]", "all: true"), requires(15)), extra("beside: true", requires(10)))
	}
	b.WriteString("bundles: {both: [item.view, item.edit], staff: [grant.give, user.set-role]}\nresources:\n")
	if of.nested {
		folder := about{roles: item.roles, parties: []string{"host", "reader", "team"}, facts: userFacts, nested: true}
		fmt.Fprintf(&b, "  folder:\n    in: folder\n    parties: {host: users, reader: users, team: teams}\n    permissions: {open: {%s}}\n", drawCells(d, folder))
	}
	b.WriteString("  item:\n    parties: {host: users, guest: users, team: teams" + map[bool]string{true: ", crew: [users, teams]"}[of.crew] + "}\n")
	b.WriteString(map[bool]string{true: "    in: folder\n"}[of.nested] + "    fields: {details: [title], contact: [phone]}\n    permissions:\n")
	for _, action := range []string{"view", "edit"} {
		item.hiding = action == "view"
		fmt.Fprintf(&b, "      %s: {%s}\n", action, drawCells(d, item))
	}
	if item.hiding = false; d.chance(25) {
		fmt.Fprintf(&b, "      \"*\": {%s: %s}\n", pick(d, "clerk", "member", "lead", "everyone"), drawRule(d, item))
	}
	fmt.Fprintf(&b, "  pay: {permissions: {out: {%s}}}\n", drawCells(d, about{roles: item.roles, facts: userFacts}))
	drawCommandCells(d, &b, delegates, of)
	drawNever(d, &b, item)
	doc, err := policyfile.Parse("drawn.yaml", []byte(b.String()))
	if err != nil {
		panic(fmt.Sprintf("%s\n%v", b.String(), err))
	}
	return doc
}

// isDelegating reports whether a policy lets users give what they do not have.
func isDelegating(doc *syntax.Document) bool {
	return slices.ContainsFunc(doc.Resources, func(r syntax.Resource) bool {
		return slices.ContainsFunc(r.Permissions, func(p syntax.Permission) bool { return p.Action.Text == delegate.Action() })
	})
}

// drawCommandCells draws which roles may send which commands. They may send more than in most
// products, so that the ceiling rejects more.
func drawCommandCells(d dice, b *strings.Builder, delegates bool, of shape) {
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
			own, team = pick(d, "own", "own", "own", "own and not team"), pick(d, "team", "team", "team", "team and not own", "shared and not sole")
		}
		add(85, "boss", "any")
		add(85, "admin", "any")
		add(55, "clerk", "any", "any", "any", own, team)
		add(14, "member", "any", own)
		add(30, "manager", "any", team)
		if of.beside {
			add(15, "biller", "any", team)
		}
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
func drawNever(d dice, b *strings.Builder, item about) {
	list := some(d, 0, 3, "item.view", "item.edit", "pay.out", "pay.out", "grant.give", "user.set-role", "both", "staff")
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) == 0 {
		return
	}
	b.WriteString("never:\n")
	for _, permission := range list {
		on := about{nested: item.nested}
		facts := []string{"chat", "trial", "chat", "trial", "chat", "trial", "open", "seated", "mfa"}
		if strings.HasPrefix(permission, "item.") || permission == "both" { // a bundle of items
			on.parties = item.parties
			facts = append(facts, "locked", "admins-item")
		}
		rules := []string{}
		for range pick(d, 1, 1, 2) {
			rules = append(rules, drawScopes(d, on, "any", "any", "any", "own", "team", "shared")+drawTests(d, 92, facts))
		}
		fmt.Fprintf(b, "  %s: [%s]\n", permission, strings.Join(rules, ", "))
	}
}
