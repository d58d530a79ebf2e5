package console_test

import (
	_ "embed"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/role"
)

// studio is a policy with requests.
//
//go:embed testdata/studio.yaml
var studio []byte

var max = viewer{user: "max"}

// requests is the page as JSON.
type requests struct {
	Own, Others []struct {
		ID                         account.RequestID
		Note                       string
		Author                     struct{ ID usher.UserID }
		Commands                   []struct{ Command, Text string }
		Approve, Decline, Withdraw struct {
			Allowed bool
			Reason  string
		}
	}
	Answered []struct {
		ID           account.RequestID
		Answer, Note string
	}
	Next string
	May  bool
}

// by makes changes as a user.
func (w *world) by(user usher.UserID, commands ...account.Command) {
	w.Helper()
	_, err := w.Do(ctx, account.AsUser(user), "acme", commands...)
	require.NoError(w, err)
}

// A user asks on the own page for what would help, an administrator approves it, and the user has
// it. Nothing happens before.
func TestAskForIt(t *testing.T) {
	w := newWorld(t, "studio")
	page := body(w.get(mia, "/person?id=mia&ask=invoice.pay"))
	assert.Contains(t, page, "the role Clerk in addition")
	assert.NotContains(t, page, "the role Owner", "only a transfer gives it")
	assert.NotContains(t, page, "The rule", "mia does not administer herself")
	var ask *offered
	for _, o := range offeredBy(page, fill) {
		if o.path == "requests/make" && strings.Contains(o.values.Get("command"), "set-role-beside") {
			ask = &o
		}
	}
	require.NotNil(t, ask, page)
	assert.Equal(t, []string{`{"do":"set-role-beside","user":"mia","role":"clerk"}`}, ask.values["command"])
	ask.values.Set("note", "for the month-end")
	rec := w.send(mia, "POST", "/"+ask.path, ask.values.Encode())
	require.Equal(t, http.StatusSeeOther, rec.Code, problemText(body(rec)))
	assert.Equal(t, "../requests?at=2&done=requests%2Fmake", rec.Header().Get("Location"))

	own := data[requests](t, w, mia, "/requests").Data
	require.Len(t, own.Own, 1)
	assert.Equal(t, "Give Name of mia the role Clerk in addition", own.Own[0].Commands[0].Text)
	assert.Equal(t, "for the month-end", own.Own[0].Note)
	assert.True(t, own.Own[0].Withdraw.Allowed)
	assert.False(t, own.Own[0].Approve.Allowed)
	assert.Empty(t, own.Others)
	assert.Empty(t, w.beside("mia"))

	for _, by := range []viewer{max, lena} {
		assert.Equal(t, http.StatusForbidden, w.post(by, "/requests/approve", "request", "1", "confirmed", "yes").Code, by.user)
	}
	seen := data[requests](t, w, adam, "/requests").Data
	require.Len(t, seen.Others, 1)
	assert.True(t, seen.Others[0].Approve.Allowed)
	preview := body(w.post(adam, "/requests/approve", "request", "1"))
	assert.Contains(t, preview, "The request <bdi>1</bdi> of")
	assert.Contains(t, preview, "also gets the role <bdi>Clerk</bdi>")
	assert.Contains(t, preview, "pay invoices (all)")
	require.Equal(t, http.StatusSeeOther, w.post(adam, "/requests/approve", "request", "1", "confirmed", "yes").Code)
	assert.Equal(t, []role.Name{"clerk"}, w.beside("mia"))
	answered := data[requests](t, w, mia, "/requests").Data
	assert.Empty(t, answered.Own)
	require.Len(t, answered.Answered, 1)
	assert.Equal(t, "approved", answered.Answered[0].Answer)
	assert.Empty(t, data[requests](t, w, max, "/requests").Data.Answered, "requests of others")
}

func (w *world) beside(id usher.UserID) []role.Name {
	v, err := w.View(ctx, "acme")
	require.NoError(w, err)
	u, _ := v.User(id)
	return u.Beside
}

// A lead declines requests of the team with a reason, and does not see those of others.
func TestDeclineARequest(t *testing.T) {
	w := newWorld(t, "studio")
	w.by("max", account.Request{Commands: []account.Command{account.AddToTeam{User: "max", Team: "photo"}}})
	w.by("mia", account.Request{Commands: []account.Command{account.SetRole{User: "mia", Role: "admin"}}, Note: "please"})
	seen := data[requests](t, w, lena, "/requests").Data
	require.Len(t, seen.Others, 1)
	assert.Equal(t, usher.UserID("mia"), seen.Others[0].Author.ID)
	assert.False(t, seen.Others[0].Approve.Allowed, "a lead makes no administrators")
	assert.True(t, seen.Others[0].Decline.Allowed)
	assert.Equal(t, http.StatusForbidden, w.post(lena, "/requests/decline", "request", "1", "confirmed", "yes").Code)
	require.Equal(t, http.StatusSeeOther, w.post(lena, "/requests/decline", "request", "2", "note", "ask again in May", "confirmed", "yes").Code)
	answered := data[requests](t, w, mia, "/requests").Data.Answered
	require.Len(t, answered, 1)
	assert.Equal(t, "ask again in May", answered[0].Note)
	assert.Equal(t, role.Name("member"), w.role("mia"))
	assert.Equal(t, http.StatusForbidden, w.post(lena, "/requests/decline", "request", "2", "confirmed", "yes").Code, "it is closed")
}

