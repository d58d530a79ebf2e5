package filter

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
)

func levelOf(l criteria.Level) level {
	over := slices.Clone(l.Over)
	slices.SortFunc(over, func(a, b criteria.PartySet) int {
		return cmp.Or(cmp.Compare(a.Party, b.Party), cmp.Compare(teamsLast(a), teamsLast(b)))
	})
	return level{typ: l.Type, over: over, repeat: l.Repeat, check: l.Check}
}

func teamsLast(s criteria.PartySet) int {
	if s.Teams {
		return 1
	}
	return 0
}

// within reports whether a level matches only where the other one does.
func (l level) within(other level) bool {
	return l.typ == other.typ && l.repeat == other.repeat && slices.EqualFunc(l.over, other.over, func(a, b criteria.PartySet) bool {
		return a.Party == b.Party && a.Teams == b.Teams && criteria.Within(a.Set, b.Set)
	})
}

func (l level) equal(other level) bool { return l.within(other) && other.within(l) }

// orAbove returns the state of a scope whose state on the resource itself is given. It looks at the
// containers until the scope matches on one of them.
func (v *view) orAbove(a *atom, s state) state {
	of := v.of
	for depth := 0; s != yes; depth++ {
		last := depth >= len(a.above)
		if last && !a.above[len(a.above)-1].repeat {
			return s
		}
		container, known := usher.Container(of)
		switch {
		case !known:
			return unknown
		case container == nil:
			return s
		case depth == criteria.MaxDepth:
			return unknown
		}
		l := &a.above[min(depth, len(a.above)-1)]
		if !v.accepts(l, container) {
			return unknown
		}
		if at := v.compare(container, a.reach, l.over); at != no {
			s = at
		}
		of = container
	}
	return s
}

// accepts reports whether a check accepts a container.
func (v *view) accepts(l *level, container usher.Resource) bool {
	if l.check == nil {
		return false
	}
	if err := l.check(container); err != nil {
		if v.err == nil {
			v.err = err
		}
		return false
	}
	return true
}
