package usherhttp_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// newOpenWorld is a world whose guard returns Anyone for requests without a login. The header
// Account has the account of visitors too.
func newOpenWorld(t testing.TB) *world {
	w := newWorld(t)
	identify := w.guard.Subject
	w.guard.Subject = func(r *http.Request) (usherhttp.Subject, error) {
		switch s, err := identify(r); {
		case err != nil || s.User != "":
			return s, err
		case r.Header.Get("Account") == "none":
			return usherhttp.Anyone(""), nil
		case r.Header.Get("Account") != "":
			return usherhttp.Anyone(usher.AccountID(r.Header.Get("Account"))), nil
		}
		return usherhttp.Anyone("acme"), nil
	}
	w.guard.Challenge = "Bearer"
	return w
}

// Visitors reach a route as far as rules of visitors allow. Where these deny, the response is 401,
// because a login may help; a user who is logged in gets 403 as before.
func TestVisitors(t *testing.T) {
	w := newOpenWorld(t)
	w.AllowVisitors(view, usher.Ref{Type: "calendar", ID: "c1"})
	w.Allow("mia", view)

	got := w.call(w.guard.Require(view, w.load), "GET /calendars/c1")
	assert.Equal(t, "through", got.Body.String())
	assert.Equal(t, "private", got.Header().Get("Cache-Control"))
	assert.Equal(t, 200, w.call(w.guard.Require(view, w.load), "GET /calendars/c1", "User=zoe").Code, "rules of visitors are for users too")
	assert.Equal(t, []string{"acme/zoe"}, w.seen, "a visitor is not marked active")

	got = w.call(w.guard.Require(view, w.load), "GET /calendars/c2")
	assert.Equal(t, 401, got.Code)
	assert.Equal(t, "Bearer", got.Header().Get("WWW-Authenticate"))
	assert.JSONEq(t, `{"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "Please sign in."}`, got.Body.String())
	assert.Contains(t, w.log.String(), `level=INFO msg="usher: denied" status=401 method=GET path=/calendars/c2 account=acme user="" permission=calendar.view `+
		`error="a visitor may not calendar.view on calendar c2: denied (unknown-user): not a user of this account" visitor=true`)
	assert.Equal(t, 403, w.call(w.guard.Require(view, w.load), "GET /calendars/c2", "User=zoe").Code)
	assert.Equal(t, 401, w.call(w.guard.Require(edit, w.load), "GET /calendars/c1").Code)
	assert.Equal(t, 404, w.call(w.guard.Require(view, w.load), "GET /calendars/none").Code)
	assert.Equal(t, 404, w.call(w.guard.Require(view, w.load), "GET /calendars/g1").Code, "of another account")

	w.Fail(usher.ErrUnknownAccount)
	assert.Equal(t, 401, w.call(w.guard.Require(view, w.load), "GET /calendars/c1").Code, "an account that does not exist looks the same")
	w.Fail(errStorage)
	assert.Equal(t, 503, w.call(w.guard.Require(view, w.load), "GET /calendars/c1").Code)
}

// To conceal a resource, a visitor whom the rules deny gets the response of a resource that does
// not exist.
func TestConcealFromVisitors(t *testing.T) {
	w := newOpenWorld(t)
	w.AllowVisitors(view, usher.Ref{Type: "calendar", ID: "c1"})
	conceal := w.guard.Conceal(view, w.load)
	assert.Equal(t, 200, w.call(conceal, "GET /calendars/c1").Code)
	denied, none := w.call(conceal, "GET /calendars/c2"), w.call(conceal, "GET /calendars/none")
	assert.Equal(t, 404, denied.Code)
	assert.Equal(t, none.Body.String(), denied.Body.String())
	assert.Equal(t, none.Header(), denied.Header())

	unless := w.guard.ConcealUnless(view, edit, w.load)
	assert.Equal(t, 401, w.call(unless, "GET /calendars/c1").Code, "the visitor can see it, and a login may help")
	assert.Equal(t, 404, w.call(unless, "GET /calendars/c2").Code)

	w.Fail(usher.ErrUnknownAccount)
	assert.Equal(t, 404, w.call(conceal, "GET /calendars/c2").Code)
}

// A route that checks no permission requires a user, unless it is open to visitors.
func TestVisitorsWithoutPermission(t *testing.T) {
	w := newOpenWorld(t)
	var seen usherhttp.AuthInfo
	note := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = usherhttp.FromContext(r.Context()) })
	routes := usherhttp.Routes{
		{Pattern: "GET /mine", Access: usherhttp.AnySubject, Handler: note},
		{Pattern: "GET /list", Access: usherhttp.SubjectOrVisitor, Handler: note},
		{Pattern: "GET /view", Permission: view, Resource: usherhttp.WholeAccount, Handler: note},
	}
	mux, err := routes.Mux(w.guard)
	assert.NoError(t, err)
	assert.Equal(t, 401, send(mux, "GET /mine").Code)
	assert.Equal(t, 200, send(mux, "GET /list").Code)
	assert.Equal(t, usherhttp.AuthInfo{Subject: usherhttp.Anyone("acme")}, seen)
	request := seen.Subject.Request(view, nil)
	assert.True(t, request.Visitor)
	assert.Empty(t, request.Subject)
	assert.Equal(t, 200, send(mux, "GET /list", "User=mia").Code)
	assert.Equal(t, 401, send(mux, "GET /view").Code)

	w.guard.Subject = func(*http.Request) (usherhttp.Subject, error) { return usherhttp.Subject{}, nil }
	assert.Equal(t, 401, send(mux, "GET /list").Code, "neither a user nor marked")
	w.guard.Subject = func(*http.Request) (usherhttp.Subject, error) { return usherhttp.Subject{Account: "acme"}, nil }
	assert.Equal(t, 401, send(mux, "GET /list").Code, "the mark is missing")
	w.guard.Subject = func(*http.Request) (usherhttp.Subject, error) {
		return usherhttp.Subject{Account: "acme", User: "mia", Visitor: true}, nil
	}
	for _, path := range []string{"GET /list", "GET /mine", "GET /view"} {
		assert.Equal(t, 500, send(mux, path).Code, "both at once")
	}
	w.guard.Subject = func(*http.Request) (usherhttp.Subject, error) { return usherhttp.Anyone(""), nil }
	assert.Equal(t, 500, send(mux, "GET /view").Code, "no account")
	assert.NotContains(t, w.seen, "acme/")
}

// Actions returns to visitors what rules of visitors allow.
func TestActionsOfVisitors(t *testing.T) {
	w := newOpenWorld(t)
	w.AllowVisitors(view, usher.Ref{Type: "calendar", ID: "c1"})
	actions := &usherhttp.Actions{
		Guard: w.guard, Permissions: []permission.Permission{view, edit},
		Load: func(_ *http.Request, refs []usher.Ref) (list []usher.Resource, err error) {
			for _, ref := range refs {
				if c := w.calendars[ref.ID]; c != nil {
					list = append(list, c)
				}
			}
			return list, nil
		},
	}
	got := send(actions, "GET /actions?on=calendar:c1&on=calendar:c2&on=calendar:g1")
	assert.JSONEq(t, `{"resources": [
		{"type": "calendar", "id": "c1", "actions": ["calendar.view"]},
		{"type": "calendar", "id": "c2", "actions": []},
		{"type": "calendar", "id": "g1", "actions": []}
	]}`, got.Body.String())
	w.guard.Subject = func(*http.Request) (usherhttp.Subject, error) { return usherhttp.Subject{Account: "acme"}, nil }
	assert.Equal(t, 401, send(actions, "GET /actions?on=calendar:c1").Code)
}
