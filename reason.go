package usher

import (
	"fmt"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Reason is the reason for a decision. Only ReasonGranted allows. The zero value means that
// no decision was made, which denies.
type Reason uint8

// The reasons, in the order in which they apply: the first that matches decides.
const (
	ReasonUnknownUser    Reason = iota + 1 // the user is not in the account, and no rule of visitors matches
	ReasonInactive                         // the user's status is not active, and no rule of visitors matches
	ReasonForbidden                        // a never rule matches, or a built-in protection
	ReasonGranted                          // a rule of a role, of everyone, of visitors, or a grant matches
	ReasonConditionUnmet                   // a rule reaches the resource, but its conditions are not met
	ReasonOutOfScope                       // the user has rules for the permission, but none reaches the resource
	ReasonNoPermission                     // the user has no rule for the permission
)

var reasonNames = [...]string{
	"undecided", "unknown-user", "inactive", "forbidden", "granted",
	"condition-unmet", "out-of-scope", "no-permission",
}

// ParseReason returns the reason with a name that String returns, such as "granted". The
// zero value's name, "undecided", is an error.
func ParseReason(s string) (Reason, error) {
	for i := ReasonUnknownUser; i <= ReasonNoPermission; i++ {
		if reasonNames[i] == s {
			return i, nil
		}
	}
	return 0, printable.Errorf("unknown reason %s (want one of %s)", printable.Quote(s), strings.Join(reasonNames[1:], ", "))
}

// Reasons returns the names of all reasons, in the order in which they apply.
func Reasons() []string { return append([]string(nil), reasonNames[1:]...) }

// String returns the name of the reason: "granted", "out-of-scope", and so on. For the zero
// value it returns "undecided".
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}
