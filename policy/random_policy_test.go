package policy_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

func allNamed(texts []string) (names []syntax.Name) {
	for _, t := range texts {
		names = append(names, ruleOutcome(t))
	}
	return names
}

// drawing is a random document in the making.
type drawing struct {
	dice
	doc  *syntax.Document
	who  []string // roles and everyone
	ask  []string // conditions that rules may require
	perm []string // permissions
	// scopes draws only rules that consist of a scope, and no never rules: a fast path in Decide.
	scopes bool
	public bool // draws cells of visitors
}

// randomDocument draws a policy that uses all of the format. One in twenty is big: more
// conditions, fields and roles than a machine word has bits. In three of ten, only scopes
// decide.
func randomDocument(d dice) *syntax.Document {
	dr := &drawing{dice: d, doc: &syntax.Document{Name: "random"}}
	big := d.chance(5)
	dr.scopes = d.chance(30)
	dr.public = d.chance(60)
	dr.parties(big)
	dr.containers()
	dr.conditions(big)
	dr.roles(big)
	dr.roleConditions()
	dr.permissions()
	dr.bundles()
	dr.never()
	dr.settingAsks()
	return dr.doc
}

// questionDocument draws a policy for questions. More of them than of randomDocument have rules of scopes
// only, so that each kind of list of steps occurs often.
func questionDocument(d dice) *syntax.Document {
	dr := &drawing{dice: d, doc: randomDocument(d)}
	if d.chance(32) {
		dr.onlyScopes()
	}
	return dr.doc
}

// onlyScopes removes everything from the rules but a scope, and draws others for most any. Some roles
// keep what they require.
func (dr *drawing) onlyScopes() {
	dr.doc.Never = nil
	for i := range dr.doc.Roles {
		if dr.chance(60) {
			dr.doc.Roles[i].Requires = nil
		}
	}
	for i := range dr.doc.Resources {
		for k := range dr.doc.Resources[i].Permissions {
			for _, cell := range dr.doc.Resources[i].Permissions[k].Cells {
				for n := range cell.Rules {
					if r := &cell.Rules[n]; r.Scope != syntax.ScopeHere {
						r.If, r.Hiding, r.And = nil, nil, nil
						if r.Scope == syntax.ScopeAny && cell.Who.Text != "visitor" && len(dr.doc.Resources[i].Parties) > 0 && dr.chance(80) {
							r.Scope = pick(dr.dice, []syntax.Scope{syntax.ScopeOwn, syntax.ScopeSole, syntax.ScopeTeam, syntax.ScopeShared})
						}
					}
				}
			}
		}
	}
}

var (
	userParties = []string{"host", "owner", "assignee", "guest", "editor", "user"}
	teamParties = []string{"team", "crew", "squad"}
	fieldNames  = []string{"title", "phone", "email", "place", "note", "price"}
)

// mostFields is the limit of fields of one type of resource. Twice mostConditions is the limit of
// tests, because a condition and its negation are two.
const mostFields, mostConditions = 40, 20

// parties draws the types of resources with parties and groups of fields.
func (dr *drawing) parties(big bool) {
	for _, name := range some(dr.dice, 1, 4, []string{"calendar", "page", "event", "form"}) {
		r := syntax.Resource{Name: ruleOutcome(name)}
		users, teams := dr.upTo(0, 2), dr.upTo(0, 1)
		if dr.chance(15) {
			users, teams = dr.upTo(1, 4), dr.upTo(1, 3)
		}
		for _, p := range some(dr.dice, users, users, userParties) {
			r.Parties = append(r.Parties, syntax.Party{Name: ruleOutcome(p)})
		}
		for _, p := range some(dr.dice, teams, teams, teamParties) {
			r.Parties = append(r.Parties, syntax.Party{Name: ruleOutcome(p), Kind: syntax.OfTeams})
		}
		r.Parties = shuffled(dr.dice, r.Parties[:min(len(r.Parties), 6)])
		for i := range r.Parties {
			if dr.chance(15) {
				r.Parties[i].Kind = syntax.OfBoth
			}
		}
		if dr.chance(75) {
			r.Fields = dr.groups(fieldNames)
		}
		if big {
			r.Fields = dr.groups(numbered("field", mostFields))
		}
		dr.doc.Resources = append(dr.doc.Resources, r)
	}
	for _, s := range standard {
		if dr.chance(50) {
			r := syntax.Resource{Name: ruleOutcome(s[0])}
			if dr.chance(50) {
				r.Fields = dr.groups(fieldNames)
			}
			if dr.chance(10) {
				r.Parties = []syntax.Party{{Name: ruleOutcome("crew"), Kind: syntax.OfTeams}, {Name: ruleOutcome("guest")}}
			}
			dr.doc.Resources = append(dr.doc.Resources, r)
		}
	}
	dr.doc.Resources = shuffled(dr.dice, dr.doc.Resources)
}

