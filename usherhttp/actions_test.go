package usherhttp_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

func (w *world) actions() *usherhttp.Actions {
	return &usherhttp.Actions{Guard: w.guard, Permissions: []permission.Permission{view, edit, remove, configure}, Load: w.loadAll}
}

// loadAll returns calendars in no particular order.
func (w *world) loadAll(_ *http.Request, refs []usher.Ref) ([]usher.Resource, error) {
	list := []usher.Resource{nil, w.calendars["c2"]}
	for _, ref := range refs {
		if ref.ID == "fire" {
			return nil, errStorage
		}
		if c, ok := w.calendars[ref.ID]; ok {
			list = append([]usher.Resource{c}, list...)
		}
	}
	return list, nil
}

func TestActions(t *testing.T) {
	w := newWorld(t)
	w.Allow("mia", view)
	w.Allow("mia", remove, usher.Ref{Type: "calendar", ID: "c1"})
	const want = `{"resources":[` +
		`{"type":"calendar","id":"c2","actions":["calendar.view"]},` +
		`{"type":"calendar","id":"none","actions":[]},` +
		`{"type":"calendar","id":"c1","actions":["calendar.view","calendar.delete"]},` +
		`{"type":"calendar","id":"g1","actions":[]},` + // of another account
		`{"type":"calendar","id":"null","actions":[]},` +
		`{"type":"planet","id":"c1","actions":[]},` +
		`{"type":"calendar","id":"c2","actions":["calendar.view"]}]}` + "\n"
	get := send(w.actions(), "GET /actions?on=calendar:c2&on=calendar:none&on=calendar:c1&on=calendar:g1&on=calendar:null&on=planet:c1&on=calendar:c2", "User=mia")
	require.Equal(t, 200, get.Code, get.Body)
	assert.Equal(t, want, get.Body.String())
	assert.Equal(t, "application/json", get.Header().Get("Content-Type"))
	assert.Equal(t, "no-store", get.Header().Get("Cache-Control"))

	body := `{"resources":[{"type":"calendar","id":"c2"},{"type":"calendar","id":"none"},{"type":"calendar","id":"c1"},` +
		`{"type":"calendar","id":"g1"},{"type":"calendar","id":"null"},{"type":"planet","id":"c1"},{"id":"c2","type":"calendar"}]} `
	post := sendWith(context.Background(), w.actions(), "POST /actions", strings.NewReader(body), "User=mia")
	assert.Equal(t, want, post.Body.String())
	assert.Equal(t, `{"resources":[]}`+"\n", send(w.actions(), "GET /actions", "User=mia").Body.String())
	assert.Empty(t, send(w.actions(), "HEAD /actions?on=calendar:c2", "User=mia").Body.String())
	assert.Equal(t, []string{"acme/mia", "acme/mia", "acme/mia", "acme/mia"}, w.seen)
}

// Behind a route of the same guard, the user is identified only once.
func TestActionsAsARoute(t *testing.T) {
	w := newWorld(t)
	mux, err := usherhttp.Routes{{Pattern: "/actions", Access: usherhttp.AnySubject, Handler: w.actions()}}.Mux(w.guard)
	require.NoError(t, err)
	assert.Equal(t, 200, send(mux, "GET /actions?on=calendar:c1", "User=mia").Code)
	assert.Equal(t, []string{"acme/mia"}, w.seen)

	other := newWorld(t)
	behind := other.guard.RequireSubject()(w.actions())
	assert.Equal(t, 200, send(behind, "GET /actions?on=calendar:c1", "User=mia").Code)
	assert.Equal(t, []string{"acme/mia", "acme/mia"}, w.seen, "what another guard says of who asks does not count")
}

// The response is the same for a resource that does not exist, is denied, or belongs to
// another account.
func TestActionsConceal(t *testing.T) {
	w := newWorld(t)
	answers := map[string]bool{}
	for _, id := range []string{"c1", "none", "g1", "null"} {
		for _, typ := range []string{"calendar", "planet"} {
			body := send(w.actions(), "GET /actions?on="+typ+":"+id, "User=mia").Body.String()
			answers[strings.NewReplacer(id, "ID", typ, "TYPE").Replace(body)] = true
		}
	}
	assert.Len(t, answers, 1, "%v", answers)
	for _, err := range []error{usher.ErrUnknownAccount, usher.ErrOtherAccount} {
		w.Fail(err)
		answer := send(w.actions(), "GET /actions?on=calendar:c1", "User=mia")
		assert.Equal(t, `{"resources":[{"type":"calendar","id":"c1","actions":[]}]}`+"\n", answer.Body.String())
	}
}

func TestActionsMinimalChecks(t *testing.T) {
	w := newWorld(t)
	var loaded [][]usher.Ref
	a := w.actions()
	a.Load = func(r *http.Request, refs []usher.Ref) ([]usher.Resource, error) {
		assert.Equal(t, usher.UserID("mia"), usherhttp.FromContext(r.Context()).Subject.User)
		loaded = append(loaded, refs)
		return w.loadAll(r, refs)
	}
	send(a, "GET /actions?on=planet:x&on=calendar:c1&on=calendar:c1", "User=mia")
	send(a, "GET /actions?on=planet:x", "User=mia")
	assert.Equal(t, [][]usher.Ref{{{Type: "calendar", ID: "c1"}}}, loaded, "each once, and none of a type that no permission is about")
	assert.Len(t, w.Requests(), 6, "three permissions, twice")
}

