package usherhttp_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/usherhttp"
)

// caching has handlers, and the Cache-Control of their responses behind a guard.
var caching = map[string]struct {
	handler http.HandlerFunc
	want    string // "none" if the header is absent
}{
	"writes nothing":        {func(http.ResponseWriter, *http.Request) {}, "private"},
	"writes a body":         {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") }, "private"},
	"writes a string":       {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }, "private"},
	"writes a header":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }, "private"},
	"not modified":          {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, "private"},
	"copies":                {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("x")) }, "private"},
	"flushes":               {func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); fmt.Fprint(w, "x") }, "private"},
	"flushes by controller": {func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() }, "private"},
	"an error":              {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusGone) }, "private"},
	"early hints": {func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		delete(w.Header(), "Cache-Control")
		w.WriteHeader(http.StatusOK)
	}, "private"},
	"early hints, none but 100 Continue": {func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusContinue)
		delete(w.Header(), "Cache-Control")
		w.WriteHeader(http.StatusOK)
	}, "private"},
	"sets it": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "public, max-age=60") }, "public, max-age=60"},
	"adds it": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Cache-Control", "max-age=60")
		w.WriteHeader(200)
	}, "max-age=60"},
	"sets and deletes it": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public")
		w.Header().Del("Cache-Control")
	}, "private"},
	"sets it before an error": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		http.Error(w, "no", 404)
	}, "no-cache"},
	"wants none": {func(w http.ResponseWriter, _ *http.Request) { w.Header()["Cache-Control"] = nil }, "none"},
	"serves a file": {func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "f.txt", time.Time{}, strings.NewReader("content"))
	}, "private"},
	"serves no file": {func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public") // net/http deletes it on errors
		http.ServeFileFS(w, r, fstest.MapFS{}, "none")
	}, "private"},
	"a deadline": {func(w http.ResponseWriter, r *http.Request) {
		http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") }), time.Minute, "").ServeHTTP(w, r)
	}, "private"},
}

// Each handler runs behind guards of every kind, on HTTP/1, HTTP/2 and a recorder.
func TestPrivate(t *testing.T) {
	w := newWorld(t)
	w.AllowEverything()
	mux := http.NewServeMux()
	n := 0
	paths := map[string]string{}
	for name, row := range caching {
		for kind, guarded := range map[string]func(http.Handler) http.Handler{
			"require": w.guard.Require(edit, usherhttp.WholeAccount),
			"conceal": w.guard.Conceal(edit, usherhttp.WholeAccount),
			"subject": w.guard.RequireSubject(),
			"two": func(h http.Handler) http.Handler {
				return w.guard.RequireSubject()(w.guard.Require(edit, usherhttp.WholeAccount)(h))
			},
		} {
			n++
			path := fmt.Sprintf("/%d", n)
			paths[path] = row.want
			paths[path+" "] = name + ", " + kind
			mux.Handle("GET "+path, guarded(row.handler))
		}
	}
	check := func(where, path string, h http.Header) {
		want := []string{paths[path]}
		if paths[path] == "none" {
			want = nil
		}
		assert.Equal(t, want, h["Cache-Control"], "%s: %s", where, paths[path+" "])
	}
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		server := httptest.NewUnstartedServer(mux)
		server.EnableHTTP2 = protocol == "HTTP/2.0"
		server.StartTLS()
		for path := range paths {
			if strings.HasSuffix(path, " ") {
				continue
			}
			r, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
			require.NoError(t, err)
			r.Header.Set("User", "mia")
			answer, err := server.Client().Do(r)
			require.NoError(t, err, paths[path+" "])
			_ = answer.Body.Close()
			require.Equal(t, protocol, answer.Proto)
			check(protocol, path, answer.Header)
		}
		server.Close()
	}
	for path := range paths {
		if !strings.HasSuffix(path, " ") && !strings.HasPrefix(paths[path+" "], "early hints") {
			check("recorder", path, send(mux, "GET "+path, "User=mia").Result().Header)
		}
	}
}

