package console

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/usherhttp"
)

// run handles the form of an action. Every change goes this way: read the form, evaluate its
// commands without storing anything, show the effects, and submit once they are confirmed. A
// rejection is shown where the form was.
func (v *viewer) run(w http.ResponseWriter, p *page, a *action) error {
	f, err := readForm(w, v.r, a, v.zone, v.now)
	if err != nil {
		return err
	}
	v.query = f.pageQuery(p, a)
	s := &submitted{Path: p.Path + "/" + a.Name, form: f}
	visible := p.Visible(v)
	switch {
	case v.err != nil:
		return v.err
	case v.options.ReadOnly && visible:
		return &usherhttp.Problem{Status: http.StatusForbidden, Detail: v.text.plain("problem.read-only")}
	case !visible && !v.sent(f):
		return v.lockedBy(p.Lacks(v))
	}
	b, err := v.batchOf(a, f)
	if !visible { // unless the form itself changed that, such as a transfer of the ownership
		if err == nil {
			if result, ok := v.repeated(b); ok {
				return v.done(w, p, a, s, result)
			}
		}
		return v.lockedBy(p.Lacks(v))
	}
	if err != nil {
		return v.reject(w, p, s, b, err)
	}
	preview, err := v.options.Engine.Preview(v.ctx, b)
	if err != nil {
		if errors.Is(err, engine.ErrChanged) {
			if result, ok := v.repeated(b); ok {
				return v.done(w, p, a, s, result)
			}
		}
		return v.reject(w, p, s, b, err)
	}
	if c := v.confirmation(s, preview); len(preview.Changes) > 0 && !c.confirmedBy(f) {
		if a.Notes != nil {
			c.Notes = a.Notes(v, b.Commands)
		}
		return v.confirm(w, p, c)
	}
	result, err := v.options.Submit(v.r, b)
	if errors.Is(err, engine.ErrKeyReused) { // the viewer went back, and sent the form with other values
		b.IdempotencyKey = ""
		result, err = v.options.Submit(v.r, b)
	}
	if err != nil {
		return v.reject(w, p, s, b, err)
	}
	return v.done(w, p, a, s, result)
}

// sent reports whether the viewer made a change with the idempotency key of a form.
func (v *viewer) sent(f form) bool {
	_, _, ok := v.view.State().IdempotentCommit(account.AsUser(v.subject.User), f.raw("key"))
	return ok && !v.options.ReadOnly
}

// repeated returns the result of a form that was already sent, for example by a double click.
// The viewer's own change is then what changed since the form was made.
func (v *viewer) repeated(b engine.Batch) (engine.Result, bool) {
	if b.IdempotencyKey == "" {
		return engine.Result{}, false
	}
	// Submit evaluates no new batch here: the key is used, or Expect is not true anymore.
	result, err := v.options.Submit(v.r, b)
	return result, err == nil && result.Repeated
}

// batchOf returns the batch of a form. The fields of the form are read on the version that the
// viewer reads, and its commands must still fit the version that the form was made from.
func (v *viewer) batchOf(a *action, f form) (engine.Batch, error) {
	if err := f.need(a.Inputs); err != nil {
		return engine.Batch{}, err
	}
	commands, err := a.Commands(v, f)
	if err != nil {
		return engine.Batch{}, err
	}
	if len(commands) == 0 {
		return engine.Batch{}, &inputError{Key: "input.nothing"}
	}
	b := v.batchOn(commands...)
	b.Expect, b.IdempotencyKey = f.version(), f.raw("key")
	return b, v.err
}

// done responds after a change: with a redirect to a page that has the message, or with the new
// version.
func (v *viewer) done(w http.ResponseWriter, p *page, a *action, s *submitted, result engine.Result) error {
	if wantsJSON(v.r) {
		var changes []account.Change
		if result.Commit != nil {
			changes = result.Commit.Changes
		}
		return v.writeJSON(w, http.StatusOK, document{result.Version, outcome{Done: true, Changes: v.sentenceTexts(changes)}})
	}
	path, query := p.Path, v.state()
	if a.After != nil {
		path, query = a.After(v, s.form)
	}
	if query == nil {
		query = url.Values{}
	}
	query.Set("done", s.Path)
	query.Set("at", formatUint(result.Version))
	v.redirect(w, path, query)
	return nil
}

// outcome is the JSON form of a change that was made.
type outcome struct {
	Done    bool     `json:"done"`
	Changes []string `json:"changes"` // sentences; empty if nothing changed
}

// reject responds with a page on which the rejected form is, or with a problem document.
func (v *viewer) reject(w http.ResponseWriter, p *page, s *submitted, b engine.Batch, err error) error {
	var (
		field    *inputError
		refusal  *account.Refusal
		changed  *engine.ChangedError
		mismatch *account.PolicyMismatchError
	)
	switch {
	case errors.As(err, &field):
		s.problem = usherhttp.Problem{Type: "about:blank", Status: http.StatusUnprocessableEntity, Title: http.StatusText(http.StatusUnprocessableEntity)}
		s.Field, s.Lines, s.problem.Detail = field.Field, field.Lines, v.text.plain(field.Key, field.Pairs...)
	case errors.As(err, &changed):
		if err := v.reopen(); err != nil {
			return err
		}
		if denied := asRefusal(v.try(b.Commands...)); denied != nil && denied.Code == account.CodeDenied {
			return v.reject(w, p, s, b, denied) // what changed is not for this viewer
		}
		s.problem = v.guard.Problem(v.r, err)
		s.problem.Detail = v.text.plain("changed.text")
		s.Changed = v.conflictOf(changed, b)
	case errors.As(err, &refusal):
		s.problem = v.guard.Problem(v.r, err)
		s.problem.Detail = v.refusalText(refusal)
		if v.deniedOnHidden(refusal) {
			s.problem.Detail, s.problem.Reason, s.problem.Unmet = v.text.plain("refused.denied"), "", nil
		}
		s.Lines = v.refusedLines(b, refusal)
	case errors.As(err, &mismatch):
		s.problem = usherhttp.Problem{Type: "about:blank", Status: http.StatusConflict, Title: http.StatusText(http.StatusConflict), Detail: v.text.plain("problem.mismatch")}
	default:
		return err
	}
	if v.err != nil {
		return v.err
	}
	if wantsJSON(v.r) {
		return v.writeProblem(w, s)
	}
	v.form = s
	err = v.showWith(w, p, s.problem.Status)
	if errors.Is(err, usherhttp.ErrNotFound) && s.Changed != nil { // the change removed what the page shows
		return v.writePage(w, s.problem.Status, "problem", frame{viewer: v, Page: "problem", Title: v.T("problem.title"), Model: s.problem})
	}
	return err
}

// reopen reads the newest version, after a change by another user.
func (v *viewer) reopen() error {
	clear(v.seen)
	clear(v.choices)
	clear(v.items)
	v.reach, v.teams = nil, nil
	return v.open()
}
