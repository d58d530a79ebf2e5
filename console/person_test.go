package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
)

// A viewer who administers the user sees why not, and what would help, with a button for each
// remedy that the engine would accept.
func TestWhyNot(t *testing.T) {
	w := newWorld(t, "oncehub")
	page := body(w.get(adam, "/person?id=max&ask=chatbot.create"))
	assert.Contains(t, page, "No: <bdi>chatbot.create</bdi>")
	assert.Contains(t, page, "What would help")
	assert.Contains(t, page, "oncehub.yaml", "the rule, for a viewer who administers")
	var remedies []offered
	for _, o := range offeredBy(page, fill) {
		if o.path == "person/help" {
			remedies = append(remedies, o)
		}
	}
	require.NotEmpty(t, remedies)
	for _, r := range remedies {
		w := newWorld(t, "oncehub")
		r.values.Set("confirmed", "yes")
		rec := w.send(adam, "POST", "/"+r.path, r.values.Encode())
		require.Equal(t, http.StatusSeeOther, rec.Code, "%s: %s", r, problemText(body(rec)))
		to, err := url.Parse(rec.Header().Get("Location"))
		require.NoError(t, err)
		assert.Contains(t, body(w.get(adam, "/person?"+to.RawQuery)), "Yes: <bdi>chatbot.create</bdi>", "after %s", r)
	}
}

// An allowance that ends says when: to viewers who administer the user, and to the user.
func TestWhyUntil(t *testing.T) {
	w := newWorld(t, "oncehub")
	end := time.Now().AddDate(0, 0, 3).UTC().Truncate(time.Second)
	w.must(account.SetRole{User: "max", Role: "admin", Until: end})
	at := "/person?id=max&ask=account.configure"
	for _, by := range []viewer{adam, {user: "max"}} {
		assert.Contains(t, body(w.get(by, at)), "This ends at ", by.user)
		doc := data[struct{ Why struct{ Until time.Time } }](t, w, by, at)
		assert.True(t, end.Equal(doc.Data.Why.Until), by.user)
	}
	w.must(account.SetRole{User: "max", Role: "admin"})
	assert.NotContains(t, body(w.get(adam, at)), "This ends at ", "it does not end")
}

// Other viewers read only the reason: no rule, no remedy.
func TestWhyWithoutRules(t *testing.T) {
	w := newWorld(t, "oncehub")
	page := body(w.get(mia, "/person?id=mia&ask=account.configure"))
	assert.Contains(t, page, "No role and no individual permission of the user gives it.")
	assert.NotContains(t, page, "oncehub.yaml")
	assert.NotContains(t, page, "What would help")
	page = body(w.get(mia, "/person?id=mia&ask=chatbot.create"))
	assert.Contains(t, page, "Yes: <bdi>chatbot.create</bdi>")
	assert.NotContains(t, page, "oncehub.yaml")
}

// A step that a form invents is a command like any other: the engine decides.
func TestInventedSteps(t *testing.T) {
	w := newWorld(t, "oncehub")
	for _, step := range []string{"kind=3&name=owner", "kind=3&name=admin", "kind=8&name=account.delete", "kind=1&name=admin", "kind=99", "kind=x", "%zz", "kind=11&name=is&value=yes"} {
		for _, by := range []viewer{mia, tom} {
			rec := w.post(by, "/person/help", "id", "mia", "step", step, "confirmed", "yes", "back", "id=mia")
			assert.Contains(t, []int{403, 409, 422}, rec.Code, step)
		}
	}
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(1), v.Version())
}

// The row of the owner is fixed.
func TestOwnerIsFixed(t *testing.T) {
	w := newWorld(t, "oncehub")
	page := body(w.get(adam, "/person?id=olivia"))
	assert.Contains(t, page, "The owner’s role is fixed.")
	for _, o := range offeredBy(page, fill) {
		assert.NotContains(t, []string{"person/set-role", "person/remove", "person/set-status"}, o.path)
	}
}

// Fields that the policy hides are not in the page, not even as a form.
func TestHiddenFields(t *testing.T) {
	w := newWorld(t, "office")
	w.get(mia, "/people") // mia is active now
	assert.Contains(t, body(w.get(adam, "/person?id=mia")), "a-secret-value")
	for _, path := range []string{"/person?id=mia", "/people", "/people?format=json", "/people?sort=-active"} {
		for _, by := range []viewer{mia, {user: "lea"}} {
			page := body(w.get(by, path))
			for _, hidden := range []string{"a-secret-value", "mia@acme.example", "lastActive", "<time"} {
				assert.False(t, contains(page, hidden), "%s: %s", path, hidden)
			}
			assert.True(t, contains(page, "17"), path)
		}
	}
	rec := w.post(mia, "/person/set-field", "id", "mia", "field", "phone", "value", "1", "back", "id=mia")
	assert.Equal(t, 403, rec.Code)
}

func zone(t *testing.T, name string) func(*http.Request) *time.Location {
	at, err := time.LoadLocation(name)
	require.NoError(t, err)
	return func(*http.Request) *time.Location { return at }
}

