package usher

import (
	"context"
	"errors"

	"github.com/usher-go/usher/internal/printable"
)

// Authorizer decides requests. Implementations must be safe for concurrent use.
type Authorizer interface {
	// Check decides a request. A denial is a result, not an error. If err is not nil, the
	// Decision is the zero Decision, which denies.
	Check(ctx context.Context, r Request) (Decision, error)
}

// Explainer is an optional interface of an Authorizer. Explain decides a request as Check
// does, and for a denial returns the changes after which the request would be allowed. Its
// errors are those of Check.
type Explainer interface {
	Explain(ctx context.Context, r Request) (Explanation, error)
}

// ErrDenied is the sentinel of [DeniedError]: errors.Is finds it in the error of a Require
// that was denied.
var ErrDenied = errors.New("denied")

// Require checks a request and returns denials and failures as one error: if err is nil,
// the subject is allowed. A denial is a *DeniedError, which matches ErrDenied. Any other
// error means that az could not decide. If az is nil, the error wraps ErrNoAuthorizer.
func Require(ctx context.Context, az Authorizer, r Request) (Decision, error) {
	if az == nil {
		return Decision{}, &RequestError{Op: "check", Subject: r.Subject, Permission: r.Permission, Err: ErrNoAuthorizer}
	}
	d, err := az.Check(ctx, r)
	if err != nil {
		return Decision{}, err
	}
	if !d.Allowed() {
		return d, &DeniedError{Request: r, Decision: d, explainer: asExplainer(az)}
	}
	return d, nil
}

// DeniedError is the error of a denied request. It matches ErrDenied. The zero value is a
// denial without a reason.
type DeniedError struct {
	Request  Request
	Decision Decision

	explainer Explainer
}

func (e *DeniedError) Error() string { return describe(&e.Request, "may not", e.Decision) }

// describe returns "mia may not calendar.edit on calendar c1: " and the decision.
func describe(r *Request, may string, d Decision) string {
	on := ""
	if r.Resource != nil {
		if ref := r.Resource.Ref().String(); ref != "" {
			on = " on " + ref
		}
	}
	return printable.Sprintf("%s %s %s%s: %s", r.Requester(), may, r.Permission, on, d)
}

// Is reports whether target is ErrDenied.
func (e *DeniedError) Is(target error) bool { return target == ErrDenied }

// Explain returns the changes after which the request would be allowed. It calls the
// Authorizer that denied the request, which decides again with the current facts. If that
// Authorizer is not an Explainer, the Explanation has the decision and no remedies.
func (e *DeniedError) Explain(ctx context.Context) (Explanation, error) {
	if e.explainer == nil {
		return Explanation{Decision: e.Decision, Sentence: e.Error()}, nil
	}
	return e.explainer.Explain(ctx, e.Request)
}

func asExplainer(az Authorizer) Explainer {
	x, _ := az.(Explainer)
	return x
}
