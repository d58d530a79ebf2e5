package usherhttp_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// Errors that mean "not found" do so for a Loader, for Actions.Load and in Refuse.
func TestNotFoundIsOneMapping(t *testing.T) {
	for _, row := range []struct {
		err  error
		want int
	}{
		{usherhttp.ErrNotFound, 404},
		{fmt.Errorf("calendar c9: %w", usherhttp.ErrNotFound), 404},
		{sql.ErrNoRows, 404},
		{fmt.Errorf("calendar c9: %w", sql.ErrNoRows), 404},
		{errors.Join(errors.New("rename"), sql.ErrNoRows), 404},
		{&usherhttp.Problem{Status: 404, Detail: "It was deleted."}, 404},
		{sql.ErrConnDone, 503},
	} {
		err, want := row.err, row.want
		w := newWorld(t)
		w.AllowEverything()
		load := func(*http.Request) (usher.Resource, error) { return nil, err }
		assert.Equal(t, want, w.call(w.guard.Require(edit, load), "PUT /calendars/c9", "User=mia").Code, "loader: %v", err)
		assert.Equal(t, want, w.call(w.guard.Conceal(edit, load), "PUT /calendars/c9", "User=mia").Code, "concealed: %v", err)
		refusing := w.refusing(err)
		assert.Equal(t, want, send(refusing, "PUT /").Code, "refuse: %v", err)
		behind := w.call(func(http.Handler) http.Handler { return w.guard.Require(edit, w.load)(refusing) }, "PUT /calendars/c1", "User=mia")
		assert.Equal(t, want, behind.Code, "behind a guard: %v", err)
		problem(t, behind)
		actions := &usherhttp.Actions{Guard: w.guard, Permissions: []permission.Permission{edit}, Load: func(*http.Request, []usher.Ref) ([]usher.Resource, error) { return nil, err }}
		answer := send(actions, "GET /actions?on=calendar:c9", "User=mia")
		if want == 404 {
			assert.Equal(t, 200, answer.Code, "actions: %v", err)
			assert.JSONEq(t, `{"resources": [{"type": "calendar", "id": "c9", "actions": []}]}`, answer.Body.String())
		} else {
			assert.Equal(t, want, answer.Code, "actions: %v", err)
		}
	}
}

// A "not found" of a store or a session is not about the resource.
func TestNotFoundElsewhereIsAFailure(t *testing.T) {
	w := newWorld(t)
	failed := fmt.Errorf("tenant settings: %w", sql.ErrNoRows)
	w.Fail(failed)
	assert.Equal(t, 503, w.call(w.guard.Require(edit, w.load), "PUT /calendars/c1", "User=mia").Code)
	assert.Contains(t, w.log.String(), "level=ERROR")
	actions := &usherhttp.Actions{Guard: w.guard, Permissions: []permission.Permission{edit}, Load: w.loadAll}
	assert.Equal(t, 503, send(actions, "GET /actions?on=calendar:c1", "User=mia").Code)
	assert.Equal(t, 503, send(w.refusing(&engine.Error{Op: "submit to", Account: "acme", Err: failed}), "PUT /").Code)
	assert.Equal(t, 503, send(w.refusing(fmt.Errorf("give a seat: %w", &engine.Error{Err: failed})), "PUT /").Code)
	assert.Equal(t, 503, send(w.refusing(&usher.RequestError{Op: "check", Err: failed}), "PUT /").Code)
	w.guard.Subject = func(*http.Request) (usherhttp.Subject, error) { return usherhttp.Subject{}, sql.ErrNoRows }
	assert.Equal(t, 503, w.call(w.guard.Require(edit, w.load), "PUT /calendars/c1", "User=mia").Code)
}

