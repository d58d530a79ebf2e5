package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

var errStorage = errors.New("the storage of the host is down")

func (w *world) member(id usher.UserID) (account.Member, bool) {
	v, err := w.View(ctx, "acme")
	require.NoError(w, err)
	return v.User(id)
}

// The page lists exactly the invited users that the viewer may see, and is open to viewers who
// may invite users or revoke invitations.
func TestInvitationsOfEachViewer(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		end := time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
		w.must(account.Invite{Key: "ivy", Until: end}) // ian, if he is in the account, has no end
		var want []usher.UserID
		for _, id := range w.visible(by) {
			if u, _ := w.member(id); u.Status == usher.Invited {
				want = append(want, id)
			}
		}
		invite := slices.ContainsFunc(w.Policy().Roles(), func(r role.Role) bool {
			return w.accepts(by, account.AddUser{User: "new", Role: r.Name, Status: usher.Invited})
		}) || slices.ContainsFunc(w.teams(), func(id usher.TeamID) bool {
			return w.accepts(by, account.AddUser{User: "new", Status: usher.Invited, Teams: []usher.TeamID{id}})
		})
		revoke := slices.ContainsFunc(want, func(id usher.UserID) bool { return w.accepts(by, account.RevokeInvitation{User: id}) })
		resend := slices.Contains(want, "ivy") && w.accepts(by, account.ResendInvitation{User: "ivy"})
		rec := w.get(by, "/invitations?format=json")
		if rec.Code != http.StatusOK {
			assert.False(t, invite || revoke || resend)
			return
		}
		var doc struct {
			Data struct {
				Pending []struct {
					ID             usher.UserID
					Until          time.Time
					Resend, Revoke struct{ Allowed bool }
				}
				Resend, Revoke, Invite struct{ Allowed bool }
			}
		}
		require.NoError(t, json.Unmarshal([]byte(body(rec)), &doc))
		var got []usher.UserID
		for _, p := range doc.Data.Pending {
			got = append(got, p.ID)
			assert.Equal(t, w.accepts(by, account.RevokeInvitation{User: p.ID}), p.Revoke.Allowed, "%s", p.ID)
			assert.Equal(t, p.ID == "ivy" && resend, p.Resend.Allowed, "%s", p.ID)
			assert.Equal(t, p.ID == "ivy", p.Until.Equal(end), "%s", p.ID)
		}
		assert.Equal(t, want, got)
		assert.Equal(t, invite, doc.Data.Invite.Allowed)
		assert.Equal(t, revoke, doc.Data.Revoke.Allowed)
		assert.Equal(t, resend, doc.Data.Resend.Allowed)
		page := body(w.get(by, "/invitations"))
		assert.Equal(t, resend, strings.Contains(page, `formaction="./invitations/resend"`))
		assert.Equal(t, slices.Contains(want, "ivy"), strings.Contains(page, `<time datetime="2999-01-01T00:00:00Z">1 Jan 2999, 00:00</time>`))
	})
}

