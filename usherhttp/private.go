package usherhttp

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
)

// private is the response writer of a guarded handler. When the response begins, it sets
// Cache-Control to private unless the handler has set it, because a shared cache must not
// serve one user's response to others. It does not set the header before the handler runs,
// because http.ServeContent deletes it on errors, and a handler may add to an existing
// value.
type private struct {
	http.ResponseWriter
	begun bool
}

// wrap returns the writer for a handler, which writes to outer. A value that was set
// outside of the Guard is kept only if it excludes shared caches.
func (w *private) wrap(outer http.ResponseWriter) http.ResponseWriter {
	w.ResponseWriter = outer
	h := outer.Header()
	if set := strings.ToLower(strings.Join(h["Cache-Control"], ",")); !strings.Contains(set, "private") && !strings.Contains(set, "no-store") {
		delete(h, "Cache-Control")
	}
	_, flushes := outer.(http.Flusher)
	_, hijacks := outer.(http.Hijacker)
	_, pushes := outer.(http.Pusher)
	_, reads := outer.(io.ReaderFrom)
	switch {
	case flushes && hijacks && reads:
		return readerFrom{flushHijacker{flusher{w}}}
	case flushes && hijacks:
		return flushHijacker{flusher{w}}
	case flushes && pushes:
		return flushPusher{flusher{w}}
	case flushes:
		return flusher{w}
	case hijacks:
		return hijacker{w}
	}
	return w
}

// begin is called before the header is sent, and when the handler returns. A header with a
// nil value stays absent, as in net/http.
func (w *private) begin() {
	if w.begun {
		return
	}
	w.begun = true
	if h := w.Header(); !has(h, "Cache-Control") {
		h.Set("Cache-Control", "private")
	}
}

func has(h http.Header, name string) bool {
	_, ok := h[name]
	return ok
}

func (w *private) WriteHeader(status int) {
	w.begin()
	if 100 <= status && status < 200 && status != http.StatusSwitchingProtocols {
		w.begun = false // the final header is still to come
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *private) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

func (w *private) WriteString(s string) (int, error) {
	w.begin()
	return io.WriteString(w.ResponseWriter, s)
}

// FlushError is called by http.ResponseController.
func (w *private) FlushError() error {
	w.begin()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (w *private) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Handlers detect optional interfaces of their writer with type assertions, so each
// combination of net/http and usual middleware is a type.
type (
	flusher       struct{ *private }
	hijacker      struct{ *private }
	flushHijacker struct{ flusher }
	flushPusher   struct{ flusher }
	readerFrom    struct{ flushHijacker }
)

func (w flusher) Flush() {
	w.begin()
	w.ResponseWriter.(http.Flusher).Flush()
}

func (w hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

func (w flushHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

func (w flushPusher) Push(target string, options *http.PushOptions) error {
	return w.ResponseWriter.(http.Pusher).Push(target, options)
}

func (w readerFrom) ReadFrom(r io.Reader) (int64, error) {
	w.begin()
	return w.ResponseWriter.(io.ReaderFrom).ReadFrom(r)
}
