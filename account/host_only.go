package account

import (
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// HostCommand is a command that only the host application can run.
type HostCommand struct {
	Name       string                // add-user, set-seats and so on
	Permission permission.Permission // the permission required; zero for create-account and import

	// Never reports that the host cannot run it either: transfer-ownership under a policy
	// without a unique role.
	Never bool
}

// HostOnly returns the commands that no user can run under the policy, in the order of
// [Commands]. It always contains create-account and import. A user can run a command if
// [policy.Policy.Opens] returns true for its permission. Commands that concern the actor
// alone, such as leave, are left out: the host cannot run them. For a nil or zero Policy,
// under which no command can be run, HostOnly returns nil.
func HostOnly(p *policy.Policy) []HostCommand {
	if p == nil || len(p.Permissions()) == 0 {
		return nil
	}
	var list []HostCommand
	q := proposing{draft: New("").draft()}
	for _, c := range commands {
		if want := c.asks(&q); !want.own && (want.creates || !p.Opens(want.permission)) {
			never := want.permission == accountTransfer && p.UniqueRole().Name == ""
			list = append(list, HostCommand{Name: NameOf(c), Permission: want.permission, Never: never})
		}
	}
	return list
}