func TestActionsRefuses(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	many := strings.Repeat("&on=calendar:c1", 101)
	for request, want := range map[string]int{
		"GET /actions?on=calendar":             400,
		"GET /actions?on=:c1":                  400,
		"GET /actions?on=calendar:":            400,
		"GET /actions?on=calendar:%ff":         400,
		"GET /actions?on=%zz":                  400,
		"GET /actions?" + many[1:]:             413,
		"GET /actions?" + many[16:]:            200,
		"GET /actions?on=calendar:fire":        503,
		"DELETE /actions?on=calendar:c1":       405,
		"POST /actions":                        400,
		"GET /actions?on=calendar:c1&more=yes": 200,
	} {
		answer := send(w.actions(), request, "User=mia")
		assert.Equal(t, want, answer.Code, "%.60s: %s", request, answer.Body)
		if want != 200 {
			problem(t, answer)
		}
		assert.Equal(t, 401, send(w.actions(), request).Code, "nobody learns anything without logging in")
	}
	assert.Equal(t, "GET, HEAD, POST", send(w.actions(), "DELETE /actions", "User=mia").Header().Get("Allow"))

	for body, want := range map[string]int{
		`{"resources":[]}`:                    200,
		`{}`:                                  200,
		`null`:                                200,
		`[]`:                                  400,
		`{"resources":[{"type":"calendar"}]}`: 400,
		`{"resources":[{"type":"calendar","id":7}]}`:           400,
		`{"resources":[],"as":"olivia"}`:                       400,
		`{"resources":[]}{}`:                                   400,
		`{"resources":[]} x`:                                   400,
		`{"resources":[`:                                       400,
		`{"resources":[` + strings.Repeat(" ", 200_000) + `]}`: 413,
		`{"resources":[]}` + strings.Repeat(" ", 200_000):      413,
		`{"resources":[{}` + strings.Repeat(",{}", 100) + `]}`: 413,
	} {
		answer := sendWith(context.Background(), w.actions(), "POST /actions", strings.NewReader(body), "User=mia")
		assert.Equal(t, want, answer.Code, "%.60s: %s", body, answer.Body)
	}
	for request, want := range map[string]string{
		"on=calendar:c1&on=calendar":     "Write resource 2 as type:id, for example calendar:c1.",
		"on=calendar:c1&on=calendar:":    "Resource 2 needs a type and an id.",
		"on=calendar:c1&on=calendar:%ff": "Resource 2 is not UTF-8.",
	} {
		assert.Equal(t, want, problem(t, send(w.actions(), "GET /actions?"+request, "User=mia")).Detail, request)
	}
	long := strings.Repeat("x", 1000) // a body of that many long ids is within the limit
	body := `{"resources":[` + strings.Repeat(`{"type":"calendar","id":"`+long+`"},`, 99) + `{"type":"calendar","id":"c1"}]}`
	assert.Equal(t, 200, sendWith(context.Background(), w.actions(), "POST /actions", strings.NewReader(body), "User=mia").Code)
	a := w.actions()
	a.Limit = 1
	assert.Equal(t, 413, send(a, "GET /actions?on=calendar:c1&on=calendar:c1", "User=mia").Code)
}

func TestActionsFailsClosed(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	change := func(f func(*usherhttp.Actions)) *usherhttp.Actions {
		a, g := w.actions(), *w.guard
		a.Guard = &g
		f(a)
		return a
	}
	const request = "GET /actions?on=calendar:c1"
	for name, a := range map[string]*usherhttp.Actions{
		"zero":           {},
		"a zero guard":   change(func(a *usherhttp.Actions) { a.Guard = &usherhttp.Guard{} }),
		"no Load":        change(func(a *usherhttp.Actions) { a.Load = nil }),
		"no permissions": change(func(a *usherhttp.Actions) { a.Permissions = nil }),
		"zero among":     change(func(a *usherhttp.Actions) { a.Permissions = append(a.Permissions, permission.Permission{}) }),
		"no account":     change(func(a *usherhttp.Actions) { a.Guard.Subject = nowhere }),
		"no Authorizer":  change(func(a *usherhttp.Actions) { a.Guard.Authorizer = nil }),
	} {
		answer := send(a, request, "User=mia")
		assert.Equal(t, 500, answer.Code, "%s: %s", name, answer.Body)
		problem(t, answer)
	}
	w.Fail(errors.New("no connection"))
	assert.Equal(t, 503, send(w.actions(), request, "User=mia").Code)
	w.Fail(usher.ErrUnknownPermission)
	assert.Equal(t, 500, send(w.actions(), request, "User=mia").Code)

	// A resource that was not requested is ignored.
	w.Fail(nil)
	lying := change(func(a *usherhttp.Actions) {
		a.Load = func(*http.Request, []usher.Ref) ([]usher.Resource, error) {
			return []usher.Resource{w.calendars["c2"]}, nil
		}
	})
	assert.Equal(t, `{"resources":[{"type":"calendar","id":"c1","actions":[]}]}`+"\n", send(lying, request, "User=mia").Body.String())
}
