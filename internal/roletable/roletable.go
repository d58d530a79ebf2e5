// Package roletable formats the role tables of a policy for readers. The command line and the
// golden files of package usherfiles show the same tables.
package roletable

import (
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// nothing is the text of an empty cell.
const nothing = "–"

// Column is a column of a table: a role, everyone, visitors, or what custom roles can have.
type Column struct {
	Title string
	Cell  func(policy.MatrixRow) []string // the rules of the cell
}

// visitors is the title of the column of visitors.
const visitors = "Visitors"

// custom is the title of the column of the rules that custom roles can have.
const custom = "Custom roles"

// Columns returns the columns of a table: the roles, and everyone, visitors and custom roles if a row
// has rules for them.
func Columns(m policy.Matrix, res policy.MatrixResource) []Column {
	var columns []Column
	for i, r := range m.Roles {
		columns = append(columns, Column{RoleTitle(r), func(row policy.MatrixRow) []string { return row.Cells[i] }})
	}
	if slices.ContainsFunc(res.Rows, func(row policy.MatrixRow) bool { return len(row.Everyone) > 0 }) {
		columns = append(columns, Column{"Everyone", func(row policy.MatrixRow) []string { return row.Everyone }})
	}
	if slices.ContainsFunc(res.Rows, func(row policy.MatrixRow) bool { return len(row.Visitor) > 0 }) {
		columns = append(columns, Column{visitors, func(row policy.MatrixRow) []string { return row.Visitor }})
	}
	if slices.ContainsFunc(res.Rows, func(row policy.MatrixRow) bool { return len(row.Offers) > 0 }) {
		columns = append(columns, Column{custom, func(row policy.MatrixRow) []string { return row.Offers }})
	}
	return columns
}

// Lines returns the lines of a cell, one for each rule.
func Lines(rules []string) []string {
	if len(rules) == 0 {
		return []string{nothing}
	}
	lines := []string{rules[0]}
	for _, rule := range rules[1:] {
		lines = append(lines, "or "+rule)
	}
	return lines
}

// Title returns the title of a policy, or else its name, or else its file.
func Title(p *policy.Policy) string {
	switch {
	case p.Title() != "":
		return title(p.Title())
	case p.Name() != "":
		return p.Name()
	default:
		return printable.Text(p.File())
	}
}

// RoleTitle returns the title of a role, or its name.
func RoleTitle(r role.Role) string {
	if r.Title != "" {
		return title(r.Title)
	}
	return string(r.Name)
}

// title returns a title as one line, with blanks for line breaks and tabs, and escapes for
// other unsafe characters.
func title(text string) string { return printable.Text(strings.Join(strings.Fields(text), " ")) }
