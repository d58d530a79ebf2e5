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

// Guard checks requests before they reach handlers. The zero Guard refuses every request.
// Set the fields before the first use; after that, a Guard is safe for concurrent use.
type Guard struct {
	// Authorizer decides. If it is nil, routes that check a permission respond with 500.
	Authorizer usher.Authorizer

	// AtLeast returns an Authorizer that decides on a version of an account or a newer one,
	// usually Engine.AtLeast. The guard uses it instead of Authorizer for requests with a
	// version that NoteVersion has sent, so that users see their own changes on every
	// instance of the service:
	//
	//	AtLeast: func(id usher.AccountID, v uint64) usher.Authorizer { return e.AtLeast(id, v) },
	//
	// A malformed version, or one of another account, is ignored. For a version that the
	// store does not have, the response is 503, and deletes the version at the client, so
	// the next request is decided without it. Clients can send any number: a number that is
	// too high costs a read of the store for each request, and allows nothing. If AtLeast
	// returns nil, the response is 500. Default: versions are neither sent nor read.
	AtLeast func(usher.AccountID, uint64) usher.Authorizer

	// Subject returns the user who sends a request; the host has authenticated them. If the
	// user is not logged in, or the credentials are not valid, it returns the zero Subject
	// or an error that wraps ErrNoSubject; the response is 401. If the policy has rules of
	// visitors, it returns Anyone for a user who is not logged in; then routes that check a
	// permission are open as far as those rules allow. A *Problem is sent as the
	// response, as for a Loader. Any other error means that identification failed; the
	// response is 503. If Subject is nil, every response is 500.
	Subject func(*http.Request) (Subject, error)

	// MarkActive is called for each request of a logged-in user, whether it is let through or
	// not, for example Engine.MarkActive. If a user acts on behalf of another one, it is called for the
	// user who acts. The request waits for it, so it must be fast.
	// Default: none.
	MarkActive func(usher.AccountID, usher.UserID)

	// NotFound contains errors, besides ErrNotFound, that mean "no such resource" if a
	// Loader returns them or a handler passes them to Refuse. Example: sql.ErrNoRows.
	// Default: none.
	NotFound []error

	// Disclose contains the conditions, as the policy writes them, that a denied user may
	// see. Use it for conditions that the user can change: a front end that reads "mfa" in
	// Problem.Unmet can ask for a second factor, and one that reads a seat condition can
	// name an administrator who assigns seats. For other conditions, the response states
	// only that more is required. Problem.Detail uses the title of a condition, if it has
	// one: "You need a booking seat." A name that no condition has discloses nothing and is not an
	// error. Default: none.
	Disclose []string

	// Challenge is sent as the header WWW-Authenticate with each 401, such as Bearer
	// realm="acme". Default: the host sets the header.
	Challenge string

	// RetryAfter is sent as the header Retry-After with each 503, in whole seconds, rounded
	// up, unless the handler has set that header. Negative values mean the default.
	// Default: 5 seconds.
	RetryAfter time.Duration

	// Localize returns the text of Problem.Detail, for another language or wording. It gets
	// the Problem as the user will see it. If it returns "", the English sentence is used.
	// Default: English.
	Localize func(*http.Request, Problem) string

	// Log gets what only operators may read. Level Info: denials, refused commands, and
	// requests in an account that does not exist. Level Warn: resources of another account,
	// and versions that the store does not have. Level Error: faults. Level Debug: normal
	// refusals, such as users who are not logged in, resources that do not exist, and
	// clients that disconnected. Default: slog.Default.
	//
	// For a refused command, engine.Log also writes a line, with the actor and the
	// commands. The line of the Guard has the request.
	Log *slog.Logger
}

// Subject is the user of a request. The zero Subject means that the user is not logged in.
// A Subject without an Account is only valid for RequireSubject, for example on a signup
// route; on routes that check a permission, the response is 500.
type Subject struct {
	Account usher.AccountID
	User    usher.UserID
	Visitor bool          // the user is not logged in, and rules of visitors apply: see Anyone. With a User, the response is 500
	Context usher.Context // facts of the request, such as mfa

	// By is the user who acts on behalf of User: an assistant, or an employee of support who uses the
	// application as the user sees it. Both must be allowed. Default: User.
	By usher.UserID
}

// Anyone returns the Subject of a request without a login, in an account that the request names,
// for example in its path or host name. The policy's rules of visitors apply to it. If they do
// not allow a request, the response is 401, because a login may help; for logged-in users it
// is 403. A route that requires a logged-in user responds with 401.
//
//	Subject: func(r *http.Request) (usherhttp.Subject, error) {
//		if s, ok := session(r); ok {
//			return s, nil
//		}
//		return usherhttp.Anyone(accountOf(r)), nil
//	},
//
// An account that does not exist gets the same response. For an empty account, the response
// is 500 on routes that check a permission.
func Anyone(account usher.AccountID) Subject { return Subject{Account: account, Visitor: true} }

// Request returns a request to check p for the subject. A nil resource asks about the
// account as a whole, for example for a list.
func (s Subject) Request(p permission.Permission, on usher.Resource) usher.Request {
	return usher.Request{Account: s.Account, Subject: s.User, Visitor: s.Visitor, Permission: p, Resource: on, Context: s.Context, By: s.By}
}

