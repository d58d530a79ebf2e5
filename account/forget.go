package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Forget takes all roles on a single resource, also those that begin later, because the host application
// deleted the resource.
// Only the host application can run it.
type Forget struct {
	On usher.Ref
}

func (Forget) asks(*proposing) requirement {
	return requirement{hostOnly: "only the host can state that a resource was deleted"}
}

func (c Forget) propose(q *proposing) error {
	if c.On.Type == "" || c.On.ID == "" {
		return q.refuse(CodeInvalid, "the type and the id of the resource must be set")
	}
	users, teams := q.holdersOfResource(c.On)
	if users.len()+teams.len() == 0 {
		q.forgotten = append(q.forgotten, c.On) // roles on it may begin later
		return nil
	}
	return q.emit(ResourceForgotten{Type: c.On.Type, ID: c.On.ID})
}

func (c Forget) describe() string { return ref(c.On) }

// ResourceForgotten takes all roles on a resource, which the host application deleted.
type ResourceForgotten struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func (c ResourceForgotten) apply(d *draft) error {
	on := usher.Ref{Type: c.Type, ID: c.ID}
	users, teams := d.holdersOfResource(on)
	if users.len()+teams.len() == 0 {
		return printable.Errorf("no user and no team has a role on %s", ref(on))
	}
	d.rolesOn().dropResource(on)
	return nil
}

func (c ResourceForgotten) describe() string {
	return ref(usher.Ref{Type: c.Type, ID: c.ID}) + " was deleted, and all roles on it end"
}
