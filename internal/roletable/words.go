package roletable

import (
	"strings"

	"github.com/usher-go/usher/policy"
)

// Word is a word of the tables with its meaning.
type Word struct{ Word, Meaning string }

// Words returns the words that occur in the tables, with their meanings.
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
			if len(row.Visitor) > 0 {
				look(row.Visitor)
				used[visitors] = true
			}
			if len(row.Offers) > 0 {
				look(row.Offers)
				used[custom] = true
			}
			if len(row.Never) > 0 {
				look(row.Never)
				used["never"] = true
			}
		}
	}
	var list []Word
	for _, w := range []Word{
		{"any", "every resource"},
		{"own", "resources of the user or of the user's teams; others may share them"},
		{"sole", "resources of the user alone"},
		{"team", "resources that belong only to the user, the user's teams, and their members"},
		{"shared", "resources of the user, of the user's teams, or of their members; others may share them"},
		{"here", "the resource on which the user, or a team of the user, holds the role"},
		{"above", "or above adds resources in a container that matches"},
		{"as", "looks only at the named parties: in own as host, at the hosts"},
		{"if", "only if that condition holds"},
		{"hiding", "without those fields"},
		{"never", "forbidden to all users, whatever a role or a grant says"},
		{nothing, "not allowed"},
		{visitors, "anyone: all users, users of other accounts, and callers who are not logged in"},
		{custom, "what an account can choose for the roles that it defines"},
	} {
		if used[w.Word] {
			list = append(list, w)
		}
	}
	for _, r := range m.Roles {
		switch {
		case r.OnResource != "":
			list = append(list, Word{RoleTitle(r), "held on a single " + r.OnResource + ", by a user or by the users of a team; here refers to it"})
		case r.Outside:
			list = append(list, Word{RoleTitle(r), "held on a team, also by users who are not in it; team and shared refer to that team and the teams below it"})
		case r.OnTeam:
			list = append(list, Word{RoleTitle(r), "held on a team; team and shared refer to that team and the teams below it"})
		case r.Beside:
			list = append(list, Word{RoleTitle(r), "held in addition to another role"})
		}
	}
	return list
}
