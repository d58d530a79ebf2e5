package accountproof_test

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// roleGiven returns what conditions with "gives" know of a command: "the account commands state which
// role they give: add-user, admit-user, set-role, set-role-beside and set-team-role the role that they
// name; add-user without a role the default one, and admit-user without one the role of the
// request. All others give none." A role that the policy lacks is unknown.
func (w *modelAccount) roleGiven(c account.Command) string {
	var name role.Name
	switch c := c.(type) {
	case account.AddUser:
		name = c.Role
		if name == "" {
			name = w.book.byDefault()
		}
	case account.Invite:
		name = c.Role
		if name == "" {
			name = w.book.byDefault()
		}
	case account.ResendInvitation:
		if u := w.users[c.User]; u != nil && u.status == usher.Invited {
			name = u.role
		}
	case account.AdmitUser:
		name = c.Role
		if u := w.users[c.User]; name == "" && u != nil {
			name = u.role
		}
	case account.SetRole:
		name = c.Role
	case account.SetRoleBeside:
		name = c.Role
	case account.SetTeamRole:
		name = c.Role
	default:
		return usher.GivesNone
	}
	switch {
	case name == "":
		return usher.GivesNone // the command names no role, and is rejected if it must
	case w.book.role(name) == nil:
		return ""
	}
	return string(name)
}
