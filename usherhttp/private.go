package usherhttp

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
)

// private is the writer of a handler behind a Guard. Unless the handler sets
// Cache-Control, it sets that header to private when the response begins: what one user
// may see, a shared cache must not keep for others. To set it before the handler is
// called would not do, as http.ServeContent deletes it for errors, and as a handler may
// add to what is there.
type private struct {
	http.ResponseWriter
	begun bool
}

// wrap returns the writer for a handler, given that of the Guard. What was set outside
// of the Guard counts only if it keeps shared caches away too.
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

// begin is called before the header is sent, and when the handler has returned. A nil
// value that the handler has put in place keeps the header away, as for net/http.
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

// FlushError is what http.ResponseController calls.
func (w *private) FlushError() error {
	w.begin()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (w *private) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A handler finds out by an assertion what its writer can do, so each combination that
// net/http and usual middleware have is a type.
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
