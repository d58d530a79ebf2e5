package usherhttp_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

var (
	view      = permission.MustParse("calendar.view")
	edit      = permission.MustParse("calendar.edit")
	remove    = permission.MustParse("calendar.delete")
	configure = permission.MustParse("account.configure")
)

// Calendar is a type of the host.
type Calendar struct {
	ID      string
	Company usher.AccountID
}

func (c *Calendar) Ref() usher.Ref { return usher.Ref{Type: "calendar", ID: c.ID} }

func (c *Calendar) InAccount() usher.AccountID { return c.Company }

func (c *Calendar) Party(string) ([]string, bool) { return nil, true }

var errStorage = errors.New("storage is on fire")

// world is a host: its calendars, and a guard. The header User has the user, the header
// Account the account.
type world struct {
	*ushertest.Authorizer
	guard     *usherhttp.Guard
	calendars map[string]*Calendar
	log       bytes.Buffer
	seen      []string
}

func newWorld(t testing.TB) *world {
	w := &world{
		Authorizer: ushertest.New(t),
		calendars: map[string]*Calendar{
			"c1": {"c1", "acme"}, "c2": {"c2", "acme"}, "c3": {"c3", "acme"}, "g1": {"g1", "globex"}, "null": nil,
		},
	}
	w.guard = &usherhttp.Guard{
		Authorizer: w.Authorizer,
		Subject:    w.subject,
		MarkActive: func(a usher.AccountID, u usher.UserID) { w.seen = append(w.seen, fmt.Sprintf("%s/%s", a, u)) },
		NotFound:   []error{sql.ErrNoRows},
		Log:        slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	return w
}

func (w *world) subject(r *http.Request) (usherhttp.Subject, error) {
	switch user := r.Header.Get("User"); user {
	case "":
		return usherhttp.Subject{}, nil
	case "forged":
		return usherhttp.Subject{}, fmt.Errorf("bad signature: %w", usherhttp.ErrNoSubject)
	case "unfindable":
		return usherhttp.Subject{User: "mia"}, errStorage
	default:
		account := usher.AccountID(r.Header.Get("Account"))
		if account == "" {
			account = "acme"
		}
		return usherhttp.Subject{Account: account, User: usher.UserID(user), Context: usher.Context{"mfa": false}}, nil
	}
}

// nowhere is a session function that returns no account.
func nowhere(*http.Request) (usherhttp.Subject, error) { return usherhttp.Subject{User: "mia"}, nil }

// load returns the calendar with the id in the path.
func (w *world) load(r *http.Request) (usher.Resource, error) {
	switch id := r.PathValue("id"); id {
	case "fire":
		return nil, errStorage
	case "malformed":
		return nil, &usherhttp.Problem{Status: http.StatusBadRequest, Detail: "That is no calendar."}
	case "gone":
		return nil, fmt.Errorf("deleted: %w", &usherhttp.Problem{Status: http.StatusNotFound, Detail: "It was deleted."})
	case "broken":
		return nil, &usherhttp.Problem{Status: http.StatusInternalServerError, Detail: "secret"}
	case "panic":
		panic("load")
	default:
		c, ok := w.calendars[id]
		if !ok {
			return nil, fmt.Errorf("calendar %s: %w", id, sql.ErrNoRows)
		}
		return c, nil
	}
}

// call sends a request to a handler behind a middleware. The handler responds with 200 and
// "through". Headers such as "User=mia" are set.
func (w *world) call(guarded func(http.Handler) http.Handler, request string, headers ...string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	mux.Handle("/calendars/{id}", guarded(through))
	return send(mux, request, headers...)
}

var through = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "through") })

func send(h http.Handler, request string, headers ...string) *httptest.ResponseRecorder {
	return sendWith(context.Background(), h, request, nil, headers...)
}

func sendWith(ctx context.Context, h http.Handler, request string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	method, target, _ := strings.Cut(request, " ")
	r := httptest.NewRequestWithContext(ctx, method, target, body)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, "=")
		r.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer
}
