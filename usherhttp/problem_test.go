package usherhttp_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/usherhttp"
)

func TestDenialDisclosure(t *testing.T) {
	w := newWorld(t)
	w.guard.Disclose = []string{"mfa"}
	w.Deny("inna", edit, usher.ReasonInactive)
	w.Deny("fred", edit, usher.ReasonForbidden)
	w.Deny("cora", edit, usher.ReasonConditionUnmet).Unmet("seated", "mfa", "not under-investigation")
	w.Deny("otto", edit, usher.ReasonOutOfScope)
	w.Deny("uma", edit, usher.ReasonUnknownUser)
	w.Deny("zoe", edit, 0)
	guarded := w.guard.Require(edit, w.load)
	for user, want := range map[string]usherhttp.Problem{
		"inna": {Reason: "inactive", Detail: "Your access to this account is not active."},
		"fred": {Reason: "forbidden", Detail: "This is not allowed here."},
		"cora": {Reason: "condition-unmet", Detail: "You can do this only if these conditions are met: mfa.", Unmet: []string{"mfa"}},
		"otto": {Reason: "out-of-scope", Detail: "You don't have access to this item."},
		"nora": {Reason: "no-permission", Detail: "You don't have permission to do this."},
		"uma":  {Detail: "You are not allowed to do this."},
		"zoe":  {Detail: "You are not allowed to do this."},
	} {
		want.Type, want.Title, want.Status = usherhttp.TypeDenied, "Forbidden", 403
		if want.Reason != "" {
			want.Permission = "calendar.edit"
		}
		answer := w.call(guarded, "PUT /calendars/c1", "User="+user)
		assert.Equal(t, want, problem(t, answer), user)
		assert.NotContains(t, answer.Body.String(), ".go:", "places are for the log")
		assert.NotContains(t, answer.Body.String(), "investigation")
	}
	assert.Contains(t, w.log.String(), "problem_test.go:", "which has them")
}

// Titles in the policy are used for sentences, but never for undisclosed conditions.
func TestDenialWithTitles(t *testing.T) {
	w := newWorld(t)
	w.guard.Disclose = []string{"mfa", "seated", "open"}
	const secret = "under-investigation"
	w.Deny("one", edit, usher.ReasonConditionUnmet).Unmet("seated", secret).Titled("seated", "a booking seat").Titled(secret, "an investigation")
	w.Deny("two", edit, usher.ReasonConditionUnmet).Unmet("mfa", "seated").Titled("seated", "a booking seat").Titled("mfa", "a login with two factors")
	w.Deny("mix", edit, usher.ReasonConditionUnmet).Unmet("open", "seated").Titled("seated", "a booking seat")
	w.Deny("non", edit, usher.ReasonNoPermission).Titled("calendar.edit", "edit a calendar")
	guarded := w.guard.Require(edit, w.load)
	for user, want := range map[string]string{
		"one": "You need a booking seat.",
		"two": "You need a login with two factors and a booking seat.",
		"mix": "You can do this only if these conditions are met: open, a booking seat.",
		"non": "You don't have permission to edit a calendar.",
	} {
		answer := w.call(guarded, "PUT /calendars/c1", "User="+user)
		assert.Equal(t, want, problem(t, answer).Detail, user)
		assert.NotContains(t, answer.Body.String(), "investigation")
	}
}

// Users who do not belong to an account cannot find out whether it exists.
func TestUnknownAccountReadsAsUnknownUser(t *testing.T) {
	w := newWorld(t)
	w.Deny("uma", edit, usher.ReasonUnknownUser)
	guarded := w.guard.Require(edit, w.load)
	unknownUser := w.call(guarded, "PUT /calendars/c1", "User=uma")
	w.Fail(usher.ErrUnknownAccount)
	unknownAccount := w.call(guarded, "PUT /calendars/c1", "User=uma")
	assert.Equal(t, unknownUser.Code, unknownAccount.Code)
	assert.Equal(t, unknownUser.Header(), unknownAccount.Header())
	assert.Equal(t, unknownUser.Body.String(), unknownAccount.Body.String())
}