// Every 503 has Retry-After, and no other response has it.
func TestRetryAfter(t *testing.T) {
	for after, want := range map[time.Duration]string{
		0: "5", -time.Second: "5", time.Second: "1", 1500 * time.Millisecond: "2", time.Nanosecond: "1", time.Hour: "3600",
	} {
		w := newWorld(t)
		w.guard.RetryAfter = after
		w.AllowEverything()
		fire := &usherhttp.Actions{Guard: w.guard, Permissions: []permission.Permission{edit}, Load: func(*http.Request, []usher.Ref) ([]usher.Resource, error) { return nil, errStorage }}
		for name, answer := range map[string]http.Header{
			"a loader":     w.call(w.guard.Require(edit, w.load), "PUT /calendars/fire", "User=mia").Header(),
			"concealed":    w.call(w.guard.Conceal(edit, w.load), "PUT /calendars/fire", "User=mia").Header(),
			"a session":    w.call(w.guard.RequireSubject(), "PUT /calendars/c1", "User=unfindable").Header(),
			"a busy store": send(w.refusing(engine.ErrContention), "PUT /").Header(),
			"actions":      send(fire, "GET /actions?on=calendar:c1", "User=mia").Header(),
		} {
			assert.Equal(t, []string{want}, answer["Retry-After"], name)
		}
	}
	w := newWorld(t)
	for _, err := range []error{usherhttp.ErrNotFound, usherhttp.ErrNoSubject, usher.ErrDenied, engine.ErrKeyReused, nil} {
		assert.Empty(t, send(w.refusing(err), "PUT /").Header()["Retry-After"], "%v", err)
	}
	own := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Retry-After", "120")
		w.guard.Refuse(rw, r, errStorage)
	})
	assert.Equal(t, "120", send(own, "PUT /").Header().Get("Retry-After"), "the handler knows better")
}

// A resource without an account is a mistake of the host.
func TestResourceWithoutAccount(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	w.calendars["c1"].Company = ""
	get := usherhttp.Route{Pattern: "GET /calendars/{id}", Permission: edit, Resource: w.load, Handler: through}
	hidden, visible := get, get
	hidden.Conceal = true
	visible.HideUnless = view
	for name, row := range map[string]struct {
		route usherhttp.Route
		want  int
	}{"require": {get, 500}, "conceal": {hidden, 404}, "visible": {visible, 404}} {
		w.log.Reset()
		refused := send(w.routed(t, row.route), "GET /calendars/c1", "User=mia")
		assert.Equal(t, row.want, refused.Code, name)
		problem(t, refused)
		assert.Contains(t, w.log.String(), "level=ERROR", name)
		assert.Contains(t, w.log.String(), "calendar c1", name)
		assert.Contains(t, w.log.String(), "set Route.AnyAccount", name)
		if row.want == 404 {
			none := send(w.routed(t, row.route), "GET /calendars/none", "User=mia")
			assert.Equal(t, none.Body.String(), refused.Body.String(), "%s: it does not show", name)
		}
		row.route.AnyAccount = true
		assert.Equal(t, 200, send(w.routed(t, row.route), "GET /calendars/c1", "User=mia").Code, name)
		assert.Equal(t, 404, send(w.routed(t, row.route), "GET /calendars/g1", "User=mia").Code, "%s: another account is still another one", name)
	}
	assert.Equal(t, 500, w.call(w.guard.Require(edit, w.load), "GET /calendars/c1", "User=mia").Code, "plain middleware")

	actions := &usherhttp.Actions{Guard: w.guard, Permissions: []permission.Permission{edit}, Load: w.loadAll}
	assert.Equal(t, 500, send(actions, "GET /actions?on=calendar:c2&on=calendar:c1", "User=mia").Code)
	assert.Equal(t, 200, send(actions, "GET /actions?on=calendar:c2", "User=mia").Code)
	actions.AnyAccount = true
	assert.Equal(t, 200, send(actions, "GET /actions?on=calendar:c1", "User=mia").Code)

	open := usherhttp.Route{Pattern: "GET /", Access: usherhttp.AnySubject, AnyAccount: true, Handler: through}
	assert.ErrorIs(t, open.Validate(), usherhttp.ErrConfig)
}

// routed returns a mux with one route.
func (w *world) routed(t *testing.T, r usherhttp.Route) http.Handler {
	t.Helper()
	mux, err := usherhttp.Routes{r}.Mux(w.guard)
	require.NoError(t, err)
	return mux
}
