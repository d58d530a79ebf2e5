package main

import (
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// subject returns the user of the request, as identified by the guard.
func subject(r *http.Request) usherhttp.Subject { return usherhttp.FromContext(r.Context()).Subject }

// require makes a check that a guard cannot make, because only the handler knows the
// resource.
func require(r *http.Request, az authority, p permission.Permission, on usher.Resource) error {
	_, err := usher.Require(r.Context(), az, subject(r).Request(p, on))
	return err
}

// visible returns a filter for the resources on which p is allowed.
func (s *server) visible(r *http.Request, p permission.Permission) (filter.Filter, error) {
	return s.engine.Filter(r.Context(), subject(r).Request(p, nil))
}

// may returns the permissions that the subject has on an existing resource, for the
// buttons beside it.
func (s *server) may(r *http.Request, on usher.Resource) ([]string, error) {
	actions, err := s.engine.Actions(r.Context(), subject(r).Request(permission.Permission{}, on))
	list := []string{}
	for _, a := range actions {
		if a.Permission.Action() != "create" {
			list = append(list, a.Permission.String())
		}
	}
	return list, err
}
