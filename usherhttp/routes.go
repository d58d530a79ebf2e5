package usherhttp

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Route is a row of a route table. One that says neither what it takes nor that it
// takes nothing is not guarded: it is refused when the table is made into a mux, and
// all its requests are.
type Route struct {
	Pattern    string                // as http.ServeMux reads it: GET /calendars/{id}
	Permission permission.Permission // what it takes
	Resource   Loader                // on what; WholeAccount where it is no single resource
	Conceal    bool                  // a denial is answered as if there were no such resource
	HideUnless permission.Permission // so is one to who lacks this on the Resource; others are told why: see ConcealUnless
	Access     Access                // for routes that take no permission
	AnyAccount bool                  // a Resource whose InAccount is empty passes, as one that no account owns
	Handler    http.Handler
}

// Access says who gets to a Route. The zero value asks for the Permission of the
// Route; without one, nobody gets through.
type Access uint8

// Who gets to a route.
const (
	ByPermission Access = iota // who has the Permission of the Route
	AnySubject                 // everybody who has logged in; the handler asks, or an engine that it gives commands to
	Public                     // everybody
)

// ErrUnguarded says that anybody would get through a route.
var ErrUnguarded = errors.New("not guarded")

// Validate returns what is wrong with a route, whatever the router. The error wraps
// ErrUnguarded or ErrConfig.
//
// A pattern that takes a permission must name a method: else the permission to look
// would be all that it takes to delete.
func (r Route) Validate() error {
	wrong := func(err error, what string) error { return printable.Errorf("route %q: %w: %s", r.Pattern, err, what) }
	switch {
	case r.Access > Public:
		return wrong(ErrUnguarded, printable.Sprintf("there is no Access %d", r.Access))
	case r.Access != ByPermission && (!r.Permission.IsZero() || r.Resource != nil || r.Conceal || !r.HideUnless.IsZero()):
		return wrong(ErrConfig, "it takes a permission, and has an Access that takes none")
	case r.Access == ByPermission && r.Permission.IsZero():
		return wrong(ErrUnguarded, "give it a Permission and a Resource, or say that its Access is AnySubject or Public")
	case r.Access == ByPermission && r.Resource == nil:
		return wrong(ErrUnguarded, printable.Sprintf("say on what %s is asked for, or WholeAccount", r.Permission))
	case r.Access == ByPermission && !hasMethod(r.Pattern):
		return wrong(ErrConfig, printable.Sprintf("it names no method, so %s would do for all of them", r.Permission))
	case r.Conceal && !r.HideUnless.IsZero():
		return wrong(ErrConfig, printable.Sprintf("its Conceal takes the reason from who may %s; leave one of both out", r.HideUnless))
	case r.Access != ByPermission && r.AnyAccount:
		return wrong(ErrConfig, "it allows a Resource of any account, and has an Access that loads none")
	case isNil(r.Handler):
		return wrong(ErrConfig, "it has no Handler")
	}
	if a, ok := r.Handler.(*Actions); ok {
		if err := a.usable(); err != nil {
			return printable.Errorf("route %q: %w", r.Pattern, err)
		}
	}
	return nil
}

func hasMethod(pattern string) bool {
	method, path, found := strings.Cut(pattern, " ")
	return found && method != "" && !strings.ContainsAny(method, "/{") && strings.TrimSpace(path) != ""
}

// Handler returns the handler of a route behind the guard, for routers that Routes
// cannot fill. All that it does for a route that is not valid is to refuse.
func (g *Guard) Handler(r Route) http.Handler {
	switch err := r.Validate(); {
	case err != nil:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.Refuse(w, r, err) })
	case r.Access == Public:
		return r.Handler
	case r.Access == AnySubject:
		return g.RequireSubject()(r.Handler)
	}
	way := guardHandler{permission: r.Permission, on: r.Resource, visible: r.HideUnless, anyAccount: r.AnyAccount}
	if r.Conceal {
		way.visible = r.Permission
	}
	return g.handlerOf(way)(r.Handler)
}

// Routes is a table of routes: each with the permission that it takes.
type Routes []Route

// Validate returns what is wrong with the routes, as theirs does.
func (rs Routes) Validate() error {
	var errs []error
	for _, r := range rs {
		errs = append(errs, r.Validate())
	}
	return errors.Join(errs...)
}

// Permissions returns the permissions that the routes ask for, those of an *Actions
// among them, each once, in the order of the table. A host holds them against its
// policy when it starts, rather than find a typing error with a request:
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
