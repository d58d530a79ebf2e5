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

// Actions is a handler that returns what the user may do on some resources, so that a front
// end shows the right buttons. The result is a hint, not a guard: the route behind each
// button checks again.
//
//	GET  /actions?on=calendar:c1&on=calendar:c2
//	POST /actions  {"resources": [{"type": "calendar", "id": "c1"}, {"type": "calendar", "id": "c2"}]}
//
//	{"resources": [
//		{"type": "calendar", "id": "c1", "actions": ["calendar.view", "calendar.edit"]},
//		{"type": "calendar", "id": "c2", "actions": []}
//	]}
//
// The response has the resources in the order of the request. A resource that does not
// exist, or belongs to another account, has no actions.
//
// The role that a button would give is unknown: a permission whose rules depend on it is listed
// only if another rule allows.
//
// Actions identifies the user with its Guard, so it needs no other guard. A visitor gets what
// rules of visitors allow: see Anyone. In a route table it is the Handler of two routes, GET and
// POST, with AnySubject or SubjectOrVisitor, or with a permission that is required to use it. The zero Actions responds with 500.
type Actions struct {
	Guard *Guard

	// Permissions are the permissions that the front end has buttons for. For each
	// resource, the response lists those of its type that the user has, in this order. A
	// permission with a misspelled type is never listed: compare Routes.Permissions with
	// the policy to find it.
	Permissions []permission.Permission

	// Load returns the resources with these references, in any order, without those that do
	// not exist. It gets only types that occur in Permissions, and each reference once.
	// In it, FromContext returns the Subject. Errors of Load are treated like those of a
	// Loader.
	Load func(*http.Request, []usher.Ref) ([]usher.Resource, error)

	// Limit is the maximum number of resources in a request. A request with more gets 413.
	// Default: 100.
	Limit int

	// AnyAccount permits resources whose InAccount is empty, like Route.AnyAccount.
	// Default: such a resource is ErrConfig, and the response is 500.
	AnyAccount bool
}

const (
	defaultLimit = 100

	// The body of a request has at most bytesEach bytes per resource, and bytesMore.
	bytesEach = 1 << 10
	bytesMore = 4 << 10
)

func (a *Actions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	outer, ok := r.Context().Value(guardContextKey{}).(*guardContext)
	if ok && outer.guard == a.Guard {
		a.serve(w, r)
		return
	}
	a.Guard.RequireSubjectOrVisitor()(http.HandlerFunc(a.serve)).ServeHTTP(w, r)
}

func (a *Actions) serve(w http.ResponseWriter, r *http.Request) {
	err := errors.Join(a.checkConfig(), FromContext(r.Context()).Subject.requireAccount())
	var refs []usher.Ref
	if err == nil {
		refs, err = a.read(w, r)
	}
	var response actionsResponse
	if err == nil {
		response, err = a.respond(r, refs)
	}
	var body []byte
	if err == nil {
		body, err = json.Marshal(response)
	}
	if err != nil {
		if problem, ok := hostProblem(err); ok && problem.Status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD, POST")
		}
		a.Guard.refuse(w, r, FromContext(r.Context()), false, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	writeBody(w, r, http.StatusOK, append(printable.JSON(body), '\n'))
}

func (a *Actions) checkConfig() error {
	switch {
	case a.Load == nil:
		return printable.Errorf("%w: Actions has no Load", ErrConfig)
	case len(a.Permissions) == 0:
		return printable.Errorf("%w: Actions has no Permissions", ErrConfig)
	case slices.ContainsFunc(a.Permissions, permission.Permission.IsZero):
		return printable.Errorf("%w: the Permissions of Actions contain the zero permission", ErrConfig)
	}
	return a.Guard.checkConfig(true)
}

type actionsResponse struct {
	Resources []resourceActions `json:"resources"`
}

type resourceActions struct {
	Type    string                  `json:"type"`
	ID      string                  `json:"id"`
	Actions []permission.Permission `json:"actions"`
}

func (a *Actions) respond(r *http.Request, refs []usher.Ref) (actionsResponse, error) {
	resources, err := a.load(r, refs)
	if err != nil {
		return actionsResponse{}, err
	}
	asker := Asking(r.Context())
	if failed, ok := asker.(refusing); ok && errors.Is(failed.err, ErrConfig) {
		return actionsResponse{}, failed.err
	}
	response := actionsResponse{make([]resourceActions, len(refs))}
	for i, ref := range refs {
		actions, err := a.permitted(asker, ref.Type, resources[ref])
		if err != nil {
			return actionsResponse{}, err
		}
		response.Resources[i] = resourceActions{ref.Type, ref.ID, actions}
	}
	return response, nil
}

// load returns the resources that exist and belong to the account of the subject.
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
	switch err = a.Guard.mapNotFound(err); {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	subject := FromContext(r.Context()).Subject
	for _, resource := range list {
		if isNil(resource) || ofOtherAccount(resource, subject) {
			continue
		}
		ref := resource.Ref()
		if _, asked := found[ref]; !asked {
			continue
		}
		if !a.AnyAccount && resource.InAccount() == "" {
			return nil, printable.Errorf("%w: Actions.Load returned a resource (%s) %w; set Actions.AnyAccount if this is intended",
				ErrConfig, printable.Value(ref.String()), errNoAccount)
		}
		found[ref] = resource
	}
	return found, nil
}

// permitted returns the permissions that the user has on a resource, none if it is nil.
func (a *Actions) permitted(asker usher.Asker, typ string, on usher.Resource) ([]permission.Permission, error) {
	actions := []permission.Permission{}
	for _, p := range a.Permissions {
		if on == nil || p.Resource() != typ {
			continue
		}
		d, err := asker.Check(p, on)
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
