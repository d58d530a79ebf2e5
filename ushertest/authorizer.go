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

var errEnded = errors.New("the test of this authorizer has ended")

// Authorizer is an usher.Authorizer that denies with the reason no-permission, unless Allow
// or Deny changes that. It rejects invalid requests like a real one, as far as possible
// without a policy: see Check. It is safe for concurrent use. For the zero Authorizer,
// every request is an error; use New.
type Authorizer struct {
	t testing.TB

	mu       sync.Mutex
	answers  []*Answer
	bundles  []permission.Permission
	requests []record
	failure  error
	ended    bool
}

// record is a request with its result.
type record struct {
	usher.Request
	decision usher.Decision
	err      error
}

// New returns an Authorizer for a test. It panics if t is nil, or outside of a test binary.
func New(t testing.TB) *Authorizer {
	az := &Authorizer{t: requireTest(t)}
	t.Cleanup(func() {
		az.mu.Lock()
		defer az.mu.Unlock()
		az.ended = true
	})
	return az
}

// requireTest returns t. It panics without a test.
func requireTest(t testing.TB) testing.TB {
	if t == nil || !testing.Testing() {
		panic("ushertest: use this package only in tests, with a testing.TB")
	}
	return t
}

// Bundles declares that permissions are bundles, which are valid for every type of
// resource. A bundle without a dot in its name need not be declared.
func (az *Authorizer) Bundles(bundles ...permission.Permission) {
	az.mu.Lock()
	defer az.mu.Unlock()
	az.bundles = append(az.bundles, bundles...)
}

// Fail makes every request return an error that wraps err, as if the engine were not
// reachable. Nil ends that.
func (az *Authorizer) Fail(err error) {
	az.mu.Lock()
	defer az.mu.Unlock()
	az.failure = err
}

// Check decides with the last Allow or Deny that matches the request, and records the
// request. A subject without an id is an unknown user, and so is a visitor that AllowVisitors does
// not allow.
//
// The error is an *usher.RequestError. It wraps the error of Fail, usher.ErrVisitor for a
// visitor with a subject, usher.ErrUnknownPermission for the zero permission, usher.ErrWrongResource if the
// resource has another type than the permission, usher.ErrOtherAccount if it belongs to
// another account than the request, or usher.ErrNoAuthorizer for the zero Authorizer. After
// the end of the test, every request is an error.
func (az *Authorizer) Check(_ context.Context, r usher.Request) (usher.Decision, error) {
	if az == nil || az.t == nil {
		return usher.Decision{}, requestError("check", r, usher.ErrNoAuthorizer)
	}
	az.mu.Lock()
	defer az.mu.Unlock()
	d, answers, err := az.decide("check", r)
	for _, answer := range answers {
		answer.used = true
	}
	if !az.ended {
		r.Context = maps.Clone(r.Context)
		az.requests = append(az.requests, record{r, d, err})
	}
	return d, err
}

// As returns an Asker for a user, for tests of code that gets one. Facts are those of the request.
// Each check of it is one of az.Check, so it is recorded, and the last Allow or Deny applies, also
// one after the call of As.
func (az *Authorizer) As(account usher.AccountID, user usher.UserID, facts usher.Context) usher.Asker {
	a, _ := usher.Resolve(context.Background(), az, usher.Request{Account: account, Subject: user, Context: facts})
	return a
}

// Explain decides as Check does, and names the line of the test that decided. It does not
// record the request.
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

// decide returns the decision, and the answers that apply. If a user acts on behalf of the subject,
// it is a decision about both users.
func (az *Authorizer) decide(op string, r usher.Request) (usher.Decision, []*Answer, error) {
	if err := az.validate(&r); err != nil {
		return usher.Decision{}, nil, requestError(op, r, err)
	}
	d, answer := az.decideFor(&r)
	answers := []*Answer{}
	if answer != nil {
		answers = append(answers, answer)
	}
	if !d.Allowed() || !r.OnBehalf() {
		return d, answers, nil
	}
	by := r
	by.Subject = r.By
	other, answer := az.decideFor(&by)
	if answer != nil {
		answers = append(answers, answer)
	}
	return both(d, other), answers, nil
}

// both returns what both decisions allow.
func both(d, other usher.Decision) usher.Decision {
	switch {
	case !d.Allowed():
		return d
	case !other.Allowed():
		return other
	case len(other.Hidden()) == 0:
		return d
	}
	detail := d.Detail()
	detail.Hidden = append(slices.Clone(detail.Hidden), other.Hidden()...)
	slices.Sort(detail.Hidden)
	detail.Hidden = slices.Compact(detail.Hidden)
	return decided(d.Time(), usher.ReasonGranted, detail)
}

// decideFor returns the decision about the subject alone, and the answer that applies, or nil.
func (az *Authorizer) decideFor(r *usher.Request) (usher.Decision, *Answer) {
	detail := usher.Detail{Rule: usher.Rule{Permission: r.Permission.String()}}
	if r.Subject == "" && !r.Visitor {
		return decided(r.Time, usher.ReasonUnknownUser, detail), nil
	}
	reason := usher.ReasonNoPermission
	if r.Visitor {
		reason = usher.ReasonUnknownUser
	}
	for _, a := range slices.Backward(az.answers) {
		switch {
		case a.matches(r):
			return decided(r.Time, a.reason, a.detail(r.Permission)), a
		case a.reason == usher.ReasonGranted && !a.visitors && a.about(r) && reason == usher.ReasonNoPermission:
			reason, detail = usher.ReasonOutOfScope, a.detail(r.Permission)
		}
	}
	return decided(r.Time, reason, detail), nil
}

// validate returns the mistake in a request.
func (az *Authorizer) validate(r *usher.Request) error {
	switch {
	case az.ended:
		return errEnded
	case az.failure != nil:
		return az.failure
	case r.Visitor && (r.Subject != "" || r.By != ""):
		return usher.ErrVisitor
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

// sentence returns the request and the decision as a sentence.
func sentence(r usher.Request, d usher.Decision) string {
	verb := "may not"
	if d.Allowed() {
		verb = "may"
	}
	return printable.Sprintf("%s %s %s: %s", r.Requester(), verb, what(&r), d)
}

// what returns "calendar.edit on calendar c1".
func what(r *usher.Request) string {
	if r.Resource == nil {
		return r.Permission.String()
	}
	return printable.Sprintf("%s on %s", r.Permission, r.Resource.Ref())
}
