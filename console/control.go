package console

import (
	"errors"

	"github.com/usher-go/usher/account"
)

// control is a form of a page. A page shows it if the engine would accept its command now. A
// command that the viewer is not allowed to run is left out; for any other reason, the form is
// disabled and shows the reason.
type control struct {
	Action  string `json:"action"`           // the path: person/set-role
	Allowed bool   `json:"allowed"`          // the engine accepts the command now
	Reason  string `json:"reason,omitempty"` // a sentence, if it does not for another reason than a denial
}

// Shown reports whether the form is part of the page.
func (c control) Shown() bool { return c.Allowed || c.Reason != "" }

// control returns the form of an action whose commands are, for example, these.
func (v *viewer) control(action string, commands ...account.Command) control {
	if v.lacksFor(commands...) {
		return control{Action: action}
	}
	return v.controlOf(action, v.try(commands...))
}

// anyControl returns the form of an action that the engine accepts for at least one of several
// commands. If it accepts none, the reason is that of the first.
func (v *viewer) anyControl(action string, commands ...account.Command) control {
	var first control
	for i, command := range commands {
		c := v.control(action, command)
		if c.Allowed {
			return c
		}
		if i == 0 || !first.Shown() {
			first = c
		}
	}
	return first
}

func (v *viewer) controlOf(action string, err error) control {
	c := control{Action: action, Allowed: err == nil}
	var refusal *account.Refusal
	if errors.As(err, &refusal) && !hides(refusal.Code) {
		c.Reason = v.refusalText(refusal)
	}
	return c
}

// hides reports whether a form is left out because of a refusal. The others can change without
// another permission of the viewer: a free seat, another role of the user.
func hides(code account.Code) bool {
	switch code {
	case account.CodeNoSeatsLeft, account.CodeSeatsInUse, account.CodeRoleFull, account.CodeLastHolder,
		account.CodeSeatRequired, account.CodeSeatNotAllowed, account.CodeInactive, account.CodeTeamNotEmpty, account.CodeUniqueRole,
		account.CodeTooManyRequests, account.CodeTooManyRoles, account.CodeRoleInUse:
		return false
	}
	return true
}
