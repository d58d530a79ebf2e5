package console

import (
	"net/http"
	"net/url"
	"strings"
)

// location is where a request is within the Console, whatever the prefix.
type location struct {
	path string // without slashes at its ends: "", "people", "person/set-role"
	root string // the relative address of the Console's root, with a final slash: "./", "../"
}

// locate returns where a request is. The prefix is removed by http.StripPrefix, or it is the
// part of the path that the pattern of an http.ServeMux names. It returns false for the root
// without its final slash, under which relative addresses would lead elsewhere.
func locate(r *http.Request) (location, bool) {
	path := within(r)
	if path == "" {
		return location{}, false
	}
	path = strings.TrimPrefix(path, "/")
	root := "./" + strings.Repeat("../", strings.Count(path, "/"))
	if root != "./" {
		root = strings.TrimPrefix(root, "./")
	}
	return location{path: strings.TrimSuffix(path, "/"), root: root}, true
}

// within returns the path of a request without the prefix: "" or a path that begins with a
// slash.
func within(r *http.Request) string {
	path := r.URL.Path
	prefix := patternPrefix(r.Pattern, path)
	if prefix == "" || strippedAlready(r, prefix) {
		return path
	}
	return path[len(prefix):]
}

// patternPrefix returns the part of a path that the literal and wildcard segments of a pattern
// match: "/w/acme/people" for "GET /w/{account}/people/". It returns "" if they do not match.
func patternPrefix(pattern, path string) string {
	_, pattern, _ = strings.Cut(pattern, "/") // without the method and the host
	pattern = strings.TrimSuffix(pattern, "/")
	if i := strings.LastIndex(pattern, "/"); strings.HasSuffix(pattern[i+1:], "...}") || pattern[i+1:] == "{$}" {
		pattern = pattern[:max(i, 0)]
	}
	if pattern == "" {
		return ""
	}
	rest := path
	for want := range strings.SplitSeq(pattern, "/") {
		if !strings.HasPrefix(rest, "/") {
			return ""
		}
		segment, _, _ := strings.Cut(rest[1:], "/")
		if segment != want && !strings.HasPrefix(want, "{") {
			return ""
		}
		rest = rest[1+len(segment):]
	}
	return path[:len(path)-len(rest)]
}

// strippedAlready reports whether http.StripPrefix removed a prefix from the path that the
// rest of the path happens to begin with, too: /teams of a Console at /teams.
func strippedAlready(r *http.Request, prefix string) bool {
	sent, err := url.ParseRequestURI(r.RequestURI)
	return err == nil && strings.HasSuffix(sent.Path, prefix+r.URL.Path)
}

// redirectToSlash redirects to the root with its final slash, by a relative address, because
// the prefix under which the browser sees the Console is unknown.
func redirectToSlash(w http.ResponseWriter, r *http.Request) {
	sent, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		sent = r.URL
	}
	last := sent.EscapedPath()
	last = last[strings.LastIndex(last, "/")+1:]
	to := "./" + last + "/"
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusPermanentRedirect)
}
