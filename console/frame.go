package console

import (
	"crypto/rand"
	"embed"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-go/usher/role"
)

//go:embed templates/*.html
var templateFiles embed.FS

// frame is what a template gets. Its methods, and those of the viewer, are the functions of
// the templates: {{$.T "people.title"}}.
type frame struct {
	*viewer
	Page  string
	Title template.HTML
	Model any
}

// With returns the frame with another model, for a template that is part of a page:
// {{template "person" ($.With .Person)}}.
func (f frame) With(model any) frame {
	f.Model = model
	return f
}

var templates sync.Map // name to func() (*template.Template, error)

// templateOf returns the template of a page, with the layout and the parts that all pages share.
func templateOf(name string) (*template.Template, error) {
	load, _ := templates.LoadOrStore(name, sync.OnceValues(func() (*template.Template, error) {
		t := template.New("layout.html").Option("missingkey=error")
		return t.ParseFS(templateFiles, "templates/layout.html", "templates/parts.html", "templates/"+name+".html")
	}))
	return load.(func() (*template.Template, error))()
}

// T returns a text of the catalogue with values for its placeholders, as pairs of name and
// value.
func (v *viewer) T(key string, pairs ...any) template.HTML { return v.text.html(key, pairs...) }

// N returns the text KEY.one for a count of 1, and KEY.other for any other. The placeholder {n}
// is the count.
func (v *viewer) N(key string, n int, pairs ...any) template.HTML {
	return v.text.html(countKey(key, n), append([]any{"n", n}, pairs...)...)
}

func countKey(key string, n int) string {
	if n == 1 {
		return key + ".one"
	}
	return key + ".other"
}

// Lang and Dir are attributes of the page.
func (v *viewer) Lang() string { return v.text.tag }

// Dir returns "ltr" or "rtl".
func (v *viewer) Dir() string { return v.text.direction() }

// Root returns the relative address of the Console's root.
func (v *viewer) Root() string { return v.at.root }

// Asset returns the address of a file.
func (v *viewer) Asset(name string) string { return v.at.root + assetsPath + assetsHash() + "/" + name }

// Stylesheet returns the address of the host's stylesheet, or "".
func (v *viewer) Stylesheet() string { return v.options.Stylesheet }

// Version returns the version of the account that the page shows.
func (v *viewer) Version() uint64 { return v.view.Version() }

// Key returns a new idempotency key for a form.
func (v *viewer) Key() string { return rand.Text() }

// Link returns the address of a page, with a query of pairs of name and value.
func (v *viewer) Link(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		query.Add(pairs[i], pairs[i+1])
	}
	to := v.at.root + path
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	return to
}

// ownQuery are the parameters that are not part of a page's state.
var ownQuery = []string{"at", "done", "format"}

// state returns the query of the page, without what is not part of its state.
func (v *viewer) state() url.Values {
	query := url.Values{}
	for name, values := range v.query {
		if !slices.Contains(ownQuery, name) {
			query[name] = values
		}
	}
	return query
}

// Back returns the query of the page, for the hidden field of a form.
func (v *viewer) Back() string { return v.state().Encode() }

// Here returns the address of this page with other values in its query, as pairs of name and
// value; an empty value removes the name. The page starts again at its first rows, unless a
// pair names "after".
func (f frame) Here(pairs ...string) string {
	query := f.state()
	query.Del("after")
	for i := 0; i+1 < len(pairs); i += 2 {
		query.Del(pairs[i])
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	to := f.at.root + f.Page
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	return to
}

// Menu returns the links of the navigation.
func (f frame) Menu() (list []menuItem) {
	if f.view.Version() == 0 {
		return nil // the account was not read
	}
	for _, p := range f.menu() {
		list = append(list, menuItem{Link: f.Link(p.Path), Title: f.T(p.Path + ".title"), Current: p.Path == f.Page})
	}
	return list
}

type menuItem struct {
	Link    string
	Title   template.HTML
	Current bool
}

// You returns the viewer as a person.
func (f frame) You() person {
	if f.view.Version() == 0 {
		return person{}
	}
	return f.person(f.subject.User)
}

// Done returns the message after a change, or "".
func (f frame) Done() template.HTML {
	done := url.Values(f.query).Get("done")
	if _, a := find(done); a == nil || f.form != nil {
		return ""
	}
	return f.T(actionKey(done) + ".done")
}

// actionKey returns the key of the texts of an action, from its path.
func actionKey(path string) string { return strings.ReplaceAll(path, "/", ".") }

// Failed returns the rejected form of an action, or nil.
func (f frame) Failed(path string) *submitted {
	if f.form == nil || f.form.Path != path {
		return nil
	}
	return f.form
}

// Problem returns the rejected form, whatever its action, or nil.
func (f frame) Problem() *submitted { return f.form }

// Date returns a day in the viewer's time zone as HTML, "" for the zero time.
func (v *viewer) Date(t time.Time) template.HTML {
	return v.timeElement(t, v.text.plain("format.date"))
}

// Time returns a minute in the viewer's time zone as HTML, "" for the zero time.
func (v *viewer) Time(t time.Time) template.HTML {
	return v.timeElement(t, v.text.plain("format.time"))
}

func (v *viewer) timeElement(t time.Time, layout string) template.HTML {
	if t.IsZero() {
		return ""
	}
	t = t.In(v.zone)
	return template.HTML(`<time datetime="` + t.Format(time.RFC3339) + `">` + template.HTMLEscapeString(t.Format(layout)) + `</time>`) //nolint:gosec // every part is escaped
}

// RoleTitle returns the title of a role, or its name.
func (v *viewer) RoleTitle(name role.Name) string {
	if r, ok := v.policy.Role(name); ok && r.Title != "" {
		return r.Title
	}
	return string(name)
}

// list joins words: "a, b and c".
func (v *viewer) list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return v.text.plain("list.last", "before", strings.Join(words[:last], ", "), "last", words[last])
}

// words returns a value as text.
func words(v any) string {
	switch v := v.(type) {
	case template.HTML:
		return string(v)
	case string:
		return v
	}
	return fmt.Sprint(v)
}
