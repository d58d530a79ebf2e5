package filter

import (
	"slices"

	"github.com/usher-go/usher"
)

// Filter selects resources of one account. It is immutable, and may be used by many
// goroutines at the same time. The zero Filter selects nothing.
//
// A filter holds for the facts and the time that it was made for. It asks the facts
// again only for who is in a team, and who a user is; a Filter is made for one
// request, and is nothing to keep.
type Filter struct {
	account usher.AccountID
	lists   []*list
}

// New makes the filter of some terms. Ways that another one makes pointless are left
// out, so that conditions in SQL are short.
func New(t Terms) Filter {
	f := Filter{account: t.Account, lists: make([]*list, len(t.Lists))}
	for i := range t.Lists {
		f.lists[i] = newList(&t.Lists[i])
	}
	return f
}

// Account returns the account of which resources are selected.
func (f Filter) Account() usher.AccountID { return f.account }

// Types returns the types of resources that are asked about: more than one only for
// a bundle of permissions on several.
func (f Filter) Types() []string {
	types := make([]string, len(f.lists))
	for i, l := range f.lists {
		types[i] = l.typ
	}
	return types
}

// None reports whether the filter selects nothing, whatever there is, so that there
// is no need to look.
func (f Filter) None() bool {
	return !slices.ContainsFunc(f.lists, func(l *list) bool { return !l.none() })
}

// All reports whether the filter selects all resources of the account, with nothing
// masked.
func (f Filter) All() bool {
	return len(f.lists) > 0 && !slices.ContainsFunc(f.lists, func(l *list) bool { return !l.all() })
}

// Fields returns the fields that are masked in some row, or may be, sorted. Those of a
// bundle over several types may be of each of them, while Shown takes those of the
// table's own type.
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

// list is a List with its atoms numbered.
type list struct {
	typ    string
	admit  func(usher.Resource) bool
	looks  func() (parties, attributes []string)
	fields []string

	parties, attributes []string // those that atoms look at
	atoms               []atom

	never  []way
	needs  [][]way // what is hidden is looked for here
	rows   [][]way // selects the same rows as needs, without regard to what is hidden
	hidden []string
	masked []string // whatever can be hidden in some row, sorted
}

// way is a Way: all its atoms hold. Without atoms it matches everything.
type way struct {
	atoms []int
	hides []string // sorted
}

// atom is a scope or a test.
type atom struct {
	reach Reach // 0 for a test
	sides []side

	party, attribute int // what a test is about, -1 for the other
	is               bool
}

type side struct {
	party int
	set   Set
}

func (l *list) none() bool {
	matchesAll := func(w way) bool { return len(w.atoms) == 0 }
	noWay := func(need []way) bool { return len(need) == 0 }
	return len(l.needs) == 0 || slices.ContainsFunc(l.needs, noWay) || slices.ContainsFunc(l.never, matchesAll)
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
