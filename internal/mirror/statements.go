package mirror

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher/internal/sqljournal"
)

// Tables states where the tables are, and in which database. The zero value names tables without a
// schema, in PostgreSQL.
type Tables struct {
	// Name returns the quoted name of a table in statements. Default: the name itself.
	Name func(table string) string

	// SQLite states that the database is SQLite.
	SQLite bool
}

func (in Tables) name(t table) string { return in.named(tables[t].name) }

func (in Tables) named(name string) string {
	if in.Name == nil {
		return name
	}
	return in.Name(name)
}

// PostgreSQL returns the Tables in a schema of PostgreSQL.
func PostgreSQL(schema string) Tables {
	return Tables{Name: func(table string) string { return sqljournal.Quoted(schema) + "." + sqljournal.Quoted(table) }}
}

// SQLite returns the Tables of SQLite whose names begin with a prefix.
func SQLite(prefix string) Tables {
	return Tables{Name: func(table string) string { return sqljournal.Quoted(prefix + table) }, SQLite: true}
}

// statement is SQL text with its arguments.
type statement struct {
	text string
	args []any
}

// statements returns the statements of a batch, without those of then: at first those that replace
// roles, and then those that delete. PostgreSQL gets one statement that replaces, one that deletes and
// one that writes, since parts of one statement do not see each other.
func (in Tables) statements(b *batch) []statement {
	replaces, deletes, writes := &script{in: in}, &script{in: in}, &script{in: in}
	replaces.replaceRoles(b.replaced)
	deletes.removeAll(b)
	writes.writeAll(b)
	return slices.Concat(replaces.statements(), deletes.statements(), writes.statements())
}

// inline returns the parts of a batch for a statement that also stores the commits, or nil if they
// need several statements: rows of a removed user could be deleted and written again, the name
// of the unique role must be read, and a role is replaced in rows as they are then.
func (in Tables) inline(b *batch) sqljournal.Inline {
	if b.heirs != nil || b.renaming != nil || b.then != nil || b.len > 0 && (b.wiped != nil || b.cleared != nil || b.disbanded != nil || b.forgotten != nil) {
		return nil
	}
	return func(first int, marked string) (parts []string, args []any) {
		s := &script{in: in, next: first - 1, where: " WHERE convert_to(r.account, 'UTF8') IN (" + marked + ")"}
		s.removeAll(b)
		s.writeAll(b)
		return s.parts, slices.Concat(s.args...)
	}
}

// replaceRoles gives the holders of roles other ones, in all tables with account and team roles.
func (s *script) replaceRoles(r rows) {
	if r.count() == 0 {
		return
	}
	names := []string{"account", "role", "becomes"}
	query, args := s.source(r, names)
	s.add("UPDATE "+s.in.name(members)+" AS m SET role = v.becomes FROM ("+query+") AS v WHERE m.account = v.account AND m.role = v.role", args)
	for _, t := range []table{rolesBeside, teamRoles} {
		keys := strings.Join(keyColumns(t), ", ")
		query, args := s.source(r, names)
		s.add("INSERT INTO "+s.in.name(t)+" ("+keys+") SELECT t."+strings.Join(keyColumns(t)[:len(tables[t].key)], ", t.")+", v.becomes FROM "+s.in.name(t)+
			" AS t JOIN ("+query+") AS v ON t.account = v.account AND t.role = v.role WHERE true ON CONFLICT ("+keys+") DO NOTHING", args)
		s.remove(t, names[:2], r[:2])
	}
}

func (s *script) removeAll(b *batch) {
	for t := range tables {
		t := table(t)
		s.remove(t, []string{"account"}, b.wiped)
		if tables[t].user >= 0 {
			s.remove(t, []string{"account", "user_id"}, b.cleared)
		}
		if t == requests {
			s.remove(t, []string{"account", "user_id"}, b.withdrawn)
		}
		if t == teamRolesOn {
			s.remove(t, []string{"account", "team"}, b.disbanded)
		}
		if t.onResources() {
			s.remove(t, []string{"account", "resource_type", "resource_id"}, b.forgotten)
		}
		s.remove(t, keyColumns(t), b.deleted[t])
	}
}

func (s *script) writeAll(b *batch) {
	for t := range tables {
		s.insert(table(t), b.written[t])
	}
	s.updateMembers(b.updated)
	s.moveRequests(b.moved)
}

// keyColumns returns the key of a table with the account.
func keyColumns(t table) []string { return append([]string{"account"}, tables[t].key...) }

// script collects statements.
type script struct {
	in    Tables
	parts []string
	args  [][]any
	next  int    // the number of the last parameter in PostgreSQL, where all parts are one statement
	where string // a condition on the rows r, for PostgreSQL
}

func (s *script) add(text string, args []any) {
	s.parts = append(s.parts, text)
	s.args = append(s.args, args)
}

// source returns a subquery of the rows with a column for each name, and its arguments.
func (s *script) source(r rows, names []string) (query string, args []any) {
	var list strings.Builder
	if s.in.SQLite {
		for i, name := range names {
			if i > 0 {
				list.WriteString(", ")
			}
			list.WriteString("value ->> " + strconv.Itoa(i) + " AS " + name)
		}
		return "SELECT " + list.String() + " FROM json_each($1)", []any{r.json()}
	}
	for i := range names {
		if i > 0 {
			list.WriteString(", ")
		}
		s.next++
		list.WriteString("$" + strconv.Itoa(s.next) + "::text[]")
		args = append(args, r[i])
	}
	return "SELECT * FROM unnest(" + list.String() + ") AS r (" + strings.Join(names, ", ") + ")" + s.where, args
}

