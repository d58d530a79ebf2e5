package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/usherhttp"
)

// handler returns the value of the JSON response, or an error.
type handler func(*http.Request) (any, error)

func (s *server) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h(r)
		var body []byte
		if err == nil {
			body, err = json.Marshal(v)
		}
		if errors.Is(err, errNoRow) {
			err = usherhttp.ErrNotFound // it was deleted after the guard loaded it
		}
		if err != nil {
			s.guard.Refuse(w, r, err)
			return
		}
		if d, ok := v.(done); ok {
			s.guard.NoteVersion(w, r, d.account, d.Version) // for the next request, which another instance may get
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = w.Write(append(body, '\n')) // an error means that the client has left
	})
}

// done is the response to a change of the account.
type done struct {
	Version uint64   `json:"version"` // of the account after the change
	Changes []string `json:"changes"` // in words; empty if nothing changed

	account usher.AccountID
}

// do submits commands with the user of the request as the actor. The engine decides and
// applies them in one step.
func (s *server) do(r *http.Request, commands ...account.Command) (done, error) {
	return s.submit(r, account.AsUser(subject(r).User), subject(r).Account, commands...)
}

// doAnd is do for a command that also needs a change of calendars and bookings.
func (s *server) doAnd(r *http.Request, change func(context.Context, *tx) error, command account.Command) (done, error) {
	b, err := batch(r, account.AsUser(subject(r).User), subject(r).Account, command)
	if err != nil {
		return done{}, err
	}
	result, err := s.submitAndChange(r, b, change)
	return describe(b, result, err)
}

// doOn is do for commands on the calendar that the guard loaded. Its hosts decide what the user may do,
// so they come from the table, and never from the request.
func (s *server) doOn(r *http.Request, commands ...account.Command) (done, error) {
	b, err := batch(r, account.AsUser(subject(r).User), subject(r).Account, commands...)
	if err != nil {
		return done{}, err
	}
	b.Resources = []usher.Resource{usherhttp.FromContext(r.Context()).Resource}
	result, err := s.engine.Submit(r.Context(), b)
	return describe(b, result, err)
}

// submit submits commands.
func (s *server) submit(r *http.Request, actor account.Actor, in usher.AccountID, commands ...account.Command) (done, error) {
	b, err := batch(r, actor, in, commands...)
	if err != nil {
		return done{}, err
	}
	result, err := s.engine.Submit(r.Context(), b)
	return describe(b, result, err)
}

// batch returns the batch of a request, with the header Idempotency-Key as the idempotency key. A
// retry with the same key returns the first result, even if the user has lost the permission since.
func batch(r *http.Request, actor account.Actor, in usher.AccountID, commands ...account.Command) (engine.Batch, error) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 200 || !utf8.ValidString(key) {
		return engine.Batch{}, badRequest("An Idempotency-Key is text of at most 200 bytes.")
	}
	if key != "" {
		key = fmt.Sprintf("%q %s", subject(r).User, key) // the host is the actor of every sign-up, so the key contains the user
	}
	return engine.Batch{
		Actor: actor, Account: in, Commands: commands, Context: subject(r).Context, IdempotencyKey: key,
	}, nil
}

// describe returns the response to a batch.
func describe(b engine.Batch, result engine.Result, err error) (done, error) {
	if err != nil {
		return done{}, err
	}
	d := done{Version: result.Version, Changes: []string{}, account: b.Account}
	if result.Commit != nil {
		for _, c := range result.Commit.Changes {
			d.Changes = append(d.Changes, account.DescribeChange(c))
		}
	}
	return d, nil
}

// problem returns a refusal by the service itself. Programs identify it by its kind.
func problem(status int, kind, detail string) *usherhttp.Problem {
	return &usherhttp.Problem{Type: "tag:scheduler.example,2026:" + kind, Status: status, Detail: detail}
}

// badRequest returns the problem of an invalid request.
func badRequest(format string, args ...any) *usherhttp.Problem {
	return problem(http.StatusBadRequest, "bad-request", fmt.Sprintf(format, args...))
}

// read decodes the JSON body of a request.
func read[T any](r *http.Request) (*T, error) {
	v := new(T)
	body, err := io.ReadAll(r.Body)
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err == nil {
		err = d.Decode(v)
	}
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("trailing data")
		}
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem(http.StatusRequestEntityTooLarge, "too-large", fmt.Sprintf("A body has at most %d bytes.", maxBody))
	case err != nil:
		return nil, badRequest("The body cannot be read: %v.", err)
	case bytes.Contains(body, []byte(`\u0000`)):
		return nil, badRequest("The body contains a character that not every database can store.")
	}
	return v, nil
}

// health answers whether the service can decide. What an operator should know beside is in the log, since
// anyone may ask.
func (s *server) health(w http.ResponseWriter, r *http.Request) {
	problems, err := s.engine.Health(r.Context())
	if err != nil {
		s.log.Error("health", "error", err)
		http.Error(w, "not healthy; see the log", http.StatusServiceUnavailable)
		return
	}
	for _, p := range problems {
		s.log.Warn("health", "where", p.Where, "problem", p.Text)
	}
	_, _ = io.WriteString(w, "ok\n")
}
