package usherhttp_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

// If existence must be concealed, the responses for a resource that does not exist and one
// that is denied are equal in every header and byte.
func TestConceal(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "PUT"} {
		for what, change := range map[string]func(*world){
			"denied":               func(*world) {},
			"inactive":             func(w *world) { w.Deny("mia", view, usher.ReasonInactive) },
			"unknown user":         func(w *world) { w.Deny("mia", view, usher.ReasonUnknownUser) },
			"forbidden":            func(w *world) { w.Deny("mia", view, usher.ReasonForbidden) },
			"mfa":                  func(w *world) { w.Deny("mia", view, usher.ReasonConditionUnmet).Unmet("mfa") },
			"undecided":            func(w *world) { w.Deny("mia", view, 0) },
			"unknown account":      func(w *world) { w.Fail(usher.ErrUnknownAccount) },
			"engine out of reach":  func(w *world) { w.Fail(errors.New("no connection")) },
			"no such permission":   func(w *world) { w.Fail(usher.ErrUnknownPermission) },
			"worded by the host":   func(w *world) { w.guard.Localize = worded },
			"no Authorizer at all": func(w *world) { w.guard.Authorizer = nil },
		} {
			w := newWorld(t)
			w.guard.Disclose = []string{"mfa"}
			w.Allow("mia", edit) // edit does not reveal what view conceals
			change(w)
			for _, guarded := range []func(http.Handler) http.Handler{
				w.guard.Conceal(view, w.load), w.guard.ConcealUnless(view, edit, w.load),
			} {
				missing := w.call(guarded, method+" /calendars/none", "User=mia")
				assert.GreaterOrEqual(t, missing.Code, 404, what)
				for _, path := range []string{"c1", "g1", "null", "gone"} {
					answer := w.call(guarded, method+" /calendars/"+path, "User=mia")
					assert.Equal(t, missing.Code, answer.Code, "%s: %s", what, path)
					assert.Equal(t, missing.Header(), answer.Header(), "%s: %s", what, path)
					assert.Equal(t, missing.Body.String(), answer.Body.String(), "%s: %s", what, path)
				}
			}
		}
	}
	w := newWorld(t)
	w.Allow("mia", view)
	assert.Equal(t, 200, w.call(w.guard.Conceal(view, w.load), "GET /calendars/c1", "User=mia").Code)
	assert.Equal(t, 404, w.call(w.guard.Conceal(view, w.load), "GET /calendars/none", "User=mia").Code, "though all of them would be allowed")
	assert.Equal(t, 401, w.call(w.guard.Conceal(view, w.load), "GET /calendars/none").Code)
	assert.Equal(t, 401, w.call(w.guard.Conceal(view, w.load), "GET /calendars/c1").Code)
}

// Users who can see a resource get the reason why they cannot change it.
func TestConcealUnless(t *testing.T) {
	w := newWorld(t)
	guarded := w.guard.ConcealUnless(view, edit, w.load)
	status := func(path string) int { return w.call(guarded, "PUT /calendars/"+path, "User=mia").Code }
	w.Allow("mia", view)
	w.Deny("mia", edit, usher.ReasonOutOfScope)
	answer := problem(t, w.call(guarded, "PUT /calendars/c1", "User=mia"))
	assert.Equal(t, 403, answer.Status)
	assert.Equal(t, "out-of-scope", answer.Reason)
	assert.Equal(t, "calendar.edit", answer.Permission)
	assert.Equal(t, 404, status("none"))
	assert.Equal(t, 404, status("g1"))
	assert.Equal(t, 404, w.call(guarded, "PUT /calendars/c1", "User=max").Code)

	w.Allow("mia", edit)
	var admission usherhttp.AuthInfo
	inner := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { admission = usherhttp.FromContext(r.Context()) })
	assert.Equal(t, 200, w.call(func(http.Handler) http.Handler { return guarded(inner) }, "PUT /calendars/c1", "User=mia").Code)
	assert.Equal(t, edit, admission.Permission)
	assert.True(t, admission.Decision.Allowed())

	for _, none := range []func(http.Handler) http.Handler{
		w.guard.ConcealUnless(permission.Permission{}, edit, w.load), w.guard.ConcealUnless(view, permission.Permission{}, w.load),
	} {
		assert.Equal(t, 500, w.call(none, "PUT /calendars/c1", "User=mia").Code)
	}
}

func worded(_ *http.Request, p usherhttp.Problem) string { return p.Title + p.Reason + p.Permission }

// A resource of another account always looks like one that does not exist.
func TestOtherAccountIsNotFound(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	guarded := w.guard.Require(view, w.load)
	missing := w.call(guarded, "GET /calendars/none", "User=mia")
	answer := w.call(guarded, "GET /calendars/g1", "User=mia")
	assert.Equal(t, 404, answer.Code)
	assert.Equal(t, missing.Body.String(), answer.Body.String())
	assert.Equal(t, missing.Header(), answer.Header())
	assert.Contains(t, w.log.String(), "level=WARN")

	w.guard.Authorizer = yes{ushertest.Decision(t, usher.ReasonGranted, usher.Detail{})}
	assert.Equal(t, 404, w.call(guarded, "GET /calendars/g1", "User=mia").Code, "even if the Authorizer does not notice")
	assert.Contains(t, send(w.actions(), "GET /actions?on=calendar:g1", "User=mia").Body.String(), `"actions":[]`)
}

// A permission that is wrong for the resource is concealed like a denial, and logged as an
// error.
func TestConcealWrongPermission(t *testing.T) {
	w := newWorld(t)
	w.withEngine(t)
	room := func(r *http.Request) (usher.Resource, error) {
		if _, err := w.load(r); err != nil {
			return nil, err
		}
		return &usher.Object{Type: "room", ID: r.PathValue("id")}, nil
	}
	for _, user := range []string{"User=mia", "User=max", "User=eve"} {
		guarded := w.guard.ConcealUnless(view, edit, room)
		missing := w.call(guarded, "PUT /calendars/none", user)
		answer := w.call(guarded, "PUT /calendars/c1", user)
		assert.Equal(t, 404, answer.Code)
		assert.Equal(t, missing.Header(), answer.Header())
		assert.Equal(t, missing.Body.String(), answer.Body.String())
	}
	assert.Contains(t, w.log.String(), "level=ERROR")
}