// json returns the rows as an array of arrays.
func (r rows) json() string {
	list := make([][]string, r.count())
	for i := range list {
		list[i] = make([]string, len(r))
		for k := range r {
			list[i][k] = r[k][i]
		}
	}
	data, _ := json.Marshal(list) // of texts, which cannot fail
	return string(data)
}

func (s *script) remove(t table, names []string, r rows) {
	if r.count() == 0 {
		return
	}
	query, args := s.source(r, names)
	if slices.Contains(names, "request") {
		query = "SELECT account, cast(request AS bigint) FROM (" + query + ") AS v"
	}
	s.add("DELETE FROM "+s.in.name(t)+" WHERE ("+strings.Join(names, ", ")+") IN ("+query+")", args)
}

func (s *script) insert(t table, r rows) {
	if r.count() == 0 {
		return
	}
	keys, others := keyColumns(t), tables[t].values
	r = s.in.encode(t, r)
	names := append(keys, others...)
	query, args := s.source(r, names)
	cells := make([]string, len(names))
	for i, name := range names {
		cells[i] = s.in.cell(name)
	}
	text := "INSERT INTO " + s.in.name(t) + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(cells, ", ") +
		" FROM (" + query + ") AS v WHERE true ON CONFLICT (" + strings.Join(keyColumns(t), ", ") + ") DO "
	if len(others) == 0 {
		s.add(text+"NOTHING", args)
		return
	}
	set := make([]string, len(others))
	for i, name := range others {
		set[i] = name + " = excluded." + name
	}
	s.add(text+"UPDATE SET "+strings.Join(set, ", "), args)
}

func (s *script) updateMembers(r rows) {
	if r.count() == 0 {
		return
	}
	query, args := s.source(r, []string{"account", "user_id", "role", "status", "kind"})
	s.add("UPDATE "+s.in.name(members)+" AS m SET role = coalesce(nullif(v.role, ''), m.role), status = coalesce(nullif(v.status, ''), m.status), kind = coalesce(nullif(v.kind, ''), m.kind)"+
		" FROM ("+query+") AS v WHERE m.account = v.account AND m.user_id = v.user_id", args)
}

// moveRequests writes the authors and the commands of requests after users got other ids.
func (s *script) moveRequests(r rows) {
	if r.count() == 0 {
		return
	}
	query, args := s.source(r, []string{"account", "request", "user_id", "commands"})
	s.add("UPDATE "+s.in.name(requests)+" AS m SET user_id = v.user_id, commands = v.commands"+
		" FROM ("+query+") AS v WHERE m.account = v.account AND m.request = cast(v.request AS bigint)", args)
}

// cell returns the expression for a column of an inserted row.
func (in Tables) cell(name string) string {
	switch name {
	case "parent", "note":
		return "nullif(v." + name + ", '')"
	case "bought", "request":
		return "cast(v." + name + " AS bigint)"
	case "until", "since":
		if in.SQLite {
			return "cast(nullif(v." + name + ", '') AS integer)"
		}
		return "cast(nullif(v." + name + ", '') AS timestamptz)"
	}
	return "v." + name
}

// statements returns the parts as they are, or for PostgreSQL as one statement.
func (s *script) statements() []statement {
	var list []statement
	if s.in.SQLite || len(s.parts) == 1 {
		for i, text := range s.parts {
			list = append(list, statement{text, s.args[i]})
		}
		return list
	}
	if len(s.parts) == 0 {
		return nil
	}
	var all statement
	for i, text := range s.parts[:len(s.parts)-1] {
		all.text += map[bool]string{true: "WITH ", false: ", "}[i == 0] + "p" + strconv.Itoa(i) + " AS (" + text + ")"
		all.args = append(all.args, s.args[i]...)
	}
	last := len(s.parts) - 1
	all.text += " " + s.parts[last]
	all.args = append(all.args, s.args[last]...)
	return []statement{all}
}

// encode returns the rows with the times as the database stores them.
func (in Tables) encode(t table, r rows) rows {
	first := 1 + len(tables[t].key)
	r = slices.Clone(r)
	for i, name := range tables[t].values {
		if !isTime(name) {
			continue
		}
		times := make([]string, len(r[first+i]))
		for n, s := range r[first+i] {
			times[n] = in.end(s)
		}
		r[first+i] = times
	}
	return r
}

// stored returns the values of a row with the times as the database stores them.
func (in Tables) stored(t table, v values) values {
	for i, name := range tables[t].values {
		if isTime(name) {
			v[i] = in.end(v[i])
		}
	}
	return v
}

// isTime reports whether a column has times.
func isTime(column string) bool { return column == "until" || column == "since" }

// end returns a time, such as the end of a grant, as the database stores it: for PostgreSQL in microseconds, and for
// SQLite as the milliseconds since 1970. It is rounded down, so that a grant never lasts longer in
// the table.
func (in Tables) end(s string) string {
	if s == "" {
		return ""
	}
	t, _ := time.Parse(time.RFC3339Nano, s) // made by end
	if in.SQLite {
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return t.Truncate(time.Microsecond).Format(microseconds)
}

// microseconds is the form in which a timestamptz is written and read.
const microseconds = "2006-01-02T15:04:05.000000Z"