func (dr *drawing) groups(fields []string) (groups []syntax.FieldGroup) {
	for _, name := range some(dr.dice, 1, 4, []string{"details", "contact", "private", "money"}) {
		fields := some(dr.dice, 1, max(3, len(fields)/2), fields)
		groups = append(groups, syntax.FieldGroup{Name: ruleOutcome(name), Fields: allNamed(fields)})
	}
	return groups
}

func numbered(what string, n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("%s-%d", what, i))
	}
	return names
}

// conditions draws conditions on most of the declared facts.
func (dr *drawing) conditions(big bool) {
	doc := dr.doc
	facts := func(kind syntax.ConditionKind, of []string) []string {
		for _, o := range of {
			for _, name := range []string{kind.String() + "-" + o, "also-" + o} {
				if dr.chance(85) == (name[:4] != "also") && !slices.Contains(dr.ask, name) {
					doc.Conditions = append(doc.Conditions, syntax.Condition{Name: ruleOutcome(name), Kind: kind, Of: ruleOutcome(o)})
					dr.ask = append(dr.ask, name)
				}
			}
		}
		return of
	}
	for _, name := range facts(syntax.OnSeat, some(dr.dice, 0, 3, []string{"booking", "phone", "desk"})) {
		pool := syntax.SeatPool{Name: ruleOutcome(name), Over: dr.chance(20)}
		if dr.chance(30) {
			pool.Holds = append([]usher.Status{usher.Active}, some(dr.dice, 0, 2, []usher.Status{usher.Invited, usher.Inactive, usher.Requested})...)
		}
		doc.Seats = append(doc.Seats, pool)
	}
	doc.Features = allNamed(facts(syntax.OnFeature, some(dr.dice, 0, 3, []string{"chatbots", "sms", "reports"})))
	settings := some(dr.dice, 0, 3, []string{"open", "strict", "busy-only"})
	contexts := some(dr.dice, 0, 3, []string{"mfa", "office", "fresh"})
	if big {
		settings = append(settings, numbered("setting", 25)...)
		contexts = append(contexts, numbered("fact", 25)...)
	}
	for _, name := range facts(syntax.OnSetting, settings) {
		doc.Settings = append(doc.Settings, syntax.Setting{Name: ruleOutcome(name), Default: dr.chance(50)})
	}
	facts(syntax.OnContext, contexts)
	facts(syntax.OnAttribute, some(dr.dice, 0, 3, []string{"public", "paid", "link"}))
	var parties []string
	for _, r := range doc.Resources {
		for _, p := range r.Parties {
			if !slices.Contains(parties, p.Name.Text) {
				parties = append(parties, p.Name.Text)
			}
		}
	}
	facts(syntax.OnParty, some(dr.dice, 0, 3, parties))
	doc.Conditions = shuffled(dr.dice, doc.Conditions)
	dr.ask = some(dr.dice, mostConditions, mostConditions, dr.ask)
}

// roles draws account roles, of which the first is the unique one and the second the default,
// then roles beside and team roles. One in four policies has no unique role. A role includes only
// later ones.
func (dr *drawing) roles(big bool) {
	accounts := some(dr.dice, 2, 6, []string{"boss", "admin", "editor", "member", "patron", "auditor"})
	onTeams := some(dr.dice, 0, 4, []string{"manager", "lead", "scribe", "helper"})
	var beside []string
	if dr.chance(50) {
		beside = some(dr.dice, 1, 4, []string{"billing", "support", "curator", "admin-of-forms"})
	}
	if big {
		accounts = append(accounts, numbered("role", 70)...)
	}
	owned := dr.chance(75)
	shared := dr.rolesOnResources()
	for i, name := range slices.Concat(accounts, beside, onTeams) {
		r := syntax.Role{Name: ruleOutcome(name), Beside: slices.Contains(beside, name), OnTeam: slices.Contains(onTeams, name)}
		if dr.chance(20) {
			r.Title = "The " + name
		}
		if len(dr.ask) > 0 && !dr.scopes && dr.chance(12) {
			r.Requires = allNamed(some(dr.dice, 1, 2, dr.ask))
		}
		behind := slices.Concat(accounts, beside)[min(i+1, len(accounts)+len(beside)):]
		if r.OnTeam {
			behind = onTeams[i-len(accounts)-len(beside)+1:]
		}
		if dr.chance(60) {
			r.Includes = allNamed(some(dr.dice, 0, 3, behind))
		}
		if r.Beside {
			r.All = dr.chance(6)
			r.AtMost = dr.upTo(0, 2)
			r.AtLeast = dr.upTo(0, r.AtMost)
		}
		if r.OfAccount() {
			r.Unique, r.Default = owned && i == 0, i == 1
			r.All = dr.chance(6)
			if r.Unique {
				r.HandsOverTo = ruleOutcome(pick(dr.dice, accounts[1:]))
			}
			if len(dr.doc.Seats) > 0 && dr.chance(25) {
				dr.seats(&r)
			}
			if !r.Unique && (dr.chance(10) || i == 0 && dr.chance(70)) {
				r.AtMost = dr.upTo(1, 9)
				r.AtLeast = dr.upTo(0, r.AtMost)
			}
			r.NoTeamRoles, r.NoGrants = dr.chance(8), dr.chance(8)
		}
		if r.OnTeam {
			dr.teamRole(&r)
		}
		dr.doc.Roles = append(dr.doc.Roles, r)
		dr.who = append(dr.who, name)
	}
	for _, r := range shared {
		dr.who = append(dr.who, r.Name.Text)
	}
	dr.doc.Roles = shuffled(dr.dice, append(dr.doc.Roles, shared...))
	if big {
		dr.who = some(dr.dice, 12, 12, dr.who)
	}
	dr.who = append(dr.who, "everyone")
}

