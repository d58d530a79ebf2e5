package roletable

import (
	"strings"

	"github.com/usher-go/usher/policy"
)

// Word is a word of the tables with its meaning.
type Word struct{ Word, Meaning string }

// Words explains the words that stand in the tables.
func Words(m policy.Matrix) []Word {
	used := map[string]bool{}
	look := func(rules []string) {
		for _, rule := range rules {
			for _, word := range strings.Fields(rule) {
				used[word] = true
			}
		}
		used[nothing] = used[nothing] || len(rules) == 0
	}
	for _, res := range m.Resources {
		for _, row := range res.Rows {
			for _, rules := range row.Cells {
				look(rules)
			}
			if len(row.Everyone) > 0 {
				look(row.Everyone)
			}
			if len(row.Never) > 0 {
				look(row.Never)
				used["never"] = true
			}
		}
	}
	var list []Word
	for _, w := range []Word{
		{"any", "whoever it belongs to"},
		{"own", "what belongs to the user or to a team of theirs, perhaps to others too"},
		{"sole", "what belongs to the user alone"},
		{"team", "what belongs to nobody but the user, their teams, and people in those"},
		{"shared", "what belongs to one of these, perhaps to others too: the user, their teams, people in those"},
		{"as", "counts only those it names: in own as host, the hosts"},
		{"if", "only where that is so"},
		{"hiding", "without those fields"},
		{"never", "for nobody, whatever a role or a grant says"},
		{nothing, "may not"},
	} {
		if used[w.Word] {
			list = append(list, w)
		}
	}
	for _, r := range m.Roles {
		if r.OnTeam {
			list = append(list, Word{RoleTitle(r), "held on a team; what the table says of teams is then about that one and those below it"})
		}
	}
	return list
}