// A pasted list becomes one batch: role, teams and seats are the same for all.
func TestInvite(t *testing.T) {
	w := newWorld(t, "oncehub")
	form := []string{"user", "Ann <ann@a.example>, bob@a.example;\r\n\r\ncarl\r\ncarl \n", "role", "admin", "team", "sales", "pool", "booking"}
	rec := w.post(adam, "/invitations/invite", form...)
	require.Equal(t, http.StatusConflict, rec.Code, "4 seats are bought, and 2 are held")
	assert.Contains(t, problemText(body(rec)), "carl</bdi>: All seats are taken")
	assert.Contains(t, body(rec), `<bdi>bob@a.example</bdi></th><td><span class="good">`)
	assert.Contains(t, body(rec), `<bdi>carl</bdi></th><td><span class="error">All seats are taken`)
	assert.Contains(t, body(rec), "name=\"user\" value=\"ann@a.example\nbob@a.example\"", "there are seats for two")

	w.must(account.SetSeats{Pool: "booking", Total: 5})
	page := body(w.post(adam, "/invitations/invite", form...))
	assert.Contains(t, page, "<bdi>ann@a.example</bdi> is added as <bdi>Administrator</bdi> (<bdi>Invited</bdi>)")
	assert.NotContains(t, w.users(), usher.UserID("carl"))
	rec = w.post(adam, "/invitations/invite", append(form, "confirmed", "yes", "back", "q=a")...)
	assert.Equal(t, "../invitations?at=3&done=invitations%2Finvite&q=a", rec.Header().Get("Location"))
	for _, id := range []usher.UserID{"ann@a.example", "bob@a.example", "carl"} {
		u, _ := w.member(id)
		assert.Equal(t, usher.Invited, u.Status, "%s", id)
		assert.Equal(t, []seat.PoolName{"booking"}, u.Seats)
		assert.Equal(t, usher.TeamID("sales"), u.Teams[0].Team)
	}
	assert.Len(t, w.users(), 10)
	assert.Contains(t, body(w.get(adam, "/invitations")), "Name of carl")
	assert.NotContains(t, body(w.get(adam, "/invitations?q=ann")), "Name of carl")

	rec = w.send(adam, "POST", "/invitations/invite", `{"user": ["dora", "emil"], "confirmed": true}`)
	assert.Equal(t, http.StatusOK, rec.Code)
	assert.Contains(t, w.users(), usher.UserID("emil"))
}

// If one line is not possible, no user is invited. The page has the result for each line, and
// offers those that are possible.
func TestInviteLineByLine(t *testing.T) {
	w := newWorld(t, "oncehub")
	rec := w.post(adam, "/invitations/invite", "user", "ann\nmia\nbob\n<script>", "role", "member", "team", "sales", "until", "2999-01-01", "confirmed", "yes")
	require.Equal(t, http.StatusConflict, rec.Code)
	page := body(rec)
	assert.Contains(t, problemText(page), "Name of mia</bdi>: This already exists.")
	assert.NotContains(t, problemText(page), "ann")
	for entry, result := range map[string]string{
		"ann": `good">Can be invited.`, "bob": `good">Can be invited.`, "&lt;script&gt;": `good">Can be invited.`, "mia": `error">This already exists.`,
	} {
		assert.Contains(t, page, `<tr><th scope="row"><bdi>`+entry+`</bdi></th><td><span class="`+result)
	}
	assert.Contains(t, page, "ann\nmia\nbob\n&lt;script&gt;</textarea>", "the viewer need not paste again")
	assert.NotContains(t, page, "<script>")
	for until, says := range map[string]string{"2020-01-01": "This day is over. Enter a later one.", "x": "Enter a date."} {
		rec := w.post(adam, "/invitations/invite", "user", "ann\nmia", "until", until)
		assert.Equal(t, http.StatusUnprocessableEntity, rec.Code)
		assert.Contains(t, problemText(body(rec)), says)
		assert.NotContains(t, body(rec), `id="lines"`, "the lines are not at fault")
		assert.Contains(t, body(rec), `id="invite-until" name="until" type="date" value="`+until+`"`)
	}

	var rest url.Values
	for _, o := range offeredBy(page, fill) {
		if o.path == "invitations/invite" && o.values.Get("user") != "new-1" {
			rest = o.values
		}
	}
	require.Equal(t, "ann\nbob\n<script>", rest.Get("user"))
	rest.Set("confirmed", "yes")
	rec = w.send(adam, "POST", "/invitations/invite", rest.Encode())
	assert.Equal(t, http.StatusSeeOther, rec.Code)
	u, ok := w.member("<script>")
	assert.True(t, ok)
	assert.Equal(t, usher.TeamID("sales"), u.Teams[0].Team)
	assert.True(t, w.end("<script>").Equal(time.Date(2999, 1, 2, 0, 0, 0, 0, time.UTC)))

	rec = w.send(adam, "POST", "/invitations/invite", `{"user": "zed\nmia\nmax", "confirmed": true}`)
	assert.Equal(t, http.StatusConflict, rec.Code)
	var problem struct {
		Lines []struct {
			Who  struct{ ID string }
			Text string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body(rec)), &problem))
	require.Len(t, problem.Lines, 2)
	assert.Equal(t, "mia", problem.Lines[0].Who.ID)
	assert.Equal(t, "max", problem.Lines[1].Who.ID)
}

