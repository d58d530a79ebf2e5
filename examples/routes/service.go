package main

import (
	"net/http"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// Permissions are parsed once, like regular expressions.
var (
	viewCalendar = permission.MustParse("calendar.view")
	editCalendar = permission.MustParse("calendar.edit")
)

// service has what the handlers need. It is safe for concurrent use.
type service struct {
	guard  *usherhttp.Guard
	engine *engine.Engine

	mu     sync.Mutex
	titles map[string]string // of calendars, by their ids
}

func newService(az usher.Authorizer, e *engine.Engine) *service {
	return &service{
		guard:  &usherhttp.Guard{Authorizer: az, Subject: session, AtLeast: atLeast(e)},
		engine: e,
		titles: map[string]string{"intro": "Intro", "demo": "Demo"},
	}
}

// atLeast lets users see their own changes on every instance of the service.
func atLeast(e *engine.Engine) func(usher.AccountID, uint64) usher.Authorizer {
	return func(id usher.AccountID, v uint64) usher.Authorizer { return e.AtLeast(id, v) }
}

// session stands for the login of the application. usher does no authentication.
func session(r *http.Request) (usherhttp.Subject, error) {
	return usherhttp.Subject{Account: "acme", User: usher.UserID(r.Header.Get("X-User"))}, nil
}

// routes is the table of all routes. Each states its permission, and how to load the
// resource. A command needs no permission here: the engine decides on it.
func (s *service) routes() usherhttp.Routes {
	return usherhttp.Routes{
		{
			Pattern: "PUT /calendars/{id}", Permission: editCalendar, Resource: s.calendar,
			HideUnless: viewCalendar, Handler: http.HandlerFunc(s.rename),
		},
		{
			Pattern: "PUT /seats/{user}", Access: usherhttp.AnySubject,
			Handler: s.command(assignSeat),
		},
		{
			Pattern: "PUT /owner/{user}", Access: usherhttp.AnySubject,
			Handler: s.command(transfer),
		},
	}
}

// calendar loads the resource of a route, before the check. Nil, or an error that wraps
// usherhttp.ErrNotFound or is in Guard.NotFound (such as sql.ErrNoRows), means that there is
// none; other errors are 503.
func (s *service) calendar(r *http.Request) (usher.Resource, error) {
	hosts := map[string][]string{"intro": {"mia"}, "demo": {"mia", "max"}}[r.PathValue("id")]
	if hosts == nil {
		return nil, nil
	}
	return &usher.Object{
		Type: "calendar", ID: r.PathValue("id"), Account: "acme",
		Parties: map[string][]string{"host": hosts, "team": nil},
	}, nil
}

// rename runs only if the subject may edit the calendar.
func (s *service) rename(w http.ResponseWriter, r *http.Request) {
	calendar, _ := usherhttp.Loaded[*usher.Object](r.Context())
	s.mu.Lock()
	s.titles[calendar.ID] = r.FormValue("title")
	s.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func assignSeat(r *http.Request) account.Command {
	return account.AssignSeat{User: usher.UserID(r.PathValue("user")), Pool: "booking"}
}

func transfer(r *http.Request) account.Command {
	return account.TransferOwnership{To: usher.UserID(r.PathValue("user"))}
}

// command returns a handler that submits one command in the name of the subject.
func (s *service) command(parse func(*http.Request) account.Command) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		subject := usherhttp.FromContext(r.Context()).Subject
		result, err := s.engine.Submit(r.Context(), engine.Batch{
			Actor: account.AsUser(subject.User), Account: subject.Account, Context: subject.Context,
			Commands: []account.Command{parse(r)},
		})
		if err != nil {
			s.guard.Refuse(w, r, err) // 403 if it is denied, 409 if no seat is left
			return
		}
		s.guard.NoteVersion(w, r, subject.Account, result.Version)
		w.WriteHeader(http.StatusNoContent)
	}
}
