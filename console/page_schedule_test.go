package console_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// schedule is the page as JSON.
type schedule struct {
	Entries, Skipped []struct {
		ID      int
		At      time.Time
		Ends    bool
		Command struct{ Command, Text string }
		Cancel  struct{ Allowed bool }
	}
	Next string
}

// A role that is given until a day ends at the end of that day, in the zone of the viewer; and a role
// from a day on begins at its start. The pages of the account then say so, without a commit.
func TestARoleForATime(t *testing.T) {
	w := newWorld(t, "studio")
	w.at("2199-03-10 12:00:00")
	page := body(w.get(adam, "/person?id=mia"))
	assert.Contains(t, page, `name="from" type="date"`)
	assert.Contains(t, page, `name="until" type="date"`)
	preview := body(w.post(adam, "/person/set-role", "id", "mia", "role", "admin", "until", "2199-03-20"))
	assert.Contains(t, preview, "becomes <bdi>Administrator</bdi>")
	assert.Contains(t, preview, "21 Mar 2199, 00:00")
	require.Equal(t, http.StatusSeeOther, w.post(adam, "/person/set-role", "id", "mia", "role", "admin", "until", "2199-03-20", "confirmed", "yes").Code)
	require.Equal(t, http.StatusSeeOther, w.post(adam, "/person/set-role", "id", "max", "role", "admin", "from", "2199-04-01", "confirmed", "yes").Code)
	assert.Equal(t, role.Name("admin"), w.role("mia"))
	assert.Equal(t, role.Name("member"), w.role("max"))

	m := data[schedule](t, w, adam, "/schedule").Data
	require.Len(t, m.Entries, 2)
	assert.Equal(t, "Give Name of mia the role Member", m.Entries[0].Command.Text)
	assert.True(t, m.Entries[0].Ends)
	assert.Equal(t, "Give Name of max the role Administrator", m.Entries[1].Command.Text)
	assert.Contains(t, body(w.get(adam, "/person?id=mia")), `<h2 id="scheduled">`)
	assert.Contains(t, body(w.get(adam, "/people")), `href="./schedule"`)
	assert.NotContains(t, body(w.get(lena, "/people")), `href="./schedule"`)

	w.at("2199-03-21 00:00:00")
	assert.Equal(t, role.Name("member"), w.role("mia"))
	assert.Len(t, data[schedule](t, w, adam, "/schedule").Data.Entries, 1)
	assert.NotContains(t, body(w.get(adam, "/person?id=mia")), `<h2 id="scheduled">`)
}

// A beginning on a day that has begun is now, and an end before the beginning is rejected.
func TestTermsOfForms(t *testing.T) {
	w := newWorld(t, "studio")
	w.at("2199-03-10 12:00:00")
	require.Equal(t, http.StatusSeeOther, w.post(adam, "/person/set-role", "id", "mia", "role", "admin", "from", "2199-03-10", "confirmed", "yes").Code)
	assert.Equal(t, role.Name("admin"), w.role("mia"))
	assert.Empty(t, data[schedule](t, w, adam, "/schedule").Data.Entries)
	for _, pairs := range [][]string{
		{"from", "2199-04-01", "until", "2199-03-20"}, {"until", "2199-03-09"}, {"until", "x"}, {"from", "x"},
	} {
		rec := w.post(adam, "/person/set-role", append([]string{"id", "max", "role", "admin", "confirmed", "yes"}, pairs...)...)
		assert.NotEqual(t, http.StatusSeeOther, rec.Code, pairs)
		assert.NotEmpty(t, problemText(body(rec)), pairs)
	}
}

// Viewers who may give the role cancel what is scheduled, from the schedule or from the page of the
// user. Users see what is scheduled for themselves, and not for others.
func TestCancelWhatIsScheduled(t *testing.T) {
	w := newWorld(t, "studio")
	w.at("2199-03-10 12:00:00")
	until := time.Date(2199, 4, 1, 0, 0, 0, 0, time.UTC)
	w.must(account.SetRole{User: "mia", Role: "admin", Until: until}, account.SetRole{User: "max", Role: "admin", From: until})
	assert.Len(t, data[schedule](t, w, max, "/schedule").Data.Entries, 1)
	own := data[schedule](t, w, max, "/schedule").Data.Entries[0]
	assert.False(t, own.Cancel.Allowed)
	assert.Empty(t, data[schedule](t, w, lena, "/schedule").Data.Entries, "lena sees mia, and not what is scheduled for her")
	assert.NotContains(t, body(w.get(lena, "/person?id=mia")), `id="scheduled"`)
	assert.Equal(t, http.StatusForbidden, w.post(max, "/schedule/cancel", "id", "2", "confirmed", "yes").Code)
	assert.Equal(t, http.StatusForbidden, w.get(viewer{user: "zoe"}, "/schedule").Code)

	rec := w.post(adam, "/schedule/cancel", "id", "1", "confirmed", "yes", "back", "id=mia")
	require.Equal(t, http.StatusSeeOther, rec.Code, problemText(body(rec)))
	assert.Equal(t, "../person?at=3&done=schedule%2Fcancel&id=mia", rec.Header().Get("Location"))
	require.Equal(t, http.StatusSeeOther, w.post(adam, "/schedule/cancel", "id", "2", "confirmed", "yes").Code)
	assert.Empty(t, data[schedule](t, w, adam, "/schedule").Data.Entries)
	assert.Contains(t, problemText(body(w.post(adam, "/schedule/cancel", "id", "2", "confirmed", "yes"))), "This change is no longer scheduled.")
	w.at("2199-04-02 12:00:00")
	assert.Equal(t, role.Name("admin"), w.role("mia"), "without an end")
	assert.Equal(t, role.Name("member"), w.role("max"), "without a beginning")
}

// Many scheduled changes have pages.
func TestScheduleHasACursor(t *testing.T) {
	w := newWorld(t, "studio")
	start := time.Date(2199, 4, 1, 0, 0, 0, 0, time.UTC)
	ids := w.addMany(60)
	for i, id := range ids {
		w.must(account.SetRole{User: id, Role: "admin", From: start.Add(time.Duration(i/3) * time.Hour)})
	}
	seen := map[int]bool{}
	for after := ""; ; {
		m := data[schedule](t, w, adam, "/schedule"+after).Data
		for _, e := range m.Entries {
			seen[e.ID] = true
		}
		if m.Next == "" {
			break
		}
		assert.Len(t, m.Entries, 50)
		after = "?after=" + escaped(m.Next)
	}
	assert.Len(t, seen, 60)
	assert.Equal(t, http.StatusBadRequest, w.get(adam, "/schedule?after=x").Code)
}
