package filter

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher/internal/criteria"
)

func levelOf(l criteria.Level) level {
	over := slices.Clone(l.Over)
	slices.SortFunc(over, func(a, b criteria.PartySet) int {
		return cmp.Or(cmp.Compare(a.Party, b.Party), cmp.Compare(teamsLast(a), teamsLast(b)))
	})
	return level{typ: l.Type, over: over, repeat: l.Repeat}
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
