package usherhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

// problem parses a refusal, and checks what every refusal must have.
func problem(t *testing.T, answer *httptest.ResponseRecorder) usherhttp.Problem {
	t.Helper()
	var p usherhttp.Problem
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &p), answer.Body.String())
	assert.Equal(t, answer.Code, p.Status)
	assert.Equal(t, http.StatusText(p.Status), p.Title)
	assert.NotEmpty(t, p.Type)
	assert.NotEmpty(t, p.Detail, "a sentence for the user")
	assert.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
	return p
}

func TestRequire(t *testing.T) {
	w := newWorld(t)
	w.Allow("mia", edit, usher.Ref{Type: "calendar", ID: "c1"})
	w.Allow("mia", configure)
	rows := []struct {
		user, path string
		want       int
	}{
		{"mia", "c1", 200},
		{"mia", "c2", 403},
		{"max", "c1", 403},
		{"mia", "none", 404},
		{"max", "none", 404},
		{"mia", "null", 404}, // a loader that returns a nil *Calendar and no error
		{"mia", "gone", 404},
		{"mia", "g1", 404}, // of another account
		{"mia", "malformed", 400},
		{"mia", "fire", 503},
		{"mia", "broken", 503},
		{"", "c1", 401},
		{"", "none", 401},
		{"forged", "c1", 401},
		{"unfindable", "c1", 503},
	}
	for _, row := range rows {
		answer := w.call(w.guard.Require(edit, w.load), "PUT /calendars/"+row.path, "User="+row.user)
		assert.Equal(t, row.want, answer.Code, "%s on %s: %s", row.user, row.path, answer.Body)
		if row.want == 200 {
			assert.Equal(t, "through", answer.Body.String())
		} else {
			problem(t, answer)
		}
	}
	assert.Equal(t, 200, w.call(w.guard.Require(configure, usherhttp.WholeAccount), "PUT /calendars/c1", "User=mia").Code)
	assert.Equal(t, 403, w.call(w.guard.Require(configure, usherhttp.WholeAccount), "PUT /calendars/c1", "User=max").Code)
	assert.Equal(t, 200, w.call(w.guard.RequireSubject(), "GET /calendars/c1", "User=max").Code)
	assert.Equal(t, 401, w.call(w.guard.RequireSubject(), "GET /calendars/c1").Code)
}

// If the Authorizer returns an error, no request reaches the handler.
func TestUndecided(t *testing.T) {
	rows := map[error]int{
		errors.New("no connection"):  503,
		context.Canceled:             503, // not the request's context: the engine was closed
		context.DeadlineExceeded:     503,
		usher.ErrUnknownAccount:      403,
		usher.ErrOtherAccount:        404,
		usher.ErrUnknownPermission:   500,
		usher.ErrWrongResource:       500,
		usher.ErrUndeclared:          500,
		usher.ErrNoTime:              500,
		usher.ErrNoAuthorizer:        500,
		errors.Join(usher.ErrDenied): 403,
	}
	for err, want := range rows {
		w := newWorld(t)
		w.AllowEverything()
		w.Fail(err)
		answer := w.call(w.guard.Require(edit, w.load), "PUT /calendars/c1", "User=mia")
		assert.Equal(t, want, answer.Code, "%v: %s", err, answer.Body)
		p := problem(t, answer)
		assert.Empty(t, p.Reason)
		assert.NotContains(t, p.Detail, err.Error())
	}
}

