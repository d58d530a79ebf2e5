package filter

import (
	"slices"
	"strconv"
	"strings"
)

// Text is compared byte by byte, as a check compares ids, whatever the collation of its column.
// PostgreSQL uses an index only for the collation of the index. So for PostgreSQL a comparison that
// should use an index is written twice: with the collation of the column, which can match too many
// rows, and exactly. For SQLite, it is sufficient to name BINARY, the default collation of its
// columns.

// found is true if the id in a column is in the set, in a form for which the database can use an
// index. It is not true if the column is NULL.
func (s *sqlWriter) found(column string, k Kind, set idSet) string {
	return s.inSet(set, func(ids []string) string { return s.equals(column, k, ids) }, func(teams []string) string {
		return s.foundMember(column, k, teams)
	})
}

// isIn is found in a form that does not use an index of the column.
func (s *sqlWriter) isIn(column string, k Kind, set idSet) string {
	return s.inSet(set, func(ids []string) string { return s.among(column, k, ids) }, func(teams []string) string {
		return s.isMember(column, k, teams)
	})
}

// notIn is true if the id in a column is not in the set, or the column is NULL.
func (s *sqlWriter) notIn(column string, k Kind, set idSet) string {
	if len(set.ids) == 0 && len(set.teams) > 0 {
		return "NOT " + s.isMember(column, k, set.teams) // which is never NULL
	}
	return "(" + s.isIn(column, k, set) + ") IS NOT TRUE"
}

// inSet joins the condition for ids and the one for members of teams.
func (s *sqlWriter) inSet(set idSet, ids, members func([]string) string) string {
	var texts []string
	if len(set.ids) > 0 {
		texts = append(texts, ids(set.ids))
	}
	if len(set.teams) > 0 {
		texts = append(texts, members(set.teams))
	}
	return s.either(texts)
}

func (s *sqlWriter) inColumn(c clause) string {
	p := c.ref
	switch {
	case c.kind == someIn:
		return s.found(p.column, p.kind, c.set)
	case c.kind == noneIn:
		return s.notIn(p.column, p.kind, c.set)
	case c.kind == someNotIn && c.set.isEmpty():
		return s.some(p)
	case c.kind == someNotIn:
		return "(" + s.some(p) + " AND " + s.notIn(p.column, p.kind, c.set) + ")"
	case c.set.isEmpty():
		return s.none(p)
	}
	return "(" + s.none(p) + " OR " + s.isIn(p.column, p.kind, c.set) + ")"
}

// none is true if the column has no id. In SQLite, the expression prevents the use of an index:
// SQLite assumes that NULL is as rare as other values, and would start with all rows that have it.
func (s *sqlWriter) none(p *columnRef) string {
	switch {
	case s.mayBeEmpty(p) && s.table.dialect == PostgreSQL:
		return "concat(" + p.column + `) COLLATE "C" = ''`
	case s.mayBeEmpty(p):
		return "COALESCE(CAST(" + p.column + " AS TEXT), '') COLLATE BINARY = ''"
	case s.table.dialect == SQLite:
		return "+" + p.column + " IS NULL"
	}
	return p.column + " IS NULL"
}

// some is true if the column has an id.
func (s *sqlWriter) some(p *columnRef) string {
	if s.mayBeEmpty(p) {
		return "NOT (" + s.none(p) + ")"
	}
	return p.column + " IS NOT NULL"
}

// mayBeEmpty reports whether an empty text is not an id, and the column can contain one.
func (s *sqlWriter) mayBeEmpty(p *columnRef) bool {
	return p.emptyIsNone && (p.kind == Text || s.table.dialect == SQLite)
}

// isEmpty is true if the row of a joined table, or the element of a JSON array, is an empty text.
// It is not true for NULL.
func (s *sqlWriter) isEmpty(p *columnRef, column string) string {
	switch {
	case p.form == array:
		return subAlias + ".type = 'text' AND " + column + " = ''"
	case s.table.dialect == PostgreSQL:
		return column + " IS NOT NULL AND concat(" + column + `) COLLATE "C" = ''`
	}
	return "CAST(" + column + " AS TEXT) COLLATE BINARY = ''"
}

