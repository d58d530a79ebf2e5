package ushertest

import (
	"net/http"
	"testing"

	"github.com/usher-go/usher/usherhttp"
)

// AllGuarded fails the test for each route of a table that is not guarded, or not valid for
// another reason. An empty table also fails, because it tests nothing.
func AllGuarded(t testing.TB, routes usherhttp.Routes) {
	requireTest(t).Helper()
	if len(routes) == 0 {
		t.Errorf("the table has no routes")
	}
	for _, r := range routes {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// Guarded fails the test unless a route of any router is behind a Guard: its handler, or
// the result of one of the middlewares, is a handler of usherhttp. Do not call it for
// public routes. For chi:
//
//	chi.Walk(router, func(method, route string, h http.Handler, stack ...func(http.Handler) http.Handler) error {
//		ushertest.Guarded(t, method+" "+route, h, stack...)
//		return nil
//	})
func Guarded(t testing.TB, route string, h http.Handler, stack ...func(http.Handler) http.Handler) {
	requireTest(t).Helper()
	if usherhttp.IsGuarded(h) {
		return
	}
	for _, middleware := range stack {
		if usherhttp.IsGuarded(middleware(http.NotFoundHandler())) {
			return
		}
	}
	t.Errorf("route %q is not guarded; put a usherhttp.Guard before its handler", route)
}
