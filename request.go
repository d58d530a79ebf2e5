package usher

import (
	"errors"
	"strings"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Request is one question: may this subject do this, here, now? The zero Request
// asks for no permission, and is refused with an error.
type Request struct {
	Account    AccountID
	Subject    UserID                // who asks; the host has authenticated them
	Permission permission.Permission // a permission or a bundle of them
	Resource   Resource              // nil for a question about the account as a whole
	Context    Context               // facts of this request

	// Time is when the question is asked, which may lie in the past: it is taken as
	// it is. Zero means the clock of the Authorizer, which for an engine is no
	// earlier than the account's last commit; where there is none, as in package
	// policy, it is an error.
	Time time.Time
}

// Context holds the yes/no facts of a request that a policy declares, such as
// "mfa": the subject has logged in with a second factor. What is not given is
// unknown: no rule allows that looks at it or at its opposite, and each such rule
// under never forbids. A name that the policy does not declare is an error.
type Context map[string]bool

// What can be wrong with a question. Whoever decides wraps one of these in a
// RequestError.
var (
	ErrUnknownAccount    = errors.New("unknown account")
	ErrUnknownPermission = errors.New("unknown permission")
	ErrWrongResource     = errors.New("wrong type of resource")
	ErrOtherAccount      = errors.New("wrong account")
	ErrUndeclared        = errors.New("not declared by the policy")
	ErrNoTime            = errors.New("no usable time")
	ErrNoAuthorizer      = errors.New("no authorizer")
)

// ErrUndecided is the sentinel of RequestError.
var ErrUndecided = errors.New("not decided")

// RequestError says that a question could not be answered, which denies. errors.Is finds
// in it ErrUndecided and what it wraps: one of the errors above, or what a store or the
// host's facts returned.
type RequestError struct {
	Op         string // check, actions, explain
	Subject    UserID
	Permission permission.Permission
	Resource   Ref
	Err        error
}

func (e *RequestError) Error() string {
	var b strings.Builder
	b.WriteString(printable.Value(e.Op))
	if e.Subject != "" {
		b.WriteString(" " + printable.Word(e.Subject))
	}
	if !e.Permission.IsZero() {
		b.WriteString(" " + printable.Word(e.Permission.String()))
	}
	if on := e.Resource.String(); on != "" {
		b.WriteString(" on " + on)
	}
	b.WriteString(": " + printable.Cause(e.Err))
	return b.String()
}

// Unwrap returns why.
func (e *RequestError) Unwrap() error { return e.Err }

// Is makes errors.Is find ErrUndecided.
func (e *RequestError) Is(target error) bool { return target == ErrUndecided }

// String returns "calendar c1", or as much of it as is known. An id that is not safe to
// print, or not one word, is quoted, and a long one is cut.
func (r Ref) String() string { return printable.Ref(r.Type, r.ID) }