// inArray is a clause about a PostgreSQL array.
func (s *sqlWriter) inArray(c clause) string {
	if len(c.set.teams) > 0 {
		return s.inArrayOfMembers(c)
	}
	p, column := c.ref, c.ref.column
	exact := column
	if p.kind == Text {
		exact += ` COLLATE "C"`
	}
	if c.kind == someIn {
		return s.either(s.perList(p.kind, c.set.ids, func(list string) string {
			if p.kind != Text {
				return column + " && " + list
			}
			return "(" + column + " && " + list + " AND COALESCE(" + exact + " && " + list + ", FALSE))"
		}))
	}
	if c.kind == noneIn {
		return "(" + s.either(s.perList(p.kind, c.set.ids, func(list string) string { return exact + " && " + list })) + ") IS NOT TRUE"
	}
	ids := c.set.ids
	if s.mayBeEmpty(p) {
		ids = append([]string{""}, ids...) // an empty text is not an id
	}
	if len(ids) == 0 {
		if c.kind == someNotIn {
			return "cardinality(" + column + ") > 0"
		}
		return "COALESCE(cardinality(" + column + "), 0) = 0"
	}
	var lists []string
	s.perList(p.kind, ids, func(list string) string { lists = append(lists, list); return "" })
	within := exact + " <@ (" + strings.Join(lists, " || ") + ")"
	if c.kind == someNotIn {
		return "NOT (" + within + ")"
	}
	return "(" + column + " IS NULL OR " + within + ")"
}

var castTo = [...]string{Text: "text", Integer: "bigint", UUID: "uuid"}

// equals compares a column with one or more ids, in a form for which the database can use an index.
// It is not true if the column is NULL.
func (s *sqlWriter) equals(column string, k Kind, ids []string) string {
	switch {
	case s.table.dialect == SQLite:
		return s.equalsSQLite(column, k, ids)
	case k != Text:
		return s.equalsAny(column, k, ids)
	}
	return "(" + s.equalsAny(column, k, unpadded(ids)) + " AND COALESCE(" + s.among(column, k, ids) + ", FALSE))"
}

// unpadded adds a copy without the trailing spaces for each id that has them, because PostgreSQL
// compares a char(n) without its padding.
func unpadded(ids []string) []string {
	endsInSpace := func(id string) bool { return strings.HasSuffix(id, " ") }
	if !slices.ContainsFunc(ids, endsInSpace) {
		return ids
	}
	ids = slices.Clone(ids)
	for _, id := range ids {
		if endsInSpace(id) {
			ids = append(ids, strings.TrimRight(id, " "))
		}
	}
	return sorted(ids)
}

// among is equals in a form that does not use an index. In PostgreSQL it compares the text that a
// driver would read, including padding: concat converts every type to text, and NULL to an empty
// text, which is not an id.
func (s *sqlWriter) among(column string, k Kind, ids []string) string {
	if s.table.dialect == SQLite {
		return s.amongSQLite(column, k, ids)
	}
	if k == Text {
		column = "concat(" + column + `) COLLATE "C"`
	}
	return s.listed(column, k, ids)
}

// listed compares with ids in PostgreSQL, in a form that does not use an index.
func (s *sqlWriter) listed(column string, k Kind, ids []string) string {
	if len(ids) <= fewIDs {
		return s.equalsAny(column, k, ids)
	}
	// PostgreSQL scans an array again for each row, unless its plan is for this array; it hashes a
	// subquery once.
	return s.either(s.perList(k, ids, func(list string) string { return column + " IN (SELECT unnest(" + list + "))" }))
}

// fewIDs is the largest number of ids for which a hash table is not worth it.
const fewIDs = 128

// equalsAny compares with ids in PostgreSQL.
func (s *sqlWriter) equalsAny(column string, k Kind, ids []string) string {
	if len(ids) == 1 {
		return column + " = " + s.parameter(value(k, ids[0]), castTo[k])
	}
	return s.either(s.perList(k, ids, func(list string) string { return column + " = ANY (" + list + ")" }))
}

