package filter

import (
	"slices"

	"github.com/usher-go/usher/internal/criteria"
)

// idSet is a set of ids, as a condition states it: ids that the condition carries, and the direct
// members of teams, which it reads from the tables of [Members]. Both lists are sorted.
type idSet struct {
	ids   []string
	teams []string
}

func (x idSet) isEmpty() bool { return len(x.ids) == 0 && len(x.teams) == 0 }

func (x idSet) equal(o idSet) bool {
	return slices.Equal(x.ids, o.ids) && slices.Equal(x.teams, o.teams)
}

// within reports whether all ids of x are in o, as far as the lists show it.
func (x idSet) within(o idSet) bool { return subset(x.ids, o.ids) && subset(x.teams, o.teams) }

func (x idSet) union(o idSet) idSet {
	return idSet{sorted(slices.Concat(x.ids, o.ids)), sorted(slices.Concat(x.teams, o.teams))}
}

func subset(a, b []string) bool {
	for _, id := range a {
		if _, found := slices.BinarySearch(b, id); !found {
			return false
		}
	}
	return true
}

// idSet returns a set as a condition states it. A clause that must hold for a row to be selected may
// read the tables; if they lack rows, it selects too little. A clause that forbids carries all ids:
// if it read tables that lack rows, it would select too much.
func (s *sqlWriter) idSet(p *columnRef, set criteria.Set, mayReadTables bool) (idSet, error) {
	if set == nil {
		return idSet{}, nil
	}
	if of, ok := set.(criteria.Members); ok && mayReadTables && s.table.members.use(s.account) {
		large, err := of.MoreThan(s.table.members.above)
		if err != nil {
			return idSet{}, err
		}
		if large {
			return idSet{s.table.dialect.containable(p.kind, of.Others()), s.table.dialect.containable(Text, of.Teams())}, nil
		}
	}
	ids, err := set.IDs()
	if err != nil {
		return idSet{}, err
	}
	return idSet{ids: s.table.dialect.containable(p.kind, ids)}, nil
}
