package usher

import (
	"fmt"

	"github.com/usher-go/usher/internal/printable"
)

// Status says whether a user takes part in the account. Only an Active user is
// ever allowed anything; the zero value is no status, and such a user is not
// active.
type Status uint8

// The statuses of a user.
const (
	Invited  Status = iota + 1 // asked to join, has not accepted
	Active                     // takes part
	Inactive                   // shut out; everything they had is kept
)

var statusNames = [...]string{"", "invited", "active", "inactive"}

// ParseStatus reads "invited", "active" or "inactive".
func ParseStatus(s string) (Status, error) {
	for i := Invited; i <= Inactive; i++ {
		if statusNames[i] == s {
			return i, nil
		}
	}
	return 0, printable.Errorf("%s is no status; it is invited, active or inactive", printable.Quote(s))
}

// String returns the status as policies and test files write it, "" for none.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// MarshalText writes the status as String does; the zero value is no status, and
// an error.
func (s Status) MarshalText() ([]byte, error) {
	if s == 0 || int(s) >= len(statusNames) {
		return nil, printable.Errorf("%d is no status", uint8(s))
	}
	return []byte(statusNames[s]), nil
}

// UnmarshalText reads what MarshalText writes.
func (s *Status) UnmarshalText(text []byte) (err error) {
	*s, err = ParseStatus(string(text))
	return err
}
