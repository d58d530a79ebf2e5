package usher

import (
	"context"
	"errors"

	"github.com/usher-go/usher/internal/printable"
)

// Authorizer answers questions. Implementations may be called by many goroutines
// at the same time.
type Authorizer interface {
	// Check decides a request. A denial is an answer and no error; with an
	// error the Decision is the zero one, which denies.
	Check(ctx context.Context, r Request) (Decision, error)
}

// Explainer is an Authorizer that can also say what would turn a denial.
type Explainer interface {
	Explain(ctx context.Context, r Request) (Explanation, error)
}

// ErrDenied is what errors.Is finds in the error of a denied Require.
var ErrDenied = errors.New("denied")

// Require asks az and makes one error of both, a denial and a failure, so that a
// handler has one thing to look at: if err is nil, the subject may. A denial is
// a *DeniedError, for which errors.Is(err, ErrDenied) holds; anything else means
// that nobody could decide. A nil Authorizer is refused.
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

// DeniedError says who was denied what, and why. errors.Is finds ErrDenied in it. Its
// zero value reads as a denial without a reason.
type DeniedError struct {
	Request  Request
	Decision Decision

	explainer Explainer
}

func (e *DeniedError) Error() string {
	on := ""
	if e.Request.Resource != nil {
		if ref := e.Request.Resource.Ref().String(); ref != "" {
			on = " on " + ref
		}
	}
	return printable.Sprintf("%s may not %s%s: %s", e.Request.Subject, e.Request.Permission, on, e.Decision)
}

// Is makes errors.Is(err, ErrDenied) hold.
func (e *DeniedError) Is(target error) bool { return target == ErrDenied }

// Explain asks what would turn the denial, of the Authorizer that denied; it
// answers for the facts of now. Where that one cannot explain, the Explanation
// has the decision and no ways.
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