// Grants show their end in the viewer's time zone, and end at the end of the chosen day.
func TestGrantUntil(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) { o.TimeZone = zone(t, "Pacific/Auckland") })
	rec := w.post(adam, "/person/give-grant", "id", "max", "grant", "routing-forms", "until", "2999-01-31", "confirmed", "yes")
	require.Equal(t, http.StatusSeeOther, rec.Code)
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	u, _ := v.User("max")
	assert.Equal(t, "2999-01-31T11:00:00Z", u.Grants[0].Until.Format("2006-01-02T15:04:05Z"))
	assert.Contains(t, body(w.get(adam, "/person?id=max")), "1 Feb 2999, 00:00")
	rec = w.post(adam, "/person/give-grant", "id", "max", "grant", "routing-forms", "until", "soon")
	assert.Equal(t, 422, rec.Code)
	assert.Contains(t, problemText(body(rec)), "Enter a date.")
	rec = w.post(adam, "/person/give-grant", "id", "max", "grant", "chatbots", "until", "2001-01-01")
	assert.Equal(t, 422, rec.Code)
}

// A user who leaves is removed, after typing the own name.
func TestLeave(t *testing.T) {
	w := newWorld(t, "office")
	assert.NotContains(t, body(w.get(mia, "/person?id=lea")), "person/leave")
	assert.Contains(t, body(w.get(mia, "/person?id=mia")), "person/leave")
	rec := w.post(adam, "/person/leave", "id", "mia", "confirmed", "yes")
	assert.Equal(t, 422, rec.Code, "a form about another user")
	rec = w.post(mia, "/person/leave", "id", "mia", "confirmed", "yes", "typed", "Name of mia")
	assert.Equal(t, http.StatusSeeOther, rec.Code)
	assert.Equal(t, 403, w.get(mia, "/people").Code)
}

// German, and any other language right to left.
func TestLanguages(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.Texts = map[string]map[string]string{"ar": {"people.title": "الأشخاص"}}
	})
	page := w.send(adam, "GET", "/people", "", "Accept-Language", "de-CH, en;q=0.5").Body.String()
	assert.Contains(t, page, `<html lang="de" dir="ltr">`)
	assert.Contains(t, page, "<h1>Personen</h1>")
	page = w.send(adam, "GET", "/people", "", "Accept-Language", "ar").Body.String()
	assert.Contains(t, page, `<html lang="ar" dir="rtl">`)
	assert.Contains(t, page, "<h1>الأشخاص</h1>")
	page = w.send(adam, "GET", "/people", "", "Accept-Language", "xx").Body.String()
	assert.Contains(t, page, `<html lang="en" dir="ltr">`)
	own := newWorld(t, "oncehub", func(o *console.Options) { o.Language = func(*http.Request) string { return "DE" } })
	assert.Contains(t, body(own.get(adam, "/people")), "Personen")
}

// Removed users, and users of other accounts, are not found.
func TestUnknownPerson(t *testing.T) {
	w := newWorld(t, "oncehub")
	for _, id := range []usher.UserID{"", "zoe", "mia ", usher.UserID(strings.Repeat("x", 5000))} {
		assert.Equal(t, 404, w.get(adam, "/person?id="+url.QueryEscape(string(id))).Code)
		rec := w.post(adam, "/person/set-role", "id", string(id), "role", "admin", "confirmed", "yes")
		assert.Contains(t, []int{404, 409, 422}, rec.Code)
	}
}

// A link always has a text: the id stands in for a name that shows nothing, and escapes for an id
// that shows nothing.
func TestNamesThatShowNothing(t *testing.T) {
	var name string
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.People = func(_ context.Context, _ usher.AccountID, ids []usher.UserID) (map[usher.UserID]console.Profile, error) {
			found := map[usher.UserID]console.Profile{}
			for _, id := range ids {
				found[id] = console.Profile{Name: name, Email: name}
			}
			return found, nil
		}
	})
	w.must(account.AddUser{User: "\u202e\u200b"})
	link := func(id usher.UserID, text string) string {
		return `<a href="./person?` + url.Values{"id": {string(id)}}.Encode() + `"><bdi class="name" title="` + string(id) + `">` + text + `</bdi></a>`
	}
	for _, name = range []string{
		"", " ", "\u202e", "\u2066\u2069", "\u200b\u200d\ufeff", "\x00\x1b\t\n", "\u00a0\u3000\u2028", "\u00ad", "\u3164\u2800", "\ufe0f", "\U000e0041",
	} {
		page := body(w.get(adam, "/people"))
		assert.True(t, strings.Contains(page, link("mia", "mia")), "%q", name)
		assert.True(t, strings.Contains(page, link("\u202e\u200b", `&#34;\u202e\u200b&#34;`)), "%q", name)
		assert.False(t, strings.Contains(page, `class="email"`), "%q", name)
	}
	for _, name = range []string{"-", "\u202eMia", "שלום", "👩\u200d👧", "\ue000", "\u0301"} {
		page := body(w.get(adam, "/people"))
		assert.True(t, strings.Contains(page, link("mia", name)), "%q", name)
		assert.True(t, strings.Contains(page, `<bdi class="email">`+name+`</bdi>`), "%q", name)
	}
}
