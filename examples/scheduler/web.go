package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/usherhttp"
)

//go:embed web
var webFiles embed.FS

// shell is what every page has, around its own model.
type shell struct {
	Title   string
	Account usher.AccountID
	User    usher.UserID // "" before a user is chosen
	Done    string       // the message after a change
	Model   any
}

// Name returns the name of the user.
func (s shell) Name() string { return nameOf(s.User) }

// Week returns the address of the page with the calendars.
func (s shell) Week() string { return weekPath(s.Account) }

// People returns the address of the console.
func (s shell) People() string { return "/people/" + url.PathEscape(string(s.Account)) + "/" }

var pages = map[string]*template.Template{}

func init() {
	for _, name := range []string{"home", "week", "problem"} {
		pages[name] = template.Must(template.ParseFS(webFiles, "web/layout.html", "web/"+name+".html"))
	}
}

// render writes a page.
func (s *server) render(w http.ResponseWriter, r *http.Request, status int, name string, model shell) {
	var page bytes.Buffer
	if err := pages[name].Execute(&page, model); err != nil {
		s.guard.Refuse(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy",
		"default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // an error means that the client has left
}

// style serves the stylesheets. The console uses brand.css, too.
func style(w http.ResponseWriter, r *http.Request) {
	serveWeb(w, r.PathValue("file"))
}

// favicon serves the icon that browsers request.
func favicon(w http.ResponseWriter, _ *http.Request) { serveWeb(w, "icon.svg") }

func serveWeb(w http.ResponseWriter, name string) {
	data, err := webFiles.ReadFile("web/" + name)
	if err != nil || path.Ext(name) == ".html" {
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(data)
}

// isPage finds the paths of pages and their forms.
var isPage = regexp.MustCompile(`^/accounts/[^/]+/week(/|$)`)

// readable shows refusals of pages as pages, to browsers. The guard decides and logs as for the API;
// only the form of the response differs.
func (s *server) readable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isPage.MatchString(r.URL.Path) || !strings.Contains(r.Header.Get("Accept"), "text/html") {
			next.ServeHTTP(w, r)
			return
		}
		held := &problemHolder{ResponseWriter: w}
		next.ServeHTTP(held, r)
		if held.status == 0 {
			return
		}
		var p usherhttp.Problem
		if err := json.Unmarshal(held.body.Bytes(), &p); err != nil {
			p = usherhttp.Problem{Detail: http.StatusText(held.status)}
		}
		in, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/accounts/"), "/")
		s.render(w, r, held.status, "problem", shell{
			Title: "This did not work", Account: usher.AccountID(in), User: chosen(r),
			Model: map[string]any{"Detail": p.Detail, "SecondFactor": slices.Contains(p.Unmet, "mfa")},
		})
	})
}

// problemHolder passes a response on, unless it is a problem: then it keeps the status and the body.
type problemHolder struct {
	http.ResponseWriter
	status int // of the problem; 0 if the response was passed on
	body   bytes.Buffer
}

func (h *problemHolder) WriteHeader(status int) {
	if strings.HasPrefix(h.Header().Get("Content-Type"), "application/problem+json") {
		h.status = status
		h.Header().Del("Content-Length")
		return
	}
	h.ResponseWriter.WriteHeader(status)
}

func (h *problemHolder) Write(data []byte) (int, error) {
	if h.status != 0 {
		return h.body.Write(data)
	}
	return h.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (h *problemHolder) Unwrap() http.ResponseWriter { return h.ResponseWriter }
