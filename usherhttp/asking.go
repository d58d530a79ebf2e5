package usherhttp

import (
	"context"
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Asking returns the Asker of the request, for handlers that make more checks than their Guard.
// The innermost Guard has made it for the request's Subject and account, and has used it for its
// own checks. With an engine, all its decisions are about one version of the account, so all
// parts of a page agree.
//
//	asker := usherhttp.Asking(r.Context())
//	d, err := asker.Check(editCalendar, calendar)
//
// The result is never nil. Each check of it is an error, which denies, if there is no Guard, if
// the Guard cannot decide for the Subject, or if Asking is called after the Guard's handler has
// returned. Pass the error to Guard.Refuse. Do not keep an Asker for longer than the request, and
// make a new one with usher.Resolve in a connection that stays open. Asking is safe for concurrent
// use.
func Asking(ctx context.Context) usher.Asker {
	if in, ok := ctx.Value(guardContextKey{}).(*guardContext); ok {
		return in.asking()
	}
	return refusing{err: printable.Errorf("%w: there is no Guard around the handler", usher.ErrNoAuthorizer)}
}

// errEnded is the error of Asking after the request.
var errEnded = errors.New("the request has ended; make an Asker with usher.Resolve")

// asking makes the Asker of the request once.
func (a *guardContext) asking() usher.Asker {
	if a.ended.Load() {
		return refusing{a.now().Subject, errEnded}
	}
	a.once.Do(func() {
		made, err := a.resolve(a.now().Subject)
		if err != nil {
			made = refusing{a.now().Subject, cause(err)}
		}
		a.asker = made
	})
	if a.asker == nil { // the Authorizer panicked
		return refusing{a.now().Subject, usher.ErrNoAuthorizer}
	}
	return a.asker
}

func (a *guardContext) resolve(s Subject) (usher.Asker, error) {
	if err := s.requireAccount(); err != nil {
		return nil, err
	}
	az, err := a.guard.authorizer(a.request, s.Account)
	if err != nil {
		return nil, err
	}
	return usher.Resolve(a.Context, az, s.Request(permission.Permission{}, nil))
}

// cause returns the error that a failed check of the same request would wrap.
func cause(err error) error {
	var of *usher.RequestError
	if errors.As(err, &of) && of.Err != nil {
		return of.Err
	}
	return err
}

// refusing is an Asker whose checks return an error.
type refusing struct {
	subject Subject
	err     error
}

func (r refusing) Request(p permission.Permission, on usher.Resource) usher.Request {
	return r.subject.Request(p, on)
}

func (r refusing) Check(p permission.Permission, on usher.Resource) (usher.Decision, error) {
	return usher.Decision{}, r.error("check", p, on)
}

func (r refusing) Explain(p permission.Permission, on usher.Resource) (usher.Explanation, error) {
	return usher.Explanation{}, r.error("explain", p, on)
}

func (r refusing) Giving(string) usher.Asker { return r }

func (r refusing) error(op string, p permission.Permission, on usher.Resource) error {
	e := &usher.RequestError{Op: op, Subject: r.subject.User, Permission: p, Err: r.err}
	if on != nil {
		e.Resource = on.Ref()
	}
	return e
}
