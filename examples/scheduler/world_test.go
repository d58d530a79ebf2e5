package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// world is a running service with the example company.
type world struct {
	testing.TB
	server *server
	url    string
	client *http.Client
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldAt(t, t.TempDir())
}

func newWorldAt(t testing.TB, data string) *world {
	t.Helper()
	s := openDir(t, data)
	handler, err := s.handler()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, server: s}
	w.serve(handler)
	return w
}

// serve serves the handler over HTTP.
func (w *world) serve(handler http.Handler) {
	listening := httptest.NewServer(handler)
	w.Cleanup(listening.Close)
	w.url, w.client = listening.URL, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}, Timeout: time.Minute}
	w.Cleanup(w.client.CloseIdleConnections)
}

// openDir opens the service over its data, as run does.
func openDir(t testing.TB, data string) *server {
	t.Helper()
	s, err := open(t.Context(), data, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// answer is a response.
type answer struct {
	status int
	body   string
}

// ask sends "METHOD path" with a body. A leading tilde in the path means /accounts/acme. The
// name of the user may end with " with mfa".
func (w *world) ask(who, request, body string) (answer, error) {
	method, path, _ := strings.Cut(request, " ")
	if rest, ok := strings.CutPrefix(path, "~"); ok {
		path = "/accounts/acme" + rest
	}
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	who, mfa := strings.CutSuffix(who, " with mfa")
	r.Header.Set("X-User", who)
	if mfa {
		r.Header.Set("X-MFA", "yes")
	}
	response, err := w.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(got)}, err
}

// must is ask for requests that must not fail.
func (w *world) must(who, request, body string) answer {
	w.Helper()
	got, err := w.ask(who, request, body)
	if err != nil {
		w.Fatalf("%s: %s: %v", who, request, err)
	}
	return got
}

// step is a line of a story: the user, the request and the expected response.
type step struct {
	who     string
	request string
	body    string
	status  int
	parts   []string // texts in the response; a text that begins with "not " must not be in it
}

func (w *world) play(story []step) {
	w.Helper()
	for i, s := range story {
		got := w.must(s.who, s.request, s.body)
		if got.status != s.status {
			w.Errorf("step %d: %s: %s %s = %d %s want %d", i+1, s.who, s.request, s.body, got.status, got.body, s.status)
		}
		for _, part := range s.parts {
			absent, not := strings.CutPrefix(part, "not ")
			if not && strings.Contains(got.body, absent) || !not && !strings.Contains(got.body, part) {
				w.Errorf("step %d: %s: %s = %s want in it: %s", i+1, s.who, s.request, got.body, part)
			}
		}
	}
}

// has returns the parts.
func has(parts ...string) []string { return parts }

func fileText(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