// teamRole draws what a team role can have besides rules.
func (dr *drawing) teamRole(r *syntax.Role) {
	r.Outside = dr.chance(30)
	if dr.chance(20) {
		r.AtMost = dr.upTo(1, 9)
		r.AtLeast = dr.upTo(0, r.AtMost)
	}
	for _, pool := range some(dr.dice, 0, 2, dr.doc.Seats) {
		if dr.chance(40) {
			r.Seats = append(r.Seats, syntax.RoleSeat{Pool: pool.Name, Seat: role.Seat(dr.upTo(0, 2))})
		}
	}
}

// seats draws the seat rules of a role, in the short form or for some of the pools.
func (dr *drawing) seats(r *syntax.Role) {
	if dr.chance(40) {
		r.Seat = role.Seat(dr.upTo(0, 2))
		r.SeatPos = syntax.Pos{Line: 1, Col: 1}
		return
	}
	r.Seats = []syntax.RoleSeat{}
	r.SeatsPos = syntax.Pos{Line: 1, Col: 1}
	for _, pool := range some(dr.dice, 0, 2, dr.doc.Seats) {
		r.Seats = append(r.Seats, syntax.RoleSeat{Pool: pool.Name, Seat: role.Seat(dr.upTo(0, 2))})
	}
}

// permissions draws actions with cells; standard resources get some of their own actions.
func (dr *drawing) permissions() {
	for i := range dr.doc.Resources {
		r := &dr.doc.Resources[i]
		actions := []string{"view", "edit", "share", "move", "delete"}
		for _, s := range standard {
			if s[0] == r.Name.Text {
				actions = append(strings.Fields(s[1]), "watch")
			}
		}
		shape := resources(dr.doc)[r.Name.Text]
		for _, action := range some(dr.dice, 1, 6, actions) {
			p := syntax.Permission{Action: ruleOutcome(action)}
			for _, who := range some(dr.dice, 0, 6, dr.who) {
				p.Cells = append(p.Cells, dr.cell(shape, who, 3)...)
			}
			if dr.public && dr.chance(30) {
				p.Cells = append(p.Cells, dr.visitors(shape))
			}
			r.Permissions = append(r.Permissions, p)
		}
		if dr.chance(8) {
			p := syntax.Permission{Action: ruleOutcome(syntax.Wildcard)}
			for _, who := range some(dr.dice, 1, 3, dr.who) {
				p.Cells = append(p.Cells, dr.cell(shape, who, 2)...)
			}
			if dr.public && dr.chance(30) {
				p.Cells = append(p.Cells, dr.visitors(shape))
			}
			r.Permissions = append(r.Permissions, p)
		}
	}
	dr.perm = everyPermission(dr.doc)
}

// visitors draws a cell of visitors, whose only scope is any.
func (dr *drawing) visitors(on syntax.Resource) syntax.Cell {
	rules := dr.rules(on, 2, true)
	for i := range rules {
		rules[i] = syntax.Rule{Scope: syntax.ScopeAny, If: rules[i].If, Hiding: rules[i].Hiding}
	}
	return syntax.Cell{Who: ruleOutcome("visitor"), Rules: rules}
}

// everyPermission returns the permissions of the document and the standard ones, sorted.
func everyPermission(doc *syntax.Document) (perms []string) {
	for _, r := range doc.Resources {
		for _, p := range r.Permissions {
			if p.Action.Text != syntax.Wildcard {
				perms = append(perms, r.Name.Text+"."+p.Action.Text)
			}
		}
	}
	for _, s := range standard {
		for _, action := range strings.Fields(s[1]) {
			perms = append(perms, s[0]+"."+action)
		}
	}
	slices.Sort(perms)
	return slices.Compact(perms)
}

