package account

import (
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// ErrCorrupt is the sentinel of [CorruptError], except where the error wraps ErrNewer or
// ErrOlder: such data is not damaged.
var ErrCorrupt = errors.New("corrupt")

// ErrNewer is wrapped in the error for data that a later version of this package wrote in a
// format that this version does not know.
var ErrNewer = errors.New("written in a newer format")

// CorruptError reports that bytes are not a commit or a snapshot, that a commit does not
// follow from the state before it, or that a commit cannot be written. The journal, the
// snapshot or the state is damaged, or they belong to different accounts. errors.Is finds
// ErrCorrupt in it, or ErrNewer if the data is in a newer format, or ErrOlder for a snapshot
// in an older format.
type CorruptError struct {
	Op      string          // "read commit", "apply commit", "write commit" or "read snapshot"
	Account usher.AccountID // "" if unknown
	Version uint64          // 0 if unknown
	Change  int             // the number of the change in the commit, from 1; 0 for the whole
	Err     error
}

// Error returns "apply commit 7 of acme, change 2: …".
func (e *CorruptError) Error() string {
	s := printable.Value(e.Op)
	if e.Version > 0 {
		s += fmt.Sprintf(" %d", e.Version)
	}
	if e.Account != "" {
		s += " of " + word(e.Account)
	}
	if e.Change > 0 {
		s += fmt.Sprintf(", change %d", e.Change)
	}
	return s + ": " + printable.Cause(e.Err)
}

// Unwrap returns Err.
func (e *CorruptError) Unwrap() error { return e.Err }

// Is makes errors.Is find ErrCorrupt, unless the data is in a newer or an older format.
func (e *CorruptError) Is(target error) bool {
	return target == ErrCorrupt && !errors.Is(e.Err, ErrNewer) && !errors.Is(e.Err, ErrOlder)
}
