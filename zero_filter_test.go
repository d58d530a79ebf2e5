package usher_test

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/criteria/criteriatest"
)

// zeroFilters has the rows of types that list resources: whether the zero value selects
// one, or makes a condition.
func zeroFilters() map[string]func() bool {
	calendar := &usher.Object{Type: "calendar", Account: "acme", Parties: map[string][]string{"host": {"mia"}}}
	match := func(f filter.Filter) bool { selected, err := f.Match(calendar); return selected || err != nil }
	matches := func(f filter.Filter) bool { return match(f) || !f.None() }
	of := func(w criteria.Alternative) filter.Filter {
		return filter.New(criteriatest.New(criteria.Criteria{Account: "acme", Types: []criteria.Type{{Name: "calendar", Needs: [][]criteria.Alternative{{w}}}}}))
	}
	all := of(criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Any}})
	if !matches(all) {
		panic("but for the zero, all would be selected")
	}
	column := filter.Column{Name: "c.account_id"}
	compiles := func(m filter.Mapping) bool { _, err := m.Compile(filter.SQLite); return err == nil }
	with := func(p filter.Party) bool {
		return compiles(filter.Mapping{Type: "calendar", Account: column, Parties: map[string]filter.Party{"host": p}})
	}
	if !with(filter.Column{Name: "c.host_id"}) {
		panic("but for the zero, the mapping would be right")
	}
	in := func(c filter.Container) bool {
		return compiles(filter.Mapping{Type: "calendar", Account: column, In: c})
	}
	if !in(filter.ContainerRow{Table: "calendars", Key: map[string]string{"id": "c.parent"}}) {
		panic("but for the zero, the container would be right")
	}
	return map[string]func() bool{
		"filter.Filter":     func() bool { return matches(filter.Filter{}) },
		"criteria.Criteria": func() bool { return matches(filter.New(criteriatest.New(criteria.Criteria{}))) },
		"criteria.Type": func() bool {
			return matches(filter.New(criteriatest.New(criteria.Criteria{Account: "acme", Types: []criteria.Type{{Name: "calendar"}}})))
		},
		"criteria.Alternative": func() bool { return match(of(criteria.Alternative{})) },
		"criteria.Level": func() bool {
			return match(of(criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Some, Above: []criteria.Level{{}}}}))
		},
		"criteria.Scope": func() bool { return match(of(criteria.Alternative{Scope: criteria.Scope{}})) },
		"criteria.Reach": func() bool {
			return match(of(criteria.Alternative{Scope: criteria.Scope{Over: []criteria.PartySet{{Party: "host", Set: criteria.SetOf("mia")}}}}))
		},
		"criteria.PartySet": func() bool {
			return match(of(criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Some, Over: []criteria.PartySet{{Party: "host"}}}}))
		},
		"criteria.Party": func() bool {
			return match(of(criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Some, Over: []criteria.PartySet{{Set: criteria.SetOf("mia")}}}}))
		},
		"criteria.Test": func() bool {
			return match(of(criteria.Alternative{Scope: criteria.Scope{Reach: criteria.Any}, Tests: []criteria.Test{{}}}))
		},
		"filter.Table":   func() bool { _, err := all.SQL(&filter.Table{}, 1); return err == nil },
		"filter.Mapping": func() bool { return compiles(filter.Mapping{}) },
		"filter.Dialect": func() bool {
			_, err := filter.Mapping{Type: "calendar", Account: column}.Compile(0)
			return err == nil
		},
		"filter.Column":           func() bool { return compiles(filter.Mapping{Type: "calendar"}) || with(filter.Column{}) },
		"filter.Join":             func() bool { return with(filter.Join{}) },
		"filter.Array":            func() bool { return with(filter.Array{}) },
		"filter.ContainerRow":     func() bool { return in(filter.ContainerRow{}) },
		"filter.ContainerColumns": func() bool { return in(filter.ContainerColumns{}) },
	}
}
