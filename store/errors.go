package store

import (
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// A call that returns one of these errors has stored nothing. An earlier call whose outcome is
// unknown may have stored the same data. Methods wrap them in an [Error]; test for them with
// errors.Is.
var (
	ErrConflict   = errors.New("a commit with this version exists")
	ErrGap        = errors.New("commits before this version are missing")
	ErrErased     = errors.New("account erased; its id is never used again")
	ErrInvalid    = errors.New("cannot be stored")
	ErrNoUserData = errors.New("the store does not store user data")
	ErrReadOnly   = errors.New("the store is read-only")
	ErrClosed     = errors.New("the store is closed")
	ErrNeeded     = errors.New("the snapshot does not replace these commits")

	// ErrNotStored is temporary: the call gave up before it stored anything, for example because a
	// transaction of another caller held a lock for too long, or because the context ended while
	// the call waited for its turn. A retry may succeed.
	ErrNotStored = errors.New("nothing was stored; a retry may succeed")

	// ErrRetry means that the transaction is lost, because of a concurrent transaction or an
	// earlier error of one of its statements: the host must roll it back, and may run it again from
	// its beginning. Only a Tx returns it.
	ErrRetry = errors.New("the transaction must be rolled back, and may be run again from its beginning")

	// ErrRefused is permanent, unlike the other errors: no call with the entry has stored it,
	// and none will, so the caller must not retry. Its method Refused returns "store-refused",
	// and a Guard of usherhttp therefore answers with status 422.
	ErrRefused error = refusal{"store-refused", "the store permanently rejects the commit"}
)

// refusal is an error with a code, like an account.Refusal.
type refusal struct{ code, text string }

func (r refusal) Error() string { return r.text }

// Refused returns the code.
func (r refusal) Refused() string { return r.code }

// IsRejected reports whether a call that returned err has certainly stored nothing: err is or wraps
// one of the errors of this package. After any other error of Append, the outcome is unknown. It
// returns false for nil.
func IsRejected(err error) bool {
	for _, rejection := range []error{ErrConflict, ErrGap, ErrErased, ErrInvalid, ErrNoUserData, ErrReadOnly, ErrClosed, ErrNeeded, ErrRefused, ErrNotStored, ErrRetry} {
		if errors.Is(err, rejection) {
			return true
		}
	}
	return false
}

// Error is the error of a store's operation. It wraps one of the errors of this package, the
// context's error, or an error of the underlying storage.
type Error struct {
	Op      string          // such as "append", "read commits" or "save snapshot"
	Account usher.AccountID // "" for an operation on many accounts
	Version uint64          // 0 for an operation without a version
	Err     error
}

func (e *Error) Error() string {
	text := printable.Value(e.Op)
	if e.Account != "" {
		text += " " + printable.Quote(e.Account)
	}
	if e.Version != 0 {
		text += fmt.Sprintf(" version %d", e.Version)
	}
	return text + ": " + printable.Cause(e.Err)
}

func (e *Error) Unwrap() error { return e.Err }
