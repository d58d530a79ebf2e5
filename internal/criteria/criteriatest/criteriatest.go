// Package criteriatest is for tests: it makes a source of a filter from criteria, with a slow model
// that matches resources. The model shares no code with the conditions in SQL and with checks.
package criteriatest

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
)

// Source is a source of a filter. The zero Source selects nothing.
type Source struct{ Of criteria.Criteria }

var _ criteria.Source = Source{}

// New returns a source.
func New(c criteria.Criteria) Source { return Source{c} }

// Account implements criteria.Source.
func (s Source) Account() usher.AccountID { return s.Of.Account }

// Types implements criteria.Source.
func (s Source) Types() (names []string) {
	for _, t := range s.Of.Types {
		names = append(names, t.Name)
	}
	return names
}

// Fields implements criteria.Source.
func (s Source) Fields() (fields []string) {
	for _, t := range s.Of.Types {
		fields = append(fields, t.Fields...)
	}
	return fields
}

// Criteria implements criteria.Source.
func (s Source) Criteria() (criteria.Criteria, error) { return s.Of, nil }

// Match implements criteria.Source.
func (s Source) Match(r usher.Resource) (bool, error) {
	_, selected, err := s.look(r)
	return selected && err == nil, err
}

// Masks implements criteria.Source.
func (s Source) Masks(r usher.Resource) ([]string, bool) {
	hidden, selected, err := s.look(r)
	return hidden, selected && err == nil
}

func (s Source) look(r usher.Resource) (hidden []string, selected bool, err error) {
	i := slices.IndexFunc(s.Of.Types, func(t criteria.Type) bool { return t.Name == r.Ref().Type })
	if i < 0 || r.InAccount() != "" && r.InAccount() != s.Of.Account || len(s.Of.Types[i].Needs) == 0 {
		return nil, false, nil
	}
	t, m := &s.Of.Types[i], model{of: r}
	for _, never := range t.Never {
		if m.alternative(never) != no {
			return nil, false, m.err
		}
	}
	hidden = slices.Clone(t.Hidden)
	for _, need := range t.Needs {
		var common []string
		met := false
		for _, w := range need {
			switch {
			case m.alternative(w) != yes:
			case !met:
				met, common = true, slices.Clone(w.Hides)
			default:
				common = slices.DeleteFunc(common, func(f string) bool { return !slices.Contains(w.Hides, f) })
			}
		}
		if !met {
			return nil, false, m.err
		}
		hidden = append(hidden, common...)
	}
	slices.Sort(hidden)
	return slices.Compact(hidden), true, m.err
}

// answer is a truth value: unknown lies between no and yes.
type answer int

const (
	no answer = iota
	unknown
	yes
)

func of(value, known bool) answer {
	switch {
	case !known:
		return unknown
	case value:
		return yes
	}
	return no
}

type model struct {
	of  usher.Resource
	err error
}

// alternative is the least of its parts.
func (m *model) alternative(w criteria.Alternative) answer {
	least := m.scope(w.Scope)
	for _, s := range w.And {
		least = min(least, m.scope(s))
	}
	for _, t := range w.Tests {
		a := m.test(t)
		if !t.Is {
			a = yes - a
		}
		least = min(least, a)
	}
	return least
}

func (m *model) test(t criteria.Test) answer {
	if !t.Party {
		return of(usher.Attribute(m.of, t.Name))
	}
	ids, known := m.of.Party(t.Name)
	has := len(ids) > 0
	if t.Both {
		teams, also := usher.TeamParty(m.of, t.Name)
		has, known = has || len(teams) > 0, known && also
	}
	return of(has, known)
}

func (m *model) scope(s criteria.Scope) answer {
	a := no
	switch s.Reach {
	case criteria.Any:
		a = yes
	case criteria.Some, criteria.Every:
		a = m.levels(s)
	default:
		return no
	}
	if s.Not {
		a = yes - a
	}
	return a
}

// levels is the greatest of the resource and its containers.
func (m *model) levels(s criteria.Scope) answer {
	most, at := m.compare(m.of, s.Reach, s.Over), m.of
	for depth := 0; most != yes && len(s.Above) > 0; depth++ {
		last := len(s.Above) - 1
		if depth > last && !s.Above[last].Repeat {
			break
		}
		l := s.Above[min(depth, last)]
		in, known := usher.Container(at)
		switch {
		case known && in == nil:
			return most
		case !known || depth == criteria.MaxDepth || in.Ref().Type != l.Type:
			return unknown
		}
		most, at = max(most, m.compare(in, s.Reach, l.Over)), in
	}
	return most
}

func (m *model) compare(of usher.Resource, reach criteria.Reach, over []criteria.PartySet) answer {
	matching, all := 0, 0
	for _, p := range over {
		ids, known := of.Party(p.Party)
		switch {
		case p.Party == criteria.ResourceID:
			ids, known = []string{of.Ref().ID}, true
		case p.Teams:
			ids, known = usher.TeamParty(of, p.Party)
		}
		if !known {
			return unknown
		}
		for _, id := range ids {
			all++
			if m.has(p.Set, id) {
				matching++
			}
		}
	}
	if matching > 0 && (matching == all || reach == criteria.Some) {
		return yes
	}
	return no
}

func (m *model) has(set criteria.Set, id string) bool {
	if set == nil || id == "" {
		return false
	}
	has, err := set.Has(id)
	if err != nil && m.err == nil {
		m.err = err
	}
	return has
}
