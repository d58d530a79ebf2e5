package policy

import (
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

// standardResources are in every policy, because the account commands check their
// permissions. A permission without cells is denied.
var standardResources = []struct {
	name    string
	parties []syntax.Party
	actions []string
}{
	{"account", nil, []string{"configure", "transfer", "delete"}},
	{"user", []syntax.Party{users("user"), teams("team")}, []string{"view", "create", "edit", "edit-sign-in", "set-role", "set-status", "delete", "leave", "delegate", "request-to-join", "admit"}},
	{"team", []syntax.Party{teams("team"), users("user")}, []string{"create", "edit", "delete", "set-members", "set-role", "join", "leave"}},
	{"seat", []syntax.Party{users("user")}, []string{"assign", "unassign", "purchase"}},
	{"grant", []syntax.Party{users("user")}, []string{"give", "revoke"}},
	{"field", nil, []string{"manage"}},
	{"audit", nil, []string{"view"}},
	{"request", []syntax.Party{users("user")}, []string{"make", "decline"}},
	{"role", nil, []string{"define"}},
}

func users(name string) syntax.Party { return syntax.Party{Name: syntax.Name{Text: name}} }
func teams(name string) syntax.Party {
	return syntax.Party{Name: syntax.Name{Text: name}, Kind: syntax.OfTeams}
}

// userDelegate lets an actor give what the actor does not have. `all: true` does not
// include it, because a root role could then lift every rule under never.
var userDelegate = permission.MustParse("user.delegate")

// The commands of these permissions concern the actor alone.
var (
	userLeave = permission.MustParse("user.leave")
	teamJoin  = permission.MustParse("team.join")
	teamLeave = permission.MustParse("team.leave")

	requestMake = permission.MustParse("request.make")
)

// Only users who are not in the account request to join it, and the user who admits another is
// never that user.
var (
	userRequestToJoin = permission.MustParse("user.request-to-join")
	userAdmit         = permission.MustParse("user.admit")
)

// roleDefine lets an actor define roles of the account, under a policy with custom-roles.
var roleDefine = permission.MustParse("role.define")

// accountTransfer hands over the unique role.
var accountTransfer = permission.MustParse("account.transfer")

// protection is a built-in prohibition that no policy can lift.
type protection uint8

const (
	unprotected    protection = iota
	protectsHolder            // forbidden on the holder of the unique role
	onlyHolder                // forbidden to all users but the holder
	onlyOwn                   // forbidden on the holder of the unique role, except to that holder
	noHolder                  // forbidden to all users, because the policy has no unique role
)

// withoutHolder returns the protection in a policy without a unique role.
func (p protection) withoutHolder() protection {
	if p == onlyHolder {
		return noHolder
	}
	return unprotected
}

// forbidsAll reports whether a protection forbids a permission to a user on every resource.
func (p protection) forbidsAll(isHolder bool) bool {
	return p == noHolder || p == onlyHolder && !isHolder
}

// keepsHolder reports whether a protection forbids a permission to a user on the
// holder of the unique role.
func (p protection) keepsHolder(isHolder bool) bool {
	return p == protectsHolder || p == onlyOwn && !isHolder
}

// protections lists the permissions that every policy protects.
var protections = map[permission.Permission]protection{
	permission.MustParse("user.delete"):       protectsHolder,
	permission.MustParse("user.set-role"):     protectsHolder,
	permission.MustParse("user.set-status"):   protectsHolder,
	permission.MustParse("user.leave"):        protectsHolder,
	permission.MustParse("user.edit-sign-in"): onlyOwn,
	accountTransfer:                           onlyHolder,
}
