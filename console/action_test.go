package console_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
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

func (w *world) role(id usher.UserID) role.Name {
	v, err := w.View(ctx, "acme")
	require.NoError(w, err)
	u, _ := v.User(id)
	return u.Role
}

// A change is shown before it is made: the sentence, and what the user gains. Once it is
// confirmed, the browser goes back to the page, which has the message.
func TestConfirmation(t *testing.T) {
	w := newWorld(t, "oncehub")
	rec := w.post(adam, "/person/set-role", "id", "mia", "role", "admin", "version", "1", "back", "id=mia")
	require.Equal(t, 200, rec.Code)
	page := body(rec)
	assert.Contains(t, page, `<a href="../person?id=mia"><bdi>Name of mia</bdi></a>: <bdi>Member</bdi> becomes <bdi>Administrator</bdi>`)
	assert.Contains(t, page, "<li>user.create (all)</li>")
	assert.Contains(t, page, `<input type="hidden" name="role" value="admin">`)
	assert.Equal(t, role.Name("member"), w.role("mia"), "nothing was changed yet")

	forms := offeredBy(page, fill)
	require.Len(t, forms, 1)
	rec = w.send(adam, "POST", "/"+forms[0].path, forms[0].values.Encode())
	assert.Equal(t, http.StatusSeeOther, rec.Code)
	assert.Equal(t, "../person?at=2&done=person%2Fset-role&id=mia", rec.Header().Get("Location"))
	assert.Equal(t, role.Name("admin"), w.role("mia"))
	rec = w.get(adam, "/person?at=2&done=person%2Fset-role&id=mia")
	assert.Contains(t, body(rec), `<div role="status" class="message"><p>The role was changed.</p></div>`)
	assert.Contains(t, body(rec), `value="id=mia"`, "the message is not part of the page's state")
	assert.NotContains(t, body(w.get(adam, "/people?done=people/none")), `class="message"><p>`)
}

// Seats are shown before and after.
func TestConfirmationOfSeats(t *testing.T) {
	w := newWorld(t, "calcom")
	page := body(w.post(olivia, "/person/set-role", "id", "mia", "role", "admin-only"))
	assert.Contains(t, page, "loses the seat: <bdi>booking</bdi>")
	assert.Contains(t, page, "<td><bdi>3</bdi> of <bdi>4</bdi> seats</td><td><bdi>2</bdi> of <bdi>4</bdi> seats</td>")
	page = body(w.post(olivia, "/person/set-role", "id", "ada", "role", "member"))
	assert.Contains(t, page, "gets a seat: <bdi>booking</bdi>")
}

// What cannot be undone is confirmed by typing.
func TestTypedConfirmation(t *testing.T) {
	w := newWorld(t, "oncehub")
	remove := func(pairs ...string) (int, string) {
		rec := w.post(adam, "/person/remove", append([]string{"id", "mia"}, pairs...)...)
		return rec.Code, body(rec)
	}
	status, page := remove()
	assert.Equal(t, 200, status)
	assert.Contains(t, page, "Type <bdi>Name of mia</bdi> to confirm")
	for _, typed := range []string{"", "name of mia", "yes"} {
		status, page = remove("confirmed", "yes", "typed", typed)
		assert.Equal(t, 422, status)
		assert.Contains(t, page, "This is not what was asked for.")
	}
	status, _ = remove("typed", "Name of mia")
	assert.Equal(t, 200, status, "typed, but not confirmed")
	rec := w.post(adam, "/person/remove", "id", "mia", "confirmed", "yes", "typed", " Name of mia ")
	assert.Equal(t, "../people?at=2&done=person%2Fremove", rec.Header().Get("Location"))
	assert.NotContains(t, w.users(), usher.UserID("mia"))

	page = body(w.post(adam, "/people/remove", "user", "max", "user", "tom"))
	assert.Contains(t, page, "Type <bdi>2</bdi> to confirm")
	page = body(w.post(adam, "/people/remove", "user", "ian"))
	assert.NotContains(t, page, "typed", "to revoke an invitation needs one button")
	w.must(account.AddUser{User: "a long id \u202e"})
	plain := newWorld(t, "oncehub", func(o *console.Options) { o.People = nil })
	plain.must(account.AddUser{User: "rtl \u202e"})
	assert.Contains(t, body(plain.post(adam, "/person/remove", "id", "rtl \u202e")), "Type <bdi>yes, do it</bdi> to confirm")
}

