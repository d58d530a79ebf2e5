package usherhttp_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

func (w *world) routes() usherhttp.Routes {
	return usherhttp.Routes{
		{Pattern: "GET /calendars", Access: usherhttp.AnySubject, Handler: through},
		{Pattern: "GET /calendars/{id}", Permission: view, Resource: w.load, Conceal: true, Handler: through},
		{Pattern: "PUT /calendars/{id}", Permission: edit, Resource: w.load, Handler: through},
		{Pattern: "DELETE /calendars/{id}", Permission: remove, Resource: w.load, HideUnless: view, Handler: through},
		{Pattern: "PUT /settings", Permission: configure, Resource: usherhttp.WholeAccount, Handler: through},
		{Pattern: "/healthz", Access: usherhttp.Public, Handler: through},
	}
}

func TestRoutes(t *testing.T) {
	w := newWorld(t)
	w.Allow("mia", configure)
	w.Allow("mia", view, usher.Ref{Type: "calendar", ID: "c2"})
	ushertest.AllGuarded(t, w.routes())
	mux, err := w.routes().Mux(w.guard)
	require.NoError(t, err)
	for request, want := range map[string]int{
		"GET /calendars":        200,
		"GET /calendars/c1":     404,
		"HEAD /calendars/c1":    404,
		"PUT /calendars/c1":     403,
		"PUT /calendars/none":   404,
		"PUT /settings":         200,
		"POST /healthz":         200,
		"DELETE /calendars/c1":  404,
		"DELETE /calendars/c2":  403,
		"POST /calendars/c1":    405,
		"GET /calendars/c1/x":   404,
		"GET /calendars//c1":    307,
		"OPTIONS /calendars/c1": 405,
	} {
		assert.Equal(t, want, send(mux, request, "User=mia").Code, request)
	}
	for _, request := range []string{"GET /calendars", "GET /calendars/c1", "PUT /calendars/c1", "PUT /settings"} {
		assert.Equal(t, 401, send(mux, request).Code, request)
	}
	assert.Equal(t, 200, send(mux, "GET /healthz").Code)
	assert.Equal(t, []permission.Permission{view, edit, remove, configure}, w.routes().Permissions())
	typo := permission.MustParse("calender.edit")
	buttons := usherhttp.Route{Pattern: "/actions", Access: usherhttp.AnySubject, Handler: &usherhttp.Actions{Permissions: []permission.Permission{edit, typo}}}
	assert.Equal(t, []permission.Permission{edit, typo}, usherhttp.Routes{buttons}.Permissions(), "those of buttons, too")
}

// wrongRoutes returns routes that are not valid, by their error.
func (w *world) wrongRoutes() map[string]usherhttp.Route {
	return map[string]usherhttp.Route{
		`route "GET /a": not guarded: set a Permission and a Resource, or set Access to AnySubject, SubjectOrVisitor or Public`: {Pattern: "GET /a", Handler: through},
		`route "": not guarded: set a Permission`:                                                          {},
		`route "GET /b": not guarded: set the Resource for calendar.view`:                                  {Pattern: "GET /b", Permission: view, Handler: through},
		`route "GET /c": not guarded: set a Permission`:                                                    {Pattern: "GET /c", Resource: w.load, Handler: through},
		`route "GET /d": not guarded: unknown Access 9`:                                                    {Pattern: "GET /d", Access: 9, Handler: through},
		`route "/e/{id}": invalid configuration: the pattern has no method, so calendar.view would permit`: {Pattern: "/e/{id}", Permission: view, Resource: w.load, Handler: through},
		`route "host/{x y}": invalid configuration: the pattern has no method`:                             {Pattern: "host/{x y}", Permission: view, Resource: w.load, Handler: through},
		`route "GET /f": invalid configuration: it has no Handler`:                                         {Pattern: "GET /f", Permission: view, Resource: w.load},
		`route "GET /g": invalid configuration: Permission, Resource, Conceal and HideUnless`:              {Pattern: "GET /g", Permission: view, Access: usherhttp.Public, Handler: through},
		`route "GET /h": invalid configuration: Permission, Resource, Conceal and HideUnless require`:      {Pattern: "GET /h", Resource: w.load, Access: usherhttp.AnySubject, Handler: through},
		`route "GET /k": invalid configuration: Conceal and HideUnless (calendar.view) are`:                {Pattern: "GET /k", Permission: edit, Resource: w.load, Conceal: true, HideUnless: view, Handler: through},
		`route "GET /l": invalid configuration: Permission, Resource, Conceal and HideUnless`:              {Pattern: "GET /l", HideUnless: view, Access: usherhttp.AnySubject, Handler: through},
		`route "GET /m": not guarded: set a Permission`:                                                    {Pattern: "GET /m", HideUnless: view, Resource: w.load, Handler: through},
		`route "GET /n": invalid configuration: Actions has no Load`:                                       {Pattern: "GET /n", Access: usherhttp.AnySubject, Handler: &usherhttp.Actions{}},
		`route "GET /o": invalid configuration: the Guard is nil`: {Pattern: "GET /o", Access: usherhttp.AnySubject, Handler: &usherhttp.Actions{
			Load: w.loadAll, Permissions: []permission.Permission{view},
		}},
		`route "GET /q": invalid configuration: Gives requires the Access ByPermission`:                          {Pattern: "GET /q", Access: usherhttp.AnySubject, Gives: givesFromQuery, Handler: through},
		`route "GET /p": invalid configuration: it has no Handler`:                                               {Pattern: "GET /p", Access: usherhttp.AnySubject, Handler: (*usherhttp.Actions)(nil)},
		`route "GET /i": invalid configuration: Permission, Resource, Conceal and HideUnless require the Access`: {Pattern: "GET /i", Conceal: true, Access: usherhttp.Public, Handler: through},
	}
}

