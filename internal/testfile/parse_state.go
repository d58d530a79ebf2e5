package testfile

import (
	"slices"

	"github.com/usher-go/usher/internal/source"
)

func (p *parser) state(n *source.Node) Step {
	s := State{Pos: pos(n)}
	p.Fields(n, "a step with state", source.Field{Name: "state", Read: func(n *source.Node) {
		p.Fields(n, "state",
			source.Field{Name: "seats", Read: func(n *source.Node) { s.Seats = p.poolStates(n) }},
			source.Field{Name: "users", Read: func(n *source.Node) { s.Users = p.users(n) }},
			source.Field{Name: "teams", Read: func(n *source.Node) { s.Teams = p.teams(n) }},
			p.flagsField("settings", &s.Settings),
			source.Field{Name: "fields", Read: func(n *source.Node) { s.Fields = p.fieldDefinitions(n, false) }},
		)
		compares := func(e source.Entry) bool { return e.Value.Kind != source.Map || len(e.Value.Entries) > 0 }
		if n.Kind == source.Map && !slices.ContainsFunc(n.Entries, compares) {
			p.Errorf(n, "state has nothing to compare")
		}
	}})
	return s
}

func (p *parser) poolStates(n *source.Node) []PoolState {
	states := []PoolState{}
	p.Each(n, "seats", func(key, value *source.Node) {
		s := PoolState{Pool: p.name(key, "a seat pool")}
		ok := p.Fields(value, "a seat pool", p.countField("held", &s.Held), p.countField("total", &s.Total))
		if ok && s.Held == nil && s.Total == nil {
			p.Errorf(value, "%s needs held, total, or both", key.Text)
		}
		states = append(states, s)
	})
	return states
}

func (p *parser) countField(key string, into **int) source.Field {
	return source.Field{Name: key, Read: func(n *source.Node) {
		count, _ := p.Count(n, key)
		*into = &count
	}}
}
