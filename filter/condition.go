package filter

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/internal/printable"
)

// Condition is a condition in SQL, in parentheses, with the arguments of its parameters. Join it
// with other conditions by AND in a WHERE, or use it as the WHEN of a CASE. Never negate it with
// NOT, because for some rows it is NULL. The zero Condition is not valid SQL.
type Condition struct {
	SQL  string
	Args []any
}

// SQL returns the condition for the rows that the filter selects. Its parameters are numbered from
// first: 1, or more if the query has other parameters before. The same filter and table always give
// the same text, except for the length of lists, and whether a set is carried or read as [Members]
// states.
//
// The ids of a list are one argument; a list of more than a mebibyte is a few arguments. An id that
// the column cannot contain is left out. With hundreds of ids, PostgreSQL chooses a better plan if
// it sees the arguments. It does not see them once a prepared statement has run five times, unless
// plan_cache_mode is force_custom_plan, or the statement is not prepared, as with pgx's
// QueryExecModeExec. For thousands of users, use Members.
//
// The error wraps [ErrMapping] if the table lacks a value that rules depend on,
// usher.ErrUnknownAccount if the request names no account, or the error of the facts, for example when they list
// the users of a team.
func (f Filter) SQL(t *Table, first int) (Condition, error) {
	return f.condition("select", t, first, func(l *list, s *sqlWriter) (clause, error) {
		return s.selected(l)
	})
}

// Shown returns the condition for the rows in which a field is not masked, among those that
// the filter selects:
//
//	"CASE WHEN " + shown.SQL + " THEN c.title END"
//
// A field that no rule hides is shown in every row; a field that the type does not have is an
// error. Parameters and other errors are as in SQL. The parameters of a query are numbered
// one after the other: where.SQL(calendars, 1), Shown("title", calendars, 1+len(where.Args)).
func (f Filter) Shown(field string, t *Table, first int) (Condition, error) {
	return f.condition("show "+field, t, first, func(l *list, s *sqlWriter) (clause, error) {
		return s.shown(l, field)
	})
}

func (f Filter) condition(what string, t *Table, first int, of func(*list, *sqlWriter) (clause, error)) (Condition, error) {
	fail := func(err error) (Condition, error) {
		return Condition{}, printable.Errorf("%s: %w", strings.TrimSpace(what+" "+t.Type()), err)
	}
	if err := t.Check(nil, nil); err != nil {
		return fail(err)
	}
	if first < 1 {
		return fail(printable.Errorf("first parameter %d (want 1 or more)", first))
	}
	lists, err := f.lists()
	if err != nil {
		return fail(err)
	}
	s := &sqlWriter{table: t, account: string(f.Account()), first: first, numbers: map[argument]int{}}
	c := alwaysFalse
	if l := listOf(lists, t.typ); l != nil {
		looks := l.required()
		if err := cmp.Or(t.check(looks.Parties, looks.Attributes), t.CheckAbove(looks.Above)); err != nil {
			return fail(err)
		}
		if c, err = of(l, s); err != nil {
			return fail(err)
		}
	} else if len(lists) > 0 {
		return fail(printable.Errorf("%w of %s: the filter is for %s", ErrMapping, t.typ, lists[0].typ))
	}
	if f.Account() == "" && !c.isFalse() {
		return fail(printable.Errorf("%w: the request names no account", usher.ErrUnknownAccount))
	}
	written := s.write(c)
	if size := written.bytes(); t.dialect == PostgreSQL && size > limits.arguments {
		return fail(printable.Errorf("the ids of users and teams have %d bytes (PostgreSQL accepts %d per query); grant the permission to all users, or to fewer teams", size, limits.arguments))
	}
	return written, nil
}