// The host finds ids for what the viewer pastes; lines that it does not know are rejected.
func TestInviteByEmail(t *testing.T) {
	calls, failing := 0, false
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.IDs = func(_ context.Context, id usher.AccountID, entries []string) (map[string]usher.UserID, error) {
			calls++
			assert.Equal(t, usher.AccountID("acme"), id)
			if failing {
				return nil, errStorage
			}
			ids := map[string]usher.UserID{}
			for _, e := range entries {
				if name, ok := strings.CutSuffix(strings.ToLower(e), "@a.example"); ok {
					ids[e] = usher.UserID("u-" + name)
				}
			}
			return ids, nil
		}
	})
	assert.Contains(t, body(w.get(adam, "/invitations")), `<label for="invite-user">E-mail addresses</label>`)
	rec := w.post(adam, "/invitations/invite", "user", "ann@a.example\nAnn@A.example\nbob@b.example", "confirmed", "yes")
	require.Equal(t, http.StatusUnprocessableEntity, rec.Code)
	assert.Contains(t, problemText(body(rec)), "bob@b.example</bdi>: No person is known by this.")
	assert.Contains(t, body(rec), `name="user" value="ann@a.example"`)

	rec = w.post(adam, "/invitations/invite", "user", "ann@a.example\nAnn@A.example", "confirmed", "yes")
	assert.Equal(t, http.StatusSeeOther, rec.Code, "two addresses of one person")
	assert.Contains(t, w.users(), usher.UserID("u-ann"))

	failing = true
	before := len(w.users())
	rec = w.post(adam, "/invitations/invite", "user", "cleo@a.example", "confirmed", "yes")
	assert.Equal(t, http.StatusServiceUnavailable, rec.Code)
	assert.NotContains(t, body(rec), errStorage.Error())
	assert.Contains(t, w.log.String(), errStorage.Error())
	assert.Len(t, w.users(), before)

	calls = 0
	assert.Equal(t, http.StatusForbidden, w.post(mia, "/invitations/invite", "user", "x@a.example").Code)
	assert.Zero(t, calls, "viewers who may not invite users do not reach the host")
}

// A list that is longer than a batch can be is rejected before the host or the engine reads it.
func TestInviteTooMany(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.IDs = func(context.Context, usher.AccountID, []string) (map[string]usher.UserID, error) {
			t.Error("the host was asked")
			return nil, nil
		}
	})
	var list []string
	for i := range account.MaxCommands/2 + 1 {
		list = append(list, "user-"+strconv.Itoa(i))
	}
	rec := w.post(adam, "/invitations/invite", "user", strings.Join(list, "\n"), "pool", "booking", "confirmed", "yes")
	assert.Equal(t, http.StatusUnprocessableEntity, rec.Code)
	assert.Contains(t, problemText(body(rec)), "Invite at most 500 users at a time.")
	many := strings.Repeat("x,\n", 100_000) + strings.Join(list, "\n")
	assert.Equal(t, http.StatusUnprocessableEntity, w.post(adam, "/invitations/invite", "user", many, "pool", "booking").Code)
}

