package main

import (
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

// handler returns what is to be answered as JSON, or why there is no answer.
type handler func(*http.Request) (any, error)

func (s *server) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h(r)
		var body []byte
		if err == nil {
			body, err = json.Marshal(v)
		}
		if err != nil {
			s.guard.Refuse(w, r, worded(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = w.Write(append(body, '\n')) // a client who is gone needs no answer
	})
}

// done is the answer to a change of the account.
type done struct {
	Version uint64   `json:"version"` // of the account, with the change
	Changes []string `json:"changes"` // in words; none if all was as asked already
}

// do asks for commands in the name of who sends the request. The guard of the route
// has asked already; this asks again, in one step with the change.
func (s *server) do(r *http.Request, commands ...account.Command) (done, error) {
	return s.submit(r, account.User(subject(r).User), subject(r).Account, commands...)
}

// submit does commands once for each Idempotency-Key of an actor. A repeated request
// meets the guard first, so one that took away the right to send it is denied then.
func (s *server) submit(r *http.Request, actor account.Actor, in usher.AccountID, commands ...account.Command) (done, error) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 200 || !utf8.ValidString(key) {
		return done{}, bad("An Idempotency-Key is text of at most 200 bytes.")
	}
	if key != "" {
		key = actor.String() + " " + key // or else one person's key could get in the way of another's
	}
	result, err := s.engine.Submit(r.Context(), engine.Batch{
		Actor: actor, Account: in, Commands: commands, Context: subject(r).Context, Key: key,
	})
	if err != nil {
		return done{}, err
	}
	d := done{Version: result.Version, Changes: []string{}}
	if result.Commit != nil {
		for _, c := range result.Commit.Changes {
			d.Changes = append(d.Changes, account.DescribeChange(c))
		}
	}
	return d, nil
}

// worded puts what the engine refused into words for the guard to answer.
func worded(err error) error {
	var refusal *account.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Code == account.Denied:
		return &usher.DeniedError{Request: refusal.Request, Decision: refusal.Decision}
	case errors.As(err, &refusal):
		return problem(statuses[refusal.Code], refusal.Code.String(), refusal.Text)
	case errors.Is(err, engine.ErrKeyReused):
		return problem(http.StatusUnprocessableEntity, "key-reused", "Another request was made under this Idempotency-Key.")
	case errors.Is(err, errNoRow):
		return usherhttp.ErrNotFound
	}
	return err
}

// statuses of refusals; what is not listed is in conflict with what there is: 409.
var statuses = map[account.Code]int{
	account.UnknownUser: 404, account.UnknownTeam: 404, account.UnknownRole: 404, account.UnknownPool: 404,
	account.UnknownSetting: 404, account.NotMember: 404, account.Invalid: 422, account.Escalation: 403,
}

// problem is a refusal that is no denial. Kind names it for programs.
func problem(status int, kind, detail string) *usherhttp.Problem {
	if status == 0 {
		status = http.StatusConflict
	}
	return &usherhttp.Problem{Type: "tag:scheduler.example,2026:" + kind, Status: status, Detail: detail}
}

// bad is the answer to a request that makes no sense.
func bad(format string, args ...any) *usherhttp.Problem {
	return problem(http.StatusBadRequest, "bad-request", fmt.Sprintf(format, args...))
}

// read reads the JSON in the body of a request.
func read[T any](r *http.Request) (*T, error) {
	v := new(T)
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("there is more behind the JSON value")
		}
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem(http.StatusRequestEntityTooLarge, "too-large", fmt.Sprintf("A body has at most %d bytes.", maxBody))
	case err != nil:
		return nil, bad("The body cannot be read: %v.", err)
	}
	return v, nil
}

func (s *server) health(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "ok\n")
}
