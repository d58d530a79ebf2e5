package filter

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Condition is a piece of SQL in brackets, with the arguments of its parameters. It
// is for a WHERE, to be joined with others by AND, or for the WHEN of a CASE. Never
// put a NOT before it: for some rows it is neither true nor false.
type Condition struct {
	SQL  string
	Args []any
}

// ErrNoAccount says that a filter was asked for without an account, so that no
// condition can be made of it.
var ErrNoAccount = errors.New("the request names no account")

// SQL returns the condition for the rows that the filter selects. Its parameters are
// numbered from first, which is 1, or more if the query has others before. The same
// filter and table give the same text, but for the length of lists.
//
// The ids of a list are one argument, or with more than a mebibyte of them a few. An id
// that the database cannot have is left out; what has it cannot be in a row. With hundreds of them,
// PostgreSQL does better to plan the query for this very list: it does not after a
// prepared statement has run five times, unless plan_cache_mode is
// force_custom_plan, or the statement is not prepared, as with pgx's
// QueryExecModeExec.
//
// The error wraps ErrMapping where the table lacks something, ErrNoAccount, or what
// the facts returned when they were asked who is in a team.
func (f Filter) SQL(t *Table, first int) (Condition, error) {
	return f.condition("select", t, first, func(l *list, s *scribe) (clause, error) {
		return s.selected(l)
	})
}

// Shown returns the condition for the rows in which a field is not masked, among
// those that the filter selects:
//
//	"CASE WHEN " + shown.SQL + " THEN c.title END"
//
// A field that the type does not have is an error; one that no rule hides is shown
// in every row. Parameters and other errors are as in SQL; those of a query come one
// after the other: where.SQL(calendars, 1), Shown("title", calendars, 1+len(where.Args)).
func (f Filter) Shown(field string, t *Table, first int) (Condition, error) {
	return f.condition("show "+field, t, first, func(l *list, s *scribe) (clause, error) {
		return s.shown(l, field)
	})
}

func (f Filter) condition(what string, t *Table, first int, of func(*list, *scribe) (clause, error)) (Condition, error) {
	fail := func(err error) (Condition, error) {
		return Condition{}, printable.Errorf("%s: %w", strings.TrimSpace(what+" "+t.Type()), err)
	}
	if err := t.Check(nil, nil); err != nil {
		return fail(err)
	}
	if first < 1 {
		return fail(printable.Errorf("parameters are numbered from 1, not from %d", first))
	}
	s := &scribe{table: t, account: string(f.account), first: first, at: map[argument]int{}}
	c := nowise
	if l := f.list(t.typ); l != nil {
		if err := t.Check(l.looked()); err != nil {
			return fail(err)
		}
		var err error
		if c, err = of(l, s); err != nil {
			return fail(err)
		}
	} else if len(f.lists) > 0 {
		return fail(printable.Errorf("%w of %s: the filter is about %s", ErrMapping, t.typ, f.lists[0].typ))
	}
	if f.account == "" && !c.isNowise() {
		return fail(ErrNoAccount)
	}
	written := s.write(c)
	if size := written.bytes(); t.dialect == PostgreSQL && size > limits.arguments {
		return fail(printable.Errorf("the ids of users and teams have %d bytes, and PostgreSQL takes %d with one query; give the right to all users, or to fewer teams", size, limits.arguments))
	}
	return written, nil
}

// bytes returns the size of the arguments.
func (c Condition) bytes() (size int) {
	for _, arg := range c.Args {
		if text, ok := arg.(string); ok {
			size += len(text)
		}
	}
	return size
}

// looked returns the parties and attributes that a table must have.
func (l *list) looked() (parties, attributes []string) {
	if l.looks == nil {
		return l.parties, l.attributes
	}
	return l.looks()
}

// scribe makes clauses of a list, and writes them for a table.
type scribe struct {
	table   *Table
	account string
	first   int
	args    []any
	at      map[argument]int // the parameters of what stands in args
}

func (s *scribe) selected(l *list) (clause, error) {
	if l.none() {
		return nowise, nil
	}
	var parts []clause
	for _, need := range l.rows {
		c, err := s.anyWay(l, need)
		if err != nil {
			return clause{}, err
		}
		parts = append(parts, c)
	}
	for _, w := range l.never {
		c, err := s.noWay(l, w)
		if err != nil {
			return clause{}, err
		}
		parts = append(parts, c)
	}
	return all(parts...), nil
}

