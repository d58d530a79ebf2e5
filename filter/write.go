package filter

import (
	"slices"
	"strconv"
	"strings"
)

// theirs is the alias of the table that a subquery looks at.
const theirs = reservedPrefix + "m"

// write puts the account before a clause, whatever that is.
func (s *scribe) write(c clause) Condition {
	text := s.ofAccount(s.table.account.column, s.table.account.kind) + " AND " + s.text(c, true)
	return Condition{SQL: "(" + text + ")", Args: s.args}
}

// ofAccount compares a column with the account. A column that cannot have its id has
// no row of it.
func (s *scribe) ofAccount(column string, k Kind) string {
	if !s.table.dialect.canHave(k, s.account) {
		return "(" + column + " IS NULL AND FALSE)"
	}
	return s.equals(column, k, []string{s.account})
}

// text writes a clause; top means that it is one of those that must all be true.
func (s *scribe) text(c clause, top bool) string {
	switch {
	case c.isAlways():
		return "TRUE"
	case c.isNowise():
		return "FALSE"
	}
	switch c.kind {
	case allOf:
		return s.joined(c.parts, " AND ", top)
	case anyOf:
		return s.alternatives(c.parts, top)
	case fact:
		return s.isSo(c)
	}
	switch c.place.form {
	case single:
		return s.inColumn(c)
	case array:
		if s.table.dialect == PostgreSQL {
			return s.inArray(c)
		}
	case joined:
		if c.kind == member && s.table.dialect == SQLite {
			return s.keyIn(c)
		}
	}
	return s.exists(c)
}

// isSo takes in SQLite, which has no booleans, anything but 0 and 1 for unknown.
func (s *scribe) isSo(c clause) string {
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

func (s *scribe) joined(parts []clause, by string, top bool) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = s.text(p, top)
	}
	return "(" + strings.Join(texts, by) + ")"
}

// alternatives gathers those that look at joined tables into one subquery: a database
// then begins with the few rows that it finds there. PostgreSQL does so only where
// nothing else could be true instead.
func (s *scribe) alternatives(parts []clause, top bool) string {
	isJoined := func(c clause) bool {
		return c.kind == member && c.place.form == joined && c.place.sameRow(parts[0].place)
	}
	if !slices.ContainsFunc(parts, func(c clause) bool { return !isJoined(c) }) && (top || s.table.dialect == SQLite) {
		return s.keyIn(parts...)
	}
	return s.joined(parts, " OR ", false)
}

func (p *place) sameRow(other *place) bool {
	return other != nil && slices.EqualFunc(p.keys, other.keys, func(a, b key) bool { return a.row == b.row })
}

// keyIn looks for the row's key among those that have a member.
func (s *scribe) keyIn(members ...clause) string {
	var rows []string
	for _, k := range members[0].place.keys {
		rows = append(rows, k.row)
	}
	var from []string
	for _, c := range members {
		var keys []string
		for _, k := range c.place.keys {
			keys = append(keys, theirs+"."+k.theirs)
		}
		from = append(from, "SELECT "+strings.Join(keys, ", ")+s.from(c.place)+strings.Join(s.where(c), " AND "))
	}
	union := " UNION ALL "
	if s.table.dialect == SQLite {
		union = " UNION " // it gathers them in a tree, and this is how they come in order
	}
	row := strings.Join(rows, ", ")
	if len(rows) > 1 {
		row = "(" + row + ")"
	}
	return row + " IN (" + strings.Join(from, union) + ")"
}

func (s *scribe) exists(c clause) string {
	var where []string
	for _, k := range c.place.keys {
		where = append(where, theirs+"."+k.theirs+" = "+k.row)
	}
	where = append(where, s.where(c)...)
	not := ""
	if c.kind == noMember || c.kind == noStranger {
		not = "NOT "
	}
	if len(where) == 0 {
		where = []string{"TRUE"}
	}
	return not + "EXISTS (SELECT 1" + s.from(c.place) + strings.Join(where, " AND ") + ")"
}

func (s *scribe) from(p *place) string {
	table := p.table
	if p.form == array {
		table = "json_each(" + p.column + ")"
	}
	return " FROM " + table + " AS " + theirs + " WHERE "
}