// forgotten contains guards and routes with missing parts. The handler must not be reached,
// although everything would be allowed.
func TestMissingParts(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	all := *w.guard
	without := func(change func(*usherhttp.Guard)) *usherhttp.Guard {
		g := all
		change(&g)
		return &g
	}
	var none *usherhttp.Guard
	for name, guarded := range map[string]func(http.Handler) http.Handler{
		"a zero Guard":                 new(usherhttp.Guard).Require(edit, w.load),
		"a zero Guard, any subject":    new(usherhttp.Guard).RequireSubject(),
		"a nil Guard":                  none.Require(edit, w.load),
		"no Authorizer":                without(func(g *usherhttp.Guard) { g.Authorizer = nil }).Require(edit, w.load),
		"a nil Authorizer in it":       without(func(g *usherhttp.Guard) { g.Authorizer = (*ushertest.Authorizer)(nil) }).Conceal(edit, w.load),
		"no Subject":                   without(func(g *usherhttp.Guard) { g.Subject = nil }).Require(edit, w.load),
		"a Subject without an account": without(func(g *usherhttp.Guard) { g.Subject = nowhere }).Require(edit, w.load),
		"no account, concealed":        without(func(g *usherhttp.Guard) { g.Subject = nowhere }).ConcealUnless(view, edit, w.load),
		"no Loader":                    all.Require(edit, nil),
		"no Loader, concealed":         all.Conceal(edit, nil),
		"no permission":                all.Require(permission.Permission{}, w.load),
		"no permission, whole account": all.Require(permission.Permission{}, usherhttp.WholeAccount),
		"a permission on another type": all.Require(configure, w.load),
		"nil handler":                  func(http.Handler) http.Handler { return all.Require(edit, w.load)(nil) },
		"nil handler, a subject":       func(http.Handler) http.Handler { return all.RequireSubject()(nil) },
	} {
		answer := w.call(guarded, "PUT /calendars/c1", "User=mia")
		assert.Equal(t, 500, answer.Code, "%s: %s", name, answer.Body)
		problem(t, answer)
	}
	assert.Equal(t, 200, w.call(all.Require(edit, w.load), "PUT /calendars/c1", "User=mia").Code, "but for what is missing")
	signup := without(func(g *usherhttp.Guard) { g.Subject = nowhere }).RequireSubject()
	assert.Equal(t, 200, w.call(signup, "PUT /calendars/c1", "User=mia").Code, "who has no account yet can make one")
}

// panicky is an Authorizer that panics.
type panicky struct{}

func (panicky) Check(context.Context, usher.Request) (usher.Decision, error) { panic("check") }

func TestPanicsFailClosed(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	broken := func(change func(*usherhttp.Guard)) *usherhttp.Guard {
		g := *w.guard
		change(&g)
		return &g
	}
	for path, g := range map[string]*usherhttp.Guard{
		"panic": w.guard,
		"c1": broken(func(g *usherhttp.Guard) {
			g.Subject = func(*http.Request) (usherhttp.Subject, error) { panic("subject") }
		}),
		"c2": broken(func(g *usherhttp.Guard) { g.MarkActive = func(usher.AccountID, usher.UserID) { panic("seen") } }),
		"c3": broken(func(g *usherhttp.Guard) { g.Authorizer = panicky{} }),
	} {
		reached := false
		h := g.Require(edit, w.load)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
		mux := http.NewServeMux()
		mux.Handle("/calendars/{id}", h)
		assert.Panics(t, func() { send(mux, "PUT /calendars/"+path, "User=mia") }, path)
		assert.False(t, reached, path)
	}
}

func TestMarkActive(t *testing.T) {
	w := newWorld(t)
	w.Allow("mia", edit)
	for _, user := range []string{"", "forged", "unfindable"} {
		w.call(w.guard.Require(edit, w.load), "PUT /calendars/c1", "User="+user)
	}
	assert.Empty(t, w.seen)
	w.call(w.guard.Require(edit, w.load), "PUT /calendars/c1", "User=mia")
	w.call(w.guard.Require(edit, w.load), "PUT /calendars/none", "User=max")
	w.call(w.guard.Conceal(edit, w.load), "PUT /calendars/c1", "User=bea", "Account=globex")
	w.call(w.guard.RequireSubject(), "GET /calendars/c1", "User=ann")
	assert.Equal(t, []string{"acme/mia", "acme/max", "globex/bea", "acme/ann"}, w.seen)
}

func TestCheckGetsContextFacts(t *testing.T) {
	w := newWorld(t)
	w.call(w.guard.Require(edit, w.load), "PUT /calendars/c1", "User=mia")
	asked := w.Asked(edit, usher.Ref{Type: "calendar", ID: "c1"})
	require.Len(t, asked, 1)
	assert.Equal(t, usher.AccountID("acme"), asked[0].Account)
	assert.Equal(t, usher.UserID("mia"), asked[0].Subject)
	assert.Equal(t, usher.Context{"mfa": false}, asked[0].Context)
	assert.Same(t, w.calendars["c1"], asked[0].Resource)
}

