package usherhttp

import (
	"errors"
	"net/http"
	"reflect"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// gate is a handler behind a Guard.
type guardHandler struct {
	guard      *Guard
	permission permission.Permission
	on         Loader
	visible    permission.Permission // who lacks it is told that there is nothing; zero: nobody is
	anySubject bool                  // asks for no permission
	anyAccount bool                  // takes resources without an account
	next       http.Handler
}

func (g *guardHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := &admitted{Context: r.Context(), guard: g.guard}
	inside := r.WithContext(in)
	var a AuthInfo
	if conceal, err := g.admit(r, inside, in, &a); err != nil {
		g.guard.refuse(w, r, a, conceal, err)
		return
	}
	in.done = a
	in.ready.Store(true)
	g.next.ServeHTTP(in.writer.wrap(w), inside)
	in.writer.begin()
}

// admit finds out what there is to know about a request. With an error it leaves in a
// as much as is known, and says whether the refusal must not show that there is
// something. The Loader gets the request inside, in whose context it finds what is
// known before it is called.
func (g *guardHandler) admit(r, inside *http.Request, in *admitted, a *AuthInfo) (conceal bool, err error) {
	conceal = !g.visible.IsZero()
	a.Permission = g.permission
	if g.next == nil {
		return conceal, printable.Errorf("%w: there is no handler behind the guard", ErrConfig)
	}
	if a.Subject, err = g.guard.subject(r); err != nil || g.anySubject {
		return conceal, err
	}
	if g.permission.IsZero() {
		return conceal, printable.Errorf("%w: the guard asks for the zero permission; parse one with permission.MustParse, or use RequireSubject", ErrConfig)
	}
	if err = a.Subject.complete(); err != nil {
		return conceal, err
	}
	a.Resource = FromContext(r.Context()).Resource // for the Loader to take if it is the one
	in.loading = *a
	a.Resource, err = g.load(inside, a.Subject)
	if err != nil && (!conceal || !errors.Is(err, ErrNotFound)) {
		return conceal, err
	}
	first := g.permission
	if conceal {
		first = g.visible
	}
	// Where existence must not show, a question is asked even if nothing was found:
	// else, while nothing can be decided, a 503 would say that there is something.
	d, failed := g.ask(r, a, first)
	if err != nil && (failed == nil || errors.Is(failed, usher.ErrDenied)) {
		return conceal, err
	}
	if failed == nil && first != g.permission {
		conceal = false
		d, failed = g.ask(r, a, g.permission)
	}
	a.Decision = d
	return conceal, failed
}

func (g *guardHandler) ask(r *http.Request, a *AuthInfo, p permission.Permission) (usher.Decision, error) {
	return usher.Require(r.Context(), g.guard.Authorizer, a.Subject.Request(p, a.Resource))
}

// complete refuses a user of no account, of whom no permission can be asked.
func (s Subject) complete() error {
	if s.Account == "" {
		return printable.Errorf("%w: Subject returned a user without an account", ErrConfig)
	}
	return nil
}

// subject finds out who asks.
func (g *Guard) subject(r *http.Request) (Subject, error) {
	if err := g.usable(false); err != nil {
		return Subject{}, err
	}
	s, err := g.Subject(r)
	switch {
	case err != nil:
		return Subject{}, err
	case s.User == "":
		return Subject{}, ErrNoSubject
	}
	if g.MarkActive != nil {
		g.MarkActive(s.Account, s.User)
	}
	return s, nil
}

// load finds the resource, nil for the account as a whole. One of another account
// does not exist for the subject, even if the Authorizer would not notice. One without
// an account is an error, as a mix-up of two accounts would not be noticed.
func (g *guardHandler) load(r *http.Request, who Subject) (usher.Resource, error) {
	if g.on == nil {
		return nil, printable.Errorf("%w: %s is asked for on nothing; where it is about no single resource, say WholeAccount", ErrConfig, g.permission)
	}
	resource, err := g.on(r)
	switch {
	case err == nil && isNil(resource):
		return nil, ErrNotFound
	case err == nil:
		if foreign(resource, who) {
			other := &usher.RequestError{Op: "load", Subject: who.User, Permission: g.permission, Resource: resource.Ref(), Err: usher.ErrOtherAccount}
			return nil, printable.Errorf("%w: %w", ErrNotFound, other)
		}
		if !g.anyAccount && resource.InAccount() == "" {
			return nil, printable.Errorf("%w: the Loader for %s returned a resource (%s) %w; set Route.AnyAccount if the route is for such resources",
				ErrConfig, g.permission, printable.Value(resource.Ref().String()), errNoAccount)
		}
		return resource, nil
	case errors.Is(err, errWhole):
		return nil, nil
	}
	return nil, g.guard.mapped(err)
}

// errNoAccount says that InAccount of a resource returned "".
var errNoAccount = errors.New("whose InAccount is empty; return the account that it belongs to")

// mapped returns an error of a Loader or a handler as one that wraps ErrNotFound, if it
// means that there is no resource. A question that was not answered, or a command that an
// engine did not do, is no such error: what a store did not find is not the resource.
func (g *Guard) mapped(err error) error {
	var question *usher.RequestError
	var command interface{ Undecided() } // an engine.Error
	if err == nil || errors.Is(err, ErrNotFound) || errors.As(err, &question) || errors.As(err, &command) {
		return err
	}
	p, ok := ownAnswer(err)
	if ok && p.Status == http.StatusNotFound || slices.ContainsFunc(g.NotFound, func(known error) bool { return errors.Is(err, known) }) {
		return printable.Errorf("%w: %w", ErrNotFound, printable.Error(err))
	}
	return err
}

// foreign reports whether a resource is of another account than who asks.
func foreign(r usher.Resource, who Subject) bool {
	in := r.InAccount()
	return in != "" && in != who.Account
}

// isNil reports whether a host gave nothing, also where it says so by a nil pointer of
// its own type: the methods of that would panic.
func isNil(given any) bool {
	v := reflect.ValueOf(given)
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return v.IsNil()
	}
	return false
}
