package account

import (
	"slices"

	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// HostCommand is a command that only the host application can run.
type HostCommand struct {
	Name       string                // add-user, set-seats and so on
	Permission permission.Permission // the permission required; zero for create-account, import, rename-user, forget and a setting with set-by: host
	Setting    string                // of change-setting: the only setting that is meant; "" for all settings

	// Never reports that the host cannot run it either: transfer-ownership under a policy
	// without a unique role.
	Never bool
}

// HostOnly returns the commands that no user can run under the policy, in the order of
// [Commands]. It always contains create-account, import and rename-user. A user can run a command if
// [policy.Policy.Opens] returns true for its permission. Commands that concern the actor
// alone, such as leave, are left out: the host cannot run them. If users can change some
// settings, or the settings ask for different permissions, there is an entry for each setting
// that no user can change; see [policy.Policy.OpensSetting]. The commands for roles beside the
// account role are left out if the policy has no such role, and those for roles on resources
// likewise, and those for the account's own roles if the policy has no custom-roles; give-role-on and take-role-on have an entry for each type of resource. Cancel is left out, because what it
// requires depends on what is scheduled. For a nil or zero Policy, under
// which no command can be run, HostOnly returns nil.
func HostOnly(p *policy.Policy) []HostCommand {
	if p == nil || len(p.Permissions()) == 0 {
		return nil
	}
	var list []HostCommand
	q := proposing{draft: New("").draft(), policy: p}
	for _, c := range commands {
		switch c.(type) {
		case Cancel:
			continue
		case SetRoleBeside, UnsetRoleBeside:
			if !slices.ContainsFunc(p.Roles(), func(r role.Role) bool { return r.Beside }) {
				continue
			}
		case GiveRoleOn, TakeRoleOn:
			list = append(list, hostShares(p, NameOf(c))...)
			continue
		case Forget:
			if len(sharedTypes(p)) == 0 {
				continue
			}
		case DefineRole, ChangeRole, DeleteRole:
			if p.MaxCustomRoles() == 0 {
				continue
			}
		}
		if change, ok := c.(ChangeSetting); ok && len(p.Settings()) > 0 {
			list = append(list, hostSettings(p, NameOf(change))...)
		} else if want := c.asks(&q); !want.own && !want.each && (want.creates || !p.Opens(want.permission)) {
			never := want.permission == accountTransfer && p.UniqueRole().Name == ""
			list = append(list, HostCommand{Name: NameOf(c), Permission: want.permission, Never: never})
		}
	}
	return list
}

// hostSettings returns the settings that no user can change.
func hostSettings(p *policy.Policy, command string) (list []HostCommand) {
	same := true
	for _, name := range p.Settings() {
		if p.OpensSetting(name) {
			same = false
			continue
		}
		asks, _ := p.SettingAsks(name)
		list = append(list, HostCommand{Name: command, Permission: asks, Setting: name})
		same = same && asks == list[0].Permission
	}
	if same {
		list[0].Setting = ""
		list = list[:1]
	}
	return list
}

// hostShares returns the types of resources on which no user can give and take roles.
func hostShares(p *policy.Policy, command string) (list []HostCommand) {
	for _, name := range sharedTypes(p) {
		if share, err := permission.Parse(name + ".share"); err == nil && !p.Opens(share) {
			list = append(list, HostCommand{Name: command, Permission: share})
		}
	}
	return list
}

// sharedTypes returns the types of resources on which the policy has roles, sorted.
func sharedTypes(p *policy.Policy) (types []string) {
	for _, r := range p.Roles() {
		if r.OnResource != "" {
			types = append(types, r.OnResource)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}
