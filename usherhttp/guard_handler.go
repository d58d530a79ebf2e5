package usherhttp

import (
	"cmp"
	"errors"
	"net/http"
	"reflect"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// guardHandler is a handler with a Guard before it.
type guardHandler struct {
	guard      *Guard
	permission permission.Permission
	loader     Loader
	hideUnless permission.Permission // users without it get 404 on a denial; zero: denials get 403
	anySubject bool                  // checks no permission
	visitors   bool                  // with anySubject: visitors need not log in
	anyAccount bool                  // permits resources without an account
	gives      func(*http.Request) (string, error)
	next       http.Handler
}

func (g *guardHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := &guardContext{Context: r.Context(), guard: g.guard, request: r}
	defer in.ended.Store(true)
	inside := r.WithContext(in)
	var a AuthInfo
	if conceal, err := g.authorize(r, inside, in, &a); err != nil {
		g.guard.refuse(w, r, a, conceal, err)
		return
	}
	in.done = a
	in.ready.Store(true)
	g.next.ServeHTTP(in.writer.wrap(w), inside)
	in.writer.begin()
}

// authorize identifies the subject, loads the resource and decides. With an error, a contains
// the values so far, and conceal reports whether the refusal must conceal the resource. The
// Loader gets the request inside, whose context has the values so far.
func (g *guardHandler) authorize(r, inside *http.Request, in *guardContext, a *AuthInfo) (conceal bool, err error) {
	conceal = !g.hideUnless.IsZero()
	a.Permission = g.permission
	if g.next == nil {
		return conceal, printable.Errorf("%w: the guarded handler is nil", ErrConfig)
	}
	if a.Subject, err = g.guard.subject(r); err != nil {
		return conceal, err
	}
	if g.anySubject {
		if a.Subject.Visitor && !g.visitors {
			return conceal, ErrNoSubject
		}
		return conceal, nil
	}
	if g.permission.IsZero() {
		return conceal, printable.Errorf("%w: the guard requires the zero permission; parse one with permission.MustParse, or use RequireSubject", ErrConfig)
	}
	if err = a.Subject.requireAccount(); err != nil {
		return conceal, err
	}
	a.Resource = FromContext(r.Context()).Resource // the Loader may reuse it
	in.loading = *a
	a.Resource, err = g.load(inside, a.Subject)
	if err != nil && (!conceal || !errors.Is(err, ErrNotFound)) {
		return conceal, err
	}
	given, refused := g.given(r, a)
	if refused != nil {
		return conceal, refused
	}
	a.Gives = given
	first := g.permission
	if conceal {
		first = g.hideUnless
	}
	// To conceal, the decision is made even if the resource does not exist. Otherwise,
	// while no decision is possible, a 503 would reveal that it exists.
	d, failed := g.check(in, a, first)
	if err != nil && (failed == nil || errors.Is(failed, usher.ErrDenied)) {
		return conceal, err
	}
	if failed == nil && first != g.permission {
		conceal = false
		d, failed = g.check(in, a, g.permission)
	}
	a.Decision = d
	return conceal, failed
}

func (g *guardHandler) check(in *guardContext, a *AuthInfo, p permission.Permission) (usher.Decision, error) {
	asker := in.asking()
	if p == g.permission && a.Gives != "" {
		asker = asker.Giving(a.Gives)
	}
	return usher.RequireAsker(asker, p, a.Resource)
}

// given returns the role that the handler gives, "" if that is unknown. The host's function gets a
// context of its own, because goroutines of a Loader may still read theirs.
func (g *guardHandler) given(r *http.Request, a *AuthInfo) (string, error) {
	if g.gives == nil {
		return "", nil
	}
	name, err := g.gives(r.WithContext(&guardContext{Context: r.Context(), guard: g.guard, request: r, loading: *a}))
	if err != nil {
		return "", g.guard.mapNotFound(err)
	}
	return name, nil
}

// requireAccount rejects a subject without an account, for which no permission can be checked.
func (s Subject) requireAccount() error {
	if s.Account == "" {
		return printable.Errorf("%w: Subject returned a user without an account", ErrConfig)
	}
	return nil
}

// subject identifies the user, and marks them active. A visitor is no user.
func (g *Guard) subject(r *http.Request) (Subject, error) {
	if err := g.checkConfig(false); err != nil {
		return Subject{}, err
	}
	s, err := g.Subject(r)
	switch {
	case err != nil:
		return Subject{}, err
	case s.User == "" && s.Visitor:
		return s, nil
	case s.User == "":
		return Subject{}, ErrNoSubject
	case s.Visitor:
		return Subject{}, printable.Errorf("%w: Subject returned a user who is marked as a visitor; leave out one of both", ErrConfig)
	}
	if g.MarkActive != nil {
		g.MarkActive(s.Account, cmp.Or(s.By, s.User))
	}
	return s, nil
}

// load returns the resource, or nil for the account as a whole. A resource of another
// account is not found, even if the Authorizer would not detect it. A resource without an
// account is an error, because a mix-up of two accounts would not be detected.
func (g *guardHandler) load(r *http.Request, s Subject) (usher.Resource, error) {
	if g.loader == nil {
		return nil, printable.Errorf("%w: the Loader for %s is nil; use WholeAccount if the permission is not about a single resource", ErrConfig, g.permission)
	}
	resource, err := g.loader(r)
	switch {
	case err == nil && isNil(resource):
		return nil, ErrNotFound
	case err == nil:
		if ofOtherAccount(resource, s) {
			other := &usher.RequestError{Op: "load", Subject: s.User, Permission: g.permission, Resource: resource.Ref(), Err: usher.ErrOtherAccount}
			return nil, printable.Errorf("%w: %w", ErrNotFound, other)
		}
		if !g.anyAccount && resource.InAccount() == "" {
			return nil, printable.Errorf("%w: the Loader for %s returned a resource (%s) %w; set Route.AnyAccount if this is intended",
				ErrConfig, g.permission, printable.Value(resource.Ref().String()), errNoAccount)
		}
		return resource, nil
	case errors.Is(err, errWholeAccount):
		return nil, nil
	}
	return nil, g.guard.mapNotFound(err)
}

// errNoAccount is the error for a resource whose InAccount returns "".
var errNoAccount = errors.New("whose InAccount is empty; return the account that it belongs to")

// mapNotFound returns the error of a Loader or a handler. It wraps ErrNotFound if the error
// means that the resource does not exist. An error of a check or of an engine never means
// that: if their store did not find a row, that row is not the resource.
func (g *Guard) mapNotFound(err error) error {
	var question *usher.RequestError
	var command interface{ Undecided() } // an engine.Error
	if err == nil || errors.Is(err, ErrNotFound) || errors.As(err, &question) || errors.As(err, &command) {
		return err
	}
	p, ok := hostProblem(err)
	if ok && p.Status == http.StatusNotFound || slices.ContainsFunc(g.NotFound, func(known error) bool { return errors.Is(err, known) }) {
		return printable.Errorf("%w: %w", ErrNotFound, printable.Error(err))
	}
	return err
}

// ofOtherAccount reports whether a resource belongs to another account than the subject.
func ofOtherAccount(r usher.Resource, s Subject) bool {
	in := r.InAccount()
	return in != "" && in != s.Account
}

// isNil reports whether a value is nil, or an interface that contains a nil pointer, whose
// methods would panic.
func isNil(value any) bool {
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return v.IsNil()
	}
	return false
}
