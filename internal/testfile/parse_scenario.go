package testfile

import (
	"strings"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/source"
)

func (p *parser) scenarios(n *source.Node) {
	p.file.Scenarios = []Scenario{}
	p.List(n, "scenarios", func(n *source.Node) {
		s := Scenario{Pos: pos(n)}
		p.Fields(n, "a scenario",
			source.Field{Name: "name", Read: func(n *source.Node) { s.Name, _ = p.ID(n, "name") }},
			source.Field{Name: "steps", Required: true, Read: func(n *source.Node) {
				p.List(n, "steps", func(n *source.Node) { s.Steps = append(s.Steps, p.step(n)) })
				if n.Kind == source.List && len(n.Items) == 0 {
					p.Errorf(n, "a scenario needs at least one step")
				}
			}},
		)
		p.file.Scenarios = append(p.file.Scenarios, s)
	})
}

// step reads a step. The key do, can or state determines its kind.
func (p *parser) step(n *source.Node) Step {
	kinds := map[string]*source.Node{}
	var given []string
	for _, e := range n.Entries {
		if k := e.Key.Text; k == "do" || k == "can" || k == "state" {
			kinds[k], given = e.Value, append(given, k)
		}
	}
	switch {
	case len(given) > 1:
		p.Errorf(n, "a step has only one of the keys do, can and state, but this has %s; write several steps", strings.Join(given, " and "))
	case kinds["do"] != nil:
		return p.do(n, kinds["do"])
	case kinds["can"] != nil:
		return p.ask(n)
	case kinds["state"] != nil:
		return p.state(n)
	case n.Kind != source.Map:
		p.Errorf(n, "a step must be a map, not %s", n.Describe())
	default:
		p.Errorf(n, "a step needs one of the keys do, can and state%s", p.misspelled(n))
	}
	return nil
}

// misspelled returns a suggestion for a key that looks like do, can or state.
func (p *parser) misspelled(n *source.Node) string {
	for _, e := range n.Entries {
		if hint := p.didYouMean(e.Key.Text, []string{"do", "can", "state"}); hint != "" {
			return hint
		}
	}
	return ""
}

func (p *parser) do(n, commands *source.Node) Step {
	s := Do{Pos: pos(n)}
	fields := []source.Field{
		p.nameField("as", &s.As),
		p.nameField("by", &s.By),
		p.flagsField("with", &s.With),
		p.timeField("at", &s.At),
		{Name: "fails", Read: func(n *source.Node) { s.Fails = p.code(n) }},
	}
	defer func() {
		if s.By.Text != "" && s.As.Text == "" {
			p.problems.Add(s.By.Pos, "by needs as: the user on whose behalf %s acts", s.By.Text)
		}
	}()
	p.resources = nil
	if commands.Kind != source.List {
		s.Commands = []account.Command{p.command(n, commands, fields)}
		s.Resources = p.resources
		return s
	}
	p.Fields(n, "a step of several commands", append(fields, source.Field{Name: "do", Read: func(n *source.Node) {
		s.Commands = p.commands(n, "do")
	}})...)
	s.Resources = p.resources
	return s
}

func (p *parser) code(n *source.Node) account.Code {
	text, ok := p.Text(n, "fails")
	code, err := account.ParseCode(text)
	if ok && err != nil {
		hint := p.didYouMean(text, account.Codes())
		if hint == "" && !p.problems.Full() {
			hint = " (want " + strings.Join(account.Codes(), ", ") + ")"
		}
		p.Errorf(n, "unknown code %q%s", text, hint)
	}
	return code
}

// entry returns the value of a key, nil if there is none.
func entry(n *source.Node, key string) *source.Node {
	for _, e := range n.Entries {
		if e.Key.Text == key {
			return e.Value
		}
	}
	return nil
}
