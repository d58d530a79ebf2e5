package cli

import "github.com/usher-go/usher"

// ruleJSON is a rule as a policy has it.
type ruleJSON struct {
	Source     string `json:"source"`
	Permission string `json:"permission"`
	Name       string `json:"name"` // the role or grant it is written for
	Held       string `json:"held"` // the role that the user has, where that includes Name
	Text       string `json:"text"`
	File       string `json:"file"`
	Line       int    `json:"line"`
}

// ruleOf returns nil for no rule.
func ruleOf(r usher.Rule) *ruleJSON {
	if r.Source == 0 {
		return nil
	}
	return &ruleJSON{r.Source.String(), r.Permission, r.Name, r.Held, r.Text, r.File, r.Line}
}
