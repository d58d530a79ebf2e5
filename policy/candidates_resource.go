package policy

import (
	"github.com/usher-go/usher"
)

// gainRoleHere adds the steps that give the subject the role of a rule on the resource, or on a
// container at which the scope here of the rule looks.
func (m *remedyFinder) gainRoleHere(r *rule) {
	resource, res := m.resource, m.res
	defer func() { m.resource, m.res = resource, res }()
	for level := uint8(0); m.resource != nil; level++ {
		on := usher.Ref{Type: m.res.name, ID: m.resource.Ref().ID}
		if m.res == m.p.onType[r.held].res && on.ID != "" {
			name := string(m.p.roles[r.held].Name)
			m.add("role "+name+" on "+on.String(), 4, usher.Step{Kind: usher.StepResourceRole, Name: name, On: on})
		}
		if level == r.here {
			return
		}
		container, known := m.container(int(level))
		if !known || container == nil {
			return
		}
		m.resource, m.res = container, m.res.in
	}
}
