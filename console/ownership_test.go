package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
)

// The page offers a transfer to exactly the users to which the engine would transfer the account
// now, and only to viewers who may transfer it.
func TestOwnershipOffersWhatTheEngineAccepts(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		var want, listed []string
		for _, id := range w.users() {
			_, err := w.Preview(ctx, engine.Batch{Actor: account.AsUser(by.user), Account: "acme", Context: w.facts(by), Commands: []account.Command{account.TransferOwnership{To: id}}})
			accepted := by.user != "" && err == nil && id != "olivia"
			if accepted {
				want = append(want, string(id))
			}
			offers := offeredBy(body(w.get(by, "/ownership?to="+string(id))), fill)
			assert.Equal(t, accepted, len(offers) == 1, "%s: %v", id, offers)
		}
		rec := w.get(by, "/ownership?format=json")
		assert.Equal(t, len(want) > 0, rec.Code == 200)
		var doc struct {
			Data struct {
				People []struct {
					ID      string
					Allowed bool
				}
			}
		}
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &doc))
		for _, p := range doc.Data.People {
			if p.Allowed {
				listed = append(listed, p.ID)
			}
		}
		assert.Equal(t, want, listed)
	})
}

// The page shows what both people have afterwards, and the confirmation is typed.
func TestTransferOwnership(t *testing.T) {
	w := newWorld(t, "oncehub")
	page := body(w.get(olivia, "/ownership"))
	assert.Contains(t, page, "<bdi>Name of olivia</bdi> has the role <bdi>Account Owner</bdi>.")
	assert.Contains(t, page, "After a transfer, <bdi>Name of olivia</bdi> has the role <bdi>Administrator</bdi>")
	assert.Contains(t, page, `<a class="button" href="./ownership?to=adam">Choose<span class="hidden"> Name of adam</span></a>`)
	assert.Empty(t, offeredBy(page, fill), "first the viewer chooses")

	page = body(w.get(olivia, "/ownership?to=mia"))
	assert.Contains(t, page, `<caption><bdi class="name" title="mia">Name of mia</bdi></caption>`)
	assert.Contains(t, page, `<tr class="changed"><th scope="row">Role</th><td><bdi>Member</bdi></td><td><bdi>Account Owner</bdi></td></tr>`)
	assert.Contains(t, page, `<tr class="changed"><th scope="row">Role</th><td><bdi>Account Owner</bdi></td><td><bdi>Administrator</bdi></td></tr>`)
	assert.Contains(t, page, `<tr><th scope="row">Seats</th><td><bdi>booking</bdi></td><td><bdi>booking</bdi></td></tr>`)
	assert.Contains(t, page, "<li>account.transfer (all)</li>")

	offers := offeredBy(page, fill)
	require.Len(t, offers, 1)
	rec := w.send(olivia, "POST", "/"+offers[0].path, offers[0].values.Encode())
	assert.Equal(t, 200, rec.Code)
	assert.Contains(t, body(rec), "Type <bdi>Name of mia</bdi> to confirm")
	form := offeredBy(body(rec), func(string, string) string { return "mia" })
	require.Len(t, form, 1)
	rec = w.send(olivia, "POST", "/"+form[0].path, form[0].values.Encode())
	assert.Equal(t, 422, rec.Code, "this is not the name")
	form[0].values.Set("typed", "Name of mia")
	rec = w.send(olivia, "POST", "/"+form[0].path, form[0].values.Encode())
	require.Equal(t, http.StatusSeeOther, rec.Code)
	assert.Equal(t, "../people?at=2&done=ownership%2Ftransfer", rec.Header().Get("Location"))
	v, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, usher.UserID("mia"), v.Owner())
	assert.Equal(t, 403, w.get(olivia, "/ownership").Code)
	assert.Contains(t, body(w.get(olivia, "/people?at=2&done=ownership%2Ftransfer")), "The ownership was transferred.")
	assert.NotContains(t, body(w.get(olivia, "/people")), `href="./ownership"`)
}

// If the name of the new owner cannot be typed, the id is, and else a fixed text.
func TestTransferToHostileNames(t *testing.T) {
	for id, want := range map[usher.UserID]string{"plain": "Type <bdi>plain</bdi> to confirm", "rtl \u202e": "Type <bdi>yes, do it</bdi> to confirm"} {
		w := newWorld(t, "oncehub", func(o *console.Options) { o.People = hostilePeople })
		w.must(account.AddUser{User: id})
		assert.Contains(t, body(w.post(olivia, "/ownership/transfer", "to", string(id))), want)
		assert.NotContains(t, body(w.get(olivia, "/ownership?to="+url.QueryEscape(string(id)))), "<script>alert")
	}
}

// A user who cannot become the owner now is listed with the reason.
func TestOwnershipReasons(t *testing.T) {
	w := newWorld(t, "oncehub")
	page := body(w.get(olivia, "/ownership?to=eve"))
	assert.Contains(t, page, "The user’s status does not allow this. Activate the user first.")
	assert.Equal(t, 404, w.get(olivia, "/ownership?to=nobody").Code)
	assert.NotContains(t, page, "Name of ian", "the list has active users")
	page = body(w.get(olivia, "/ownership?q=AD"))
	assert.Contains(t, page, "Name of adam")
	assert.NotContains(t, page, "Name of mia")
}

// A read-only Console says so, and offers no user.
func TestOwnershipReadOnly(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) { o.ReadOnly = true })
	page := body(w.get(olivia, "/ownership?to=mia"))
	assert.Contains(t, page, "Changes are switched off at the moment.")
	assert.NotContains(t, page, "Name of mia")
}

// The page of the owner leads here, for viewers who may transfer the account.
func TestOwnershipLink(t *testing.T) {
	w := newWorld(t, "oncehub")
	for _, by := range []viewer{olivia, adam} {
		_, main, _ := strings.Cut(body(w.get(by, "/person?id=olivia")), "<main")
		assert.Equal(t, by == olivia, strings.Contains(main, `href="./ownership"`))
	}
}

// Of two owners' forms in two windows, the second is a conflict that shows the new owner.
func TestOwnershipConflict(t *testing.T) {
	w := newWorld(t, "oncehub")
	_, err := w.Do(ctx, account.AsUser("olivia"), "acme", account.SetRole{User: "mia", Role: "admin"})
	require.NoError(t, err)
	rec := w.post(olivia, "/ownership/transfer", "to", "mia", "version", "1", "confirmed", "yes", "typed", "Name of mia", "back", "to=mia")
	assert.Equal(t, http.StatusConflict, rec.Code)
	assert.Contains(t, problemText(body(rec)), `<tr><th scope="row">Role</th><td><bdi>Member</bdi></td><td><bdi>Administrator</bdi></td></tr>`)
	assert.Contains(t, body(rec), `<h2 id="chosen">`)
	assert.True(t, slices.Contains(w.users(), "mia"))
}
