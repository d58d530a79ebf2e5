package policy

// Condition returns the condition with the name, and whether the policy declares
// one. It has no place.
func (p *Policy) Condition(name string) (Condition, bool) {
	if p != nil {
		for _, c := range p.conditions {
			if c.name == name {
				return Condition{Name: Name{Text: c.name}, Kind: c.kind, Of: Name{Text: c.of}}, true
			}
		}
	}
	return Condition{}, false
}
