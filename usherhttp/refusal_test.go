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
	"github.com/usher-go/usher/usherhttp"
)

// Every code has an answer of its own, which says nothing of what only an operator reads.
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
		if code != account.Denied {
			assert.Empty(t, sentences[answer.Detail], "%s has the sentence of another", name)
		}
		assert.NotEqual(t, "This cannot be done as things are.", answer.Detail, "%s has no answer", name)
		sentences[answer.Detail] = name
		statuses[answer.Status]++
	}
	assert.Equal(t, map[int]int{403: 2, 404: 7, 409: 11, 422: 1}, statuses)

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

// A command that an engine denies is answered as a guard would have done.
func TestDeniedCommands(t *testing.T) {
	w := newWorld(t)
	e := w.withEngine(t)
	rename := func(actor usher.UserID, in usher.AccountID) *usherhttp.Problem {
		_, err := e.Do(context.Background(), account.User(actor), in, account.RemoveUser{User: "mia"})
		require.Error(t, err)
		p := problem(t, send(w.refusing(err), "DELETE /people/mia"))
		return &p
	}
	assert.Equal(t, &usherhttp.Problem{
		Type: usherhttp.TypeDenied, Title: "Forbidden", Status: 403, Permission: "user.delete", Reason: "forbidden",
		Detail: "This may not be done here.",
	}, rename("max", "acme"))
	assert.Empty(t, rename("eve", "acme").Reason, "who is no user is not told so")
	assert.Equal(t, 403, rename("eve", "initech").Status, "nor which accounts there are")
	assert.Equal(t, rename("eve", "acme").Detail, rename("eve", "initech").Detail)
}
