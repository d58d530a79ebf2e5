package filter

import (
	"slices"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
)

// Filter selects resources of one account: in Go with Match and Masks, in a database with SQL and
// Shown. The zero Filter selects nothing. A Filter is immutable and safe for concurrent use.
//
// A Filter is for one request, and must not be cached. It is fixed to the subject and the time with
// which it was made, and keeps the facts, which it reads when it is used. It makes the terms of a
// condition when SQL, Shown, Fields, None or All is first called.
type Filter struct {
	of *compiled // nil for the zero Filter
}

// compiled is a source with its criteria, simplified when they are first needed.
type compiled struct {
	source criteria.Source
	once   sync.Once
	lists  []*list
	err    error
}

// New returns the filter for a source. It is only for package policy, because criteria are internal
// to usher. Applications get filters from policy.Policy or from an engine.
func New(source criteria.Source) Filter { return Filter{&compiled{source: source}} }

// lists returns the simplified criteria of each type.
func (f Filter) lists() ([]*list, error) {
	if f.of == nil {
		return nil, nil
	}
	f.of.once.Do(func() {
		c, err := f.of.source.Criteria()
		if err != nil {
			f.of.err = err
			return
		}
		for i := range c.Types {
			f.of.lists = append(f.of.lists, compileType(&c.Types[i]))
		}
	})
	return f.of.lists, f.of.err
}

// Account returns the account whose resources are selected.
func (f Filter) Account() usher.AccountID {
	if f.of == nil {
		return ""
	}
	return f.of.source.Account()
}

// Types returns the types of resources that the filter can select. There is more than one only
// for a bundle of permissions on several types.
func (f Filter) Types() []string {
	if f.of == nil {
		return nil
	}
	return f.of.source.Types()
}

// None reports whether the filter can never select anything. Callers can then skip the query. It is
// false if the facts fail; SQL returns their error.
func (f Filter) None() bool {
	lists, err := f.lists()
	return err == nil && !slices.ContainsFunc(lists, func(l *list) bool { return !l.none() })
}

// All reports whether the filter selects all resources of the account, with nothing
// masked. It is false if the facts fail.
func (f Filter) All() bool {
	lists, err := f.lists()
	return err == nil && len(lists) > 0 && !slices.ContainsFunc(lists, func(l *list) bool { return !l.all() })
}

// Fields returns the fields that can be masked in some row, sorted. For a bundle over several
// types, they are the fields of all these types, while Shown takes those of the table's type. If the
// facts fail, they are all fields that rules can hide.
func (f Filter) Fields() []string {
	lists, err := f.lists()
	if err != nil {
		return f.everyField()
	}
	var fields []string
	for _, l := range lists {
		if !l.none() {
			fields = append(fields, l.masked...)
		}
	}
	return sorted(fields)
}

// list is the simplified criteria of one type, with indexes for atoms.
type list struct {
	typ    string
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
