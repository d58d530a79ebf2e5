package usherhttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/usherhttp"
)

var calendar1 = &Calendar{"c1", "acme"}

// The handler gets the Asker that the Guard has used, about the request's subject and account, and
// on the version of the Guard's decision.
func TestAsking(t *testing.T) {
	w := newWorld(t)
	e := w.withEngine(t)
	committed := 0
	handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		committed++
		_, err := e.Do(r.Context(), account.AsHost("test"), "acme", account.AddUser{User: usher.UserID(fmt.Sprint("new", committed))})
		require.NoError(t, err)
		asker, a := usherhttp.Asking(r.Context()), usherhttp.FromContext(r.Context())
		assert.Same(t, asker, usherhttp.Asking(r.Context()))
		assert.Equal(t, a.Subject.Request(edit, calendar1), asker.Request(edit, calendar1))
		d, err := asker.Check(edit, calendar1)
		require.NoError(t, err)
		if a.Decision.Allowed() {
			assert.Equal(t, a.Decision.Detail().Version, d.Detail().Version)
		}
		if _, err := usher.RequireAsker(asker, remove, calendar1); err != nil {
			w.guard.Refuse(rw, r, err)
			return
		}
		through(rw, r)
	})
	mux := http.NewServeMux()
	mux.Handle("GET /calendars/{id}", w.guard.Require(view, w.load)(handler))
	mux.Handle("GET /list", w.guard.RequireSubject()(handler))
	for _, path := range []string{"/calendars/c1", "/list"} {
		assert.Equal(t, 200, send(mux, "GET "+path, "User=mia").Code)
		assert.Equal(t, "no-permission", problem(t, send(mux, "GET "+path, "User=max")).Reason)
	}
	assert.Equal(t, 403, send(mux, "GET /list", "User=eve").Code)

	_, err := e.Do(context.Background(), account.AsHost("test"), "acme", account.TransferOwnership{To: "max"})
	require.NoError(t, err)
	assert.Equal(t, 403, send(mux, "GET /list", "User=mia").Code, "the next request sees the new role")
	assert.Equal(t, 200, send(mux, "GET /list", "User=max").Code)
}

// Concurrent requests have Askers of their own: an Asker is that of the request's subject and
// account, and of no other request.
func TestAskingIsOfItsRequest(t *testing.T) {
	w := newWorld(t)
	e := w.withEngine(t)
	_, err := e.Do(context.Background(), account.AsHost("test"), "globex", account.CreateAccount{Owner: "max"}, account.AddUser{User: "mia"})
	require.NoError(t, err)
	w.guard.MarkActive = nil
	var mu sync.Mutex
	seen := map[usher.Asker]string{}
	h := w.guard.RequireSubject()(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asker := usherhttp.Asking(r.Context())
		user, in := usher.UserID(r.Header.Get("User")), usher.AccountID(r.Header.Get("Account"))
		q := asker.Request(remove, nil)
		assert.Equal(t, user, q.Subject)
		assert.Equal(t, in, q.Account)
		d, err := asker.Check(remove, nil)
		assert.NoError(t, err)
		assert.Equal(t, user == "mia" == (in == "acme"), d.Allowed(), "the owners are mia and max")
		_, err = asker.Check(remove, &Calendar{"x", in + "x"})
		assert.ErrorIs(t, err, usher.ErrOtherAccount)
		mu.Lock()
		defer mu.Unlock()
		assert.Empty(t, seen[asker])
		seen[asker] = string(user)
	}))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 50 {
				user, in := []string{"mia", "max"}[(i+k)%2], []string{"acme", "globex"}[k/2%2]
				send(h, "GET /", "User="+user, "Account="+in)
			}
		})
	}
	all.Wait()
	assert.Len(t, seen, 8*50)
}

// Without a Guard, after the request, and if the Guard cannot decide, each check is an error.
func TestAskingFailsClosed(t *testing.T) {
	refuses := func(a usher.Asker, want error) {
		t.Helper()
		d, err := a.Check(view, calendar1)
		assert.ErrorIs(t, err, want)
		assert.ErrorIs(t, err, usher.ErrUndecided)
		assert.Equal(t, usher.Decision{}, d)
		_, err = a.Explain(view, calendar1)
		assert.ErrorIs(t, err, want)
		_, err = a.Giving("member").Check(view, nil)
		assert.ErrorIs(t, err, want)
	}
	refuses(usherhttp.Asking(context.Background()), usher.ErrNoAuthorizer)

	w := newWorld(t)
	w.withEngine(t)
	var kept context.Context
	var asker usher.Asker
	h := w.guard.RequireSubject()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		kept, asker = r.Context(), usherhttp.Asking(r.Context())
	}))
	send(h, "GET /", "User=mia")
	_, err := usherhttp.Asking(kept).Check(view, calendar1)
	assert.ErrorContains(t, err, "check mia calendar.view on calendar c1: the request has ended")
	send(h, "GET /", "User=mia", "Account=initech")
	refuses(asker, usher.ErrUnknownAccount)

	w.guard.Subject = nowhere
	send(h, "GET /", "User=mia")
	refuses(asker, usherhttp.ErrConfig)
	w.guard.Subject, w.guard.Authorizer = w.subject, nil
	send(h, "GET /", "User=mia")
	refuses(asker, usher.ErrNoAuthorizer)

	// An Authorizer that panics leaves nothing that allows.
	w.guard.Authorizer = panics{}
	h = w.guard.RequireSubject()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		assert.Panics(t, func() { usherhttp.Asking(r.Context()) })
		refuses(usherhttp.Asking(r.Context()), usher.ErrNoAuthorizer)
	}))
	h.ServeHTTP(httptest.NewRecorder(), request("mia"))
}

func request(user string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("User", user)
	return r
}

// panics is a usher.Resolver that panics.
type panics struct{ usher.Authorizer }

func (panics) Resolve(context.Context, usher.Request) (usher.Asker, usher.Authorizer, error) {
	panic("resolve")
}

// stricter embeds an Engine and denies more: a Guard never bypasses its Check.
type stricter struct {
	usher.Authorizer
	usher.Resolver
}

func (stricter) Check(context.Context, usher.Request) (usher.Decision, error) {
	return usher.Decision{}, nil
}

func TestGuardDoesNotBypassCheck(t *testing.T) {
	w := newWorld(t)
	e := w.withEngine(t)
	assert.Equal(t, 200, w.call(w.guard.Require(edit, w.load), "PUT /calendars/c1", "User=mia").Code)
	w.guard.Authorizer = &stricter{e, e}
	assert.Equal(t, 403, w.call(w.guard.Require(edit, w.load), "PUT /calendars/c1", "User=mia").Code)
	answer := send(w.actions(), "GET /actions?on=calendar:c1", "User=mia")
	assert.Equal(t, `{"resources":[{"type":"calendar","id":"c1","actions":[]}]}`+"\n", answer.Body.String())
}
