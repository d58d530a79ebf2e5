package policy

import "github.com/usher-go/usher/policy/syntax"

// Condition returns the condition with the name, and whether the policy declares
// one. It has no place.
func (p *Policy) Condition(name string) (syntax.Condition, bool) {
	if p != nil {
		for _, c := range p.conditions {
			if c.name == name {
				return syntax.Condition{Name: syntax.Name{Text: c.name}, Kind: c.kind, Of: syntax.Name{Text: c.of}}, true
			}
		}
	}
	return syntax.Condition{}, false
}