// A harmless change needs no confirmation.
func TestNoConfirmation(t *testing.T) {
	w := newWorld(t, "oncehub")
	rec := w.post(mia, "/person/set-field", "id", "mia", "field", "phone", "value", "+41 2", "back", "id=mia")
	assert.Equal(t, http.StatusSeeOther, rec.Code)
	values, err := w.Values(ctx, "acme", "mia")
	require.NoError(t, err)
	assert.Equal(t, account.Value("+41 2"), values["phone"])
	rec = w.post(mia, "/person/set-field", "id", "mia", "field", "phone", "value", "+41 2", "back", "id=mia")
	assert.Equal(t, http.StatusSeeOther, rec.Code, "the same value again changes nothing")
}

// A form of an old version is rejected if the same user was changed meanwhile, and the page
// shows both versions.
func TestConflict(t *testing.T) {
	w := newWorld(t, "oncehub")
	form := []string{"id", "mia", "role", "admin", "version", "1", "back", "id=mia", "confirmed", "yes"}
	_, err := w.Do(ctx, account.AsUser("olivia"), "acme", account.SetStatus{User: "mia", Status: usher.Inactive}, account.SetStatus{User: "max", Status: usher.Inactive})
	require.NoError(t, err)
	for _, confirmed := range []int{len(form), len(form) - 2} {
		rec := w.post(adam, "/person/set-role", form[:confirmed]...)
		assert.Equal(t, http.StatusConflict, rec.Code)
		page := body(rec)
		assert.Contains(t, page, "Changed by <bdi>Name of olivia</bdi> meanwhile")
		assert.Contains(t, page, "<bdi>Active</bdi> becomes <bdi>Inactive</bdi>")
		assert.Contains(t, page, `<tr><th scope="row">Status</th><td><bdi>Active</bdi></td><td><bdi>Inactive</bdi></td></tr>`)
		assert.NotContains(t, problemText(page), "max")
		assert.Contains(t, page, `name="version" value="2"`, "the forms of the page are of the new version")
	}
	assert.Equal(t, role.Name("member"), w.role("mia"))

	rec := w.send(adam, "POST", "/person/set-role", `{"id": "mia", "role": "admin", "version": 1, "confirmed": true}`)
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.JSONEq(t, `{
		"type": "tag:usher-go.github.io,2026:changed-meanwhile", "title": "Conflict", "status": 409,
		"detail": "Your change was not made. Look at the new state, and repeat the change if you still want it.",
		"changed": {
			"who": "Name of olivia", "changes": ["Name of mia loses the seat: booking", "Name of mia: Active becomes Inactive"],
			"users": [{"person": {"id": "mia", "name": "Name of mia", "email": "mia@acme.example"}, "rows": [
				{"label": "Status", "then": "Active", "now": "Inactive"}, {"label": "Seats", "then": "booking", "now": ""}
			]}]
		}
	}`, body(rec))
	rec = w.post(adam, "/person/set-role", "id", "tom", "role", "admin", "version", "1", "back", "id=tom", "confirmed", "yes")
	assert.Equal(t, http.StatusSeeOther, rec.Code, "a form about another user is not affected")
}

