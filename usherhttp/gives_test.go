package usherhttp_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// givesFromQuery returns the role in the query, and errors of several kinds.
func givesFromQuery(r *http.Request) (string, error) {
	switch name := r.URL.Query().Get("role"); name {
	case "fire":
		return "admin", errStorage
	case "malformed":
		return "admin", &usherhttp.Problem{Status: http.StatusBadRequest, Detail: "That is no role."}
	case "hidden":
		return "admin", &usherhttp.Problem{Status: http.StatusForbidden}
	case "gone":
		return "admin", usherhttp.ErrNotFound
	default:
		return name, nil
	}
}

// gallery is a policy in which a rule depends on the role that a request gives, and another on its
// opposite.
const gallery = `
usher: 1
conditions:
  mfa: {context: mfa}
  gives-guest: {gives: guest}
  gives-admin: {gives: admin}
roles:
  owner:  {unique: true, all: true, hands-over-to: admin}
  admin:  {}
  member: {default: true}
  guest:  {}
resources:
  calendar:
    permissions:
      view:   {everyone: any}
      edit:   {admin: any if not gives-admin, member: any if gives-guest}
      delete: {member: any}
never:
  calendar.delete: any if gives-admin
`

var share = usherhttp.Route{Pattern: "PUT /calendars/{id}", Permission: edit, Handler: through}

// The check gets the role that the function of the route returns. Without the function, or without a
// role, it is unknown: no rule that depends on it allows, and a rule under never forbids.
func TestGives(t *testing.T) {
	w := newWorld(t)
	w.withPolicy(t, gallery)
	status := func(p permission.Permission, gives func(*http.Request) (string, error), user, role string) int {
		route := share
		route.Permission, route.Resource, route.Gives = p, w.load, gives
		require.NoError(t, route.Validate())
		return w.call(func(http.Handler) http.Handler { return w.guard.Handler(route) }, "PUT /calendars/c1?role="+role, "User="+user).Code
	}
	for _, row := range []struct {
		p          permission.Permission
		user, role string
		want       int
	}{
		{edit, "max", "guest", 200},
		{edit, "max", "member", 403},
		{edit, "max", "admin", 403},
		{edit, "max", usher.GivesNone, 403},
		{edit, "max", "", 403},
		{edit, "ada", "member", 200},
		{edit, "ada", usher.GivesNone, 200},
		{edit, "ada", "admin", 403},
		{edit, "ada", "", 403},
		{edit, "ada", "invented", 500},
		{remove, "max", "guest", 200},
		{remove, "max", usher.GivesNone, 200},
		{remove, "max", "admin", 403},
		{remove, "max", "", 403},
		{remove, "mia", "", 403}, // the owner
	} {
		assert.Equal(t, row.want, status(row.p, givesFromQuery, row.user, row.role), "%s %s %q", row.p, row.user, row.role)
		assert.Equal(t, 403, status(row.p, nil, row.user, row.role), "unknown: %s %s", row.p, row.user)
	}
}

// An error of the function is treated like that of a Loader, and no check is made. A role that comes
// with it counts for nothing.
func TestGivesFails(t *testing.T) {
	for role, want := range map[string]int{"fire": 503, "malformed": 400, "hidden": 403, "gone": 404} {
		w := newWorld(t)
		w.AllowEverything()
		w.guard.Authorizer = panicky{} // no check is made
		route := share
		route.Resource, route.Gives = w.load, givesFromQuery
		handle := func(http.Handler) http.Handler { return w.guard.Handler(route) }
		answer := w.call(handle, "PUT /calendars/c1?role="+role, "User=mia")
		assert.Equal(t, want, answer.Code, role)
		problem(t, answer)
		assert.Equal(t, 404, w.call(handle, "PUT /calendars/none?role="+role, "User=mia").Code, "there is nothing to share")

		// Whether the calendar exists is concealed here, too.
		for _, change := range []func(*usherhttp.Route){
			func(r *usherhttp.Route) { r.Conceal = true },
			func(r *usherhttp.Route) { r.HideUnless = view },
		} {
			concealed := route
			change(&concealed)
			handle := func(http.Handler) http.Handler { return w.guard.Handler(concealed) }
			missing := w.call(handle, "PUT /calendars/none?role="+role, "User=mia")
			answer := w.call(handle, "PUT /calendars/c1?role="+role, "User=mia")
			assert.Equal(t, missing.Code, answer.Code, role)
			assert.Equal(t, missing.Header(), answer.Header(), role)
			assert.Equal(t, missing.Body.String(), answer.Body.String(), role)
		}
	}
}

// The function runs once, with the subject and the resource in its context; the handler finds the role
// for which the check was made. The check for HideUnless is about another permission, which gives no
// role that the route could state.
func TestGivesFindsTheResource(t *testing.T) {
	w := newWorld(t)
	w.Allow("mia", view)
	w.Allow("mia", edit)
	var calls []usherhttp.AuthInfo
	got := ""
	route := usherhttp.Route{
		Pattern: "PUT /calendars/{id}", Permission: edit, Resource: w.load, HideUnless: view,
		Gives: func(r *http.Request) (string, error) {
			calls = append(calls, usherhttp.FromContext(r.Context()))
			c, ok := usherhttp.Loaded[*Calendar](r.Context())
			if !ok {
				return "", nil
			}
			return "editor-of-" + c.ID, nil
		},
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = usherhttp.FromContext(r.Context()).Gives }),
	}
	handle := func(http.Handler) http.Handler { return w.guard.Handler(route) }
	require.Equal(t, 200, w.call(handle, "PUT /calendars/c1", "User=mia").Code)
	assert.Equal(t, "editor-of-c1", got)
	require.Len(t, calls, 1)
	assert.Equal(t, usher.UserID("mia"), calls[0].Subject.User)
	assert.False(t, calls[0].Decision.Allowed())
	c1 := usher.Ref{Type: "calendar", ID: "c1"}
	assert.Equal(t, "editor-of-c1", w.Asked(edit, c1)[0].Gives)
	assert.Empty(t, w.Asked(view, c1)[0].Gives)

	require.Equal(t, 404, w.call(handle, "PUT /calendars/none", "User=mia").Code)
	assert.Len(t, calls, 2)
	assert.Nil(t, calls[1].Resource)

	route.Gives = func(*http.Request) (string, error) { panic(errors.New("gives")) }
	assert.Panics(t, func() { w.call(handle, "PUT /calendars/c1", "User=mia") })
}
