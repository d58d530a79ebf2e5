package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/usherhttp"
)

// show responds with a page.
func (v *viewer) show(w http.ResponseWriter, p *page) error { return v.showWith(w, p, http.StatusOK) }

func (v *viewer) showWith(w http.ResponseWriter, p *page, status int) error {
	if !p.Visible(v) {
		if v.err != nil {
			return v.err
		}
		return v.lockedBy(p.Lacks(v))
	}
	r := v.r.Clone(v.ctx)
	r.URL.RawQuery = url.Values(v.query).Encode()
	if f := p.format(v.r.URL.Query().Get("format")); f != nil && v.form == nil {
		return v.send(w, p, f, r)
	}
	model, err := p.Load(v, r)
	if err == nil {
		err = v.err
	}
	if err != nil {
		return err
	}
	if wantsJSON(v.r) {
		return v.writeJSON(w, status, document{v.view.Version(), model})
	}
	return v.writePage(w, status, p.Path, frame{viewer: v, Page: p.Path, Title: v.T(p.Path + ".title"), Model: model})
}

// document is the JSON form of a page.
type document struct {
	Version uint64 `json:"version"` // of the account; a form made from the page sends it back
	Data    any    `json:"data"`
}

func (v *viewer) writeJSON(w http.ResponseWriter, status int, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	v.write(w, status, append(printable.JSON(data), '\n'))
	return nil
}

func (v *viewer) writePage(w http.ResponseWriter, status int, name string, f frame) error {
	t, err := templateOf(name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, f); err != nil {
		return err
	}
	if v.err != nil { // the template asked the engine
		return v.err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.write(w, status, b.Bytes())
	return nil
}

func (v *viewer) write(w http.ResponseWriter, status int, body []byte) {
	w.WriteHeader(status)
	if v.r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may have disconnected
	}
}

// redirect sends the browser to a page.
func (v *viewer) redirect(w http.ResponseWriter, path string, query url.Values) {
	to := v.at.root + path
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// refuse responds with an error: a page, or a problem document.
func (v *viewer) refuse(w http.ResponseWriter, err error) {
	p := v.guard.Problem(v.r, err)
	if l, ok := asLocked(err); ok {
		p.Detail = v.text.plain("locked.text")
		if l.sentence != "" {
			p.Detail = l.sentence
		}
	} else if text := v.text.texts[problemKey(p)]; text != "" && !hasOwnDetail(err) {
		p.Detail = text
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	if wantsJSON(v.r) {
		data, _ := json.Marshal(p) // a struct of texts
		w.Header().Set("Content-Type", "application/problem+json")
		v.write(w, p.Status, append(printable.JSON(data), '\n'))
		return
	}
	page := "problem"
	if _, ok := asLocked(err); ok {
		page = "locked"
	}
	v.err = nil
	if failure := v.writePage(w, p.Status, page, frame{viewer: v, Page: page, Title: v.T(page + ".title"), Model: p}); failure != nil {
		v.options.Log.ErrorContext(v.ctx, "console: a page failed", "page", page, "error", printable.Error(failure))
		http.Error(w, p.Detail, p.Status)
	}
}

// hasOwnDetail reports whether an error is a problem with a sentence of its own: of the Console,
// in the viewer's language, or of the host.
func hasOwnDetail(err error) bool {
	var own *usherhttp.Problem
	return errors.As(err, &own) && own.Detail != ""
}

// problemKey returns the key of the text of a problem.
func problemKey(p usherhttp.Problem) string {
	if p.Reason != "" {
		return "reason." + p.Reason
	}
	if p.Detail != "" && p.Type != "about:blank" {
		return ""
	}
	return "problem." + printable.Sprintf("%d", p.Status)
}
