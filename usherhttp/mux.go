package usherhttp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Mux returns a mux with all routes, each behind the guard. It returns an error if a route
// is not valid, if a pattern is malformed or conflicts with another, or if the guard has no
// Subject or no Authorizer and a route needs it. The error lists all mistakes, and wraps
// ErrConfig or ErrUnguarded.
func (rs Routes) Mux(g *Guard) (*http.ServeMux, error) {
	mux := http.NewServeMux()
	errs := []error{rs.checkGuard(g)}
	for i, r := range rs {
		err := r.Validate()
		if err == nil {
			err = rs[:i].add(mux, r, g.Handler(r))
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return mux, nil
}

// checkGuard returns what a guard lacks for the routes.
func (rs Routes) checkGuard(g *Guard) error {
	identifies, asks := false, false
	for _, r := range rs {
		identifies = identifies || r.Access != Public
		asks = asks || r.Access == ByPermission
	}
	if !identifies {
		return nil
	}
	return g.checkConfig(asks)
}

// add adds a route to the mux of those before it.
func (rs Routes) add(mux *http.ServeMux, r Route, h http.Handler) error {
	refused := tryHandle(mux, r.Pattern, h)
	if refused == "" {
		return nil
	}
	// The mux names the place where the other pattern was registered, which is the same
	// line of this file for all patterns. So find the other route by trying.
	for _, other := range rs {
		two := http.NewServeMux()
		if tryHandle(two, r.Pattern, h) != "" || tryHandle(two, other.Pattern, h) == "" {
			continue
		}
		_, why, _ := strings.Cut(refused, ":\n")
		return printable.Errorf("route %q: %w: it conflicts with the route %q: %s", r.Pattern, ErrConfig, other.Pattern, why)
	}
	return printable.Errorf("route %q: %w: %s", r.Pattern, ErrConfig, refused)
}

// tryHandle returns the panic message of a mux that rejects a pattern, or "".
func tryHandle(mux *http.ServeMux, pattern string, h http.Handler) (refused string) {
	defer func() {
		if r := recover(); r != nil {
			refused = fmt.Sprint(r)
		}
	}()
	mux.Handle(pattern, h)
	return ""
}
