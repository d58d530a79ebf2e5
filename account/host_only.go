package account

import (
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// HostCommand is a command that only the host application can run.
type HostCommand struct {
	Name       string                // add-user, set-seats and so on
	Permission permission.Permission // what it checks; the zero Permission for the commands that no policy opens
}

// HostOnly returns the commands that no user can run under the policy, in the order of
// [Commands]; create-account and import are always among them. A user can run a command
// if the policy [policy.Policy.Opens] its permission. The commands that concern the actor
// alone are left out: the host cannot accept an invitation or leave. HostOnly returns nil
// for a nil or zero Policy, under which nothing can be run at all.
func HostOnly(p *policy.Policy) []HostCommand {
	if p == nil || len(p.Permissions()) == 0 {
		return nil
	}
	var list []HostCommand
	q := proposing{draft: New("").draft()}
	for _, c := range commands {
		if want := c.asks(&q); !want.own && (want.creates || !p.Opens(want.permission)) {
			list = append(list, HostCommand{Name: NameOf(c), Permission: want.permission})
		}
	}
	return list
}