// where says what a subquery looks for besides the key.
func (s *scribe) where(c clause) (where []string) {
	if c.place.account != "" {
		where = append(where, s.ofAccount(theirs+"."+c.place.account, c.place.accountKind))
	}
	column := theirs + "." + c.place.column
	if c.place.form == array {
		column = theirs + ".value"
	}
	switch {
	case c.kind == member || c.kind == noMember: // of which an index can find some
		where = append(where, s.equals(column, c.place.kind, c.ids))
	case len(c.ids) > 0:
		where = append(where, "("+s.among(column, c.place.kind, c.ids)+") IS NOT TRUE")
	}
	return where
}

func (s *scribe) inColumn(c clause) string {
	column := c.place.column
	switch {
	case c.kind == stranger && len(c.ids) == 0:
		return column + " IS NOT NULL"
	case c.kind == noStranger && len(c.ids) == 0:
		return s.isNull(column)
	}
	switch c.kind {
	case noMember:
		return "(" + s.among(column, c.place.kind, c.ids) + ") IS NOT TRUE"
	case stranger:
		return "NOT (" + s.among(column, c.place.kind, c.ids) + ")" // NULL, which is nobody, stays NULL
	case noStranger:
		return "(" + s.isNull(column) + " OR " + s.among(column, c.place.kind, c.ids) + ")"
	}
	return s.equals(column, c.place.kind, c.ids)
}

// isNull keeps SQLite from an index: it takes NULL for a value as rare as others, and
// begins with all rows that have nobody there.
func (s *scribe) isNull(column string) string {
	if s.table.dialect == SQLite {
		column = "+" + column
	}
	return column + " IS NULL"
}

func (s *scribe) inArray(c clause) string {
	column := c.place.column
	switch {
	case c.kind == stranger && len(c.ids) == 0:
		return "cardinality(" + column + ") > 0"
	case c.kind == noStranger && len(c.ids) == 0:
		return "COALESCE(cardinality(" + column + "), 0) = 0"
	}
	list := s.list(c.place.kind, c.ids)
	switch c.kind {
	case noMember:
		return "(" + column + " && " + list + ") IS NOT TRUE"
	case stranger:
		return "NOT (" + column + " <@ " + list + ")"
	case noStranger:
		return "(" + column + " IS NULL OR " + column + " <@ " + list + ")"
	}
	return column + " && " + list
}

var castTo = [...]string{Text: "text", Integer: "bigint", UUID: "uuid"}

// equals compares a column with one id or more.
func (s *scribe) equals(column string, k Kind, ids []string) string {
	switch {
	case len(ids) == 1:
		return column + " = " + s.parameter(value(k, ids[0]), castTo[k])
	case s.table.dialect == PostgreSQL:
		return column + " = ANY (" + s.list(k, ids) + ")"
	default:
		return column + " IN (" + s.rows(k, ids) + ")"
	}
}

// among is equals where no index helps. PostgreSQL goes through an array for each row
// anew, unless its plan is for that very array; a subquery it hashes once.
func (s *scribe) among(column string, k Kind, ids []string) string {
	if s.table.dialect == PostgreSQL && len(ids) > fewIDs {
		return column + " IN (SELECT unnest(" + s.list(k, ids) + "))"
	}
	return s.equals(column, k, ids)
}

// fewIDs are so many that there is nothing to hash.
const fewIDs = 128

// list is an array with ids, of PostgreSQL.
func (s *scribe) list(k Kind, ids []string) string {
	return s.parameter(arrayText(k, ids), castTo[k]+"[]")
}

// rows selects ids in SQLite. Not all its versions read a NUL byte in JSON.
func (s *scribe) rows(k Kind, ids []string) string {
	hasNUL := func(id string) bool { return strings.IndexByte(id, 0) >= 0 }
	rows := "SELECT value FROM json_each(" + s.parameter(jsonText(k, slices.DeleteFunc(slices.Clone(ids), hasNUL)), "") + ")"
	for _, id := range ids {
		if hasNUL(id) {
			rows += " UNION ALL SELECT " + s.parameter(id, "")
		}
	}
	return rows
}

// parameter returns the placeholder of an argument, the same one for the same. A
// parameter of PostgreSQL has one type.
func (s *scribe) parameter(arg any, cast string) string {
	if s.table.dialect == SQLite {
		cast = ""
	}
	n, ok := s.at[argument{arg, cast}]
	if !ok {
		n = s.first + len(s.args)
		s.args = append(s.args, arg)
		s.at[argument{arg, cast}] = n
	}
	if s.table.dialect == SQLite {
		return "?" + strconv.Itoa(n)
	}
	return "$" + strconv.Itoa(n) + "::" + cast
}

type argument struct {
	value any
	cast  string
}
