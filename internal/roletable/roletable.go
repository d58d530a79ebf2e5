// Package roletable writes the role tables of a policy as people read them. Two show the
// same tables: the command line, and the golden files of package usherfiles.
package roletable

import (
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// nothing stands in an empty cell.
const nothing = "–"

// Column is a column of a table: a role, or everyone.
type Column struct {
	Title string
	Cell  func(policy.MatrixRow) []string // the rules that stand there
}

// Columns returns the columns of a table: the roles, and everyone where one row has
// something there.
func Columns(m policy.Matrix, res policy.MatrixResource) []Column {
	var columns []Column
	for i, r := range m.Roles {
		columns = append(columns, Column{RoleTitle(r), func(row policy.MatrixRow) []string { return row.Cells[i] }})
	}
	if slices.ContainsFunc(res.Rows, func(row policy.MatrixRow) bool { return len(row.Everyone) > 0 }) {
		columns = append(columns, Column{"Everyone", func(row policy.MatrixRow) []string { return row.Everyone }})
	}
	return columns
}

// Lines returns what stands in a cell, a line for each rule.
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

// Title is how people call a policy.
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

// RoleTitle is how people call a role.
func RoleTitle(r role.Role) string {
	if r.Title != "" {
		return title(r.Title)
	}
	return string(r.Name)
}

// title returns a title as one line: blanks stand for line breaks and tabs, escapes for
// what else is not safe to print.
func title(text string) string { return printable.Text(strings.Join(strings.Fields(text), " ")) }
