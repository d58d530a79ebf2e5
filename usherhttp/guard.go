package usherhttp

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Guard stands before handlers. The zero Guard lets nobody through. Its fields are
// set before it is used; then it may be used by many goroutines at the same time.
type Guard struct {
	// Authorizer decides. Without one, everything is refused with 500.
	Authorizer usher.Authorizer

	// Subject says who sends a request; the host has authenticated them. If that is
	// nobody it returns the zero Subject or an error that wraps ErrNoSubject, also
	// for credentials that are no good, and the request is refused with 401. A *Problem
	// is answered as it is, as for a Loader. Any other error means that it could not
	// find out, which is 503. Without Subject, everything is refused with 500.
	Subject func(*http.Request) (Subject, error)

	// Seen is told of each request that somebody sent, whether it is then let through
	// or not. The Seen of an Engine fits. It delays the request, so it must be quick.
	// Nil tells nobody.
	MarkActive func(usher.AccountID, usher.UserID)

	// NotFound are errors of a Loader, or that a handler gives to Refuse, that mean that
	// there is no such resource, besides ErrNotFound: sql.ErrNoRows, for example.
	NotFound []error

	// Disclose are the conditions that whoever is denied for them may be told of, as
	// the policy writes them. It is for those that the user can do something about: a
	// front end that reads "mfa" in Problem.Unmet can ask for a second factor, and one
	// that reads the condition of a seat can say who hands seats out. Of others they
	// are told only that more is needed. Problem.Detail calls a condition by its title in
	// the policy, if it has one: "You need a booking seat."
	Disclose []string

	// Challenge is sent as WWW-Authenticate with each 401: Bearer realm="acme". If it
	// is empty, that is left to the host.
	Challenge string

	// RetryAfter is sent as Retry-After with each 503, in whole seconds, rounded up,
	// unless the handler has set that header. Default: 5 seconds, which is also what is
	// sent for a negative value.
	RetryAfter time.Duration

	// Sentence words Problem.Detail, for users who read another language or a more
	// fitting text. It sees what the user will see and nothing else. Nil, or an empty
	// answer, leaves the English sentence.
	Localize func(*http.Request, Problem) string

	// Log is told what only an operator should read: as Info denials, commands that are
	// refused, and requests in an account that does not exist; what went wrong as Error;
	// and as Debug what is everyday: nobody logged in, nothing found, a client who did
	// not wait. Nil means slog.Default.
	//
	// Of a command that is refused, engine.Log writes a line too, which has the actor
	// and the commands; that of the Guard has the request.
	Log *slog.Logger
}

// Subject is who asks. The zero Subject is nobody. One without an Account is for
// RequireSubject alone, as for a signup; where a permission is asked for it is a
// misuse, and answered with 500.
type Subject struct {
	Account usher.AccountID
	User    usher.UserID
	Context usher.Context // facts of the request, such as mfa; see usher.Context
}

// Request is the question of the subject: may I do this, on this? A nil resource asks
// about the account as a whole, and for a list.
func (s Subject) Request(p permission.Permission, on usher.Resource) usher.Request {
	return usher.Request{Account: s.Account, Subject: s.User, Permission: p, Resource: on, Context: s.Context}
}

// Loader says which resource a request means. The usual one takes an id from the
// path and asks the host's storage for it. Nil without an error, also a nil pointer,
// means that there is none, as does an error that wraps ErrNotFound, and a resource
// of another account than the subject's. One whose InAccount is empty is
// ErrConfig, and answered with 500, unless Route.AnyAccount is set. A *Problem with a status of 400 to 499 is
// answered as it is, for requests that cannot be read. Any other error means that it
// could not find out, which is 503.
//
// For something that is about to be created, it is made of the request; Loaded then
// saves the handler from reading the body again.
//
// In the context of the request, Admitted finds the Subject and the Permission, whose
// Decision is still to come. Loaded finds what a Guard further out has loaded, for a
// Loader that would look for the same again.
type Loader func(*http.Request) (usher.Resource, error)

// Errors that a host returns, and that the log shows.
var (
	ErrNoSubject = errors.New("nobody is logged in")
	ErrNotFound  = errors.New("no such resource")
)

// ErrConfig says that a Guard or a route is not set up as it must be. Routes return
// it, and the log shows it where a request finds it out.
var ErrConfig = errors.New("not set up")

// errWhole is how WholeAccount is told from a Loader that found nothing.
var errWhole = errors.New("this is about no resource, but about the account as a whole")

// WholeAccount is the Loader of routes on which a permission is about no single
// resource: buying seats, changing a setting. It is not for routes that name one: a
// rule under never that protects single resources does not see which.
func WholeAccount(*http.Request) (usher.Resource, error) { return nil, errWhole }

// Require lets through who has p on the resource that the Loader finds. A denial is
// answered with 403, and where there is no such resource with 404.
func (g *Guard) Require(p permission.Permission, on Loader) func(http.Handler) http.Handler {
	return g.handlerOf(guardHandler{permission: p, on: on})
}

// Conceal is Require where existence must not show: a denial is answered exactly as
// if there were no such resource, whatever a *Problem of the Loader with a status of
// 403 or 404 says. Where nothing was found, the Authorizer is asked about the account
// as a whole, so that what keeps it from deciding shows for both or for neither, but
// for what fails on the resource alone. How long the answer takes is not concealed.
func (g *Guard) Conceal(p permission.Permission, on Loader) func(http.Handler) http.Handler {
	return g.ConcealUnless(p, p, on)
}

// ConcealUnless is Require for whoever may see the resource, which takes the
// permission visible, and Conceal for all others: who may view a calendar is told why
// they may not edit it, and who may not is told that there is none.
//
// Both permissions are asked for on the one resource, so each must be of its type or a
// bundle. Else nobody gets through, and the log says why: a booking that is to be made
// cannot be hidden from who may not calendar.view, for it is no calendar.
func (g *Guard) ConcealUnless(visible, p permission.Permission, on Loader) func(http.Handler) http.Handler {
	if visible.IsZero() {
		p = visible // asks for nothing, and refuses everything
	}
	return g.handlerOf(guardHandler{permission: p, on: on, visible: visible})
}

// RequireSubject lets everybody through who has logged in, and asks for no
// permission, not even whether they are users of the account: for handlers that ask
// themselves, as a list does that selects what somebody may see. Their decision is
// the zero one, which denies and hides everything.
func (g *Guard) RequireSubject() func(http.Handler) http.Handler {
	return g.handlerOf(guardHandler{anySubject: true})
}

// usable says what is missing of a guard that asks who somebody is, and where it asks
// more what they may.
func (g *Guard) usable(asks bool) error {
	switch {
	case g == nil:
		return printable.Errorf("%w: there is no Guard", ErrConfig)
	case g.Subject == nil:
		return printable.Errorf("%w: Guard.Subject is nil, so the user who sends a request is not known", ErrConfig)
	case asks && isNil(g.Authorizer):
		return printable.Errorf("%w: %w", ErrConfig, usher.ErrNoAuthorizer)
	}
	return nil
}

func (g *Guard) handlerOf(way guardHandler) func(http.Handler) http.Handler {
	way.guard = g
	if g == nil {
		way.guard = new(Guard)
	}
	return func(next http.Handler) http.Handler {
		gate := way
		gate.next = next
		return &gate
	}
}

// IsGuarded reports whether h is a handler behind a Guard, for tests of routers that
// show their middleware: mw(next) is such a handler if mw is what a Guard returned.
// So is an *Actions.
func IsGuarded(h http.Handler) bool {
	switch h.(type) {
	case *guardHandler, *Actions:
		return true
	}
	return false
}
