package filter

import (
	"slices"
	"strconv"
	"strings"
)

// A column of text is compared byte by byte, as a check compares ids, whatever its
// collation. PostgreSQL uses an index only for its own collation, so that there a
// comparison of which an index should find rows stands twice: once as the column
// compares, which finds too many at most, and once exactly. SQLite needs no more than
// to be told the collation that its columns have unless they name another.

func (s *sqlWriter) inColumn(c clause) string {
	p := c.ref
	switch {
	case c.kind == someIn:
		return s.equals(p.column, p.kind, c.ids)
	case c.kind == noneIn:
		return "(" + s.among(p.column, p.kind, c.ids) + ") IS NOT TRUE"
	case c.kind == someNotIn && len(c.ids) == 0:
		return s.some(p)
	case c.kind == someNotIn:
		return "(" + s.some(p) + " AND (" + s.among(p.column, p.kind, c.ids) + ") IS NOT TRUE)"
	case len(c.ids) == 0:
		return s.none(p)
	}
	return "(" + s.none(p) + " OR " + s.among(p.column, p.kind, c.ids) + ")"
}

// none is true where the column has no id. It keeps SQLite from an index,
// which takes NULL for a value as rare as others, and begins with all rows that have it.
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

// some is the opposite of none.
func (s *sqlWriter) some(p *columnRef) string {
	if s.mayBeEmpty(p) {
		return "NOT (" + s.none(p) + ")"
	}
	return p.column + " IS NOT NULL"
}

// mayBeEmpty reports whether an empty text means no party, where the column can have one.
func (s *sqlWriter) mayBeEmpty(p *columnRef) bool {
	return p.emptyIsNone && (p.kind == Text || s.table.dialect == SQLite)
}

// isEmpty is true where a row of a joined table, or an element of a JSON array, is an
// empty text. NULL is not.
func (s *sqlWriter) isEmpty(p *columnRef, column string) string {
	switch {
	case p.form == array:
		return subAlias + ".type = 'text' AND " + column + " = ''"
	case s.table.dialect == PostgreSQL:
		return column + " IS NOT NULL AND concat(" + column + `) COLLATE "C" = ''`
	}
	return "CAST(" + column + " AS TEXT) COLLATE BINARY = ''"
}

// inArray is about an array of PostgreSQL.
func (s *sqlWriter) inArray(c clause) string {
	p, column := c.ref, c.ref.column
	exact := column
	if p.kind == Text {
		exact += ` COLLATE "C"`
	}
	if c.kind == someIn {
		return s.either(s.perList(p.kind, c.ids, func(list string) string {
			if p.kind != Text {
				return column + " && " + list
			}
			return "(" + column + " && " + list + " AND COALESCE(" + exact + " && " + list + ", FALSE))"
		}))
	}
	if c.kind == noneIn {
		return "(" + s.either(s.perList(p.kind, c.ids, func(list string) string { return exact + " && " + list })) + ") IS NOT TRUE"
	}
	ids := c.ids
	if s.mayBeEmpty(p) {
		ids = append([]string{""}, ids...) // which names no party
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

// equals compares a column with one id or more, so that an index on it finds the rows.
// It is not true where the column is NULL.
func (s *sqlWriter) equals(column string, k Kind, ids []string) string {
	switch {
	case s.table.dialect == SQLite:
		return s.equalsSQLite(column, k, ids)
	case k != Text:
		return s.equalsAny(column, k, ids)
	}
	return "(" + s.equalsAny(column, k, unpadded(ids)) + " AND COALESCE(" + s.among(column, k, ids) + ", FALSE))"
}

// unpadded adds to ids with spaces at the end the same ids without them. PostgreSQL
// compares so what a char(n) has.
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

// among is equals where no index helps. In PostgreSQL it compares what the column
// would be read as, padding and all: concat has that text of any type, and that of NULL
// is empty, which is no id.
func (s *sqlWriter) among(column string, k Kind, ids []string) string {
	if s.table.dialect == SQLite {
		return s.amongSQLite(column, k, ids)
	}
	if k == Text {
		column = "concat(" + column + `) COLLATE "C"`
	}
	if len(ids) <= fewIDs {
		return s.equalsAny(column, k, ids)
	}
	// PostgreSQL goes through an array for each row anew, unless its plan is for that
	// very array; a subquery it hashes once.
	return s.either(s.perList(k, ids, func(list string) string { return column + " IN (SELECT unnest(" + list + "))" }))
}

// fewIDs are so many that there is nothing to hash.
const fewIDs = 128

// equalsAny compares with ids as PostgreSQL does.
func (s *sqlWriter) equalsAny(column string, k Kind, ids []string) string {
	if len(ids) == 1 {
		return column + " = " + s.parameter(value(k, ids[0]), castTo[k])
	}
	return s.either(s.perList(k, ids, func(list string) string { return column + " = ANY (" + list + ")" }))
}

// perList writes something for each list into which PostgreSQL needs the ids divided.
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

// equalsSQLite compares the column itself. One that has numbers compares with a text as
// with the number that it spells, so that of texts which spell one otherwise than SQLite
// does only the same text is equal. It does not look for an id that is stored as a blob:
// with each id twice in a list, SQLite would not use an index.
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

// amongSQLite compares what the column would be read as.
func (s *sqlWriter) amongSQLite(column string, k Kind, ids []string) string {
	if k != Integer {
		column = "CAST(" + column + " AS TEXT)"
	}
	return s.in(column+" COLLATE BINARY", k, ids)
}

// inElement compares the text, or the integer, that is an element of a JSON array. What
// else there can be has a value, too: true has 1, and an array its text.
func (s *sqlWriter) inElement(k Kind, ids []string) string {
	typ := "text"
	if k == Integer {
		typ = "integer"
	}
	return subAlias + ".type = '" + typ + "' AND " + s.in(subAlias+".value", k, ids)
}

// in compares with ids in SQLite.
func (s *sqlWriter) in(expression string, k Kind, ids []string) string {
	if len(ids) == 1 {
		return expression + " = " + s.parameter(value(k, ids[0]), "")
	}
	return expression + " IN (" + s.rows(k, ids) + ")"
}

// rows selects ids in SQLite. Not all its versions read a NUL byte in JSON, so that ids
// with one are written without, and read back by its functions on texts.
func (s *sqlWriter) rows(k Kind, ids []string) string {
	var plain, withNUL []string
	bytes := 0
	for _, id := range ids {
		bytes += len(id) + quotes
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

// escapeNUL writes a byte 1 before each byte that it changes, so that what is changed
// back first leaves the rest as it was.
var escapeNUL = strings.NewReplacer("\x00", "\x010", "\x01", "\x011")

// parameter returns the placeholder of an argument, the same one for the same. A
// parameter of PostgreSQL has one type.
func (s *sqlWriter) parameter(arg any, cast string) string {
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
