package usherhttp

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
)

// gate is a handler behind a Guard.
type gate struct {
	guard      *Guard
	permission permission.Permission
	on         Loader
	conceal    bool
	anySubject bool // asks for no permission
	next       http.Handler
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := g.admit(r)
	if err != nil {
		g.guard.refuse(w, r, a, g.conceal, err)
		return
	}
	g.next.ServeHTTP(w, r.WithContext(&admitted{r.Context(), g.guard, a}))
}

// admit finds out what there is to know about a request. With an error it returns as
// much as is known.
func (g *gate) admit(r *http.Request) (a Admission, err error) {
	a.Permission = g.permission
	if g.next == nil {
		return a, fmt.Errorf("%w: there is no handler behind the guard", ErrMisuse)
	}
	if a.Subject, err = g.guard.subject(r); err != nil || g.anySubject {
		return a, err
	}
	if g.permission.IsZero() {
		return a, fmt.Errorf("%w: the guard asks for the zero permission; parse one with permission.MustParse, or use RequireSubject", ErrMisuse)
	}
	a.Resource, err = g.load(r, a.Subject)
	if err != nil && (!g.conceal || !errors.Is(err, ErrNotFound)) {
		return a, err
	}
	// Where existence must not show, a question is asked even if nothing was found:
	// else, while nothing can be decided, a 503 would say that there is something.
	d, failed := usher.Require(r.Context(), g.guard.Authorizer, usher.Request{
		Account: a.Subject.Account, Subject: a.Subject.User, Permission: g.permission,
		Resource: a.Resource, Context: a.Subject.Context,
	})
	if err != nil && (failed == nil || errors.Is(failed, usher.ErrDenied)) {
		return a, err
	}
	a.Decision = d
	return a, failed
}

// subject finds out who asks.
func (g *Guard) subject(r *http.Request) (Subject, error) {
	if g.Subject == nil {
		return Subject{}, fmt.Errorf("%w: the Guard has no Subject, and so nobody who says who asks", ErrMisuse)
	}
	s, err := g.Subject(r)
	switch {
	case err != nil:
		return Subject{}, err
	case s.User == "":
		return Subject{}, ErrNoSubject
	}
	if g.Seen != nil {
		g.Seen(s.Account, s.User)
	}
	return s, nil
}

// load finds the resource, nil for the account as a whole. One of another account
// does not exist for whoever asks, even if the Authorizer would not notice.
func (g *gate) load(r *http.Request, who Subject) (usher.Resource, error) {
	if g.on == nil {
		return nil, fmt.Errorf("%w: %s is asked for on nothing; where it is about no single resource, say WholeAccount", ErrMisuse, g.permission)
	}
	resource, err := g.on(r)
	switch {
	case err == nil && isNil(resource):
		return nil, ErrNotFound
	case err == nil:
		if foreign(resource, who) {
			other := &usher.RequestError{Op: "load", Subject: who.User, Permission: g.permission, Resource: resource.Ref(), Err: usher.ErrOtherAccount}
			return nil, fmt.Errorf("%w: %w", ErrNotFound, other)
		}
		return resource, nil
	case errors.Is(err, errWhole):
		return nil, nil
	case g.guard.foundNothing(err):
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return nil, err
}

// foundNothing reports whether an error of a Loader means that there is no resource.
func (g *Guard) foundNothing(err error) bool {
	p, ok := ownAnswer(err)
	return ok && p.Status == http.StatusNotFound ||
		slices.ContainsFunc(g.NotFound, func(known error) bool { return errors.Is(err, known) })
}

// foreign reports whether a resource is of another account than who asks.
func foreign(r usher.Resource, who Subject) bool {
	in := r.InAccount()
	return in != "" && in != who.Account
}

// isNil reports whether a Loader found nothing, also where it says so by a nil
// pointer of the host's type: the methods of that would panic.
func isNil(r usher.Resource) bool {
	if r == nil {
		return true
	}
	v := reflect.ValueOf(r)
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return v.IsNil()
	}
	return false
}