func (s *scribe) shown(l *list, field string) (clause, error) {
	switch {
	case l.none() || slices.Contains(l.hidden, field):
		return nowise, nil
	case !slices.Contains(l.masked, field) && !slices.Contains(l.fields, field):
		return clause{}, printable.Errorf("%s has no field %s that rules can hide", l.typ, field)
	}
	var parts []clause
	for _, need := range l.needs {
		showing := slices.DeleteFunc(slices.Clone(need), func(w way) bool { return slices.Contains(w.hides, field) })
		if len(showing) == len(need) {
			continue // no way hides it, and in a row that is selected one matches
		}
		c, err := s.anyWay(l, l.shortest(showing, true, whateverHides))
		if err != nil {
			return clause{}, err
		}
		parts = append(parts, c)
	}
	return all(parts...), nil
}

func (s *scribe) anyWay(l *list, ways []way) (clause, error) {
	parts := make([]clause, len(ways))
	for i, w := range ways {
		holds := make([]clause, len(w.atoms))
		for k, a := range w.atoms {
			var err error
			if holds[k], err = s.holds(l, &l.atoms[a]); err != nil {
				return clause{}, err
			}
		}
		parts[i] = all(holds...)
	}
	return either(parts...), nil
}

// noWay is true where an atom of the way is known not to hold.
func (s *scribe) noWay(l *list, w way) (clause, error) {
	fails := make([]clause, len(w.atoms))
	for k, a := range w.atoms {
		var err error
		if fails[k], err = s.fails(l, &l.atoms[a]); err != nil {
			return clause{}, err
		}
	}
	return either(fails...), nil
}

// holds is true where an atom is known to hold.
func (s *scribe) holds(l *list, a *atom) (clause, error) {
	if a.reach == 0 {
		return s.test(l, a, a.is), nil
	}
	var somebody, nobodyElse []clause
	for _, side := range a.sides {
		p := s.place(l, side.party)
		if p.form == unknown {
			return nowise, nil
		}
		ids, err := s.ids(p, side.set)
		if err != nil {
			return clause{}, err
		}
		somebody = append(somebody, leaf(member, p, ids))
		nobodyElse = append(nobodyElse, leaf(noStranger, p, ids))
	}
	switch {
	case a.reach == Some:
		return either(somebody...), nil
	case inColumns(somebody):
		return firstOf(somebody, nobodyElse), nil
	}
	return all(either(somebody...), all(nobodyElse...)), nil
}

// inColumns reports whether all that is looked for is in a few columns.
func inColumns(members []clause) bool {
	return len(members) <= 3 && !slices.ContainsFunc(members, func(c clause) bool { return c.kind != member || c.place.form != single })
}

// firstOf asks for the same as somebody and nobody else do, by which is the first
// column that has an id. So the longest of lists stands there once, and not twice.
func firstOf(somebody, nobodyElse []clause) clause {
	var parts []clause
	for i := range somebody {
		var before []clause
		for _, c := range somebody[:i] {
			before = append(before, leaf(noStranger, c.place, nil))
		}
		parts = append(parts, all(all(before...), somebody[i], all(nobodyElse[i+1:]...)))
	}
	return either(parts...)
}

// fails is true where an atom is known not to hold.
func (s *scribe) fails(l *list, a *atom) (clause, error) {
	if a.reach == 0 {
		return s.test(l, a, !a.is), nil
	}
	var nobody, somebodyElse []clause
	for _, side := range a.sides {
		p := s.place(l, side.party)
		if p.form == unknown {
			return nowise, nil
		}
		ids, err := s.ids(p, side.set)
		if err != nil {
			return clause{}, err
		}
		nobody = append(nobody, leaf(noMember, p, ids))
		somebodyElse = append(somebodyElse, leaf(stranger, p, ids))
	}
	if a.reach == Some {
		return all(nobody...), nil
	}
	return either(all(nobody...), either(somebodyElse...)), nil
}

// test is true where a fact is known and is so.
func (s *scribe) test(l *list, a *atom, is bool) clause {
	if a.party < 0 {
		column := s.table.attributes[l.attributes[a.attribute]]
		if column == "" {
			return nowise
		}
		return clause{kind: fact, column: column, is: is}
	}
	p := s.place(l, a.party)
	switch {
	case p.form == unknown:
		return nowise
	case is:
		return leaf(stranger, p, nil)
	}
	return leaf(noStranger, p, nil)
}

func (s *scribe) place(l *list, party int) *place {
	return s.table.parties[l.parties[party]]
}

func (s *scribe) ids(p *place, set Set) ([]string, error) {
	if set == nil {
		return nil, nil
	}
	ids, err := set.IDs()
	if err != nil {
		return nil, err
	}
	return s.table.dialect.possible(p.kind, ids), nil
}
