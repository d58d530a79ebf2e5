package filter

import (
	"github.com/usher-go/usher/internal/printable"
)

// Members names the tables of a store with its option Members, such as store/pgstore or
// store/sqlstore, in the database of the query. For a scope such as team or shared, a condition
// carries the ids of the users in the subject's teams. If these are more than Above, it carries the
// ids of the teams instead, and reads their members from the table team_members. The two are
// different SQL texts, so that a database that caches plans has a plan for each.
//
// The condition selects the same rows if the tables are equal to the account that the filter was
// made from. If they lack rows, it selects less: rules under never always carry all ids. Ids of
// teams are always carried. So if a commit came after the filter was made, the condition has the
// teams from before and their members from after it. Where that matters, make the filter with
// Engine.HolderTx, in the transaction of the query. While a user is no longer in a team because of a
// date, and no commit has recorded that, the condition carries all ids. The zero Members names no
// tables.
//
// In PostgreSQL, the columns of these tables must have the default collation. In a char(n) column,
// a condition that reads the tables does not find an id that ends in a space.
type Members struct {
	Schema string // required for PostgreSQL: the schema of the store, such as usher
	Prefix string // required for SQLite: the prefix of the store's tables, such as usher_

	// Above is the largest number of users for which a condition carries their ids.
	// Default: [LargeSet].
	Above int
}

// LargeSet is the default of Members.Above: with about as many users of 200,000, the first page of a
// list takes as long with their ids as with the tables. With fewer, the ids are faster.
const LargeSet = 2000

// memberTables is a compiled Members. The zero memberTables is for none.
type memberTables struct {
	table   string // team_members, quoted
	dialect Dialect
	above   int
}

const teamMembers = "team_members"

func (m Members) compile(d Dialect) (memberTables, error) {
	if m == (Members{}) {
		return memberTables{}, nil
	}
	t := memberTables{dialect: d, above: m.Above}
	switch {
	case m.Above < 0:
		return memberTables{}, printable.Errorf("negative Above %d (want 0 for the default, or a number of users)", m.Above)
	case m.Above == 0:
		t.above = LargeSet
	}
	name, unused, path := m.Schema, m.Prefix, `"`+m.Schema+`"."`+teamMembers+`"`
	field, other, want := "Schema", "Prefix", "the name of the schema, such as usher"
	checked := name
	if d == SQLite {
		name, unused, path = m.Prefix, m.Schema, `"`+m.Prefix+teamMembers+`"`
		field, other, want = "Prefix", "Schema", "the prefix of the tables, such as usher_"
		checked = name + teamMembers
	}
	switch {
	case unused != "":
		return memberTables{}, printable.Errorf("%s is %q (want none for %v; %s is %s)", other, unused, d, field, want)
	case name == "":
		return memberTables{}, printable.Errorf("%s is missing (want %s)", field, want)
	}
	if err := checkSpelling(checked); err != nil {
		return memberTables{}, printable.Errorf("%s: %w", field, err)
	}
	t.table = path
	return t, nil
}

// use reports whether conditions on an account may read the tables. They do not contain an account
// whose id the database cannot store as text.
func (t memberTables) use(account string) bool {
	return t.table != "" && t.dialect.canContain(Text, account)
}

// memberAlias is the alias of the table team_members.
const memberAlias = reservedPrefix + "t"

// foundMember is true if the id in a column is that of a direct member of one of the teams.
func (s *sqlWriter) foundMember(column string, k Kind, teams []string) string {
	text := s.isMember(column, k, teams)
	if s.table.dialect == SQLite && k != Integer {
		return "(typeof(" + column + ") <> 'blob' AND " + text + ")" // as equalsSQLite does not find one
	}
	return text
}

// isMember is foundMember for a column in which SQLite also finds an id that is stored as a blob. It
// is never NULL.
func (s *sqlWriter) isMember(column string, k Kind, teams []string) string {
	const id = memberAlias + `."user_id"`
	switch {
	case s.table.dialect == SQLite && k == Integer:
		return s.memberWhere(id+" = CAST("+column+" AS TEXT) AND typeof("+column+") = 'integer'", teams)
	case s.table.dialect == SQLite:
		return s.memberWhere(id+" = CAST("+column+" AS TEXT)", teams)
	case k != Text:
		return s.memberWhere(id+" = "+column+"::text", teams)
	}
	return s.memberWhere(id+" = "+column+" AND COALESCE("+id+` COLLATE "C" = concat(`+column+"), FALSE)", teams)
}

// inArrayOfMembers is a clause about a PostgreSQL array and members of teams.
func (s *sqlWriter) inArrayOfMembers(c clause) string {
	const id, element = memberAlias + `."user_id"`, reservedPrefix + "a"
	p := c.ref
	some := func() string {
		if p.kind != Text {
			return s.memberWhere(id+" = ANY ("+p.column+"::text[])", c.set.teams)
		}
		return s.memberWhere(id+" = ANY ("+p.column+") AND COALESCE("+id+` COLLATE "C" = ANY (`+p.column+"), FALSE)", c.set.teams)
	}
	if c.kind == someIn {
		return s.inSet(c.set, func(ids []string) string {
			return s.inArray(clause{kind: someIn, ref: p, set: idSet{ids: ids}})
		}, func([]string) string { return some() })
	}
	outside := s.notIn(element+".id", p.kind, c.set)
	if s.mayBeEmpty(p) {
		outside = "(" + element + `.id COLLATE "C" = '') IS NOT TRUE AND ` + outside
	}
	return "NOT EXISTS (SELECT 1 FROM unnest(" + p.column + ") AS " + element + "(id) WHERE " + outside + ")"
}

// memberWhere is true if a row of team_members has the account, one of the teams, and what is given.
//
// The set is large, so a query is fast if the database looks up the user of each row. It would rather
// begin with the teams: without their ids, it takes them for teams of average size. So COALESCE and
// the plus hide from it that an index could find the teams.
func (s *sqlWriter) memberWhere(is string, teams []string) string {
	account := memberAlias + `."account" = ` + s.parameter(s.account, castTo[Text])
	team := memberAlias + `."team"`
	if s.table.dialect == SQLite {
		team = "+" + s.in(team, Text, teams)
	} else {
		team = "COALESCE(" + s.listed(team, Text, teams) + ", FALSE)"
	}
	text := "EXISTS (SELECT 1 FROM " + s.table.members.table + " AS " + memberAlias + " WHERE " +
		account + " AND " + team + " AND " + is + ")"
	if s.table.dialect == SQLite {
		return "(" + text + " IS TRUE)" // so that SQLite does not read the whole table for a Bloom filter
	}
	return text
}
