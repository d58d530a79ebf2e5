package ushertest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

var (
	_ usher.Authorizer = (*Authorizer)(nil)
	_ usher.Explainer  = (*Authorizer)(nil)
)

var errOver = errors.New("the test of this authorizer is over")

// Authorizer is a usher.Authorizer that denies, with the reason no-permission, until
// Allow or Deny says otherwise. It is as strict about questions as a real one, as
// far as that goes without a policy: see Check. It may be used by many goroutines at
// the same time. The zero Authorizer answers nothing; New makes one that does.
type Authorizer struct {
	t testing.TB

	mu      sync.Mutex
	answers []*Answer
	bundles []permission.Permission
	asked   []question
	failure error
	over    bool
}

// question is a request with what came of it.
type question struct {
	usher.Request
	decision usher.Decision
	err      error
}

// New returns an Authorizer for a test. It panics without one, and outside of a test
// binary.
func New(t testing.TB) *Authorizer {
	az := &Authorizer{t: only(t)}
	t.Cleanup(func() {
		az.mu.Lock()
		defer az.mu.Unlock()
		az.over = true
	})
	return az
}

// only returns t if there is a test.
func only(t testing.TB) testing.TB {
	if t == nil || !testing.Testing() {
		panic("ushertest: there is no test; this package is for tests only")
	}
	return t
}

// Bundles says which permissions are bundles, so that they may be asked for on any
// type of resource. One without a dot in its name needs no telling.
func (az *Authorizer) Bundles(bundles ...permission.Permission) {
	az.mu.Lock()
	defer az.mu.Unlock()
	az.bundles = append(az.bundles, bundles...)
}

// Fail makes each question an error that wraps err, as if the engine could not be
// reached; nil ends that.
func (az *Authorizer) Fail(err error) {
	az.mu.Lock()
	defer az.mu.Unlock()
	az.failure = err
}

// Check answers as the last Allow or Deny that speaks of the question says, and
// remembers the question. A subject without an id is an unknown user.
//
// The error is a *usher.RequestError. It wraps what Fail was given,
// usher.ErrUnknownPermission for the zero permission, usher.ErrWrongResource if the
// resource is of another type than the permission, usher.ErrOtherAccount if it is of
// another account than the request, or for the zero Authorizer usher.ErrNoAuthorizer.
// After the end of the test, each request is an error.
func (az *Authorizer) Check(_ context.Context, r usher.Request) (usher.Decision, error) {
	if az == nil || az.t == nil {
		return usher.Decision{}, requestError("check", r, usher.ErrNoAuthorizer)
	}
	az.mu.Lock()
	defer az.mu.Unlock()
	d, answer, err := az.decide("check", r)
	if answer != nil {
		answer.used = true
	}
	if !az.over {
		r.Context = maps.Clone(r.Context)
		az.asked = append(az.asked, question{r, d, err})
	}
	return d, err
}

// Explain answers as Check does, with the line of the test that decided. It
// remembers nothing.
func (az *Authorizer) Explain(_ context.Context, r usher.Request) (usher.Explanation, error) {
	if az == nil || az.t == nil {
		return usher.Explanation{}, requestError("explain", r, usher.ErrNoAuthorizer)
	}
	az.mu.Lock()
	defer az.mu.Unlock()
	d, _, err := az.decide("explain", r)
	if err != nil {
		return usher.Explanation{}, err
	}
	return usher.Explanation{Decision: d, Sentence: sentence(r, d)}, nil
}

// decide returns the decision, and the answer that it follows, if there is one.
func (az *Authorizer) decide(op string, r usher.Request) (usher.Decision, *Answer, error) {
	if err := az.refuse(&r); err != nil {
		return usher.Decision{}, nil, requestError(op, r, err)
	}
	detail := usher.Detail{Rule: usher.Rule{Permission: r.Permission.String()}}
	if r.Subject == "" {
		return decided(r.Time, usher.ReasonUnknownUser, detail), nil, nil
	}
	reason := usher.ReasonNoPermission
	for _, a := range slices.Backward(az.answers) {
		switch {
		case a.speaksOf(&r):
			return decided(r.Time, a.reason, a.detail(r.Permission)), a, nil
		case a.reason == usher.ReasonGranted && a.about(&r) && reason == usher.ReasonNoPermission:
			reason, detail = usher.ReasonOutOfScope, a.detail(r.Permission)
		}
	}
	return decided(r.Time, reason, detail), nil, nil
}

// refuse says what is wrong with a question.
func (az *Authorizer) refuse(r *usher.Request) error {
	switch {
	case az.over:
		return errOver
	case az.failure != nil:
		return az.failure
	case r.Permission.IsZero():
		return usher.ErrUnknownPermission
	case r.Resource == nil:
		return nil
	}
	typ, of := r.Resource.Ref().Type, r.Permission.Resource()
	bundle := of == "" || slices.Contains(az.bundles, r.Permission)
	account := r.Resource.InAccount()
	switch {
	case typ == "", typ != of && !bundle:
		return usher.ErrWrongResource
	case account != "" && account != r.Account:
		return usher.ErrOtherAccount
	}
	return nil
}

func requestError(op string, r usher.Request, err error) error {
	e := &usher.RequestError{Op: op, Subject: r.Subject, Permission: r.Permission, Err: err}
	if r.Resource != nil {
		e.Resource = r.Resource.Ref()
	}
	return e
}

// sentence says who was answered what.
func sentence(r usher.Request, d usher.Decision) string {
	verb := "may not"
	if d.Allowed() {
		verb = "may"
	}
	return printable.Sprintf("%s %s %s: %s", r.Subject, verb, what(&r), d)
}

// what returns "calendar.edit on calendar c1".
func what(r *usher.Request) string {
	if r.Resource == nil {
		return r.Permission.String()
	}
	return printable.Sprintf("%s on %s", r.Permission, r.Resource.Ref())
}
