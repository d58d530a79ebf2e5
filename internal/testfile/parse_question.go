package testfile

import (
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/policy/syntax"
)

func (p *parser) checks(n *source.Node) {
	p.file.Checks = []Check{}
	p.List(n, "checks", func(n *source.Node) {
		c := Check{Pos: pos(n)}
		p.Fields(n, "a check", append(p.question(&c.Question),
			source.Field{Name: "name", Read: func(n *source.Node) { c.Name, _ = p.Text(n, "name") }},
			required(p.namesField("allow", &c.Allow)),
			source.Field{Name: "deny", Read: func(n *source.Node) { c.Deny = p.denials(n) }},
			source.Field{Name: "hidden", Read: func(n *source.Node) { c.Hidden = p.masked(n) }},
			source.Field{Name: "visitor", Read: func(n *source.Node) { c.Visitor = p.public(n) }},
			source.Field{Name: "by", Instead: "write a step of a scenario, such as {as: mia, by: adam, can: calendar.view, expect: allow}"},
		)...)
		p.file.Checks = append(p.file.Checks, c)
	})
}

// question returns the fields that checks and steps with can have in common.
func (p *parser) question(q *Question) []source.Field {
	return []source.Field{
		required(p.nameField("can", &q.Can)),
		{Name: "resource", Read: func(n *source.Node) { q.Resource = p.resource(n) }},
		p.flagsField("with", &q.With),
		p.nameField("gives", &q.Gives),
		p.timeField("at", &q.At),
	}
}

func (p *parser) resource(n *source.Node) []Fact {
	facts := []Fact{}
	p.Each(n, "resource", func(key, value *source.Node) {
		if key.Text == InKey {
			facts = append(facts, p.container(key, value))
			return
		}
		if value.Kind == source.Map {
			facts = append(facts, p.apart(key, value))
			return
		}
		_, bare := value.Bool()
		facts = append(facts, Fact{
			Name: p.name(key, "a party or an attribute"),
			IDs:  p.oneOrMoreNames(value, "a party"),
			Bare: bare,
		})
	})
	return facts
}

// container reads what contains a resource, which may be contained in turn.
func (p *parser) container(key, n *source.Node) Fact {
	f := Fact{Name: syntax.Name{Text: key.Text, Pos: pos(key)}, In: []Fact{}}
	if n.Kind != source.Map {
		p.Errorf(n, "in must be a map with the parties of the container, as in {in: {host: mia}}")
		return f
	}
	f.In = p.resource(n)
	return f
}

// apart reads the users and the teams of a party of both.
func (p *parser) apart(key, n *source.Node) Fact {
	f := Fact{Name: p.name(key, "a party or an attribute"), Apart: true}
	p.Fields(n, "a party of users and teams",
		source.Field{Name: "users", Read: func(n *source.Node) { f.IDs = p.oneOrMoreNames(n, "users") }},
		source.Field{Name: "teams", Read: func(n *source.Node) { f.Teams = p.oneOrMoreNames(n, "teams") }},
	)
	return f
}

func (p *parser) denials(n *source.Node) []Denial {
	denials := []Denial{}
	p.Each(n, "deny", func(key, value *source.Node) {
		denials = append(denials, Denial{User: p.name(key, "a user's id"), Reason: p.denialReason(value)})
	})
	return denials
}

func (p *parser) denialReason(n *source.Node) usher.Reason {
	text, ok := p.Text(n, "reason")
	if !ok {
		return 0
	}
	reason, err := usher.ParseReason(text)
	if err != nil || reason == usher.ReasonGranted {
		reasons := slices.DeleteFunc(usher.Reasons(), func(name string) bool { return name == usher.ReasonGranted.String() })
		p.Errorf(n, "unknown reason %q for a denial%s (want %s)", text, p.didYouMean(text, reasons), strings.Join(reasons, ", "))
	}
	return reason
}

func (p *parser) masked(n *source.Node) []Masked {
	masked := []Masked{}
	p.Each(n, "hidden", func(key, value *source.Node) {
		masked = append(masked, Masked{User: p.name(key, "a user's id"), Fields: p.names(value, "hidden")})
	})
	return masked
}

// public reads what a check expects for a visitor: allow, deny, or all hidden fields.
func (p *parser) public(n *source.Node) *Public {
	if n.Kind == source.List {
		return &Public{Pos: pos(n), Hidden: p.names(n, "visitor")}
	}
	text, ok := p.Text(n, "visitor")
	switch {
	case !ok || text == "deny":
		return nil
	case text != "allow":
		p.Errorf(n, "visitor must be allow, deny or the list of all hidden fields, not %q%s", text, p.didYouMean(text, []string{"allow", "deny"}))
	}
	return &Public{Pos: pos(n)}
}

// ask reads a step with can.
func (p *parser) ask(n *source.Node) Step {
	a := Ask{Pos: pos(n)}
	given := map[string]syntax.Pos{}
	p.Fields(n, "a step with can", append(p.question(&a.Question),
		p.nameField("as", &a.As),
		p.nameField("by", &a.By),
		source.Field{Name: "visitor", Read: func(n *source.Node) {
			given["visitor"] = pos(n)
			a.Visitor, _ = p.Bool(n, "visitor")
		}},
		source.Field{Name: "expect", Required: true, Read: func(n *source.Node) { a.Allow = p.expectation(n) }},
		source.Field{Name: "reason", Read: func(n *source.Node) {
			given["reason"] = pos(n)
			a.Reason = p.denialReason(n)
		}},
		source.Field{Name: "hidden", Read: func(n *source.Node) {
			given["hidden"] = pos(n)
			a.Hidden = p.names(n, "hidden")
		}},
	)...)
	switch at, ok := given["visitor"]; {
	case ok && a.As.Text != "":
		p.problems.Add(at, "a step has either as or visitor; a visitor is not a user")
	case ok && !a.Visitor:
		p.problems.Add(at, "visitor can only be true; without it, write as")
	case ok && a.By.Text != "":
		p.problems.Add(at, "a step has either by or visitor; no user acts on behalf of a visitor")
	case !ok && a.As.Text == "" && entry(n, "as") == nil:
		p.Errorf(n, "a step with can needs the key as, or visitor: true for a caller who is not logged in")
	}
	if at, ok := given["reason"]; ok && a.Allow {
		p.problems.Add(at, "reason applies only to expect: deny")
	}
	if at, ok := given["hidden"]; ok && !a.Allow {
		p.problems.Add(at, "hidden applies only to expect: allow")
	}
	return a
}

func (p *parser) expectation(n *source.Node) (allow bool) {
	text, ok := p.Text(n, "expect")
	if ok && text != "allow" && text != "deny" {
		p.Errorf(n, "expect must be allow or deny, not %q%s", text, p.didYouMean(text, []string{"allow", "deny"}))
	}
	return text == "allow"
}