// Invitations are revoked together, but not that of a user who accepted meanwhile.
func TestRevokeInvitations(t *testing.T) {
	w := newWorld(t, "oncehub")
	w.must(account.AddUser{User: "ivy", Status: usher.Invited})
	form := []string{"user", "ian", "user", "ivy", "version", "2"}
	page := body(w.post(adam, "/invitations/revoke", form...))
	assert.Contains(t, page, "Name of ian</bdi></a> is removed")
	_, err := w.Do(ctx, account.AsUser("ivy"), "acme", account.AcceptInvitation{})
	require.NoError(t, err)
	for _, version := range []string{"2", ""} {
		form[5] = version
		rec := w.post(adam, "/invitations/revoke", append(form, "confirmed", "yes")...)
		require.Equal(t, http.StatusUnprocessableEntity, rec.Code)
		assert.Contains(t, problemText(body(rec)), "Name of ivy</bdi>: Accepted the invitation already.")
		assert.NotContains(t, problemText(body(rec)), "Name of ian")
	}
	rec := w.post(adam, "/invitations/revoke", "user", "ian", "confirmed", "yes")
	assert.Equal(t, "../invitations?at=4&done=invitations%2Frevoke", rec.Header().Get("Location"))
	assert.NotContains(t, w.users(), usher.UserID("ian"))
	assert.Contains(t, body(w.get(adam, "/invitations")), "No invitations are pending.")
}

// An invitation has an end, the page shows it, and it is resent with a later end or with none. At its end it is not in the
// account any more.
func TestResendInvitations(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.TimeZone = func(*http.Request) *time.Location { return time.FixedZone("", 3600) }
	})
	w.at("2199-03-10 12:00:00")
	assert.NotContains(t, body(w.get(adam, "/invitations")), "invitations/resend", "no invitation has an end")
	form := []string{"user", "ann\nbob", "team", "sales", "pool", "booking", "until", "2199-03-20"}
	page := body(w.post(adam, "/invitations/invite", form...))
	assert.Contains(t, page, "Scheduled for <bdi>21 Mar 2199, 00:00</bdi>: the invitation of <bdi>ann</bdi> ends")
	assert.Equal(t, http.StatusSeeOther, w.post(adam, "/invitations/invite", append(form, "confirmed", "yes")...).Code)
	u, _ := w.member("ann")
	assert.Equal(t, usher.Invited, u.Status)
	assert.Equal(t, []seat.PoolName{"booking"}, u.Seats)
	page = body(w.get(adam, "/invitations"))
	assert.Equal(t, 2, strings.Count(page, `<td data-label="Until"><time datetime="2199-03-21T00:00:00+01:00">21 Mar 2199, 00:00</time></td>`))
	assert.Contains(t, page, `<td data-label="Until">no end</td>`)
	assert.Contains(t, body(w.send(adam, "GET", "/invitations", "", "Accept-Language", "de")), `<td data-label="Bis">ohne Ende</td>`)

	resend := func(by viewer, pairs ...string) *httptest.ResponseRecorder {
		return w.post(by, "/invitations/resend", append([]string{"user", "ann", "confirmed", "yes"}, pairs...)...)
	}
	for _, row := range []struct {
		pairs []string
		says  string
	}{
		{[]string{"until", "2199-03-19"}, "Name of ann</bdi>: The invitation has no end, or a later one."},
		{[]string{"until", "2199-04-01", "user", "ian"}, "Name of ian</bdi>: The invitation has no end, or a later one."},
		{[]string{"until", "2199-04-01", "user", "mia"}, "Name of mia</bdi>: Accepted the invitation already."},
		{[]string{"until", "2199-03-09"}, "This day is over. Enter a later one."},
		{[]string{"until", "x"}, "Enter a date."},
	} {
		rec := resend(adam, row.pairs...)
		assert.Equal(t, http.StatusUnprocessableEntity, rec.Code, row.pairs)
		assert.Contains(t, problemText(body(rec)), row.says)
		assert.Contains(t, body(rec), `aria-label="Select Name of ann" checked`)
		assert.Contains(t, body(rec), `value="`+row.pairs[1]+`" aria-describedby="resend-hint"`, "the viewer need not enter the day again")
	}
	assert.Equal(t, http.StatusForbidden, resend(mia, "until", "2199-04-01").Code)

	page = body(w.post(adam, "/invitations/resend", "user", "ann", "until", "2199-04-01"))
	assert.Contains(t, page, `Scheduled for <bdi>2 Apr 2199, 00:00</bdi>: the invitation of <a href="../person?id=ann">`)
	assert.Equal(t, w.end("ann"), w.end("bob"), "nothing has changed yet")
	rec := resend(adam, "until", "2199-04-01", "back", "q=a")
	assert.Equal(t, "../invitations?at=3&done=invitations%2Fresend&q=a", rec.Header().Get("Location"))
	assert.Contains(t, body(w.get(adam, "/invitations?done=invitations%2Fresend")), "The invitations were resent.")
	assert.Equal(t, "2199-04-01T23:00:00Z", w.end("ann").UTC().Format(time.RFC3339))
	assert.NotContains(t, page, "The invitations then have no end.")
	assert.Contains(t, body(w.send(adam, "POST", "/invitations/resend", `{"user": "ann"}`)), `"notes":["The invitations then have no end."]`)
	rec = w.send(adam, "POST", "/invitations/resend", `{"user": "ann", "confirmed": true}`)
	assert.Equal(t, http.StatusOK, rec.Code)
	assert.Zero(t, w.end("ann"))

	w.at("2199-03-20 23:00:00")
	page = body(w.get(adam, "/invitations"))
	assert.Contains(t, page, "Name of ann")
	assert.NotContains(t, page, "Name of bob", "the invitation has ended")
	assert.NotContains(t, page, "invitations/resend")
	rec = w.post(adam, "/invitations/resend", "user", "bob", "until", "2199-04-01", "confirmed", "yes")
	assert.Equal(t, http.StatusNotFound, rec.Code)
	assert.Contains(t, problemText(body(rec)), "This user does not exist.")
}

