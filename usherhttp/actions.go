package usherhttp

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Actions is a handler that tells a front end what the user may do on some resources,
// so that it shows the right buttons. What it says is a hint and no guard: each
// button leads to a route that asks again.
//
//	GET  /actions?on=calendar:c1&on=calendar:c2
//	POST /actions  {"resources": [{"type": "calendar", "id": "c1"}, {"type": "calendar", "id": "c2"}]}
//
//	{"resources": [
//		{"type": "calendar", "id": "c1", "actions": ["calendar.view", "calendar.edit"]},
//		{"type": "calendar", "id": "c2", "actions": []}
//	]}
//
// The answer has the resources in the order of the request. One that does not exist,
// or is of another account, is answered as one on which nothing is allowed.
//
// It asks the Guard who the user is, so that it needs no other guard: in a table it is
// the Handler of two routes, GET and POST, with AnySubject or with a permission that
// it takes to be here at all. The zero Actions refuses everything with 500.
type Actions struct {
	Guard *Guard

	// Permissions are those that a front end has buttons for. Of each resource it is
	// told those that are of its type and that the user has, in this order. One with a
	// typing error in its type is of no resource, and never told of: hold what
	// Routes.Permissions returns against the policy.
	Permissions []permission.Permission

	// Load finds resources, in any order; those that there are not it leaves out. It
	// is only asked for types that Permissions speaks of, each resource once, and
	// finds the user by Admitted. Its errors are those of a Loader.
	Load func(*http.Request, []usher.Ref) ([]usher.Resource, error)

	// Limit is how many resources a request may name; more are refused with 413. Zero
	// means 100.
	Limit int

	// AnyAccount lets resources through whose InAccount is empty, as Route.AnyAccount
	// does. Default: such a resource is ErrConfig, and answered with 500.
	AnyAccount bool
}

const (
	defaultLimit = 100

	// bytesEach and bytesMore bound the body of a request.
	bytesEach = 1 << 10
	bytesMore = 4 << 10
)

func (a *Actions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	known, ok := r.Context().Value(admissionKey{}).(*admitted)
	if ok && known.guard == a.Guard {
		a.serve(w, r)
		return
	}
	a.Guard.RequireSubject()(http.HandlerFunc(a.serve)).ServeHTTP(w, r)
}

func (a *Actions) serve(w http.ResponseWriter, r *http.Request) {
	err := errors.Join(a.usable(), FromContext(r.Context()).Subject.complete())
	var refs []usher.Ref
	if err == nil {
		refs, err = a.read(w, r)
	}
	var answer actionsAnswer
	if err == nil {
		answer, err = a.answer(r, refs)
	}
	var body []byte
	if err == nil {
		body, err = json.Marshal(answer)
	}
	if err != nil {
		if problem, ok := ownAnswer(err); ok && problem.Status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD, POST")
		}
		a.Guard.refuse(w, r, FromContext(r.Context()), false, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	writeBody(w, r, http.StatusOK, append(printable.JSON(body), '\n'))
}

func (a *Actions) usable() error {
	switch {
	case a.Load == nil:
		return printable.Errorf("%w: Actions has no Load", ErrConfig)
	case len(a.Permissions) == 0:
		return printable.Errorf("%w: Actions has no Permissions to ask for", ErrConfig)
	case slices.ContainsFunc(a.Permissions, permission.Permission.IsZero):
		return printable.Errorf("%w: the Permissions of Actions have the zero permission among them", ErrConfig)
	}
	return a.Guard.usable(true)
}

type actionsAnswer struct {
	Resources []resourceActions `json:"resources"`
}

type resourceActions struct {
	Type    string                  `json:"type"`
	ID      string                  `json:"id"`
	Actions []permission.Permission `json:"actions"`
}

func (a *Actions) answer(r *http.Request, refs []usher.Ref) (actionsAnswer, error) {
	resources, err := a.load(r, refs)
	if err != nil {
		return actionsAnswer{}, err
	}
	answer := actionsAnswer{make([]resourceActions, len(refs))}
	for i, ref := range refs {
		actions, err := a.permitted(r, ref.Type, resources[ref])
		if err != nil {
			return actionsAnswer{}, err
		}
		answer.Resources[i] = resourceActions{ref.Type, ref.ID, actions}
	}
	return answer, nil
}

// load finds the resources that there are.
func (a *Actions) load(r *http.Request, refs []usher.Ref) (map[usher.Ref]usher.Resource, error) {
	var wanted []usher.Ref
	found := make(map[usher.Ref]usher.Resource, len(refs))
	for _, ref := range refs {
		_, twice := found[ref]
		if !twice && slices.ContainsFunc(a.Permissions, func(p permission.Permission) bool { return p.Resource() == ref.Type }) {
			wanted = append(wanted, ref)
			found[ref] = nil
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	list, err := a.Load(r, wanted)
	switch err = a.Guard.mapped(err); {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	who := FromContext(r.Context()).Subject
	for _, resource := range list {
		if isNil(resource) || foreign(resource, who) {
			continue
		}
		ref := resource.Ref()
		if _, asked := found[ref]; !asked {
			continue
		}
		if !a.AnyAccount && resource.InAccount() == "" {
			return nil, printable.Errorf("%w: Actions.Load returned a resource (%s) %w; set Actions.AnyAccount if it is for such resources",
				ErrConfig, printable.Value(ref.String()), errNoAccount)
		}
		found[ref] = resource
	}
	return found, nil
}

// permitted returns what the user may do on a resource, which is nil if there is
// none.
func (a *Actions) permitted(r *http.Request, typ string, on usher.Resource) ([]permission.Permission, error) {
	who := FromContext(r.Context()).Subject
	actions := []permission.Permission{}
	for _, p := range a.Permissions {
		if on == nil || p.Resource() != typ {
			continue
		}
		d, err := a.Guard.Authorizer.Check(r.Context(), who.Request(p, on))
		switch {
		case errors.Is(err, usher.ErrOtherAccount), errors.Is(err, usher.ErrUnknownAccount):
			return []permission.Permission{}, nil
		case err != nil:
			return nil, err
		case d.Allowed():
			actions = append(actions, p)
		}
	}
	return actions, nil
}
