package filter

import (
	"slices"
	"strconv"
	"strings"
)

// The alias of the containers above a row in a tree, and their column with the number of containers
// from the row.
const (
	treeAlias   = reservedPrefix + "up"
	depthColumn = reservedPrefix + "depth"
)

// aboveText writes a clause about containers.
func (s *sqlWriter) aboveText(c clause) string {
	switch c.kind {
	case notContained:
		if c.in.form == containerColumns {
			return s.isOutside([]key{{row: c.in.of.account.column}})
		}
		return s.isOutside(c.in.keys)
	case contained:
		return "EXISTS (SELECT 1" + s.fromContainer(c.in, c.in.keys) + " AND " + s.text(c.parts[0], false) + ")"
	case someAbove:
		return "EXISTS (" + s.withTree(c) + "SELECT 1 FROM " + treeAlias + " AS " + c.in.alias + " WHERE " + s.text(c.parts[0], false) + ")"
	}
	// The last container that the tree has, and only that, may be in nothing. Without containers, the sum
	// is NULL.
	truth := func(text string) string { return "CASE WHEN " + text + " THEN 1 ELSE 0 END" }
	return "(" + s.withTree(c) + "SELECT min(" + truth(s.text(c.parts[0], false)) + ") + max(" + truth(s.isOutside(c.in.of.in.keys)) + ") FROM " +
		treeAlias + " AS " + c.in.alias + ") = 2"
}

// isOutside is true if a row refers to no container.
func (s *sqlWriter) isOutside(keys []key) string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = k.row + " IS NULL"
		if s.table.dialect == SQLite {
			texts[i] = "+" + texts[i] // no index: see none
		}
	}
	return s.either(texts)
}

// fromContainer selects the container with the keys, in the account of the request.
func (s *sqlWriter) fromContainer(in *container, keys []key) string {
	return " FROM " + in.table + " AS " + in.alias + " WHERE " + s.isContainer(in, keys)
}

func (s *sqlWriter) isContainer(in *container, keys []key) string {
	var where []string
	for _, k := range keys {
		where = append(where, in.alias+"."+k.inner+" = "+s.keyColumn(k.row))
	}
	where = append(where, s.ofAccount(in.of.account.column, in.of.account.kind))
	return strings.Join(where, " AND ")
}

// withTree defines the containers above a row, from the nearest to the last that the limit allows.
func (s *sqlWriter) withTree(c clause) string {
	up := c.in.of.in
	columns := make([]string, len(up.keys))
	var next []key
	for i, k := range up.keys {
		columns[i] = k.row
		next = append(next, key{k.inner, treeAlias + strings.TrimPrefix(k.row, c.in.alias)})
	}
	columns = c.parts[0].columns(columns)
	slices.Sort(columns)
	list := strings.Join(slices.Compact(columns), ", ")
	return "WITH RECURSIVE " + treeAlias + " AS (SELECT 1 AS " + depthColumn + ", " + list + s.fromContainer(c.in, c.in.keys) +
		" UNION ALL SELECT " + treeAlias + "." + depthColumn + " + 1, " + list + " FROM " + treeAlias + " CROSS JOIN " + c.in.table + " AS " + c.in.alias +
		" WHERE " + treeAlias + "." + depthColumn + " < " + strconv.Itoa(c.limit) + " AND " + s.isContainer(c.in, next) + ") "
}

// columns appends the columns of the row that a clause about parties reads.
func (c clause) columns(list []string) []string {
	for _, p := range c.parts {
		list = p.columns(list)
	}
	if c.ref == nil {
		return list
	}
	for _, k := range c.ref.keys {
		list = append(list, k.row)
	}
	if c.ref.form == single || c.ref.form == array {
		list = append(list, c.ref.column)
	}
	return list
}