// end returns when an invitation ends.
func (w *world) end(id usher.UserID) time.Time {
	v, err := w.View(ctx, "acme")
	require.NoError(w, err)
	end, _ := v.InvitationEnd(id)
	return end
}

// lea resends the invitations to her team, and no others.
func TestResendOwnInvitations(t *testing.T) {
	w := newWorld(t, "office")
	lea := viewer{user: "lea"}
	end := time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
	w.must(account.Invite{Key: "ian", Teams: []usher.TeamID{"sales"}, Until: end}, account.Invite{Key: "ivy", Teams: []usher.TeamID{"support"}, Until: end})
	doc := data[struct {
		Pending []struct {
			ID     usher.UserID
			Resend struct{ Allowed bool }
		}
	}](t, w, lea, "/invitations")
	for _, p := range doc.Data.Pending {
		assert.Equal(t, p.ID == "ian", p.Resend.Allowed, "%s", p.ID)
	}
	assert.Len(t, doc.Data.Pending, 2)
	assert.Equal(t, http.StatusForbidden, w.post(lea, "/invitations/resend", "user", "ivy", "until", "2999-02-01", "confirmed", "yes").Code)
	assert.Equal(t, http.StatusSeeOther, w.post(lea, "/invitations/resend", "user", "ian", "until", "2999-02-01", "confirmed", "yes").Code)
	assert.True(t, w.end("ian").After(end))
	assert.True(t, w.end("ivy").Equal(end))
}

// lea leads a team. She invites users to it and takes such invitations back, without the permission to remove users.
func TestRevokeOwnInvitations(t *testing.T) {
	w := newWorld(t, "office")
	lea := viewer{user: "lea"}
	w.must(account.AddUser{User: "ivy", Status: usher.Invited, Teams: []usher.TeamID{"support"}})
	_, err := w.Do(ctx, account.AsUser("lea"), "acme", account.Invite{Key: "ian", Teams: []usher.TeamID{"sales"}})
	require.NoError(t, err)
	assert.False(t, w.accepts(lea, account.RemoveUser{User: "ian"}))
	assert.Equal(t, http.StatusForbidden, w.post(lea, "/invitations/revoke", "user", "ivy", "confirmed", "yes").Code)
	assert.Equal(t, http.StatusSeeOther, w.post(lea, "/invitations/revoke", "user", "ian", "confirmed", "yes").Code)
	assert.NotContains(t, w.users(), usher.UserID("ian"))
	assert.Contains(t, w.users(), usher.UserID("ivy"))
}
