package usher

import (
	"fmt"

	"github.com/usher-go/usher/internal/printable"
)

// Reason says what decided. Only ReasonGranted allows; the zero value means that
// nothing was decided, which denies.
type Reason uint8

// The reasons, in the order in which they apply: the first that fits decides.
const (
	ReasonUnknownUser    Reason = iota + 1 // the user is not in the account
	ReasonInactive                         // the user's status is not active
	ReasonForbidden                        // a never rule matches, or a built-in protection
	ReasonGranted                          // a rule of a role, of everyone, or a grant matches
	ReasonConditionUnmet                   // a rule reaches the resource, and only its conditions failed
	ReasonOutOfScope                       // there are rules, and none of them reaches the resource
	ReasonNoPermission                     // the user has no rule for the permission
)

var reasonNames = [...]string{
	"undecided", "unknown-user", "inactive", "forbidden", "granted",
	"condition-unmet", "out-of-scope", "no-permission",
}

// ParseReason reads a reason as String writes it.
func ParseReason(s string) (Reason, error) {
	for i := ReasonUnknownUser; i <= ReasonNoPermission; i++ {
		if reasonNames[i] == s {
			return i, nil
		}
	}
	return 0, printable.Errorf("%s is no reason", printable.Quote(s))
}

// Reasons returns the names of all reasons, in the order in which they apply.
func Reasons() []string { return append([]string(nil), reasonNames[1:]...) }

// String returns the reason's name: "granted", "out-of-scope", and so on; for
// the zero value "undecided".
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}
