package ushertest

import (
	"net/http"
	"testing"

	"github.com/usher-go/usher/usherhttp"
)

// AllGuarded fails the test for each route of a table that is not guarded, or is not
// valid for another reason. A table without a route fails too: it tests nothing.
func AllGuarded(t testing.TB, routes usherhttp.Routes) {
	only(t).Helper()
	if len(routes) == 0 {
		t.Errorf("there are no routes in the table")
	}
	for _, r := range routes {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// Guarded fails the test unless a route of any router stands behind a Guard: its
// handler, or what one of the middlewares makes of a handler, is one of usherhttp.
// A test leaves out the routes that are meant to be public. For chi:
//
//	chi.Walk(router, func(method, route string, h http.Handler, stack ...func(http.Handler) http.Handler) error {
//		ushertest.Guarded(t, method+" "+route, h, stack...)
//		return nil
//	})
func Guarded(t testing.TB, route string, h http.Handler, stack ...func(http.Handler) http.Handler) {
	only(t).Helper()
	if usherhttp.IsGuarded(h) {
		return
	}
	for _, middleware := range stack {
		if usherhttp.IsGuarded(middleware(http.NotFoundHandler())) {
			return
		}
	}
	t.Errorf("route %q: anybody gets through to it; put a usherhttp.Guard before its handler", route)
}
