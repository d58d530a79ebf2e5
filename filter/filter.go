package filter

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
)

// Filter selects resources of one account: in Go with Match and Masks, in a database with SQL and
// Shown. The zero Filter selects nothing. A Filter is immutable and safe for concurrent use.
//
// A Filter is for one request, and must not be cached. It is fixed to the time and the facts with
// which it was made. It calls the facts again only to list the users of teams.
type Filter struct {
	account usher.AccountID
	lists   []*list
}

// New returns the filter for criteria. It is only for package policy, because criteria are internal
// to usher. Applications get filters from policy.Policy or from an engine.
func New(c criteria.Criteria) Filter {
	f := Filter{account: c.Account, lists: make([]*list, len(c.Types))}
	for i := range c.Types {
		f.lists[i] = compileType(&c.Types[i])
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

// None reports whether the filter can never select anything. Callers can then skip the query.
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

// list is the simplified criteria of one type, with indexes for atoms.
type list struct {
	typ    string
	admit  func(usher.Resource) bool
	looks  func() criteria.Looks
	fields []string

	parties    []criteria.Party // those in atoms
	attributes []string
	atoms      []atom

	never  []alternative
	needs  [][]alternative // decide what is hidden
	rows   [][]alternative // select the same rows as needs, without deciding what is hidden
	hidden []string
	masked []string // the fields that can be hidden in some row, sorted
}

// alternative matches if all its atoms hold. Without atoms, it always matches.
type alternative struct {
	atoms []int
	hides []string // sorted
}

// atom is a scope or a test.
type atom struct {
	reach criteria.Reach // 0 for a test
	sides []side
	over  []criteria.PartySet // the same parties by name
	above []level             // the containers that the scope looks at too
	not   bool                // the scope must not match

	party, attribute int // for a test: an index, and -1 for the other
	teams            int // for a test of a party of users and teams: the index of its teams; otherwise -1
	is               bool
}

// level is a level of containers.
type level struct {
	typ    string
	over   []criteria.PartySet // sorted
	repeat bool                // all further containers are alike
	check  func(usher.Resource) error
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

// sorted returns a sorted copy without duplicates.
func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
