package main

import (
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// subject is who sends the request, as the guard has found out.
func subject(r *http.Request) usherhttp.Subject { return usherhttp.Admitted(r.Context()).Subject }

// question is one of who sends the request. On may be nil.
func question(r *http.Request, p permission.Permission, on usher.Resource) usher.Request {
	who := subject(r)
	return usher.Request{Account: who.Account, Subject: who.User, Permission: p, Resource: on, Context: who.Context}
}

// sees is for Loaders, which the guard asks before it asks usher: who may not see a
// resource is told that there is none, and who may see it, why they may not change it.
func (s *server) sees(r *http.Request, view permission.Permission, on usher.Resource) error {
	who, err := whoAsks(r)
	if err != nil {
		return err
	}
	d, err := s.engine.Check(r.Context(), usher.Request{
		Account: who.Account, Subject: who.User, Permission: view, Resource: on, Context: who.Context,
	})
	if err == nil && !d.Allowed() {
		err = usherhttp.ErrNotFound
	}
	return err
}

// visible selects what a list shows: the resources on which p is allowed.
func (s *server) visible(r *http.Request, p permission.Permission) (filter.Filter, error) {
	return s.engine.Filter(r.Context(), question(r, p, nil))
}

// may lists what is allowed on a resource that is there: the buttons beside it.
func (s *server) may(r *http.Request, on usher.Resource) ([]string, error) {
	actions, err := s.engine.Actions(r.Context(), question(r, permission.Permission{}, on))
	list := []string{}
	for _, a := range actions {
		if a.Permission.Action() != "create" {
			list = append(list, a.Permission.String())
		}
	}
	return list, err
}
