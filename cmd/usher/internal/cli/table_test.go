package cli

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTable(t *testing.T) {
	roles := table{
		head: []string{"", "Account Owner", "Member"},
		rows: [][]cell{
			{{"view"}, {"any"}, {"any if not free-busy-only", "or own"}},
			{{"edit"}, {"any"}, {"–"}},
		},
	}
	for _, row := range []struct {
		name  string
		table table
		width int
		want  string
	}{
		{"as wide as it likes", roles, 60, `
|      Account Owner  Member
|view  any            any if not free-busy-only
|                     or own
|edit  any            –
`},
		{"narrow: the widest columns give first", roles, 34, `
|      Account  Member
|        Owner
|view  any      any if not
|                 free-busy-only
|               or own
|edit  any      –
`},
		{"too narrow: columns go below, with the first one again", roles, 22, `
|      Account Owner
|view  any
|edit  any
|
|      Member
|view  any if not
|        free-busy-only
|      or own
|edit  –
`},
		{"nothing", table{}, 20, `
`},
	} {
		t.Run(row.name, func(t *testing.T) {
			var b strings.Builder
			row.table.write(&stream{w: &b}, "|", row.width+1)
			if want := strings.TrimPrefix(row.want, "\n"); strings.ReplaceAll(b.String(), "\n\n", "\n|\n") != want {
				t.Errorf("width %d: got\n%swant\n%s", row.width, b.String(), want)
			}
		})
	}
}

// A table is never wider than its width, if each word fits beside the first
// column.
func TestTableWidth(t *testing.T) {
	words := strings.Fields("any own if not free-busy-only or sole as host and assignee hiding details")
	var wide table
	for i := range 12 {
		wide.head = append(wide.head, strings.Join(words[i%4:i%4+2], " "))
	}
	for y := range 9 {
		var row []cell
		for x := range 12 {
			row = append(row, cell{strings.Join(words[(x+y)%5:(x+y)%5+(x*y)%8+1], " "), "own"})
		}
		wide.rows = append(wide.rows, row)
	}
	for width := 40; width < 400; width += 7 {
		var b strings.Builder
		wide.write(&stream{w: &b}, "  ", width)
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Fatalf("width %d: a line of %d: %q", width, n, line)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for _, row := range []struct {
		line  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"any", 1, []string{"any"}},
		{"any if mfa", 10, []string{"any if mfa"}},
		{"any if mfa", 9, []string{"any if", "  mfa"}},
		{"one two three", 7, []string{"one two", "  three"}},
	} {
		if got := wrap(row.line, row.width); !slices.Equal(got, row.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", row.line, row.width, got, row.want)
		}
	}
}
