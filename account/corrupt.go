package account

import (
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// ErrCorrupt is the sentinel of [CorruptError], but for what is only newer.
var ErrCorrupt = errors.New("corrupt")

// ErrNewer is wrapped where something was written by a later version of this
// package, in a format that this one does not know.
var ErrNewer = errors.New("written in a newer format")

// CorruptError says why bytes are not a commit or a snapshot, why a commit does not
// follow from the state before it, or why a commit cannot be written: the journal, the
// snapshot or the state is damaged, or they are of two accounts. errors.Is finds
// ErrCorrupt in it, or ErrNewer where the data was written in a newer format.
type CorruptError struct {
	Op      string          // read commit, apply commit, write commit, read snapshot
	Account usher.AccountID // "" where it is not known
	Version uint64          // 0 where it is not known
	Change  int             // the number of the change of a commit, from 1; 0 for the whole
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

// Unwrap returns what is wrong.
func (e *CorruptError) Unwrap() error { return e.Err }

// Is makes errors.Is find ErrCorrupt.
func (e *CorruptError) Is(target error) bool {
	return target == ErrCorrupt && !errors.Is(e.Err, ErrNewer)
}