func TestWrongRoutes(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	for want, route := range w.wrongRoutes() {
		err := route.Validate()
		assert.ErrorContains(t, err, want)

		rs := append(w.routes(), route)
		assert.ErrorContains(t, rs.Validate(), want)
		mux, err := rs.Mux(w.guard)
		assert.ErrorContains(t, err, want)
		assert.Nil(t, mux)

		answer := send(w.guard.Handler(route), "GET /", "User=mia")
		assert.Equal(t, 500, answer.Code, want)
		assert.NotContains(t, answer.Body.String(), "through")
	}
	assert.ErrorIs(t, usherhttp.Route{}.Validate(), usherhttp.ErrUnguarded)
}

func TestMuxReportsEachPattern(t *testing.T) {
	w := newWorld(t)
	rs := append(
		w.routes(),
		usherhttp.Route{Pattern: "GET /calendars/{name}", Access: usherhttp.Public, Handler: through},
		usherhttp.Route{Pattern: "GET /{", Access: usherhttp.Public, Handler: through},
	)
	require.NoError(t, rs.Validate(), "another router may take them")
	mux, err := rs.Mux(w.guard)
	assert.Nil(t, mux)
	assert.ErrorIs(t, err, usherhttp.ErrConfig)
	assert.EqualError(t, err, `route "GET /calendars/{name}": invalid configuration: it conflicts with the route "GET /calendars/{id}": `+
		`GET /calendars/{name} matches the same requests as GET /calendars/{id}`+"\n"+
		`route "GET /{": invalid configuration: parsing "GET /{": at offset 5: bad wildcard segment (must end with '}')`)
}

// A guard that would refuse every request is rejected by Mux. Without Mux, it refuses every
// request.
func TestRoutesWithInvalidGuard(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	for _, row := range []struct {
		guard *usherhttp.Guard
		says  string
	}{
		{nil, "the Guard is nil"},
		{&usherhttp.Guard{Authorizer: w}, "Guard.Subject is nil"},
		{&usherhttp.Guard{Subject: w.subject}, "no authorizer"},
		{&usherhttp.Guard{Subject: w.subject, Authorizer: (*ushertest.Authorizer)(nil)}, "no authorizer"},
	} {
		mux, err := w.routes().Mux(row.guard)
		assert.Nil(t, mux)
		assert.ErrorIs(t, err, usherhttp.ErrConfig)
		assert.ErrorContains(t, err, row.says)
		for _, r := range w.routes() {
			if r.Permission == configure {
				assert.Equal(t, 500, send(row.guard.Handler(r), "PUT /settings", "User=mia").Code, row.says)
			}
		}
	}
	_, err := usherhttp.Routes{{Pattern: "/healthz", Access: usherhttp.Public, Handler: through}}.Mux(nil)
	assert.NoError(t, err, "nobody is asked for anything")
	_, err = w.routes()[:1].Mux(&usherhttp.Guard{Subject: w.subject})
	assert.NoError(t, err, "no permission is asked for")
}

func TestIsGuarded(t *testing.T) {
	w := newWorld(t)
	assert.True(t, usherhttp.IsGuarded(w.guard.Require(view, w.load)(through)))
	assert.True(t, usherhttp.IsGuarded(w.guard.RequireSubject()(through)))
	assert.True(t, usherhttp.IsGuarded(&usherhttp.Actions{}))
	assert.False(t, usherhttp.IsGuarded(through))
	assert.False(t, usherhttp.IsGuarded(http.NewServeMux()))
	assert.False(t, usherhttp.IsGuarded(nil))
}
