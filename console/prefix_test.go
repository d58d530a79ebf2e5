package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mounts are the ways in which a host mounts a Console, and where a browser sees it.
var mounts = map[string]struct {
	at   string
	host func(console http.Handler) http.Handler
}{
	"root":              {"/", func(c http.Handler) http.Handler { return c }},
	"StripPrefix":       {"/people/", func(c http.Handler) http.Handler { return mux("/people/", http.StripPrefix("/people", c)) }},
	"StripPrefix slash": {"/people/", func(c http.Handler) http.Handler { return mux("/people/", http.StripPrefix("/people/", slash(c))) }},
	"pattern":           {"/people/", func(c http.Handler) http.Handler { return mux("/people/", c) }},
	"pattern with rest": {"/w/acme/people/", func(c http.Handler) http.Handler { return mux("/w/{account}/people/{rest...}", c) }},
	"two levels": {"/app/admin/", func(c http.Handler) http.Handler {
		return http.StripPrefix("/app", mux("/admin/", http.StripPrefix("/admin", c)))
	}},
	"proxy": {"/outside/", func(c http.Handler) http.Handler { return proxy("/outside", c) }},
	"proxy and pattern": {"/outside/person/", func(c http.Handler) http.Handler {
		return proxy("/outside", mux("/person/", http.StripPrefix("/person", c)))
	}},
	"host pattern": {"/x/", func(c http.Handler) http.Handler { return mux("example.com/x/", c) }},
}

func mux(pattern string, h http.Handler) http.Handler {
	m := http.NewServeMux()
	m.Handle(pattern, h)
	return m
}

// slash adds the slash that a StripPrefix with a final slash removes.
func slash(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/" + r.URL.Path
		h.ServeHTTP(w, r)
	})
}

// proxy removes a prefix as another server does: the program sees only the rest.
func proxy(prefix string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner := r.Clone(r.Context())
		inner.RequestURI = strings.TrimPrefix(r.RequestURI, prefix)
		inner.URL.Path = strings.TrimPrefix(r.URL.Path, prefix)
		h.ServeHTTP(w, inner)
	})
}

var links = regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)

// A browser reaches every link, form, file and redirect of a page, wherever the Console is
// mounted.
func TestPrefixes(t *testing.T) {
	for name, m := range mounts {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "oncehub")
			h := m.host(w.console)
			root, err := url.Parse("http://example.com" + m.at)
			require.NoError(t, err)
			visit := func(method string, u *url.URL, form url.Values) *httptest.ResponseRecorder {
				r := httptest.NewRequest(method, u.String(), strings.NewReader(form.Encode()))
				r.Header.Set("X-User", "adam")
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				return rec
			}
			follow := func(rec *httptest.ResponseRecorder, from *url.URL) *url.URL {
				to, err := from.Parse(rec.Header().Get("Location"))
				require.NoError(t, err)
				return to
			}
			rec := visit("GET", root, nil)
			require.Equal(t, http.StatusSeeOther, rec.Code)
			people := follow(rec, root)
			assert.Equal(t, m.at+"people", people.Path)

			for _, from := range []string{"people", "people/", "person?id=mia", "person/?id=mia"} {
				at, err := root.Parse(from)
				require.NoError(t, err)
				rec := visit("GET", at, nil)
				require.Equal(t, 200, rec.Code, from)
				for _, link := range links.FindAllStringSubmatch(body(rec), -1) {
					to, err := at.Parse(strings.ReplaceAll(link[1], "&amp;", "&"))
					require.NoError(t, err)
					if to.Host != "example.com" || to.Fragment == "why" {
						continue // another site, or a form that adds a query
					}
					to.Fragment = ""
					assert.True(t, strings.HasPrefix(to.Path, m.at), "%s leads to %s", link[1], to)
					status := visit("GET", to, nil).Code
					assert.Contains(t, []int{200, 303, 405}, status, "%s leads to %s", link[1], to)
				}
			}

			action, err := root.Parse("person/set-role")
			require.NoError(t, err)
			rec = visit("POST", action, url.Values{"id": {"mia"}, "role": {"admin"}, "confirmed": {"yes"}, "back": {"id=mia"}})
			require.Equal(t, http.StatusSeeOther, rec.Code)
			page := visit("GET", follow(rec, action), nil)
			assert.Contains(t, body(page), "The role was changed.")
		})
	}
}

// Without its final slash, the root redirects to the address with it.
func TestWithoutSlash(t *testing.T) {
	w := newWorld(t, "oncehub")
	m := http.NewServeMux()
	m.Handle("/admin/people", http.StripPrefix("/admin/people", w.console))
	m.Handle("/admin/people/", http.StripPrefix("/admin/people", w.console))
	m.Handle("/other", w.console)
	for path, want := range map[string]string{"/admin/people?a=b": "./people/?a=b", "/other": "./other/"} {
		rec := httptest.NewRecorder()
		m.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		assert.Equal(t, http.StatusPermanentRedirect, rec.Code)
		assert.Equal(t, want, rec.Header().Get("Location"))
	}
}

// Files are immutable under the hash of this program, and not kept under another one.
func TestAssets(t *testing.T) {
	w := newWorld(t, "oncehub")
	anonymous := viewer{}
	page := body(w.get(olivia, "/people"))
	found := regexp.MustCompile(`\./(assets/[0-9a-f]+/console\.(?:css|js))`).FindAllStringSubmatch(page, -1)
	require.Len(t, found, 2)
	for _, f := range found {
		rec := w.get(anonymous, "/"+f[1])
		assert.Equal(t, 200, rec.Code)
		assert.Equal(t, "public, max-age=31536000, immutable", rec.Header().Get("Cache-Control"))
		assert.Contains(t, rec.Header().Get("Content-Type"), "text/")
	}
	assert.Equal(t, "no-store", w.get(anonymous, "/assets/0/console.css").Header().Get("Cache-Control"))
	for _, path := range []string{"/assets/0/none.css", "/assets/0/../console.go", "/assets/0/"} {
		assert.Equal(t, 404, w.get(anonymous, path).Code, path)
	}
	assert.Equal(t, 405, w.send(anonymous, "POST", "/assets/0/console.css", "a=b").Code)
}