func TestBody(t *testing.T) {
	w := newWorld(t)
	w.guard.Challenge = `Bearer realm="acme"`
	guarded := w.guard.Require(edit, w.load)
	answer := w.call(guarded, "PUT /calendars/c1", "User=mia")
	assert.Equal(t, `{"type":"tag:usher-go.github.io,2026:denied","title":"Forbidden","status":403,`+
		`"detail":"You don't have permission to do this.","permission":"calendar.edit","reason":"no-permission"}`+"\n", answer.Body.String())
	assert.Empty(t, answer.Header().Get("WWW-Authenticate"))

	answer = w.call(guarded, "PUT /calendars/c1")
	assert.Equal(t, `{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Please sign in."}`+"\n", answer.Body.String())
	assert.Equal(t, `Bearer realm="acme"`, answer.Header().Get("WWW-Authenticate"))

	answer = w.call(guarded, "PUT /calendars/malformed", "User=mia")
	assert.Equal(t, "That is no calendar.", problem(t, answer).Detail)

	w.guard.Localize = func(r *http.Request, p usherhttp.Problem) string {
		if p.Status == 403 && r.Header.Get("Accept-Language") == "de" {
			return "Das darfst du nicht."
		}
		return ""
	}
	answer = w.call(guarded, "PUT /calendars/c1", "User=mia", "Accept-Language=de")
	assert.Equal(t, "Das darfst du nicht.", problem(t, answer).Detail)
	answer = w.call(guarded, "PUT /calendars/none", "User=mia", "Accept-Language=de")
	assert.Equal(t, "This item does not exist, or you cannot see it.", problem(t, answer).Detail)
}

func TestHead(t *testing.T) {
	w := newWorld(t)
	guarded := w.guard.Require(view, w.load)
	get, head := w.call(guarded, "GET /calendars/c1", "User=mia"), w.call(guarded, "HEAD /calendars/c1", "User=mia")
	assert.Equal(t, 403, head.Code)
	assert.Equal(t, get.Header(), head.Header())
	assert.Empty(t, head.Body.String())
	assert.Equal(t, 401, w.call(guarded, "OPTIONS /calendars/c1").Code, "a guard asks of OPTIONS what it asks of every method")
}

// A refusal removes the headers that an outer handler has set for the expected body.
func TestHeadersOfAnotherBody(t *testing.T) {
	w := newWorld(t)
	answer := w.call(func(next http.Handler) http.Handler {
		next = w.guard.Require(view, w.load)(next)
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Encoding", "gzip")
			rw.Header().Set("Etag", `"7"`)
			rw.Header().Set("Cache-Control", "public, max-age=3600")
			rw.Header().Set("Vary", "Origin")
			next.ServeHTTP(rw, r)
		})
	}, "GET /calendars/c1", "User=mia")
	problem(t, answer)
	assert.Empty(t, answer.Header().Get("Content-Encoding"))
	assert.Empty(t, answer.Header().Get("Etag"))
	assert.Equal(t, "Origin", answer.Header().Get("Vary"))
}

func TestRefuse(t *testing.T) {
	w := newWorld(t)
	_, denied := usher.Require(context.Background(), w, usher.Request{Account: "acme", Subject: "mia", Permission: edit})
	var none *usherhttp.Guard
	for err, want := range map[error]int{
		denied:                 403,
		&usher.DeniedError{}:   403,
		usherhttp.ErrNotFound:  404,
		usherhttp.ErrNoSubject: 401,
		&usherhttp.Problem{Status: 409, Detail: "No seats left."}: 409,
		&usherhttp.Problem{Status: 200}:                           503,
		&usherhttp.Problem{}:                                      503,
		(*usherhttp.Problem)(nil):                                 503,
		(*usher.DeniedError)(nil):                                 403,
		errors.New("x"):                                           503,
		nil:                                                       500,
	} {
		for _, g := range []*usherhttp.Guard{w.guard, {Log: w.guard.Log}, none} {
			answer := httptest.NewRecorder()
			g.Refuse(answer, httptest.NewRequest("GET", "/", nil), err)
			assert.Equal(t, want, answer.Code, "%v", err)
			problem(t, answer)
		}
	}
	answer := httptest.NewRecorder()
	w.guard.Refuse(answer, httptest.NewRequest("GET", "/", nil), denied)
	assert.Equal(t, "no-permission", problem(t, answer).Reason)
	assert.Equal(t, "calendar.edit", problem(t, answer).Permission)
	assert.EqualError(t, &usherhttp.Problem{Status: 409, Detail: "No seats left."}, "409 Conflict: No seats left.")
	assert.EqualError(t, &usherhttp.Problem{Status: 404}, "404 Not Found")
}
