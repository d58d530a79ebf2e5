package filter

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
)

// Filter selects resources of one account: in Go with Match and Masks, in a database with SQL
// and Shown. The zero Filter selects nothing. A Filter is immutable and safe for concurrent use.
//
// A filter is for one request. It holds for the time and the facts that it was made with, and
// calls the facts again only for the users of teams. Do not keep it.
type Filter struct {
	account usher.AccountID
	lists   []*list
}

// New returns the filter for criteria. It is for package policy: criteria are internal to
// usher. Hosts get their filters from policy.Policy or from an engine.
func New(c criteria.Criteria) Filter {
	f := Filter{account: c.Account, lists: make([]*list, len(c.Types))}
	for i := range c.Types {
		f.lists[i] = newList(&c.Types[i])
	}
	return f
}

// Account returns the account whose resources are selected.
func (f Filter) Account() usher.AccountID { return f.account }

// Types returns the types of resources that the filter can select. There is more than one only
// for a bundle of permissions on several types.
func (f Filter) Types() []string {
	types := make([]string, len(f.lists))
	for i, l := range f.lists {
		types[i] = l.typ
	}
	return types
}

// None reports whether the filter selects nothing, whatever resources there are. Callers can
// then skip the query.
func (f Filter) None() bool {
	return !slices.ContainsFunc(f.lists, func(l *list) bool { return !l.none() })
}

// All reports whether the filter selects all resources of the account, with nothing
// masked.
func (f Filter) All() bool {
	return len(f.lists) > 0 && !slices.ContainsFunc(f.lists, func(l *list) bool { return !l.all() })
}

// Fields returns the fields that can be masked in some row, sorted. For a bundle over several
// types, they are the fields of all these types, while Shown takes those of the table's type.
func (f Filter) Fields() []string {
	var fields []string
	for _, l := range f.lists {
		if !l.none() {
			fields = append(fields, l.masked...)
		}
	}
	return sorted(fields)
}

func (f Filter) list(typ string) *list {
	for _, l := range f.lists {
		if l.typ == typ {
			return l
		}
	}
	return nil
}

// list has the criteria of one type, simplified, with their atoms numbered.
type list struct {
	typ    string
	admit  func(usher.Resource) bool
	looks  func() (parties, attributes []string)
	fields []string

	parties, attributes []string // those that atoms look at
	atoms               []atom

	never  []alternative
	needs  [][]alternative // what is hidden is looked for here
	rows   [][]alternative // selects the same rows as needs, without regard to what is hidden
	hidden []string
	masked []string // whatever can be hidden in some row, sorted
}

// alternative matches where all its atoms hold. Without atoms, it matches everything.
type alternative struct {
	atoms []int
	hides []string // sorted
}

// atom is a scope or a test.
type atom struct {
	reach criteria.Reach // 0 for a test
	sides []side

	party, attribute int // what a test is about, -1 for the other
	is               bool
}

type side struct {
	party int
	set   criteria.Set
}

func (l *list) none() bool {
	matchesAll := func(w alternative) bool { return len(w.atoms) == 0 }
	noAlternative := func(need []alternative) bool { return len(need) == 0 }
	return len(l.needs) == 0 || slices.ContainsFunc(l.needs, noAlternative) || slices.ContainsFunc(l.never, matchesAll)
}

func (l *list) all() bool {
	if l.none() || len(l.never) > 0 || len(l.hidden) > 0 {
		return false
	}
	for _, need := range l.needs {
		if len(need) > 1 || len(need[0].atoms) > 0 || len(need[0].hides) > 0 {
			return false
		}
	}
	return true
}

// sorted returns a copy in order, each string once.
func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
