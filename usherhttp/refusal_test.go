package usherhttp_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/usherhttp"
)

// Every code has its own response, without details that are only for operators.
func TestRefusals(t *testing.T) {
	statuses := map[int]int{}
	sentences := map[string]string{}
	for _, name := range account.Codes() {
		code, err := account.ParseCode(name)
		require.NoError(t, err)
		refusal := &account.Refusal{Code: code, Command: account.RemoveUser{User: "secret"}, Text: "secret"}
		w := newWorld(t)
		answer := problem(t, send(w.refusing(fmt.Errorf("do: %w", refusal)), "PUT /"))
		assert.Equal(t, usherhttp.TypeRefused+name, answer.Type)
		assert.NotContains(t, fmt.Sprint(answer), "secret")
		assert.Contains(t, w.log.String(), "secret")
		assert.Contains(t, w.log.String(), "level=INFO")
		if code != account.CodeDenied {
			assert.Empty(t, sentences[answer.Detail], "%s has the sentence of another", name)
		}
		assert.NotEqual(t, "This is not possible in the current state of the account.", answer.Detail, "%s has no answer", name)
		sentences[answer.Detail] = name
		statuses[answer.Status]++
	}
	assert.Equal(t, map[int]int{403: 2, 404: 9, 409: 18, 422: 2}, statuses)

	for err, status := range map[error]int{
		engine.ErrContention: 503, engine.ErrOutcomeUnknown: 503, engine.ErrStale: 503, engine.ErrClosed: 503,
	} {
		w := newWorld(t)
		assert.Equal(t, status, problem(t, send(w.refusing(&engine.Error{Op: "submit to", Account: "acme", Err: err}), "PUT /")).Status, "%v", err)
		assert.Contains(t, w.log.String(), "level=ERROR")
	}

	unheard := problem(t, send(newWorld(t).refusing(unheardOf{}), "PUT /"))
	assert.Equal(t, 409, unheard.Status)
	assert.Equal(t, "about:blank", unheard.Type)
}

type unheardOf struct{}

func (unheardOf) Error() string { return "no" }

func (unheardOf) Refused() string { return "unheard-of" }

func (w *world) refusing(err error) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.guard.Refuse(rw, r, err) })
}

// A command that an engine denies gets the same response as from a guard.
func TestDeniedCommands(t *testing.T) {
	w := newWorld(t)
	e := w.withEngine(t)
	remove := func(actor usher.UserID, in usher.AccountID) *usherhttp.Problem {
		_, err := e.Do(context.Background(), account.AsUser(actor), in, account.RemoveUser{User: "mia"})
		require.Error(t, err)
		w.log.Reset()
		p := problem(t, send(w.refusing(err), "DELETE /people/mia"))
		return &p
	}
	assert.Equal(t, &usherhttp.Problem{
		Type: usherhttp.TypeDenied, Title: "Forbidden", Status: 403, Permission: "user.delete", Reason: "forbidden",
		Detail: "This is not allowed here.",
	}, remove("max", "acme"))
	assert.Contains(t, w.log.String(), `level=INFO msg="usher: denied" status=403 method=DELETE path=/people/mia account="" user="" permission=user.delete `)
	assert.Empty(t, remove("eve", "acme").Reason, "who is no user is not told so")
	assert.Equal(t, 403, remove("eve", "initech").Status, "nor which accounts there are")
	assert.Equal(t, remove("eve", "acme").Detail, remove("eve", "initech").Detail)
}

// A reused idempotency key is the client's mistake, not a fault.
func TestReusedKey(t *testing.T) {
	w := newWorld(t)
	e := w.withEngine(t)
	b := engine.Batch{Actor: account.AsHost("test"), Account: "acme", IdempotencyKey: "k", Commands: []account.Command{account.AddUser{User: "eve"}}}
	_, err := e.Submit(context.Background(), b)
	require.NoError(t, err)
	b.Commands = []account.Command{account.AddUser{User: "ian"}}
	_, err = e.Submit(context.Background(), b)
	assert.Equal(t, usherhttp.Problem{
		Type: usherhttp.TypeRefused + "key-reused", Title: "Unprocessable Entity", Status: 422,
		Detail: "This idempotency key was already used for a different request.",
	}, problem(t, send(w.refusing(err), "POST /people")))
	assert.Contains(t, w.log.String(), `level=INFO msg="usher: refused" status=422`)
}

// A batch whose version is no longer the newest is a conflict.
func TestChangedMeanwhile(t *testing.T) {
	w := newWorld(t)
	e := w.withEngine(t)
	_, err := e.Do(context.Background(), account.AsHost("test"), "acme", account.AddUser{User: "eve"})
	require.NoError(t, err)
	_, err = e.Submit(context.Background(), engine.Batch{
		Actor: account.AsHost("test"), Account: "acme", Expect: 1, Commands: []account.Command{account.RemoveUser{User: "eve"}},
	})
	assert.Equal(t, usherhttp.Problem{
		Type: usherhttp.TypeRefused + "changed-meanwhile", Title: "Conflict", Status: 409,
		Detail: "This has changed in the meantime. Load it again, and repeat the change.",
	}, problem(t, send(w.refusing(err), "POST /people")))
	assert.Contains(t, w.log.String(), `level=INFO msg="usher: refused" status=409`)
}

// Problem returns what Refuse sends, and logs it.
func TestProblemWithoutResponse(t *testing.T) {
	w := newWorld(t)
	e := w.withEngine(t)
	_, refused := e.Do(context.Background(), account.AsHost("test"), "acme", account.SetSeats{Pool: "none", Total: 1})
	require.Error(t, refused)
	for _, err := range []error{refused, usherhttp.ErrNotFound, usherhttp.ErrNoSubject, usher.ErrDenied, context.DeadlineExceeded, nil} {
		want := problem(t, send(w.refusing(err), "POST /people"))
		w.log.Reset()
		var got usherhttp.Problem
		send(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = w.guard.Problem(r, err) }), "POST /people")
		assert.Equal(t, want, got)
		assert.Contains(t, w.log.String()+"level=DEBUG", "level=")
	}
}
