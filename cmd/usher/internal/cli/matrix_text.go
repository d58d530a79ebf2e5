package cli

import (
	"strings"

	"github.com/usher-go/usher/policy"
)

// nothing stands in an empty cell.
const nothing = "–"

func writeTextMatrix(s *stream, p *policy.Policy) {
	m := p.Matrix()
	width := s.width()
	s.line("%s", s.paint(bold, policyTitle(p)))
	for _, res := range m.Resources {
		s.line("\n%s", s.paint(bold, res.Name))
		columns := columnsOf(m, res)
		t := table{head: []string{""}}
		for _, c := range columns {
			t.head = append(t.head, c.title)
		}
		for _, row := range res.Rows {
			cells := []cell{{row.Permission.Action()}}
			for _, c := range columns {
				cells = append(cells, alternatives(c.cell(row)))
			}
			t.rows = append(t.rows, cells)
		}
		t.write(s, "  ", width)
		for _, row := range res.Rows {
			if len(row.Never) > 0 {
				s.line("  never %s: %s", row.Permission.Action(), strings.Join(row.Never, ", or "))
			}
		}
	}
	s.line("")
	meanings := table{}
	for _, w := range meaningsOf(m) {
		meanings.rows = append(meanings.rows, []cell{{w.word}, {w.meaning}})
	}
	meanings.write(s, "", width)
}

// alternatives puts each rule on a line of its own.
func alternatives(rules []string) cell {
	if len(rules) == 0 {
		return cell{nothing}
	}
	lines := cell{rules[0]}
	for _, rule := range rules[1:] {
		lines = append(lines, "or "+rule)
	}
	return lines
}