// A form that is sent twice, by a double click, makes one change, and both answers are the same.
// With other values it is a new form.
func TestDoubleClick(t *testing.T) {
	w := newWorld(t, "oncehub")
	send := func(role, key string) *httptest.ResponseRecorder {
		return w.post(adam, "/person/set-role", "id", "mia", "role", role, "version", "1", "back", "id=mia", "confirmed", "yes", "key", key)
	}
	first, second := send("admin", "k1"), send("admin", "k1")
	assert.Equal(t, http.StatusSeeOther, first.Code)
	assert.Equal(t, http.StatusSeeOther, second.Code)
	assert.Equal(t, first.Header().Get("Location"), second.Header().Get("Location"))
	assert.Equal(t, http.StatusConflict, send("admin", "k2").Code)
	assert.Equal(t, http.StatusConflict, send("member", "k1").Code, "the account has changed since")
	rec := w.post(adam, "/person/set-role", "id", "mia", "role", "member", "version", "2", "back", "id=mia", "confirmed", "yes", "key", "k1")
	assert.Equal(t, http.StatusSeeOther, rec.Code, "the viewer went back, and the form has another value")
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(3), v.Version())
}

// A viewer who may not see the actor of a concurrent change reads "another user".
func TestConflictByHiddenUser(t *testing.T) {
	w := newWorld(t, "oncehub")
	w.must(account.SetField{User: "mia", Field: "phone", Value: "1"})
	_, err := w.Do(ctx, account.AsUser("olivia"), "acme", account.SetField{User: "mia", Field: "phone", Value: "2"})
	require.NoError(t, err)
	page := body(w.post(mia, "/person/set-field", "id", "mia", "field", "phone", "value", "3", "version", "1", "back", "id=mia"))
	assert.Contains(t, page, "Changed by <bdi>the system (test) and another user</bdi> meanwhile")
	assert.NotContains(t, page, "olivia")
}

// A bulk action is all or nothing, and the refusals are shown line by line.
func TestBulk(t *testing.T) {
	w := newWorld(t, "oncehub")
	rec := w.post(adam, "/people/assign-seat", "user", "max", "user", "eve", "user", "ian", "user", "olivia", "pool", "booking", "back", "status=active&sort=role")
	assert.Equal(t, http.StatusConflict, rec.Code)
	page := body(rec)
	assert.Contains(t, problemText(page), `Name of eve</bdi>: The user’s status does not allow this. Activate the user first.`)
	assert.NotContains(t, problemText(page), "Name of max")
	assert.Contains(t, problemText(page), "All or nothing")
	assert.Contains(t, page, `value="max" aria-label="Select Name of max" checked`, "the rows are still selected")
	assert.Contains(t, page, `<option value="active" selected>`, "the page has its filter")

	rec = w.post(adam, "/people/assign-seat", "user", "max", "user", "ian", "user", "adam", "pool", "booking")
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.Contains(t, problemText(body(rec)), "All seats are taken. Free a seat, or buy more.")
	assert.Contains(t, problemText(body(rec)), "Name of adam", "the line with which the seats ran out")

	rec = w.post(adam, "/people/assign-seat", "user", "max", "user", "ian", "pool", "booking", "confirmed", "yes", "back", "sort=role")
	assert.Equal(t, "../people?at=2&done=people%2Fassign-seat&sort=role", rec.Header().Get("Location"))
	rec = w.post(adam, "/people/unassign-seat", "user", "max", "user", "ian", "pool", "nothing", "held", "booking", "confirmed", "yes")
	assert.Equal(t, http.StatusSeeOther, rec.Code)
	rec = w.post(adam, "/people/assign-seat", "pool", "booking")
	assert.Equal(t, 422, rec.Code)
	assert.Contains(t, problemText(body(rec)), "A required field is empty.")
}

