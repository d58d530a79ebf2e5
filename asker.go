package usher

import (
	"context"

	"github.com/usher-go/usher/permission"
)

// Asker checks several permissions of one user during one request to the host. The user and the
// account are found once, and an Asker of an engine answers all checks from one version of the
// account, so that all parts of a page agree. [Resolve] makes one. Handlers behind a Guard of
// usherhttp get theirs from usherhttp.Asking.
//
// An Asker is for one request. It does not see later changes, so it must not be stored, or used
// for another request. It is safe for concurrent use.
type Asker interface {
	// Check decides whether the user has a permission on a resource, nil for the account as
	// a whole. A denial is a result, not an error. If err is not nil, the Decision is the
	// zero Decision, which denies.
	Check(p permission.Permission, on Resource) (Decision, error)

	// Explain decides as Check does, and describes the reason. For a denial it also returns
	// the changes after which the request would be allowed, if the Authorizer is an Explainer.
	Explain(p permission.Permission, on Resource) (Explanation, error)

	// Request returns the request that Check decides for these arguments.
	Request(p permission.Permission, on Resource) Request

	// Giving returns an Asker for checks of a command that gives a role: see Request.Gives.
	Giving(role string) Asker
}

// Resolver is an optional interface of an Authorizer that can find the subject and the account of
// a request once, for several checks.
//
// Resolve returns an Asker for everything that r states beside its permission and its resource,
// which it ignores. It also returns the Authorizer on which it was called. A type that embeds an
// Authorizer, and has a Check of its own, thus also has a Resolve that returns the embedded
// Authorizer; the function Resolve detects that, and uses the type's Check. The type of a Resolver
// must be comparable, such as a pointer.
type Resolver interface {
	Resolve(ctx context.Context, r Request) (Asker, Authorizer, error)
}

// Resolve returns an Asker for everything that r states beside its permission and its resource,
// which it ignores. If az is not a Resolver, each check of the Asker calls az.Check with ctx. The
// error is that of a check. If az is nil, it wraps ErrNoAuthorizer.
func Resolve(ctx context.Context, az Authorizer, r Request) (Asker, error) {
	r.Permission, r.Resource = permission.Permission{}, nil
	if az == nil {
		return nil, &RequestError{Op: "ask", Subject: r.Subject, Err: ErrNoAuthorizer}
	}
	if of, ok := az.(Resolver); ok {
		a, by, err := of.Resolve(ctx, r)
		if by == az && (a != nil || err != nil) {
			return a, err
		}
	}
	return &oneByOne{ctx: ctx, az: az, request: r}, nil
}

// oneByOne is the Asker of an Authorizer that is not a Resolver.
type oneByOne struct {
	ctx     context.Context
	az      Authorizer
	request Request
}

func (a *oneByOne) Request(p permission.Permission, on Resource) Request {
	r := a.request
	r.Permission, r.Resource = p, on
	return r
}

func (a *oneByOne) Check(p permission.Permission, on Resource) (Decision, error) {
	return a.az.Check(a.ctx, a.Request(p, on))
}

func (a *oneByOne) Explain(p permission.Permission, on Resource) (Explanation, error) {
	r := a.Request(p, on)
	if x, ok := a.az.(Explainer); ok {
		return x.Explain(a.ctx, r)
	}
	d, err := a.az.Check(a.ctx, r)
	if err != nil {
		return Explanation{}, err
	}
	may := "may"
	if !d.Allowed() {
		may = "may not"
	}
	return Explanation{Decision: d, Sentence: describe(&r, may, d)}, nil
}

func (a *oneByOne) Giving(role string) Asker {
	given := *a
	given.request.Gives = role
	return &given
}

// RequireAsker checks a permission and returns denials and failures as one error, as Require does.
// If a is nil, the error wraps ErrNoAuthorizer. The Explain of a *DeniedError is that of a.
func RequireAsker(a Asker, p permission.Permission, on Resource) (Decision, error) {
	if a == nil {
		return Decision{}, &RequestError{Op: "check", Permission: p, Err: ErrNoAuthorizer}
	}
	d, err := a.Check(p, on)
	if err != nil {
		return Decision{}, err
	}
	if !d.Allowed() {
		return d, &DeniedError{Request: a.Request(p, on), Decision: d, explainer: askerExplainer{a}}
	}
	return d, nil
}

// askerExplainer explains the requests of an Asker.
type askerExplainer struct{ Asker }

func (a askerExplainer) Explain(_ context.Context, r Request) (Explanation, error) {
	return a.Asker.Explain(r.Permission, r.Resource)
}