// listOf returns the criteria of a type, or nil.
func listOf(lists []*list, typ string) *list {
	for _, l := range lists {
		if l.typ == typ {
			return l
		}
	}
	return nil
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

// required returns what a table must have.
func (l *list) required() criteria.Looks {
	if l.looks != nil {
		return l.looks()
	}
	looks := criteria.Looks{Parties: l.parties, Attributes: l.attributes}
	for i := range l.atoms {
		for depth, at := range l.atoms[i].above {
			if depth == len(looks.Above) {
				looks.Above = append(looks.Above, criteria.Level{Type: at.typ})
			}
			looks.Above[depth].Repeat = at.repeat
			looks.Above[depth].Over = append(looks.Above[depth].Over, at.over...)
		}
	}
	return looks
}

// sqlWriter converts the criteria of a type to clauses, and writes them for a table.
type sqlWriter struct {
	table   *Table
	account string
	first   int
	args    []any
	numbers map[argument]int // the parameters of args
}

func (s *sqlWriter) selected(l *list) (clause, error) {
	if l.none() {
		return alwaysFalse, nil
	}
	var parts []clause
	for _, need := range l.rows {
		c, err := s.anyAlternative(l, need)
		if err != nil {
			return clause{}, err
		}
		parts = append(parts, c)
	}
	for _, w := range l.never {
		c, err := s.noAlternative(l, w)
		if err != nil {
			return clause{}, err
		}
		parts = append(parts, c)
	}
	return all(parts...), nil
}

func (s *sqlWriter) shown(l *list, field string) (clause, error) {
	switch {
	case l.none() || slices.Contains(l.hidden, field):
		return alwaysFalse, nil
	case !slices.Contains(l.masked, field) && !slices.Contains(l.fields, field):
		return clause{}, printable.Errorf("%s does not have a field %s that rules can hide", l.typ, field)
	}
	var parts []clause
	for _, need := range l.needs {
		showing := slices.DeleteFunc(slices.Clone(need), func(w alternative) bool { return slices.Contains(w.hides, field) })
		if len(showing) == len(need) {
			continue // none hides it, and in every selected row one matches
		}
		c, err := s.anyAlternative(l, l.simplify(showing, true, ignoreHides))
		if err != nil {
			return clause{}, err
		}
		parts = append(parts, c)
	}
	return all(parts...), nil
}

func (s *sqlWriter) anyAlternative(l *list, alternatives []alternative) (clause, error) {
	parts := make([]clause, len(alternatives))
	for i, w := range alternatives {
		holds, err := l.each(w, s.holds)
		if err != nil {
			return clause{}, err
		}
		parts[i] = all(holds...)
	}
	return either(parts...), nil
}

// noAlternative is true if an atom of the alternative is known not to hold.
func (s *sqlWriter) noAlternative(l *list, w alternative) (clause, error) {
	fails, err := l.each(w, s.fails)
	if err != nil {
		return clause{}, err
	}
	return either(fails...), nil
}

// each returns a clause for each atom of an alternative.
func (l *list) each(w alternative, of func(*list, *atom) (clause, error)) ([]clause, error) {
	parts := make([]clause, len(w.atoms))
	for i, a := range w.atoms {
		var err error
		if parts[i], err = of(l, &l.atoms[a]); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// holds is true if an atom is known to hold.
func (s *sqlWriter) holds(l *list, a *atom) (clause, error) {
	if a.reach == 0 {
		return s.test(l, a, a.is), nil
	}
	if a.not {
		return s.scopeFails(l, a)
	}
	return s.scopeHolds(l, a)
}

// fails is true if an atom is known not to hold.
func (s *sqlWriter) fails(l *list, a *atom) (clause, error) {
	if a.reach == 0 {
		return s.test(l, a, !a.is), nil
	}
	if a.not {
		return s.scopeHolds(l, a)
	}
	return s.scopeFails(l, a)
}

// scopeHolds is true if the scope of an atom is known to match.
func (s *sqlWriter) scopeHolds(l *list, a *atom) (clause, error) {
	c, err := s.holdsOn(s.table, a.reach, l.partiesOf(a))
	if err != nil || len(a.above) == 0 {
		return c, err
	}
	above, err := s.holdsAbove(s.table, a, 0)
	return either(c, above), err
}

// holdsOn is true if a scope is known to match on the row of a table, regardless of its containers.
func (s *sqlWriter) holdsOn(t *Table, reach criteria.Reach, over []criteria.PartySet) (clause, error) {
	someInside, allInside, known, err := s.leaves(t, over, someIn, allIn)
	switch {
	case err != nil:
		return clause{}, err
	case !known:
		return alwaysFalse, nil
	case reach == criteria.Some:
		return either(someInside...), nil
	case inColumns(someInside):
		return firstOf(someInside, allInside), nil
	}
	return all(either(someInside...), all(allInside...)), nil
}

// inColumns reports whether all clauses are about single columns, and there are only a few.
func inColumns(members []clause) bool {
	return len(members) <= 3 && !slices.ContainsFunc(members, func(c clause) bool { return c.kind != someIn || c.ref.form != single })
}

// firstOf requires that some id is in its set and none is outside. It has an alternative for each
// column that can be the first with an id, so that the longest list is written once, not twice.
func firstOf(someInside, allInside []clause) clause {
	var parts []clause
	for i := range someInside {
		var before []clause
		for _, c := range someInside[:i] {
			before = append(before, columnClause(allIn, c.ref, idSet{}))
		}
		parts = append(parts, all(all(before...), someInside[i], all(allInside[i+1:]...)))
	}
	return either(parts...)
}

// scopeFails is true if the scope of an atom is known not to match.
func (s *sqlWriter) scopeFails(l *list, a *atom) (clause, error) {
	c, err := s.failsOn(s.table, a.reach, l.partiesOf(a))
	if err != nil || len(a.above) == 0 {
		return c, err
	}
	above, err := s.failsAbove(s.table, a, 0)
	return all(c, above), err
}

// failsOn is true if a scope is known not to match on the row of a table, regardless of its
// containers.
func (s *sqlWriter) failsOn(t *Table, reach criteria.Reach, over []criteria.PartySet) (clause, error) {
	noneInside, someOutside, known, err := s.leaves(t, over, noneIn, someNotIn)
	switch {
	case err != nil:
		return clause{}, err
	case !known:
		return alwaysFalse, nil
	case reach == criteria.Some:
		return all(noneInside...), nil
	}
	return either(all(noneInside...), either(someOutside...)), nil
}

// leaves returns clauses of two kinds for each party of a scope. It returns false if one of the
// parties is unmapped.
func (s *sqlWriter) leaves(t *Table, over []criteria.PartySet, first, second kind) (firsts, seconds []clause, known bool, err error) {
	for _, o := range over {
		p := t.parties[criteria.Party{Name: o.Party, Teams: o.Teams}]
		if p == nil || p.form == unmapped {
			return nil, nil, false, nil
		}
		set, err := s.idSet(p, o.Set, first == someIn)
		if err != nil {
			return nil, nil, false, err
		}
		firsts = append(firsts, columnClause(first, p, set))
		seconds = append(seconds, columnClause(second, p, set))
	}
	return firsts, seconds, true, nil
}

// partiesOf returns the parties of an atom, in the order of its sides.
func (l *list) partiesOf(a *atom) []criteria.PartySet {
	over := make([]criteria.PartySet, len(a.sides))
	for i, side := range a.sides {
		p := l.parties[side.party]
		over[i] = criteria.PartySet{Party: p.Name, Teams: p.Teams, Set: side.set}
	}
	return over
}

// test is true if a fact is known and has the value is.
func (s *sqlWriter) test(l *list, a *atom, is bool) clause {
	if a.party < 0 {
		column := s.table.attributes[l.attributes[a.attribute]]
		if column == "" {
			return alwaysFalse
		}
		return clause{kind: fact, column: column, is: is}
	}
	refs := []*columnRef{s.ref(l, a.party)}
	if a.teams >= 0 {
		refs = append(refs, s.ref(l, a.teams))
	}
	var has, lacks []clause
	for _, p := range refs {
		if p.form == unmapped {
			return alwaysFalse
		}
		has = append(has, columnClause(someNotIn, p, idSet{}))
		lacks = append(lacks, columnClause(allIn, p, idSet{}))
	}
	if is {
		return either(has...)
	}
	return all(lacks...)
}

func (s *sqlWriter) ref(l *list, party int) *columnRef {
	return s.table.parties[l.parties[party]]
}
