package cli

import (
	"strings"

	"github.com/usher-go/usher/policy"
)

func writeMarkdownMatrix(s *stream, p *policy.Policy) {
	m := p.Matrix()
	s.line("# %s", markdown(policyTitle(p)))
	for _, res := range m.Resources {
		columns := columnsOf(m, res)
		s.line("\n## %s\n", res.Name)
		head, rule := "| |", "|---|"
		for _, c := range columns {
			head += " " + markdown(c.title) + " |"
			rule += "---|"
		}
		s.line("%s\n%s", head, rule)
		for _, row := range res.Rows {
			line := "| " + row.Permission.Action() + " |"
			for _, c := range columns {
				line += " " + strings.Join(alternatives(c.cell(row)), "<br>") + " |"
			}
			s.line("%s", line)
		}
		writeMarkdownNever(s, res)
	}
	s.line("\n## Words\n\n| | |\n|---|---|")
	for _, w := range meaningsOf(m) {
		s.line("| %s | %s |", markdown(w.word), markdown(w.meaning))
	}
}

func writeMarkdownNever(s *stream, res policy.MatrixResource) {
	first := true
	for _, row := range res.Rows {
		if len(row.Never) == 0 {
			continue
		}
		if first {
			s.line("")
			first = false
		}
		s.line("- never %s: %s", row.Permission.Action(), strings.Join(row.Never, ", or "))
	}
}

// markdown keeps a text of the policy from being taken for a mark.
func markdown(text string) string {
	return strings.NewReplacer(
		`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "#", `\#`, "~", `\~`,
	).Replace(text)
}
