package console

import (
	"slices"
	"strings"

	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// matrixTable has the permissions on a type of resource by role.
type matrixTable struct {
	Resource string      `json:"resource"`
	Columns  []string    `json:"columns"` // titles of roles, and of the columns for all users and for visitors
	Never    bool        `json:"never,omitempty"`
	Rows     []matrixRow `json:"rows"`
}

// matrixRow is a permission. Each cell has the reach of each rule of its column.
type matrixRow struct {
	Permission string     `json:"permission"`
	Title      string     `json:"title"`
	Cells      [][]string `json:"cells"`
	Never      []string   `json:"never,omitempty"` // what is forbidden to all users
}

// matrix returns the tables of the policy with the columns of some roles. A permission that none
// of its columns has is left out, unless all roles are shown.
func (v *viewer) matrix(shown []role.Name) []matrixTable {
	m := v.policy.Matrix()
	all := len(shown) == len(m.Roles)
	tables := []matrixTable{}
	for _, res := range m.Resources {
		t := matrixTable{Resource: res.Name, Rows: []matrixRow{}}
		for _, r := range m.Roles {
			if slices.Contains(shown, r.Name) {
				t.Columns = append(t.Columns, v.RoleTitle(r.Name))
			}
		}
		everyone := slices.ContainsFunc(res.Rows, func(row policy.MatrixRow) bool { return len(row.EveryoneRules) > 0 })
		if everyone {
			t.Columns = append(t.Columns, v.text.plain("roles.everyone"))
		}
		visitors := slices.ContainsFunc(res.Rows, func(row policy.MatrixRow) bool { return len(row.VisitorRules) > 0 })
		if visitors {
			t.Columns = append(t.Columns, v.text.plain("roles.visitors"))
		}
		for _, from := range res.Rows {
			row, some := v.matrixRow(from, m.Roles, shown, everyone, visitors)
			if some || all {
				t.Rows = append(t.Rows, row)
				t.Never = t.Never || len(row.Never) > 0
			}
		}
		if len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}

// matrixRow returns the row of a permission, and whether one of its columns has the permission.
func (v *viewer) matrixRow(from policy.MatrixRow, roles []role.Role, shown []role.Name, everyone, visitors bool) (row matrixRow, some bool) {
	row = matrixRow{Permission: from.Permission.String(), Title: v.permissionTitle(from.Permission), Cells: [][]string{}, Never: v.reaches(from.NeverRules)}
	for i, r := range roles {
		if slices.Contains(shown, r.Name) {
			row.Cells = append(row.Cells, v.reaches(from.CellRules[i]))
		}
	}
	if everyone {
		row.Cells = append(row.Cells, v.reaches(from.EveryoneRules))
	}
	if visitors {
		row.Cells = append(row.Cells, v.reaches(from.VisitorRules))
	}
	some = slices.ContainsFunc(row.Cells, func(rules []string) bool { return len(rules) > 0 })
	return row, some
}

// reaches returns the reach of each rule, each text once.
func (v *viewer) reaches(rules []policy.Entitlement) []string {
	texts := []string{}
	for _, e := range rules {
		if text := v.scope(e); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// conditionTitle returns what a user needs for a condition, or its name.
func (v *viewer) conditionTitle(name string) string {
	if title := v.policy.ConditionTitle(name); title != "" {
		return title
	}
	return name
}

// conditions returns conditions as rules write them, "mfa" or "not mfa", in words: what a user
// needs for those that have a title, and the others.
func (v *viewer) conditions(list []string) (needs, tests []string) {
	for _, test := range list {
		name, not := strings.CutPrefix(test, "not ")
		title := v.policy.ConditionTitle(name)
		switch {
		case not && title != "":
			tests = append(tests, v.text.plain("scope.not-with", "condition", title))
		case not:
			tests = append(tests, v.text.plain("scope.not", "condition", name))
		case title != "":
			needs = append(needs, title)
		default:
			tests = append(tests, name)
		}
	}
	return needs, tests
}