func TestAddPeople(t *testing.T) {
	w := newWorld(t, "oncehub")
	rec := w.post(adam, "/people/add", "user", "new-1\r\n new-2 \r\n\r\n", "role", "admin", "team", "sales", "invite", "yes", "confirmed", "yes")
	require.Equal(t, http.StatusSeeOther, rec.Code, body(rec))
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	for _, id := range []usher.UserID{"new-1", "new-2"} {
		u, _ := v.User(id)
		assert.Equal(t, role.Name("admin"), u.Role)
		assert.Equal(t, usher.Invited, u.Status)
		_, in := u.InTeam("sales")
		assert.True(t, in)
	}
	rec = w.post(adam, "/people/add", "user", "new-1\nnew-3\nmia", "role", "admin", "team", "support")
	assert.Equal(t, http.StatusConflict, rec.Code)
	page := body(rec)
	assert.Equal(t, 2, strings.Count(problemText(page), "</bdi>: This already exists."))
	assert.Contains(t, page, "new-1\nnew-3\nmia</textarea>", "the viewer need not type again")
	assert.Contains(t, page, `<option value="admin" selected>Administrator`)
	assert.Contains(t, page, `<option value="support" selected>`)
}

// At the limit, adding is disabled, with the reason.
func TestAtTheLimit(t *testing.T) {
	w := newWorld(t, "staffdirectory")
	page := body(w.get(olivia, "/people"))
	assert.Contains(t, page, "<bdi>2</bdi> of <bdi>3</bdi> seats, <bdi>1</bdi> left")
	assert.NotContains(t, page, "<fieldset disabled")
	w.must(account.AddUser{User: "last"})
	sam := viewer{user: "sam"}
	page = body(w.get(sam, "/people"))
	assert.Contains(t, page, "<bdi>3</bdi> of <bdi>3</bdi> seats, <bdi>0</bdi> left")
	assert.Contains(t, page, `<p class="reason" id="add-reason">All seats are taken. Free a seat, or buy more.</p>`)
	assert.Contains(t, page, "<fieldset disabled")
	assert.Equal(t, http.StatusConflict, w.post(sam, "/people/add", "user", "more", "confirmed", "yes").Code)
}

// A viewer who buys seats has the host's link; others do not.
func TestBuySeats(t *testing.T) {
	w := newWorld(t, "oncehub")
	assert.Contains(t, body(w.get(adam, "/people")), `<a href="https://billing.example/">Buy more</a>`)
	assert.NotContains(t, body(w.get(tom, "/people")), "billing.example")
	assert.Contains(t, body(w.get(tom, "/people")), "<bdi>2</bdi> of <bdi>4</bdi> seats", "a manager assigns seats")
	assert.NotContains(t, body(w.get(mia, "/people")), "<bdi>4</bdi> seats")
}

// In a read-only Console no page has a form that changes something, and every action is
// rejected.
func TestReadOnly(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) { o.ReadOnly = true })
	for _, p := range console.Pages() {
		for _, at := range w.addresses(p) {
			assert.Empty(t, offeredBy(body(w.get(olivia, at)), fill), at)
		}
		for _, a := range p.Actions {
			rec := w.post(olivia, "/"+a.Path, "id", "mia", "user", "mia", "role", "admin", "confirmed", "yes")
			assert.Equal(t, http.StatusForbidden, rec.Code, a.Path)
			locked := w.get(olivia, "/"+p.Path).Code == http.StatusForbidden // the policy does not let her do it anyway
			assert.True(t, locked || strings.Contains(body(rec), "Changes are switched off at the moment."), a.Path)
		}
	}
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(1), v.Version())
}

// A form from another site changes nothing.
func TestOtherOrigin(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) { o.TrustedOrigins = []string{"https://trusted.example"} })
	send := func(headers ...string) int {
		form := url.Values{"id": {"mia"}, "field": {"phone"}, "value": {"1"}}
		return w.send(adam, "POST", "/person/set-field", form.Encode(), headers...).Code
	}
	assert.Equal(t, 403, send("Sec-Fetch-Site", "cross-site"))
	assert.Equal(t, 403, send("Origin", "https://evil.example"))
	assert.Equal(t, 303, send("Origin", "https://trusted.example", "Sec-Fetch-Site", "cross-site"))
	assert.Equal(t, 303, send("Sec-Fetch-Site", "same-origin"))
	o := console.Options{Engine: w.Engine, Subject: nil, TrustedOrigins: []string{"x"}}
	_, err := console.New(o)
	assert.Error(t, err)
}

