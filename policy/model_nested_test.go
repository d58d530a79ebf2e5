package policy_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// matchesAbove reports whether a scope with "or above" matches: "on the resource, or on one of the
// containers above it, over the parties of the same names; without as, these are the names of the
// parties of the resource. If it matches on one of them, what is unknown elsewhere does not matter."
func (q *evaluation) matchesAbove(t syntax.Term, onTeams []usher.TeamID) (yes, known bool) {
	names := t.As
	if len(names) == 0 {
		for _, p := range q.on.Parties {
			names = append(names, p.Name)
		}
	}
	at, known := *q, true
	for depth := 0; ; depth++ {
		named := slices.DeleteFunc(slices.Clone(names), func(n syntax.Name) bool { return !hasParty(at.on, n) })
		if len(named) > 0 {
			yes, sure := at.matches(syntax.Term{Scope: t.Scope, As: named}, onTeams)
			if yes {
				return true, true
			}
			known = known && sure
		}
		// "Containers above which no type has such a party do not matter."
		if !q.namedAbove(at.on, names) || at.Resource == nil {
			return false, known
		}
		container, sure := at.container()
		switch {
		case !sure || container != nil && depth == 16: // "containers above the 16th are unknown"
			return false, false
		case container == nil:
			return false, known
		}
		at.on, at.Resource = q.types[at.on.In.Text], container
	}
}

func hasParty(on syntax.Resource, name syntax.Name) bool {
	return slices.ContainsFunc(on.Parties, func(p syntax.Party) bool { return p.Name.Text == name.Text })
}

// namedAbove reports whether a type above another one has a party with one of the names.
func (m model) namedAbove(on syntax.Resource, names []syntax.Name) bool {
	for range 16 {
		in, ok := m.types[on.In.Text]
		if !ok {
			return false
		}
		if slices.ContainsFunc(names, func(n syntax.Name) bool { return hasParty(in, n) }) {
			return true
		}
		on = in
	}
	return false
}

// container returns the container of the resource. One that is an error of the check is unknown
// here: the check need not look at it.
func (q *evaluation) container() (container usher.Resource, known bool) {
	in, ok := q.Resource.(usher.Contained)
	if !ok {
		return nil, false
	}
	container, known = in.Container()
	if !known || container != nil && q.wrongContainer(q.on, container) != nil {
		return nil, false
	}
	return container, true
}

// containerFault returns the fault of a container of the request's resource, which is an error of
// each check that looks at it.
func (m model) containerFault(r usher.Request) error {
	if r.Resource == nil {
		return nil
	}
	at := &evaluation{model: m, Request: r, on: m.types[r.Resource.Ref().Type]}
	for depth := 0; depth <= 16 && at.Resource != nil && at.on.In.Text != ""; depth++ {
		in, ok := at.Resource.(usher.Contained)
		if !ok {
			return nil
		}
		container, known := in.Container()
		if !known || container == nil {
			return nil
		}
		if err := at.wrongContainer(at.on, container); err != nil {
			return err
		}
		at.on, at.Resource = m.types[at.on.In.Text], container
	}
	return nil
}

func (q *evaluation) wrongContainer(of syntax.Resource, container usher.Resource) error {
	switch account := container.InAccount(); {
	case container.Ref().Type != of.In.Text:
		return usher.ErrWrongResource
	case account != "" && account != q.Account:
		return usher.ErrOtherAccount
	}
	if o, ok := container.(*usher.Object); ok {
		return q.undeclaredNames(o)
	}
	return nil
}

// levels returns the parties that a scope with "or above" looks at on each container, as texts.
func (m model) levels(on syntax.Resource, t syntax.Term) (levels []string) {
	if !t.Above {
		return nil
	}
	names, used := t.As, 0
	if len(names) == 0 {
		for _, p := range on.Parties {
			names = append(names, p.Name)
		}
	}
	for in, ok := m.types[on.In.Text]; ok && len(levels) < 16; in, ok = m.types[in.In.Text] {
		level := ""
		for _, p := range in.Parties {
			if slices.ContainsFunc(names, func(n syntax.Name) bool { return n.Text == p.Name.Text }) {
				level += " " + p.Name.Text
			}
		}
		levels = append(levels, level)
		if level != "" {
			used = len(levels)
		}
	}
	return levels[:used]
}