// A value that outer middleware has set is kept only if it is as strict.
func TestPrivateInsideOthers(t *testing.T) {
	w := newWorld(t)
	for set, want := range map[string]string{
		"no-store": "no-store", "Private, max-age=5": "Private, max-age=5", "public, max-age=60": "private", "max-age=60": "private",
	} {
		guarded := w.guard.RequireSubject()(through)
		outer := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Cache-Control", set)
			guarded.ServeHTTP(rw, r)
		})
		assert.Equal(t, want, send(outer, "GET /", "User=mia").Header().Get("Cache-Control"), set)
		assert.Equal(t, "no-store", send(outer, "GET /").Header().Get("Cache-Control"), "a refusal")
	}
	public := w.routed(t, usherhttp.Route{Pattern: "GET /", Access: usherhttp.Public, Handler: through})
	assert.Empty(t, send(public, "GET /").Header()["Cache-Control"], "there is no guard before a public route")
}

// plain is a ResponseWriter without optional interfaces.
type plain struct{ http.ResponseWriter }

// A handler gets exactly the optional interfaces of the outer writer.
func TestWriterKeepsItsInterfaces(t *testing.T) {
	w := newWorld(t)
	can := func(rw http.ResponseWriter) string {
		_, flush := rw.(http.Flusher)
		_, hijack := rw.(http.Hijacker)
		_, push := rw.(http.Pusher)
		_, read := rw.(io.ReaderFrom)
		return fmt.Sprint(flush, hijack, push, read)
	}
	compare := func(outer http.ResponseWriter, r *http.Request) {
		w.guard.RequireSubject()(http.HandlerFunc(func(inner http.ResponseWriter, _ *http.Request) {
			assert.Equal(t, can(outer), can(inner), "%T", outer)
			if unwrapped := inner.(interface{ Unwrap() http.ResponseWriter }).Unwrap(); unwrapped != outer {
				t.Errorf("Unwrap is a %T", unwrapped)
			}
		})).ServeHTTP(outer, r)
	}
	serve := func(http2 bool) {
		server := httptest.NewUnstartedServer(http.HandlerFunc(compare))
		server.EnableHTTP2 = http2
		server.StartTLS()
		defer server.Close()
		r, err := http.NewRequest(http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		r.Header.Set("User", "mia")
		answer, err := server.Client().Do(r)
		require.NoError(t, err)
		assert.Equal(t, 200, answer.StatusCode)
		_ = answer.Body.Close()
	}
	serve(false)
	serve(true)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("User", "mia")
	for _, outer := range []http.ResponseWriter{
		httptest.NewRecorder(),
		plain{httptest.NewRecorder()},
		struct {
			http.ResponseWriter
			http.Hijacker
		}{httptest.NewRecorder(), nil},
		struct {
			http.ResponseWriter
			http.Flusher
			http.Hijacker
		}{httptest.NewRecorder(), httptest.NewRecorder(), nil},
	} {
		compare(outer, r)
	}
}

// A guarded handler can hijack the connection.
func TestHijack(t *testing.T) {
	w := newWorld(t)
	for name, hijack := range map[string]func(http.ResponseWriter) (io.WriteCloser, error){
		"by assertion": func(rw http.ResponseWriter) (io.WriteCloser, error) {
			conn, _, err := rw.(http.Hijacker).Hijack()
			return conn, err
		},
		"by controller": func(rw http.ResponseWriter) (io.WriteCloser, error) {
			conn, _, err := http.NewResponseController(rw).Hijack()
			return conn, err
		},
	} {
		server := httptest.NewServer(w.guard.RequireSubject()(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			conn, err := hijack(rw)
			if assert.NoError(t, err, name) {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
				_ = conn.Close()
			}
		})))
		r, err := http.NewRequest(http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		r.Header.Set("User", "mia")
		answer, err := server.Client().Do(r)
		require.NoError(t, err, name)
		body, err := bufio.NewReader(answer.Body).ReadString(0)
		require.ErrorIs(t, err, io.EOF)
		assert.Equal(t, "hi", body)
		_ = answer.Body.Close()
		server.Close()
	}
}
