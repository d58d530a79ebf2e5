package usherhttp_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/usherhttp"
)

const helpdesk = `
usher: 1
conditions:
  assisted: {context: acting}
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: member}
  admin:  {}
  member: {default: true}
resources:
  calendar:
    fields: {private: [notes]}
    permissions:
      view:   {admin: any hiding private, member: any}
      edit:   {admin: any}
      delete: {admin: any if not assisted}
  account: {permissions: {configure: {admin: any}}}
  user: {permissions: {create: {admin: any}}}
`

// withHelpdesk lets the header By name the user who acts on behalf of the user.
func withHelpdesk(t *testing.T) *world {
	w := newWorld(t)
	w.withPolicy(t, helpdesk)
	w.guard.Subject = func(r *http.Request) (usherhttp.Subject, error) {
		return usherhttp.Subject{Account: "acme", User: usher.UserID(r.Header.Get("User")), By: usher.UserID(r.Header.Get("By"))}, nil
	}
	w.guard.MarkActive = func(_ usher.AccountID, u usher.UserID) { w.seen = append(w.seen, string(u)) }
	return w
}

// A guard lets a request on behalf of a user through if both users are allowed. In the engine, mia owns acme, ada is an
// admin, and max a member.
func TestGuardOnBehalf(t *testing.T) {
	w := withHelpdesk(t)
	for _, row := range []struct {
		user, by string
		p        string
		code     int
	}{
		{"mia", "ada", "edit", 200},
		{"ada", "mia", "edit", 200},
		{"mia", "max", "edit", 403},
		{"max", "mia", "edit", 403},
		{"mia", "nobody", "edit", 403},
		{"nobody", "mia", "edit", 403},
		{"mia", "", "delete", 200},
		{"mia", "mia", "delete", 200},
		{"mia", "ada", "delete", 403},
	} {
		p := edit
		if row.p == "delete" {
			p = remove
		}
		headers := []string{"User=" + row.user}
		if row.by != "" {
			headers = append(headers, "By="+row.by)
		}
		rec := w.call(w.guard.Require(p, w.load), "PUT /calendars/c1", headers...)
		assert.Equal(t, row.code, rec.Code, "%s by %s: %s", row.user, row.by, row.p)
	}
	assert.Contains(t, w.log.String(), "user=mia permission=calendar.edit")
	assert.Contains(t, w.log.String(), "by=max")
	assert.Equal(t, []string{"ada", "mia", "max", "mia", "nobody", "mia", "mia", "mia", "ada"}, w.seen, "the user who acts is active")
}

// A handler sees who acts, and can pass both on: to further checks, to masks and to commands. The actions on a resource are
// those that both may do.
func TestHandlerOnBehalf(t *testing.T) {
	w := withHelpdesk(t)
	e := w.withPolicy(t, helpdesk)
	var hidden []string
	var subject usherhttp.Subject
	handler := w.guard.Require(view, w.load)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		info := usherhttp.FromContext(r.Context())
		subject, hidden = info.Subject, info.Decision.Hidden()
	}))
	mux := http.NewServeMux()
	mux.Handle("/calendars/{id}", handler)
	require.Equal(t, 200, send(mux, "GET /calendars/c1", "User=max", "By=ada").Code)
	assert.Equal(t, usher.UserID("max"), subject.User)
	assert.Equal(t, usher.UserID("ada"), subject.By)
	assert.Equal(t, []string{"notes"}, hidden)
	request := subject.Request(edit, nil)
	assert.True(t, request.OnBehalf())

	actor := account.AsUser(subject.User).By(subject.By)
	_, err := e.Do(context.Background(), actor, "acme", account.AddUser{User: "zoe", Role: "admin"})
	assert.ErrorIs(t, err, usher.ErrDenied, "max may not")
	_, err = e.Do(context.Background(), account.AsUser("mia").By("ada"), "acme", account.AddUser{User: "zoe", Role: "admin"})
	require.NoError(t, err)

	list := send(w.actions(), "GET /actions?on=calendar:c1", "User=mia", "By=ada").Body.String()
	assert.Contains(t, list, `"actions":["calendar.view","calendar.edit"]`)
	list = send(w.actions(), "GET /actions?on=calendar:c1", "User=mia", "By=max").Body.String()
	assert.Contains(t, list, `"actions":["calendar.view"]`)
}
