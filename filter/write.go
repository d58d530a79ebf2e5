package filter

import (
	"slices"
	"strings"
)

// subAlias is the alias of the table in a subquery.
const subAlias = reservedPrefix + "m"

// write returns the condition for a clause, which always begins with the account.
func (s *sqlWriter) write(c clause) Condition {
	text := s.ofAccount(s.table.account.column, s.table.account.kind) + " AND " + s.text(c, true)
	return Condition{SQL: "(" + text + ")", Args: s.args}
}

// ofAccount compares a column with the account. If the column cannot contain the account's id, the
// comparison is never true.
func (s *sqlWriter) ofAccount(column string, k Kind) string {
	if !s.table.dialect.canContain(k, s.account) {
		return "(" + column + " IS NULL AND FALSE)"
	}
	return s.equals(column, k, []string{s.account})
}

// text writes a clause. top reports whether it is one of the clauses that must all be true.
func (s *sqlWriter) text(c clause, top bool) string {
	switch {
	case c.isTrue():
		return "TRUE"
	case c.isFalse():
		return "FALSE"
	}
	switch c.kind {
	case allOf:
		return s.joined(c.parts, " AND ", top)
	case anyOf:
		return s.alternatives(c.parts, top)
	case fact:
		return s.factText(c)
	case ofAccount:
		return s.ofAccount(c.ref.column, c.ref.kind)
	case notContained, contained, someAbove, everyAbove:
		return s.aboveText(c)
	}
	switch c.ref.form {
	case single:
		return s.inColumn(c)
	case array:
		if s.table.dialect == PostgreSQL {
			return s.inArray(c)
		}
	case joined:
		if c.isKeys() && s.table.dialect == SQLite {
			return s.keyIn(c)
		}
	}
	return s.exists(c)
}

// factText writes a fact. In SQLite, which has no booleans, values other than 0 and 1 are unknown.
func (s *sqlWriter) factText(c clause) string {
	switch {
	case s.table.dialect == SQLite && c.is:
		return c.column + " = 1"
	case s.table.dialect == SQLite:
		return c.column + " = 0"
	case c.is:
		return c.column + " IS TRUE"
	}
	return c.column + " IS FALSE"
}

func (s *sqlWriter) joined(parts []clause, by string, top bool) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = s.text(p, top)
	}
	return "(" + strings.Join(texts, by) + ")"
}

// alternatives writes a disjunction. If all parts are about joined tables, it writes one subquery:
// the database then starts with the few rows that the subquery finds. For PostgreSQL, that holds
// only at the top.
func (s *sqlWriter) alternatives(parts []clause, top bool) string {
	isJoined := func(c clause) bool { return c.isKeys() && c.ref.sameRow(parts[0].ref) }
	if !slices.ContainsFunc(parts, func(c clause) bool { return !isJoined(c) }) && (top || s.table.dialect == SQLite) {
		return s.keyIn(parts...)
	}
	return s.joined(parts, " OR ", false)
}

// isKeys reports whether a subquery for the keys of matching rows is useful: a joined table has
// them, and there are only a few. A set that is read from tables is large.
func (c clause) isKeys() bool {
	return c.kind == someIn && c.ref.form == joined && len(c.set.teams) == 0
}

func (p *columnRef) sameRow(other *columnRef) bool {
	return other != nil && slices.EqualFunc(p.keys, other.keys, func(a, b key) bool { return a.row == b.row })
}

// keyIn tests whether the key of the row is one of the keys of rows that match the members, which
// are someIn.
func (s *sqlWriter) keyIn(members ...clause) string {
	var rows []string
	for _, k := range members[0].ref.keys {
		rows = append(rows, s.keyColumn(k.row))
	}
	var from []string
	for _, c := range members {
		var keys []string
		for _, k := range c.ref.keys {
			keys = append(keys, subAlias+"."+k.inner)
		}
		from = append(from, "SELECT "+strings.Join(keys, ", ")+s.from(c.ref)+strings.Join(s.where(c), " AND "))
	}
	union := " UNION ALL "
	if s.table.dialect == SQLite {
		union = " UNION " // SQLite collects the keys in a tree, and UNION returns them in order
	}
	row := strings.Join(rows, ", ")
	if len(rows) > 1 {
		row = "(" + row + ")"
	}
	return row + " IN (" + strings.Join(from, union) + ")"
}

// keyColumn returns the column of the row that the key of a joined table must equal. In PostgreSQL,
// its type may not have a collation.
func (s *sqlWriter) keyColumn(column string) string {
	if s.table.dialect == SQLite {
		return column + " COLLATE BINARY"
	}
	return column
}

func (s *sqlWriter) exists(c clause) string {
	var where []string
	for _, k := range c.ref.keys {
		where = append(where, subAlias+"."+k.inner+" = "+s.keyColumn(k.row))
	}
	where = append(where, s.where(c)...)
	not := ""
	if c.kind == noneIn || c.kind == allIn {
		not = "NOT "
	}
	if len(where) == 0 {
		where = []string{"TRUE"}
	}
	return not + "EXISTS (SELECT 1" + s.from(c.ref) + strings.Join(where, " AND ") + ")"
}

func (s *sqlWriter) from(p *columnRef) string {
	table := p.table
	if p.form == array {
		table = "json_each(" + jsonArray(p.column) + ")"
	}
	return " FROM " + table + " AS " + subAlias + " WHERE "
}

// jsonArray returns the text of the column in SQLite if it is a JSON array without a NUL byte, and
// NULL otherwise. json_each returns no rows for NULL, aborts the query for a malformed text, and
// reads a text only up to a NUL byte. The tests are a CASE because AND may evaluate both sides.
func jsonArray(column string) string {
	text := "CAST(" + column + " AS TEXT)"
	return "CASE WHEN json_valid(" + text + ") THEN CASE WHEN json_type(" + text + ") = 'array' AND instr(" + text + ", char(0)) = 0 THEN " + text + " END END"
}

// where returns the conditions of a subquery besides the key.
func (s *sqlWriter) where(c clause) (where []string) {
	p := c.ref
	if p.account != "" {
		where = append(where, s.ofAccount(subAlias+"."+p.account, p.accountKind))
	}
	column := subAlias + "." + p.column
	if p.form == array {
		column = subAlias + ".value"
	}
	if (c.kind == someNotIn || c.kind == allIn) && s.mayBeEmpty(p) {
		where = append(where, "("+s.isEmpty(p, column)+") IS NOT TRUE")
	}
	switch isMember := c.kind == someIn || c.kind == noneIn; {
	case isMember && p.form == array:
		where = append(where, s.inElement(p.kind, c.set))
	case c.kind == noneIn && s.table.dialect == SQLite: // found may miss some
		where = append(where, s.isIn(column, p.kind, c.set))
	case isMember: // an index can find them
		where = append(where, s.found(column, p.kind, c.set))
	case !c.set.isEmpty() && p.form == array:
		where = append(where, "("+s.inElement(p.kind, c.set)+") IS NOT TRUE")
	case !c.set.isEmpty():
		where = append(where, s.notIn(column, p.kind, c.set))
	}
	return where
}