func (dr *drawing) rules(on syntax.Resource, most int, hiding bool) (rules []syntax.Rule) {
	for range dr.upTo(1, most) {
		rules = append(rules, dr.rule(on, hiding))
	}
	return rules
}

func (dr *drawing) rule(on syntax.Resource, hiding bool) syntax.Rule {
	rule := syntax.Rule{Scope: syntax.ScopeAny}
	if len(on.Parties) > 0 && dr.chance(80) || dr.chance(2) {
		rule.Scope = syntax.Scope(dr.upTo(int(syntax.ScopeOwn), int(syntax.ScopeShared)))
		if len(on.Parties) > 0 && dr.chance(35) {
			for _, p := range some(dr.dice, 1, len(on.Parties), on.Parties) {
				rule.As = append(rule.As, p.Name)
			}
		}
	} else if len(on.Parties) > 0 && dr.chance(10) {
		rule.As = []syntax.Name{pick(dr.dice, on.Parties).Name}
	}
	if dr.scopes {
		return rule
	}
	rule.Above, rule.As = dr.orAbove(on, rule.Scope, rule.As)
	if dr.chance(25) {
		dr.join(&rule, on)
	}
	if dr.chance(45) {
		for _, name := range some(dr.dice, 1, 3, dr.askable(on)) {
			rule.If = append(rule.If, syntax.Test{Not: dr.chance(40), Name: ruleOutcome(name)})
		}
	}
	if hiding && dr.chance(40) {
		for _, g := range some(dr.dice, 1, 3, on.Fields) {
			rule.Hiding = append(rule.Hiding, g.Name)
		}
	}
	return rule
}

// askable returns the conditions that a rule may require: those on a party only if the resource
// has it.
func (dr *drawing) askable(on syntax.Resource) (names []string) {
	for _, c := range dr.doc.Conditions {
		isIt := func(p syntax.Party) bool {
			return p.Name.Text == c.Of.Text && (c.Kind != syntax.OnHas || p.Kind.Users())
		}
		onParty := c.Kind == syntax.OnParty || c.Kind == syntax.OnHas
		if slices.Contains(dr.ask, c.Name.Text) && (!onParty || slices.ContainsFunc(on.Parties, isIt)) {
			names = append(names, c.Name.Text)
		}
	}
	return names
}

// bundles draws nested bundles with permissions of several types of resources.
func (dr *drawing) bundles() {
	var names []string
	for _, name := range some(dr.dice, 0, 4, []string{"basics", "staff", "kit.full", "calendar.all", "extra"}) {
		members := slices.Concat(some(dr.dice, 1, 3, dr.perm), some(dr.dice, 0, 2, names))
		dr.doc.Bundles = append(dr.doc.Bundles, syntax.Bundle{Name: ruleOutcome(name), Members: allNamed(shuffled(dr.dice, members))})
		names = append(names, name)
	}
	dr.doc.Bundles = shuffled(dr.dice, dr.doc.Bundles)
}

// settingAsks draws what the changes of some settings ask for, and settings that only the host
// changes.
func (dr *drawing) settingAsks() {
	for i := range dr.doc.Settings {
		switch s := &dr.doc.Settings[i]; {
		case dr.chance(15):
			s.SetByHost = true
		case dr.chance(25):
			s.Asks = ruleOutcome(pick(dr.dice, dr.perm))
		}
	}
}

func (dr *drawing) never() {
	if dr.scopes {
		return
	}
	for _, perm := range some(dr.dice, 0, 4, dr.perm) {
		shape := newModel(dr.doc, nil).resource(perm)
		dr.doc.Never = append(dr.doc.Never, syntax.Never{Permission: ruleOutcome(perm), Rules: dr.rules(shape, 2, false)})
	}
	for _, b := range dr.doc.Bundles {
		if dr.chance(25) {
			shape := dr.common(b.Name.Text)
			dr.doc.Never = append(dr.doc.Never, syntax.Never{Permission: b.Name, Rules: dr.rules(shape, 2, false)})
		}
	}
}

// common returns what the resources of a bundle's permissions have in common.
func (dr *drawing) common(bundle string) (shape syntax.Resource) {
	m := newModel(dr.doc, nil)
	for i, perm := range m.permissions(bundle) {
		on := m.resource(perm)
		if i == 0 {
			shape.Parties = slices.Clone(on.Parties)
			continue
		}
		shape.Parties = slices.DeleteFunc(shape.Parties, func(p syntax.Party) bool {
			return !slices.ContainsFunc(on.Parties, func(o syntax.Party) bool { return o.Name.Text == p.Name.Text && o.Kind == p.Kind })
		})
	}
	return shape
}
