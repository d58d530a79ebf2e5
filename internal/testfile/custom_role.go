package testfile

import (
	"maps"
	"slices"
	"strconv"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/policy/syntax"
)

// CustomRole is a role that an account defines: an entry of roles.
type CustomRole struct {
	Name  syntax.Name // its key
	Title string
	Like  syntax.Name // zero if not in the file
	Gives []RoleGives
}

// RoleGives are the rules that a role gives for a permission: an entry of gives.
type RoleGives struct {
	Permission syntax.Name   // its key
	Rules      []syntax.Name // its value: a rule or a list of rules
}

func (p *parser) customRoles(n *source.Node) []CustomRole {
	roles := []CustomRole{}
	p.Each(n, "roles", func(key, value *source.Node) {
		r := CustomRole{Name: p.name(key, "a role")}
		p.Fields(value, "a role of the account",
			source.Field{Name: "title", Read: func(n *source.Node) { r.Title, _ = p.Text(n, "a title") }},
			p.nameField("like", &r.Like),
			source.Field{Name: "gives", Read: func(n *source.Node) { r.Gives = p.roleGives(n) }},
		)
		roles = append(roles, r)
	})
	return roles
}

// roleGives reads a map from permissions to rules.
func (p *parser) roleGives(n *source.Node) []RoleGives {
	gives := []RoleGives{}
	p.Each(n, "gives", func(key, value *source.Node) {
		g := RoleGives{Permission: p.name(key, "a permission"), Rules: p.ruleNames(value)}
		if value.Kind == source.List && len(value.Items) == 0 {
			p.Errorf(value, "the list of rules is empty; leave the permission out")
		}
		gives = append(gives, g)
	})
	return gives
}

// ruleNames reads a rule or a list of rules.
func (p *parser) ruleNames(n *source.Node) []syntax.Name {
	if n.Kind == source.Map || n.IsNull() {
		p.Errorf(n, "what a role gives must be a rule or a list of rules, not %s", n.Describe())
		return nil
	}
	c := p.collector("rules")
	c.one = "a rule"
	p.OneOrMore(n, "rules", c.add)
	return c.names
}

// gives reads the argument of a command.
func (p *parser) gives(n *source.Node) account.Gives {
	return givesOf(p.roleGives(n))
}

func givesOf(list []RoleGives) account.Gives {
	gives := account.Gives{}
	for _, g := range list {
		for _, r := range g.Rules {
			gives[g.Permission.Text] = append(gives[g.Permission.Text], r.Text)
		}
	}
	return gives
}

// givesText returns what a role gives as YAML.
func givesText(gives account.Gives) string {
	var m flow
	for _, name := range slices.Sorted(maps.Keys(gives)) {
		texts := make([]string, len(gives[name]))
		for i, rule := range gives[name] {
			texts[i] = Word(rule)
		}
		if len(texts) == 1 {
			m.add(name, texts[0])
		} else {
			m.add(name, listText(texts))
		}
	}
	return m.String()
}

func (m *flow) customRoles(list []CustomRole) {
	if list == nil {
		return
	}
	var roles flow
	for _, r := range list {
		var entry flow
		if r.Title != "" {
			entry.add("title", strconv.Quote(r.Title))
		}
		entry.name("like", r.Like)
		if r.Gives != nil {
			entry.add("gives", givesText(givesOf(r.Gives)))
		}
		roles.add(r.Name.Text, entry.String())
	}
	m.add("roles", roles.String())
}
