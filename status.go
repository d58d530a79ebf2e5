package usher

import (
	"fmt"

	"github.com/usher-go/usher/internal/printable"
)

// Status is the status of a user in an account. Only Active users have roles; rules of visitors
// are for all. The
// zero value is not a valid status; a user with it has only the rules of visitors.
type Status uint8

// The statuses of a user.
const (
	Invited   Status = iota + 1 // has not accepted the invitation yet
	Active                      // can use the account
	Inactive                    // cannot use the account; roles, teams and grants are kept
	Requested                   // has asked to join the account; another user or the host has to admit them
)

var statusNames = [...]string{"", "invited", "active", "inactive", "requested"}

// ParseStatus returns the status "invited", "active", "inactive" or "requested".
func ParseStatus(s string) (Status, error) {
	for i := Invited; i <= Requested; i++ {
		if statusNames[i] == s {
			return i, nil
		}
	}
	return 0, printable.Errorf("unknown status %s (want active, invited, inactive or requested)", printable.Quote(s))
}

// String returns the status as policies and test files write it, or "" for the zero value.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// MarshalText returns the text that String returns. The zero value is an error.
func (s Status) MarshalText() ([]byte, error) {
	if s == 0 || int(s) >= len(statusNames) {
		return nil, printable.Errorf("unknown status %d (want 1 to 4)", uint8(s))
	}
	return []byte(statusNames[s]), nil
}

// UnmarshalText parses the text with ParseStatus.
func (s *Status) UnmarshalText(text []byte) (err error) {
	*s, err = ParseStatus(string(text))
	return err
}
