package usherhttp_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

// yes allows everything without work.
type yes struct{ usher.Decision }

func (y yes) Check(context.Context, usher.Request) (usher.Decision, error) { return y.Decision, nil }

// silent is a ResponseWriter that discards the response.
type silent struct{ header http.Header }

func (s silent) Header() http.Header { return s.header }

func (silent) Write(b []byte) (int, error) { return len(b), nil }

func (silent) WriteHeader(int) {}

// benchWorld has host functions that do the minimum.
func benchWorld(t testing.TB) *world {
	w := newWorld(t)
	facts := usher.Context{"mfa": true}
	w.guard.Authorizer = yes{ushertest.Decision(t, usher.ReasonGranted, usher.Detail{})}
	w.guard.Subject = func(*http.Request) (usherhttp.Subject, error) {
		return usherhttp.Subject{Account: "acme", User: "mia", Context: facts}, nil
	}
	w.guard.MarkActive = nil
	return w
}

func benchRequest(w *world) *http.Request {
	r := httptest.NewRequest(http.MethodPut, "/calendars/c1", nil)
	r.SetPathValue("id", "c1")
	return r
}

var bare = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

// A request that is allowed costs three allocations: the copy of the request, its context, and
// the Asker.
func TestAllocations(t *testing.T) {
	w := benchWorld(t)
	h, r, answer := w.guard.Require(edit, w.load)(bare), benchRequest(w), silent{http.Header{}}
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { h.ServeHTTP(answer, r) }), 3.0)
}

type byHandKey struct{}

// byHand is the hand-written equivalent for this one route.
func byHand(w *world) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		who, err := w.guard.Subject(r)
		if err != nil {
			http.Error(rw, "", http.StatusUnauthorized)
			return
		}
		calendar, err := w.load(r)
		if err != nil {
			http.Error(rw, "", http.StatusNotFound)
			return
		}
		d, err := usher.Require(r.Context(), w.guard.Authorizer, usher.Request{
			Account: who.Account, Subject: who.User, Permission: edit, Resource: calendar, Context: who.Context,
		})
		if err != nil {
			http.Error(rw, "", http.StatusForbidden)
			return
		}
		bare.ServeHTTP(rw, r.WithContext(context.WithValue(r.Context(), byHandKey{}, d)))
	})
}

func BenchmarkGuard(b *testing.B) {
	run := func(name string, h http.Handler, r *http.Request) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			answer := silent{http.Header{}}
			for b.Loop() {
				h.ServeHTTP(answer, r)
			}
		})
	}
	w := benchWorld(b)
	r := benchRequest(w)
	run("bare", bare, r)
	run("allowed", w.guard.Require(edit, w.load)(bare), r)
	run("by-hand", byHand(w), r)
	run("subject", w.guard.RequireSubject()(bare), r)

	live := benchWorld(b)
	live.withEngine(b)
	run("allowed-by-an-engine", live.guard.Require(edit, live.load)(bare), r)

	fake := benchWorld(b)
	fake.guard.Authorizer = yes{}
	fake.guard.Log = slog.New(slog.DiscardHandler)
	run("denied", fake.guard.Require(edit, fake.load)(bare), r)
}
