package console

import (
	"net/http"
	"strconv"
	"strings"
)

// weightOf returns the weight of a parameter such as "q=0.5": 1 without one, and 0 for one that
// cannot be read.
func weightOf(parameter string) float64 {
	text, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
	if !ok {
		return 1
	}
	w, err := strconv.ParseFloat(text, 64)
	if err != nil || w < 0 || w > 1 {
		return 0
	}
	return w
}

// wantsJSON reports whether a request asks for JSON: by ?format=json, by a JSON body, or by a
// header Accept that names a JSON type before text/html.
func wantsJSON(r *http.Request) bool {
	if r.URL.Query().Get("format") == "json" || hasJSON(r) {
		return true
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		kind, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch {
		case weightOf(q) == 0:
		case kind == "text/html":
			return false
		case kind == "application/json", kind == "application/problem+json":
			return true
		}
	}
	return false
}

// hasJSON reports whether the body of a request is JSON.
func hasJSON(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json")
}