// An approval that is not possible now is offered with the reason.
func TestApproveWithoutAFreeSeat(t *testing.T) {
	w := newWorld(t, "studio")
	w.by("max", account.Request{Commands: []account.Command{account.AssignSeat{User: "max", Pool: "desk"}}})
	w.must(account.AssignSeat{User: "lena", Pool: "desk"})
	page := body(w.get(adam, "/requests"))
	assert.Contains(t, page, `<button disabled>Approve</button> <span class="reason">All seats are taken. Free a seat, or buy more.</span>`)
	w.must(account.SetSeats{Pool: "desk", Total: 3})
	assert.NotContains(t, body(w.get(adam, "/requests")), "disabled")
}

// Withdrawing needs no confirmation, and a request that is not the viewer's stays.
func TestWithdrawARequest(t *testing.T) {
	w := newWorld(t, "studio")
	w.by("mia", account.Request{Commands: []account.Command{account.AssignSeat{User: "max", Pool: "desk"}}})
	row := data[requests](t, w, mia, "/requests").Data.Own[0]
	assert.Equal(t, "Give another user a seat: desk", row.Commands[0].Text, "mia may not see max")
	assert.Equal(t, http.StatusForbidden, w.post(max, "/requests/withdraw", "request", "1").Code)
	assert.Equal(t, http.StatusSeeOther, w.post(mia, "/requests/withdraw", "request", "1").Code)
	assert.Empty(t, data[requests](t, w, mia, "/requests").Data.Own)
}

// The page opens for viewers who may make or answer requests, and a policy without requests has
// none.
func TestRequestsAreOffered(t *testing.T) {
	for name, by := range map[string]viewer{"oncehub": olivia, "calcom": olivia, "agency": olivia, "office": olivia} {
		assert.Equal(t, http.StatusForbidden, newWorld(t, name).get(by, "/requests").Code, name)
	}
	w := newWorld(t, "studio")
	for by, want := range map[viewer]int{adam: 200, lena: 200, mia: 200, {user: "zoe"}: 403, {}: 401} {
		assert.Equal(t, want, w.get(by, "/requests").Code, by.user)
	}
	assert.True(t, data[requests](t, w, mia, "/requests").Data.May)
	assert.Equal(t, http.StatusBadRequest, w.get(adam, "/requests?after=x").Code)
	closed := newWorld(t, "studio", func(o *console.Options) { o.ReadOnly = true })
	assert.NotContains(t, body(closed.get(mia, "/person?id=mia&ask=invoice.pay")), "requests/make")
}

// Forged forms of requests are rejected, and never become an error of the program.
func TestForgedRequests(t *testing.T) {
	w := newWorld(t, "studio")
	for command, want := range map[string]int{
		"":                  422,
		"{":                 422,
		`{"do":"none"}`:     422,
		`{"do":"set-role"}`: 422,
		`{"do":"leave"}`:    422,
		`{"do":"set-role-beside","user":"none","role":"clerk"}`: 303, // the approver sees that it is not possible
	} {
		rec := w.send(mia, "POST", "/requests/make", url.Values{"command": {command}}.Encode())
		assert.Equal(t, want, rec.Code, "%s: %s", command, problemText(body(rec)))
	}
	assert.Equal(t, 422, w.post(adam, "/requests/approve", "request", "x").Code)
	rec := w.post(adam, "/requests/approve", "request", "9")
	assert.Contains(t, problemText(body(rec)), "This request does not exist, or it was already decided.")
}

// Many open requests have pages.
func TestRequestsHaveACursor(t *testing.T) {
	w := newWorld(t, "studio")
	for i := range 55 {
		id := usher.UserID("n" + string(rune('a'+i%26)) + string(rune('a'+i/26)))
		w.must(account.AddUser{User: id})
		w.by(id, account.Request{Commands: []account.Command{account.AddToTeam{User: id, Team: "photo"}}})
	}
	first := data[requests](t, w, adam, "/requests").Data
	require.Len(t, first.Others, 50)
	rest := data[requests](t, w, adam, "/requests?after="+first.Next).Data
	assert.Len(t, rest.Others, 5)
	assert.Empty(t, rest.Next)
}