// JSON has the fields of the forms. The first request returns the effects.
func TestJSONActions(t *testing.T) {
	w := newWorld(t, "oncehub")
	rec := w.send(adam, "POST", "/people/set-role", `{"user": ["mia", "max"], "role": "admin", "version": 1}`)
	require.Equal(t, 200, rec.Code)
	var doc struct {
		Version uint64
		Data    struct {
			Done    bool
			Confirm string
			Changes []string
			Users   []struct{ Gains []string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body(rec)), &doc))
	assert.Equal(t, "button", doc.Data.Confirm)
	assert.Equal(t, []string{"Name of mia: Member becomes Administrator", "Name of max: Member becomes Administrator"}, doc.Data.Changes)
	assert.Contains(t, doc.Data.Users[0].Gains, "user.create (all)")
	assert.Equal(t, role.Name("member"), w.role("mia"))

	rec = w.send(adam, "POST", "/people/set-role", `{"user": ["mia", "max"], "role": "admin", "version": 1, "confirmed": true}`)
	assert.Equal(t, 200, rec.Code)
	assert.JSONEq(t, `{"version": 2, "data": {"done": true, "changes": ["Name of mia: Member becomes Administrator", "Name of max: Member becomes Administrator"]}}`, body(rec))

	rec = w.send(tom, "POST", "/people/set-role", `{"user": "mia", "role": "member", "confirmed": true}`)
	assert.Equal(t, 403, rec.Code)
	assert.Equal(t, "application/problem+json", rec.Header().Get("Content-Type"))
	for _, bad := range []string{`{`, `{"user": {"a": 1}}`, `[1]`} {
		assert.Contains(t, []int{400, 422}, w.send(adam, "POST", "/people/set-role", bad, "Content-Type", "application/json").Code, bad)
	}
	large := `{"user": "` + strings.Repeat("x", 1<<20) + `"}`
	assert.Equal(t, 413, w.send(adam, "POST", "/people/add", large).Code)
}

// Methods and paths that do not exist.
func TestPathsAndMethods(t *testing.T) {
	w := newWorld(t, "oncehub")
	for _, row := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/nothing", 404, ""},
		{"GET", "/people/nothing", 404, ""},
		{"POST", "/people/nothing", 404, ""},
		{"GET", "/people/add", 405, "POST"},
		{"POST", "/people", 405, "GET, HEAD"},
		{"DELETE", "/people", 405, "GET, HEAD"},
		{"POST", "/", 405, "GET, HEAD"},
		{"HEAD", "/people", 200, ""},
		{"GET", "/people/", 200, ""},
		{"GET", "/person", 404, ""},
		{"GET", "/person?id=mia&ask=no.such", 404, ""},
	} {
		rec := w.send(olivia, row.method, row.path, "")
		assert.Equal(t, row.status, rec.Code, "%s %s", row.method, row.path)
		assert.Equal(t, row.allow, rec.Header().Get("Allow"), "%s %s", row.method, row.path)
		if row.method == "HEAD" {
			assert.Empty(t, body(rec))
		}
	}
}

// Every action of every page, by every viewer, with fields that do not fit: a refusal, and
// nothing changes.
func TestEveryActionWithoutFields(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		for _, p := range console.Pages() {
			for _, a := range p.Actions {
				rec := w.post(by, "/"+a.Path, "confirmed", "yes")
				assert.Contains(t, []int{401, 403, 404, 409, 422}, rec.Code, "%s: %s", a.Path, body(rec))
			}
		}
		v, err := w.View(ctx, "acme")
		require.NoError(t, err)
		assert.Equal(t, uint64(1), v.Version())
	})
}
