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

// Refuse responds with an error as the Guard does, and logs it. It is for handlers that
// make checks themselves. The error is one of these:
//
//   - an error of usher.Require
//   - ErrNotFound, or an error in Guard.NotFound: 404
//   - ErrNoSubject: 401
//   - a *Problem with a status of 400 to 499
//   - an error that an Engine returns for commands
//   - any other error: 503
//   - nil, which is a mistake in the handler: 500
//
// A command that was refused for another reason than a denial, such as a lack of seats, is
// a Problem of the type TypeRefused and the code. Its sentence is for users and contains no
// ids; Localize can replace it. The status is 404 if something does not exist, 422 if the
// command is invalid, 403 for an escalation, and 409 otherwise.
//
// The engine's ErrKeyReused is 422, with TypeRefused and key-reused: the client must use
// another idempotency key. ErrChanged is 409, with TypeRefused and changed-meanwhile: the
// client must read the account again. ErrContention, ErrOutcomeUnknown, ErrStale and
// ErrClosed are 503: the client may retry, after ErrOutcomeUnknown only with the same key.
// ErrFutureVersion is 503 too: see Guard.AtLeast. Any other error with a method
// Refused() string is treated as a refusal with the code that the method returns.
func (g *Guard) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	if g == nil {
		g = new(Guard)
	}
	g.refuse(w, r, FromContext(r.Context()), false, g.mapNotFound(err))
}

// Problem logs an error and returns the Problem that Refuse would send for it, without
// responding. It is for handlers that respond with something else, such as a page.
func (g *Guard) Problem(r *http.Request, err error) Problem {
	if g == nil {
		g = new(Guard)
	}
	a := FromContext(r.Context())
	if err = g.mapNotFound(err); err == nil {
		err = printable.Errorf("%w: Problem was called without an error", ErrConfig)
	}
	p := g.problem(&a, err)
	g.log(r, &a, p.Status, p.Status, err)
	return g.complete(r, p)
}

func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, a AuthInfo, conceal bool, err error) {
	if err == nil {
		err = printable.Errorf("%w: Refuse was called without an error", ErrConfig)
	}
	p := g.problem(&a, err)
	status := p.Status
	if conceal && reveals(status, err) {
		p = notFound
	}
	g.log(r, &a, status, p.Status, err)
	g.dropVersion(w, r, a.Subject.Account, err)
	g.write(w, r, p)
}

// reveals reports whether a response would reveal that the resource or its account exists. A permission that
// is wrong for a resource causes an error only if there is a resource.
func reveals(status int, err error) bool {
	return status == http.StatusForbidden || errors.Is(err, usher.ErrDenied) || errors.Is(err, usher.ErrUnknownAccount) || status == http.StatusNotFound ||
		errors.Is(err, usher.ErrWrongResource) || errors.Is(err, usher.ErrUndeclared) || errors.Is(err, errNoAccount)
}

var notFound = Problem{Status: http.StatusNotFound}

// programErrors are errors in the program, for which a retry does not help.
var programErrors = []error{
	ErrConfig, ErrUnguarded, errWholeAccount,
	usher.ErrUnknownPermission, usher.ErrWrongResource, usher.ErrUndeclared, usher.ErrNoTime, usher.ErrNoAuthorizer, usher.ErrVisitor,
}

// problem returns the response to an error.
func (g *Guard) problem(a *AuthInfo, err error) Problem {
	if own, ok := hostProblem(err); ok {
		return *own
	}
	var denied *usher.DeniedError
	var command refusal
	switch {
	case errors.Is(err, ErrNoSubject):
		return Problem{Status: http.StatusUnauthorized}
	case errors.Is(err, ErrNotFound), errors.Is(err, usher.ErrOtherAccount):
		return notFound
	case errors.As(err, &denied) && denied != nil && denied.Request.Visitor, a.Subject.Visitor && errors.Is(err, usher.ErrUnknownAccount):
		return Problem{Status: http.StatusUnauthorized} // a login may help
	case errors.As(err, &denied) && denied != nil:
		return g.denialProblem(denied.Request.Permission.String(), denied.Decision)
	case errors.As(err, &command):
		return refusalProblem(command.Refused())
	case errors.Is(err, usher.ErrDenied), errors.Is(err, usher.ErrUnknownAccount):
		return g.denialProblem(a.Permission.String(), usher.Decision{})
	case slices.ContainsFunc(programErrors, func(m error) bool { return errors.Is(err, m) }):
		return Problem{Status: http.StatusInternalServerError}
	}
	return Problem{Status: http.StatusServiceUnavailable}
}

