package policy_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// roleConditions draws conditions on the role that a command gives, and on the roles of the users
// of a party. Rules may require them.
func (dr *drawing) roleConditions() {
	var accounts, all, parties []string
	for _, r := range dr.doc.Roles {
		all = append(all, r.Name.Text)
		if !r.OnTeam && r.OnResource.Text == "" {
			accounts = append(accounts, r.Name.Text)
		}
	}
	for _, r := range resources(dr.doc) {
		for _, p := range r.Parties {
			if p.Kind.Users() {
				parties = append(parties, p.Name.Text)
			}
		}
	}
	slices.Sort(parties) // of a map
	add := func(c syntax.Condition) {
		for _, have := range dr.doc.Conditions {
			if have.Name.Text == c.Name.Text {
				return
			}
		}
		if len(dr.ask) < mostConditions {
			dr.doc.Conditions = append(dr.doc.Conditions, c)
			dr.ask = append(dr.ask, c.Name.Text)
		}
	}
	for range dr.upTo(0, 2) {
		given := pick(dr.dice, all)
		add(syntax.Condition{Name: ruleOutcome("gives-" + given), Kind: syntax.OnGives, Of: ruleOutcome(given)})
	}
	for range dr.upTo(0, 3) {
		party, held := pick(dr.dice, parties), pick(dr.dice, accounts)
		add(syntax.Condition{Name: ruleOutcome(party + "-has-" + held), Kind: syntax.OnHas, Of: ruleOutcome(party), Has: ruleOutcome(held)})
	}
}

// gives draws the role that the command of a request gives.
func (a *asking) gives() string {
	switch {
	case a.chance(0.2):
		return "gone"
	case a.chance(40):
		return ""
	case a.chance(30):
		return usher.GivesNone
	}
	var conditions []string
	for _, c := range a.doc.Conditions {
		if c.Kind == syntax.OnGives {
			conditions = append(conditions, c.Of.Text)
		}
	}
	if len(conditions) > 0 && a.chance(60) {
		return pick(a.dice, conditions)
	}
	return pick(a.dice, a.doc.Roles).Name.Text
}
