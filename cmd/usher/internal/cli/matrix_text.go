package cli

import (
	"strings"

	"github.com/usher-go/usher/internal/roletable"
	"github.com/usher-go/usher/policy"
)

func writeTextMatrix(s *stream, p *policy.Policy) {
	m := p.Matrix()
	width := s.width()
	s.line("%s", s.paint(bold, roletable.Title(p)))
	for _, res := range m.Resources {
		s.line("\n%s", s.paint(bold, res.Name))
		columns := roletable.Columns(m, res)
		t := table{head: []string{""}}
		for _, c := range columns {
			t.head = append(t.head, c.Title)
		}
		for _, row := range res.Rows {
			cells := []cell{{row.Permission.Action()}}
			for _, c := range columns {
				cells = append(cells, roletable.Lines(c.Cell(row)))
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
	for _, w := range roletable.Words(m) {
		meanings.rows = append(meanings.rows, []cell{{w.Word}, {w.Meaning}})
	}
	meanings.write(s, "", width)
}
