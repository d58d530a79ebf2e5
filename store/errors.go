package store

import (
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Why a store refuses. A call that returns one of these has stored nothing;
// another call before it, whose outcome was unknown, may have.
var (
	ErrConflict   = errors.New("there already is a commit of this version")
	ErrGap        = errors.New("commits would be missing before this version")
	ErrErased     = errors.New("account erased; its id is never used again")
	ErrInvalid    = errors.New("cannot be stored")
	ErrNoUserData = errors.New("the store keeps no records")
	ErrReadOnly   = errors.New("the store is open for reading only")
	ErrClosed     = errors.New("the store is closed")

	// ErrRefused is for good, unlike the others: no call with the entry has stored it,
	// and none will, so the caller must not retry. It has a method Refused that returns
	// "store-refused", so that a Guard of usherhttp answers with 422.
	ErrRefused error = refusal{"store-refused", "the store rejects the commit for good"}
)

// refusal is an error with a code, like that of an account.Refusal.
type refusal struct{ code, text string }

func (r refusal) Error() string { return r.text }

// Refused returns the code.
func (r refusal) Refused() string { return r.code }

// Refused reports whether err says for certain that the call that returned it
// stored nothing. After any other error of an Append the outcome is unknown.
func IsRejected(err error) bool {
	for _, refusal := range []error{ErrConflict, ErrGap, ErrErased, ErrInvalid, ErrNoUserData, ErrReadOnly, ErrClosed, ErrRefused} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// Error says what a store was asked for, and why it did not do it. errors.Is finds in it
// one of the errors above, the error of the context, or that of what the store is made of.
type Error struct {
	Op      string          // append, read commits, save snapshot, erase and so on
	Account usher.AccountID // "" where the call was about no single account
	Version uint64          // 0 where the call was about no single version
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
