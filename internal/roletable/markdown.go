package roletable

import (
	"fmt"
	"strings"

	"github.com/usher-go/usher/policy"
)

// Markdown returns the tables of a policy for a help page: a section for each type of
// resource, and one that explains the words. The result ends with a line break.
func Markdown(p *policy.Policy) string {
	m := p.Matrix()
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", escape(Title(p)))
	for _, res := range m.Resources {
		columns := Columns(m, res)
		fmt.Fprintf(&b, "\n## %s\n\n", res.Name)
		head, rule := "| |", "|---|"
		for _, c := range columns {
			head += " " + escape(c.Title) + " |"
			rule += "---|"
		}
		fmt.Fprintf(&b, "%s\n%s\n", head, rule)
		for _, row := range res.Rows {
			fmt.Fprintf(&b, "| %s |", row.Permission.Action())
			for _, c := range columns {
				fmt.Fprintf(&b, " %s |", strings.Join(Lines(c.Cell(row)), "<br>"))
			}
			b.WriteByte('\n')
		}
		writeNever(&b, res)
	}
	b.WriteString("\n## Words\n\n| | |\n|---|---|\n")
	for _, w := range Words(m) {
		fmt.Fprintf(&b, "| %s | %s |\n", escape(w.Word), escape(w.Meaning))
	}
	return b.String()
}

func writeNever(b *strings.Builder, res policy.MatrixResource) {
	first := true
	for _, row := range res.Rows {
		if len(row.Never) == 0 {
			continue
		}
		if first {
			b.WriteByte('\n')
			first = false
		}
		fmt.Fprintf(b, "- never %s: %s\n", row.Permission.Action(), strings.Join(row.Never, ", or "))
	}
}

// escape escapes the characters of a text that Markdown interprets.
func escape(text string) string {
	return strings.NewReplacer(
		`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "#", `\#`, "~", `\~`,
	).Replace(text)
}