// hostProblem returns the response that a host's function chose.
func hostProblem(err error) (*Problem, bool) {
	var own *Problem
	ok := errors.As(err, &own) && own != nil && own.Status >= 400 && own.Status < 500
	return own, ok
}

// denialProblem returns the problem for a decision, as far as the user may see it. A user who does
// not belong to the account sees as little as for an account that does not exist.
func (g *Guard) denialProblem(permission string, d usher.Decision) Problem {
	p := Problem{Type: TypeDenied, Status: http.StatusForbidden}
	sentence, ok := denialSentences[d.Reason()]
	if !ok {
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
			p.Detail = needSentence(p.Unmet, detail.Titles)
		}
	case usher.ReasonNoPermission:
		if title := detail.Titles[permission]; title != "" {
			p.Detail = "You don't have permission to " + printable.Text(title) + "."
		}
	}
	return p
}

// needSentence returns a sentence about conditions that are not met: "You need a booking seat." if
// all have titles, otherwise a list.
func needSentence(unmet []string, titles map[string]string) string {
	words, titled := make([]string, len(unmet)), true
	for i, condition := range unmet {
		words[i] = printable.Text(titles[condition])
		if words[i] == "" {
			words[i], titled = condition, false
		}
	}
	if !titled {
		return "You can do this only if these conditions are met: " + strings.Join(words, ", ") + "."
	}
	last := len(words) - 1
	if last == 0 {
		return "You need " + words[0] + "."
	}
	return "You need " + strings.Join(words[:last], ", ") + " and " + words[last] + "."
}

// log logs a refusal. status is the actual status; answered is the status of the response,
// which differs if the resource is concealed.
func (g *Guard) log(r *http.Request, a *AuthInfo, status, answered int, err error) {
	level, message := slog.LevelDebug, "refused"
	var command refusal
	switch {
	case errors.Is(err, usher.ErrOtherAccount):
		level = slog.LevelWarn // a client guesses ids, or a Loader reads the wrong account
	case errors.Is(err, usher.ErrDenied):
		level, message = slog.LevelInfo, "denied"
	case errors.Is(err, usher.ErrUnknownAccount):
		level = slog.LevelInfo // a session of an account that was deleted or never created
	case errors.As(err, &command), status == http.StatusConflict, status == http.StatusUnprocessableEntity:
		level = slog.LevelInfo
	case status == http.StatusInternalServerError:
		level = slog.LevelError
	case isFutureVersion(err):
		level, message = slog.LevelWarn, "undecided" // a client made up a version, or the store was restored from a backup
	case status == http.StatusServiceUnavailable && !disconnected(r):
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
	}
	if p := deniedPermission(a, err); !p.IsZero() {
		attrs = append(attrs, slog.String("permission", printable.Value(p.String())))
	}
	attrs = append(attrs, slog.Any("error", printable.Error(err)))
	if by := a.Subject.By; by != "" {
		attrs = append(attrs, slog.String("by", printable.Value(by)))
	}
	if a.Subject.Visitor {
		attrs = append(attrs, slog.Bool("visitor", true))
	}
	logger.LogAttrs(r.Context(), level, "usher: "+message, attrs...)
}

// deniedPermission returns the permission that the guard checked, or else the one that an engine
// checked for a command.
func deniedPermission(a *AuthInfo, err error) permission.Permission {
	var denied *usher.DeniedError
	if a.Permission.IsZero() && errors.As(err, &denied) && denied != nil {
		return denied.Request.Permission
	}
	return a.Permission
}

// disconnected reports whether the client disconnected. An expired deadline is the server's own.
func disconnected(r *http.Request) bool { return errors.Is(r.Context().Err(), context.Canceled) }