// Loader returns the resource of a request. Usually it takes an id from the path and loads
// the resource from the host's storage.
//
// These mean that the resource does not exist: a nil resource without an error, a nil
// pointer, an error that wraps ErrNotFound, and a resource of another account than the
// subject's. A resource whose InAccount is empty is ErrConfig, with the response 500,
// unless Route.AnyAccount is set. A *Problem with a status of 400 to 499 is sent as the
// response, for requests that cannot be parsed. Any other error means that loading failed;
// the response is 503.
//
// A Loader for a resource that will be created makes it from the request. The handler gets
// it with Loaded and does not need to parse the body again.
//
// In the context of the request, FromContext returns the Subject and the Permission, and a
// zero Decision, because the decision is made later. Loaded returns the resource that an
// outer Guard has loaded, so that a Loader need not load it again.
type Loader func(*http.Request) (usher.Resource, error)

// Errors that the host's functions return. The log shows them.
var (
	ErrNoSubject = errors.New("not logged in")    // from Guard.Subject: the response is 401
	ErrNotFound  = errors.New("no such resource") // from a Loader or Actions.Load: the response is 404
)

// ErrConfig is the error for a Guard or a route that is configured wrongly. Validation of
// routes returns it. If a request reveals the mistake, the log shows it.
var ErrConfig = errors.New("invalid configuration")

// errWholeAccount distinguishes WholeAccount from a Loader that found no resource.
var errWholeAccount = errors.New("the permission is about the account as a whole, not about a resource")

// WholeAccount is the Loader of routes whose permission is not about a single resource,
// such as buying seats or changing a setting. Do not use it for routes that name a
// resource: rules under never that protect single resources could not apply.
func WholeAccount(*http.Request) (usher.Resource, error) { return nil, errWholeAccount }

// Require returns middleware that requires p on the resource that the Loader returns. A
// denial gets 403, or 401 for a visitor; a resource that does not exist gets 404.
func (g *Guard) Require(p permission.Permission, on Loader) func(http.Handler) http.Handler {
	return g.middleware(guardHandler{permission: p, loader: on})
}

// Conceal is Require for resources whose existence must not be revealed: a denial gets
// exactly the response of a resource that does not exist, even if the Loader returns a
// *Problem with the status 403 or 404. If the resource does not exist, the Authorizer
// decides about the account as a whole, so that its failures occur in both cases, except
// failures that depend on the resource. The response time is not concealed.
func (g *Guard) Conceal(p permission.Permission, on Loader) func(http.Handler) http.Handler {
	return g.ConcealUnless(p, p, on)
}

// ConcealUnless is Require for users who have the permission visible on the resource, and
// Conceal for all others: users who can view a calendar but not edit it get 403 with the
// reason; users who cannot view it get 404.
//
// Both permissions are checked on the one resource, so each must be of its type or a
// bundle. Otherwise every request is refused, and the log has the reason. For example, a
// booking that will be created cannot be concealed with calendar.view, because it is not a
// calendar.
func (g *Guard) ConcealUnless(visible, p permission.Permission, on Loader) func(http.Handler) http.Handler {
	if visible.IsZero() {
		p = visible // the zero permission refuses every request
	}
	return g.middleware(guardHandler{permission: p, loader: on, hideUnless: visible})
}

// RequireSubject returns middleware that requires a logged-in user, who is not a visitor, and
// checks no permission, not even whether the user belongs to the account. Use it for handlers that
// make the check themselves, such as a list that selects what the user can see. The
// Decision in their AuthInfo is zero, so it denies and hides everything.
func (g *Guard) RequireSubject() func(http.Handler) http.Handler {
	return g.middleware(guardHandler{anySubject: true})
}

// RequireSubjectOrVisitor is RequireSubject, and also lets through a Subject from Anyone. Use it
// for handlers that make the check themselves and are open to visitors, such as a list. A
// request with the zero Subject gets 401.
func (g *Guard) RequireSubjectOrVisitor() func(http.Handler) http.Handler {
	return g.middleware(guardHandler{anySubject: true, visitors: true})
}

// checkConfig returns what a guard lacks to identify users, and if asks to check permissions.
func (g *Guard) checkConfig(asks bool) error {
	switch {
	case g == nil:
		return printable.Errorf("%w: the Guard is nil", ErrConfig)
	case g.Subject == nil:
		return printable.Errorf("%w: Guard.Subject is nil, so users cannot be identified", ErrConfig)
	case asks && isNil(g.Authorizer):
		return printable.Errorf("%w: %w", ErrConfig, usher.ErrNoAuthorizer)
	}
	return nil
}

func (g *Guard) middleware(template guardHandler) func(http.Handler) http.Handler {
	template.guard = g
	if g == nil {
		template.guard = new(Guard)
	}
	return func(next http.Handler) http.Handler {
		h := template
		h.next = next
		return &h
	}
}

// IsGuarded reports whether h is the handler that the middleware of a Guard returned, or an
// *Actions. It is for tests of routers that list their middleware: check mw(next).
func IsGuarded(h http.Handler) bool {
	switch h.(type) {
	case *guardHandler, *Actions:
		return true
	}
	return false
}
