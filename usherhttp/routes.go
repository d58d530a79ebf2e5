package usherhttp

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Route is a row of a route table. A route with neither a Permission nor an Access that
// needs none is not guarded: Routes.Mux rejects it, and Guard.Handler refuses all its
// requests.
type Route struct {
	Pattern    string                // for http.ServeMux: GET /calendars/{id}
	Permission permission.Permission // the permission that is required
	Resource   Loader                // loads the resource; WholeAccount for the account as a whole
	Conceal    bool                  // denials get 404, as if the resource did not exist
	HideUnless permission.Permission // like Conceal, but users with this permission on the Resource get 403: see Guard.ConcealUnless
	Access     Access                // for routes that require no permission
	AnyAccount bool                  // permits a Resource whose InAccount is empty, because it belongs to no account
	Handler    http.Handler

	// Gives returns the role that the Handler gives to a user, or usher.GivesNone if it gives
	// none, for rules with a condition such as {gives: admin}. It becomes Request.Gives in the
	// check of the Permission, not in that of HideUnless. The Handler finds it in AuthInfo, and
	// must give no other role. Handlers that submit account commands do not need it, because the
	// engine states the role of each command.
	//
	// It is called after Resource. In its context, Loaded returns the resource, so that a Loader
	// that has read the body can keep the role for it. With Conceal or HideUnless, it is also called
	// if the resource does not exist, and Loaded returns false. If it returns "", the role is unknown.
	// A role that the policy does not declare is an error, with the response 500, so return a
	// *Problem for a role that a client invented. Errors are treated like those of a Loader.
	// Default: the role is unknown, so no rule that depends on it or on its opposite allows, and
	// every such rule under never forbids.
	Gives func(*http.Request) (string, error)
}

// Access states which users can reach a Route. The zero value requires the Permission of
// the Route; without one, every request is refused.
type Access uint8

// The kinds of access.
const (
	ByPermission     Access = iota // users with the Permission of the Route
	AnySubject                     // all logged-in users; the handler or an engine checks permissions
	Public                         // all requests
	SubjectOrVisitor               // all logged-in users and visitors, see Anyone; the handler checks permissions
)

// ErrUnguarded is the error for a route that would let every request through.
var ErrUnguarded = errors.New("not guarded")

// Validate returns the mistakes in a route that do not depend on the router. The error
// wraps ErrUnguarded or ErrConfig.
//
// A pattern with a permission must have a method. Otherwise the permission to view would
// also permit DELETE.
func (r Route) Validate() error {
	wrong := func(err error, what string) error { return printable.Errorf("route %q: %w: %s", r.Pattern, err, what) }
	switch {
	case r.Access > SubjectOrVisitor:
		return wrong(ErrUnguarded, printable.Sprintf("unknown Access %d (want ByPermission, AnySubject, SubjectOrVisitor or Public)", r.Access))
	case r.Access != ByPermission && (!r.Permission.IsZero() || r.Resource != nil || r.Conceal || !r.HideUnless.IsZero()):
		return wrong(ErrConfig, "Permission, Resource, Conceal and HideUnless require the Access ByPermission")
	case r.Access != ByPermission && r.Gives != nil:
		return wrong(ErrConfig, "Gives requires the Access ByPermission")
	case r.Access == ByPermission && r.Permission.IsZero():
		return wrong(ErrUnguarded, "set a Permission and a Resource, or set Access to AnySubject, SubjectOrVisitor or Public")
	case r.Access == ByPermission && r.Resource == nil:
		return wrong(ErrUnguarded, printable.Sprintf("set the Resource for %s, or WholeAccount", r.Permission))
	case r.Access == ByPermission && !hasMethod(r.Pattern):
		return wrong(ErrConfig, printable.Sprintf("the pattern has no method, so %s would permit all methods", r.Permission))
	case r.Conceal && !r.HideUnless.IsZero():
		return wrong(ErrConfig, printable.Sprintf("Conceal and HideUnless (%s) are mutually exclusive", r.HideUnless))
	case r.Access != ByPermission && r.AnyAccount:
		return wrong(ErrConfig, "AnyAccount requires the Access ByPermission")
	case isNil(r.Handler):
		return wrong(ErrConfig, "it has no Handler")
	}
	if a, ok := r.Handler.(*Actions); ok {
		if err := a.checkConfig(); err != nil {
			return printable.Errorf("route %q: %w", r.Pattern, err)
		}
	}
	return nil
}

func hasMethod(pattern string) bool {
	method, path, found := strings.Cut(pattern, " ")
	return found && method != "" && !strings.ContainsAny(method, "/{") && strings.TrimSpace(path) != ""
}

// Handler returns the handler of a route behind the guard, for routers that cannot use
// Routes.Mux. If the route is not valid, the handler refuses every request.
func (g *Guard) Handler(r Route) http.Handler {
	switch err := r.Validate(); {
	case err != nil:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.Refuse(w, r, err) })
	case r.Access == Public:
		return r.Handler
	case r.Access == AnySubject:
		return g.RequireSubject()(r.Handler)
	case r.Access == SubjectOrVisitor:
		return g.RequireSubjectOrVisitor()(r.Handler)
	}
	h := guardHandler{permission: r.Permission, loader: r.Resource, hideUnless: r.HideUnless, anyAccount: r.AnyAccount, gives: r.Gives}
	if r.Conceal {
		h.hideUnless = r.Permission
	}
	return g.middleware(h)(r.Handler)
}

// Routes is a route table.
type Routes []Route

// Validate returns the mistakes in all routes, as Route.Validate does.
func (rs Routes) Validate() error {
	var errs []error
	for _, r := range rs {
		errs = append(errs, r.Validate())
	}
	return errors.Join(errs...)
}

// Permissions returns the permissions that the routes check, including those of an
// *Actions, each once, in the order of the table. Compare them with the policy at startup,
// so that a misspelled name does not fail at the first request:
//
//	for _, name := range routes.Permissions() {
//		if _, err := p.Permission(name.String()); err != nil {
//			return err
//		}
//	}
func (rs Routes) Permissions() []permission.Permission {
	var list []permission.Permission
	for _, r := range rs {
		asked := []permission.Permission{r.HideUnless, r.Permission}
		if a, ok := r.Handler.(*Actions); ok && a != nil {
			asked = append(asked, a.Permissions...)
		}
		for _, p := range asked {
			if !p.IsZero() && !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	return list
}
