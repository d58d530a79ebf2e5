package ushertest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

func TestAllGuarded(t *testing.T) {
	ok := http.NotFoundHandler()
	s := &spy{}
	ushertest.AllGuarded(s, usherhttp.Routes{
		{Pattern: "PUT /calendars/{id}", Permission: edit, Resource: usherhttp.WholeAccount, Handler: ok},
		{Pattern: "GET /calendars", Access: usherhttp.AnySubject, Handler: ok},
		{Pattern: "GET /healthz", Access: usherhttp.Public, Handler: ok},
	})
	assert.Empty(t, s.taken())

	ushertest.AllGuarded(s, usherhttp.Routes{
		{Pattern: "GET /a", Handler: ok},
		{Pattern: "GET /b", Permission: view, Handler: ok},
		{Pattern: "GET /c", Access: usherhttp.Public},
	})
	assert.Equal(t, `route "GET /a": not guarded: set a Permission and a Resource, or set Access to AnySubject, SubjectOrVisitor or Public
route "GET /b": not guarded: set the Resource for calendar.view, or WholeAccount
route "GET /c": invalid configuration: it has no Handler`, s.taken())
	ushertest.AllGuarded(s, nil)
	assert.NotEmpty(t, s.taken())
}

func TestGuarded(t *testing.T) {
	guard := &usherhttp.Guard{}
	require := guard.Require(edit, usherhttp.WholeAccount)
	logged := func(next http.Handler) http.Handler { return http.StripPrefix("/api", next) }
	h := http.NotFoundHandler()

	s := &spy{}
	ushertest.Guarded(s, "PUT /c", h, logged, require)
	ushertest.Guarded(s, "PUT /c", require(h))
	ushertest.Guarded(s, "GET /c", h, guard.RequireSubject())
	ushertest.Guarded(s, "POST /actions", &usherhttp.Actions{Guard: guard})
	assert.Empty(t, s.taken())

	ushertest.Guarded(s, "GET /c", h, logged)
	assert.Equal(t, `route "GET /c" is not guarded; put a usherhttp.Guard before its handler`, s.taken())
	ushertest.Guarded(s, "GET /c", nil)
	assert.NotEmpty(t, s.taken())
	assert.Panics(t, func() { ushertest.Guarded(nil, "GET /c", h, require) })
	assert.Panics(t, func() { ushertest.AllGuarded(nil, usherhttp.Routes{}) })
}