// perList calls write for each list into which the ids must be divided for PostgreSQL.
func (s *sqlWriter) perList(k Kind, ids []string, write func(list string) string) (texts []string) {
	for chunk := range chunks(ids, limits.array) {
		texts = append(texts, write(s.parameter(arrayText(k, chunk), castTo[k]+"[]")))
	}
	return texts
}

func (s *sqlWriter) either(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	return "(" + strings.Join(texts, " OR ") + ")"
}

// equalsSQLite compares the column itself. SQLite compares a numeric column with a text as with the
// number that the text spells. So for a text that spells a number, but not as SQLite would write
// it, only the same text is equal. Ids that are stored as a blob are not found: with each id twice
// in a list, SQLite would not use an index.
func (s *sqlWriter) equalsSQLite(column string, k Kind, ids []string) string {
	var plain, otherwise []string
	for _, id := range ids {
		if k != Integer && spellsNumber(id) && !isInteger(id) {
			otherwise = append(otherwise, id)
		} else {
			plain = append(plain, id)
		}
	}
	var texts []string
	if len(plain) > 0 {
		texts = append(texts, s.in(column+" COLLATE BINARY", k, plain))
	}
	if len(otherwise) > 0 {
		texts = append(texts, "("+s.in(column+" COLLATE BINARY", k, otherwise)+" AND typeof("+column+") = 'text')")
	}
	return s.either(texts)
}

// amongSQLite compares the text that a driver would read.
func (s *sqlWriter) amongSQLite(column string, k Kind, ids []string) string {
	if k != Integer {
		column = "CAST(" + column + " AS TEXT)"
	}
	return s.in(column+" COLLATE BINARY", k, ids)
}

// inElement compares a text or an integer in a JSON array. It tests the type, because other
// elements have values, too: true is 1, and an array is its text.
func (s *sqlWriter) inElement(k Kind, set idSet) string {
	typ := "text"
	if k == Integer {
		typ = "integer"
	}
	const value = subAlias + ".value"
	return subAlias + ".type = '" + typ + "' AND " +
		s.inSet(set, func(ids []string) string { return s.in(value, k, ids) }, func(teams []string) string {
			return s.isMember(value, k, teams)
		})
}

// in compares with ids in SQLite.
func (s *sqlWriter) in(expression string, k Kind, ids []string) string {
	if len(ids) == 1 {
		return expression + " = " + s.parameter(value(k, ids[0]), "")
	}
	return expression + " IN (" + s.rows(k, ids) + ")"
}

// rows selects ids in SQLite. Some versions of SQLite do not read a NUL byte in JSON. So ids with a
// NUL byte are escaped, and SQL functions restore them.
func (s *sqlWriter) rows(k Kind, ids []string) string {
	var plain, withNUL []string
	bytes := 0
	for _, id := range ids {
		bytes += len(id) + quoteBytes
		if strings.IndexByte(id, 0) < 0 {
			plain = append(plain, id)
		} else {
			withNUL = append(withNUL, escapeNUL.Replace(id))
		}
	}
	size := max(limits.json, bytes/limits.terms)
	var selects []string
	for chunk := range chunks(plain, size) {
		selects = append(selects, "SELECT value FROM json_each("+s.parameter(jsonText(k, chunk), "")+")")
	}
	for chunk := range chunks(withNUL, size) {
		const read = "replace(replace(value, char(1) || '0', char(0)), char(1) || '1', char(1))"
		selects = append(selects, "SELECT "+read+" FROM json_each("+s.parameter(jsonText(k, chunk), "")+")")
	}
	return strings.Join(selects, " UNION ALL ")
}

// escapeNUL replaces a byte 0 with a byte 1 and '0', and a byte 1 with a byte 1 and '1'. Two
// replacements in this order restore the id.
var escapeNUL = strings.NewReplacer("\x00", "\x010", "\x01", "\x011")

// parameter returns the placeholder of an argument. Equal arguments share one, unless their types
// differ: a parameter of PostgreSQL has one type.
func (s *sqlWriter) parameter(arg any, cast string) string {
	if s.table.dialect == SQLite {
		cast = ""
	}
	n, ok := s.numbers[argument{arg, cast}]
	if !ok {
		n = s.first + len(s.args)
		s.args = append(s.args, arg)
		s.numbers[argument{arg, cast}] = n
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
