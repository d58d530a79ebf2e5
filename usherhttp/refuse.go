package usherhttp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// Refuse answers as the Guard does, for handlers that ask themselves: an error of
// usher.Require, ErrNotFound, one of Guard.NotFound, ErrNoSubject, a *Problem with a status of 400 to 499,
// what an Engine returns for commands, and whatever else keeps a question from being
// answered, which is 503. It writes to the log, too. Nil is a misuse, and answered
// with 500.
//
// A command that was refused for a reason other than a denial, such as a lack of
// seats, is a Problem of the type TypeRefused and the code; its sentence is for users
// and names no ids, for which there is Sentence. The status is 404 for what does not
// exist, 422 for what makes no sense, 403 for an escalation, else 409.
//
// Of the engine's errors, ErrKeyReused is 422, with TypeRefused and key-reused: the
// client must take another key. ErrContention, ErrOutcomeUnknown, ErrStale and ErrClosed are 503:
// the client may send the same again, after ErrOutcomeUnknown only under the same key. Any
// error with a method Refused() string is taken for such a refusal, with what it
// returns for the code.
func (g *Guard) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	if g == nil {
		g = new(Guard)
	}
	g.refuse(w, r, FromContext(r.Context()), false, g.mapped(err))
}

func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, a AuthInfo, conceal bool, err error) {
	if err == nil {
		err = printable.Errorf("%w: Refuse was given no error", ErrConfig)
	}
	p := g.problem(&a, err)
	status := p.Status
	if conceal && shows(status, err) {
		p = notFound
	}
	g.log(r, &a, status, p.Status, err)
	g.write(w, r, p)
}

// shows reports whether an answer would tell that there is something. A question that
// is wrong for a resource is not asked where there is none.
func shows(status int, err error) bool {
	return status == http.StatusForbidden || status == http.StatusNotFound ||
		errors.Is(err, usher.ErrWrongResource) || errors.Is(err, usher.ErrUndeclared) || errors.Is(err, errNoAccount)
}

var notFound = Problem{Status: http.StatusNotFound}

// mistakes are those of a program: to try again does not help.
var mistakes = []error{
	ErrConfig, ErrUnguarded, errWhole,
	usher.ErrUnknownPermission, usher.ErrWrongResource, usher.ErrUndeclared, usher.ErrNoTime, usher.ErrNoAuthorizer,
}

// problem says how an error is answered.
func (g *Guard) problem(a *AuthInfo, err error) Problem {
	if own, ok := ownAnswer(err); ok {
		return *own
	}
	var denied *usher.DeniedError
	var command refusal
	switch {
	case errors.Is(err, ErrNoSubject):
		return Problem{Status: http.StatusUnauthorized}
	case errors.Is(err, ErrNotFound), errors.Is(err, usher.ErrOtherAccount):
		return notFound
	case errors.As(err, &denied) && denied != nil:
		return g.denial(denied.Request.Permission.String(), denied.Decision)
	case errors.As(err, &command):
		return refused(command.Refused())
	case errors.Is(err, usher.ErrDenied), errors.Is(err, usher.ErrUnknownAccount):
		return g.denial(a.Permission.String(), usher.Decision{})
	case slices.ContainsFunc(mistakes, func(m error) bool { return errors.Is(err, m) }):
		return Problem{Status: http.StatusInternalServerError}
	}
	return Problem{Status: http.StatusServiceUnavailable}
}

// ownAnswer finds the answer that a host's function gave.
func ownAnswer(err error) (*Problem, bool) {
	var own *Problem
	ok := errors.As(err, &own) && own != nil && own.Status >= 400 && own.Status < 500
	return own, ok
}

// denial says of a decision what the user may know. Of who is no user of the account
// that is as little as of an account that does not exist.
func (g *Guard) denial(permission string, d usher.Decision) Problem {
	p := Problem{Type: TypeDenied, Status: http.StatusForbidden}
	sentence, told := denials[d.Reason()]
	if !told {
		return p
	}
	p.Detail, p.Reason, p.Permission = sentence, d.Reason().String(), permission
	detail := d.Detail()
	switch d.Reason() {
	case usher.ReasonConditionUnmet:
		for _, condition := range detail.Unmet {
			if slices.Contains(g.Disclose, condition) {
				p.Unmet = append(p.Unmet, condition)
			}
		}
		if len(p.Unmet) > 0 {
			p.Detail = needs(p.Unmet, detail.Titles)
		}
	case usher.ReasonNoPermission:
		if title := detail.Titles[permission]; title != "" {
			p.Detail = "You do not have the permission to " + printable.Text(title) + "."
		}
	}
	return p
}

// needs is a sentence for a user about conditions that are not met: "You need a booking
// seat." if all of them have titles, otherwise one that lists them.
func needs(unmet []string, titles map[string]string) string {
	words, titled := make([]string, len(unmet)), true
	for i, condition := range unmet {
		words[i] = printable.Text(titles[condition])
		if words[i] == "" {
			words[i], titled = condition, false
		}
	}
	if !titled {
		return "You may do this only once this is met: " + strings.Join(words, ", ") + "."
	}
	last := len(words) - 1
	if last == 0 {
		return "You need " + words[0] + "."
	}
	return "You need " + strings.Join(words[:last], ", ") + " and " + words[last] + "."
}

// log tells of a refusal with a status, which was answered with another one if it had
// to be concealed.
func (g *Guard) log(r *http.Request, a *AuthInfo, status, answered int, err error) {
	level, message := slog.LevelDebug, "refused"
	var command refusal
	switch {
	case errors.Is(err, usher.ErrOtherAccount):
		level = slog.LevelWarn // somebody tries ids out, or a Loader looks in the wrong place
	case errors.Is(err, usher.ErrDenied):
		level, message = slog.LevelInfo, "denied"
	case errors.Is(err, usher.ErrUnknownAccount):
		level = slog.LevelInfo // a session of an account that is gone, or that nobody signed up
	case errors.As(err, &command), status == http.StatusConflict, status == http.StatusUnprocessableEntity:
		level = slog.LevelInfo
	case status == http.StatusInternalServerError:
		level = slog.LevelError
	case status == http.StatusServiceUnavailable && !gone(r):
		level, message = slog.LevelError, "undecided"
	}
	logger := g.Log
	if logger == nil {
		logger = slog.Default()
	}
	if !logger.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.Int("status", answered), slog.String("method", printable.Value(r.Method)), slog.String("path", printable.Value(r.URL.Path)),
		slog.String("account", printable.Value(a.Subject.Account)), slog.String("user", printable.Value(a.Subject.User)),
		slog.String("permission", printable.Value(asked(a, err).String())), slog.Any("error", printable.Error(err)),
	}
	logger.LogAttrs(r.Context(), level, "usher: "+message, attrs...)
}

// asked is the permission that the guard asked for, or else an engine for a command.
func asked(a *AuthInfo, err error) permission.Permission {
	var denied *usher.DeniedError
	if a.Permission.IsZero() && errors.As(err, &denied) && denied != nil {
		return denied.Request.Permission
	}
	return a.Permission
}

// gone reports whether the client did not wait for the answer. A deadline that has
// passed is the server's own.
func gone(r *http.Request) bool { return errors.Is(r.Context().Err(), context.Canceled) }
