package usher

import (
	"errors"
	"strings"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Request asks one question: may this subject do this to this resource, at this time? The
// zero Request has no permission, so deciding it is an error.
type Request struct {
	Account AccountID
	Subject UserID // the user to decide about; the host has authenticated them

	// Visitor marks a request of a caller who is not logged in, and has no Subject. Rules of
	// visitors can allow it. A request without a Subject and without this mark is denied, so
	// that a host that forgets the Subject gives no access. Both together are an error.
	Visitor bool

	// By is the user who acts on behalf of the Subject, such as an assistant, or an employee of
	// support. The decision then allows only what the Subject and By may each do in their own
	// right, hides what is hidden from one of them, and rules can use the fact of the request
	// [Acting]. By must not be set together with Visitor. Default: the Subject acts, as if By were the
	// Subject.
	By UserID

	Permission permission.Permission // a permission or a bundle of permissions
	Resource   Resource              // nil to ask about the account as a whole
	Context    Context               // facts of this request

	// Gives is the role that the command of the request gives to a user, or [GivesNone] if it
	// gives none, for rules with a condition such as {gives: admin}. Package account states it
	// for its commands. A role that the policy does not declare is an error. Default: it is
	// unknown, so no rule that depends on it or on its opposite allows, and every such rule
	// under never forbids.
	Gives string

	// Time is the time to decide for. It may lie in the past and is used unchanged.
	// Default: the clock of the Authorizer. An engine's clock is never earlier than the
	// account's last commit. Package policy has no clock, so there a zero Time is an error.
	Time time.Time
}

// GivesNone is the value of Request.Gives for a command that gives no role. No role has this
// name.
const GivesNone = "-"

// Acting is the fact of a request that some user acts on behalf of the subject. It is always known:
// it is true if By is set and is not the Subject. A policy uses it as {context: acting}; a Context
// must not contain it.
const Acting = "acting"

// OnBehalf reports whether a user acts on behalf of the subject: By is set and is not the Subject.
func (r *Request) OnBehalf() bool { return r.By != "" && r.By != r.Subject }

// Requester returns the subject as messages name it: its id, or "a visitor" for a request that
// is marked as a visitor's. An id that is not safe to print or contains a space is quoted; a
// long id is cut. If a user acts on behalf of the subject, the result is "adam for mia".
func (r Request) Requester() string {
	if r.OnBehalf() {
		return printable.Word(r.By) + " for " + printable.Word(r.Subject)
	}
	if r.Visitor && r.Subject == "" {
		return "a visitor"
	}
	return printable.Word(r.Subject)
}

// Context contains the yes/no facts of a request that a policy declares, such as "mfa": the
// subject has logged in with a second factor. A fact that is missing is unknown: no rule
// that depends on it or on its opposite allows, and every such rule under never forbids. A
// name that the policy does not declare is an error.
type Context map[string]bool

// The errors of a request. An Authorizer wraps one of them in a [RequestError].
var (
	ErrUnknownAccount    = errors.New("unknown account")            // the Authorizer does not have the account
	ErrUnknownPermission = errors.New("unknown permission")         // the policy does not declare the permission
	ErrWrongResource     = errors.New("wrong type of resource")     // the permission is about another type of resource
	ErrOtherAccount      = errors.New("wrong account")              // the resource belongs to another account
	ErrUndeclared        = errors.New("not declared by the policy") // a context fact, party, attribute or given role
	ErrVisitor           = errors.New("a visitor has no subject")   // the request has both Visitor and a Subject, or By
	ErrNoTime            = errors.New("no usable time")             // the time is missing or out of range
	ErrNoAuthorizer      = errors.New("no authorizer")              // the Authorizer is nil or zero
)

// ErrUndecided is the sentinel of [RequestError].
var ErrUndecided = errors.New("not decided")

// RequestError is the error of a request that could not be decided, which denies. errors.Is
// matches ErrUndecided and Err: one of the errors above, or an error of a store or of the
// host's facts.
type RequestError struct {
	Op         string // the operation, such as check or explain
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

// Unwrap returns Err.
func (e *RequestError) Unwrap() error { return e.Err }

// Is reports whether target is ErrUndecided.
func (e *RequestError) Is(target error) bool { return target == ErrUndecided }

// String returns "calendar c1", or the parts that are set. An id that is not safe to print
// or contains a space is quoted; a long id is cut.
func (r Ref) String() string { return printable.Ref(r.Type, r.ID) }