func TestFromContext(t *testing.T) {
	w := newWorld(t)
	w.Allow("mia", view).Hiding("title")
	w.Allow("mia", edit)
	got := map[string]usherhttp.AuthInfo{}
	note := func(name string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			got[name] = usherhttp.FromContext(r.Context())
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			if c, ok := usherhttp.Loaded[*Calendar](ctx); ok {
				assert.Same(t, w.calendars["c1"], c, name)
				assert.Equal(t, "c1", r.PathValue("id"))
			}
			_, ok := usherhttp.Loaded[*usher.Object](ctx)
			assert.False(t, ok, "it is of another type")
			next.ServeHTTP(rw, r)
		})
	}
	answer := w.call(func(next http.Handler) http.Handler {
		next = note("inner", next)
		next = w.guard.Require(edit, w.load)(next)
		next = note("outer", next)
		next = w.guard.Require(view, w.load)(next)
		next = note("subject", next)
		next = w.guard.RequireSubject()(next)
		return note("bare", next)
	}, "GET /calendars/c1", "User=mia")
	require.Equal(t, 200, answer.Code)

	assert.Equal(t, usherhttp.AuthInfo{}, got["bare"])
	assert.True(t, got["bare"].Decision.Hides("start"))
	assert.Equal(t, usher.UserID("mia"), got["subject"].Subject.User)
	assert.False(t, got["subject"].Decision.Allowed())
	assert.Nil(t, got["subject"].Resource)
	assert.Equal(t, view, got["outer"].Permission)
	assert.True(t, got["outer"].Decision.Hides("title"))
	assert.Equal(t, edit, got["inner"].Permission, "the innermost guard counts")
	assert.False(t, got["inner"].Decision.Hides("title"))

	_, ok := usherhttp.Loaded[*Calendar](context.Background())
	assert.False(t, ok)
}

func TestContextIsThatOfTheRequest(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "traced"))
	h := w.guard.RequireSubject()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "traced", r.Context().Value(key{}))
		below, stop := context.WithCancel(r.Context())
		defer stop()
		cancel()
		<-below.Done()
		assert.ErrorIs(t, below.Err(), context.Canceled)
	}))
	assert.Equal(t, 200, sendWith(ctx, h, "GET /calendars/c1", nil, "User=mia").Code)
}

// A Loader gets the subject and the permission, and no decision yet.
func TestLoaderGetsSubject(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	var loading []usherhttp.AuthInfo
	load := func(r *http.Request) (usher.Resource, error) {
		loading = append(loading, usherhttp.FromContext(r.Context()))
		if c, ok := usherhttp.Loaded[*Calendar](r.Context()); ok {
			return c, nil
		}
		return w.load(r)
	}
	outer, inner := w.guard.Conceal(view, load), w.guard.Require(edit, load)
	answer := w.call(func(h http.Handler) http.Handler { return outer(inner(h)) }, "PUT /calendars/c1", "User=mia")
	require.Equal(t, 200, answer.Code)
	require.Len(t, loading, 2)
	for i, p := range []permission.Permission{view, edit} {
		assert.Equal(t, usher.UserID("mia"), loading[i].Subject.User)
		assert.Equal(t, usher.AccountID("acme"), loading[i].Subject.Account)
		assert.Equal(t, p, loading[i].Permission)
		assert.False(t, loading[i].Decision.Allowed())
	}
	assert.Nil(t, loading[0].Resource)
	assert.Equal(t, w.calendars["c1"], loading[1].Resource, "what the outer guard has loaded")
}

func TestSubjectRequest(t *testing.T) {
	who := usherhttp.Subject{Account: "acme", User: "mia", Context: usher.Context{"mfa": true}}
	c := &Calendar{ID: "c1"}
	assert.Equal(t, usher.Request{Account: "acme", Subject: "mia", Permission: edit, Resource: c, Context: usher.Context{"mfa": true}}, who.Request(edit, c))
	assert.Nil(t, who.Request(edit, nil).Resource)
}

// Goroutines of a Loader may continue while the guard decides and the handler runs.
func TestLoaderGoroutines(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	var running sync.WaitGroup
	load := func(r *http.Request) (usher.Resource, error) {
		running.Go(func() {
			for range 100 {
				a := usherhttp.FromContext(r.Context())
				assert.Equal(t, usher.UserID("mia"), a.Subject.User)
				assert.Equal(t, a.Decision.Allowed(), a.Resource != nil)
			}
		})
		return w.load(r)
	}
	for range 20 {
		assert.Equal(t, 200, w.call(w.guard.Require(edit, load), "PUT /calendars/c1", "User=mia").Code)
	}
	running.Wait()
}
