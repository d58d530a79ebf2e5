package policy

import (
	"slices"
	"strings"

	"github.com/usher-go/usher/policy/syntax"
)

// lintEverywhere warns about a cell of a team role whose rules do not look at the teams on
// which the role is held. Such a cell applies to every user who holds the role on any team,
// on resources of every team.
func (c *compiler) lintEverywhere(perm, who int, rules row) {
	if who < 0 || !c.p.roles[who].OnTeam || len(rules) == 0 {
		return
	}
	if slices.ContainsFunc(rules, func(r compiledRule) bool {
		return c.p.perms[perm].res.anyTerm(r.extent, func(t term) bool { return !t.not && t.looksAtTeams() })
	}) {
		return
	}
	name := c.p.roles[who].Name
	c.warnings.Add(rules[0].pos, "`%s: %s` applies in every team, not only where %[1]s is held: only `team` and `shared` look at the teams; %[3]s",
		name, c.cellText(rules), c.suggestScope(perm, rules[0]))
}

// cellText returns the rules of a cell as a file writes them.
func (c *compiler) cellText(rules row) string {
	if len(rules) == 1 {
		return c.p.written[rules[0].written].text
	}
	texts := make([]string, len(rules))
	for i := range rules {
		texts[i] = c.p.written[rules[i].written].text
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// suggestScope suggests a rule that applies only in the teams of the role.
func (c *compiler) suggestScope(perm int, r compiledRule) string {
	res := &c.p.resources[c.p.perms[perm].resource]
	const elsewhere = "give the permission to an account role or to everyone"
	if len(res.parties) == 0 {
		return res.name + " has no parties that could be in a team; give it some, or " + elsewhere
	}
	if name := c.p.perms[perm].name; !r.expanded && namesNoParty(name) {
		return "a command that checks " + name.String() + " names no user and no team, so neither can reach it; " + elsewhere
	}
	written := c.p.written[r.written].rule
	write := func(scope syntax.Scope, as []syntax.Name) string {
		instead := written
		instead.Scope, instead.As = scope, as
		return "`" + instead.String() + "`"
	}
	forms := []string{
		write(syntax.ScopeTeam, written.As) + " (all parties are in those teams)",
		write(syntax.ScopeShared, written.As) + " (at least one is)",
	}
	if len(written.As) == 0 && len(res.parties) > 1 {
		for _, p := range res.parties {
			if p.teams {
				forms = append(forms, write(syntax.ScopeTeam, []syntax.Name{{Text: p.name}})+" (only "+p.name+" counts)")
			}
		}
	}
	return "write " + strings.Join(forms[:len(forms)-1], ", ") + " or " + forms[len(forms)-1] + "; if every team is meant, " + elsewhere
}
