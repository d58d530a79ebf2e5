package console_test

import (
	"encoding/csv"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/usherhttp"
)

// A change that a user makes on behalf of another one names both in the record, on the page and in the
// files, and a filter finds it by both.
func TestRecordOnBehalf(t *testing.T) {
	w := newWorld(t, "office")
	_, err := w.Do(ctx, account.AsUser("olivia").By("adam"), "acme", account.SetRole{User: "mia", Role: "admin"})
	require.NoError(t, err)
	assert.Contains(t, body(w.get(adam, "/record")), "Name of olivia</bdi></a>, by <a")
	assert.Contains(t, body(w.send(adam, "GET", "/record", "", "Accept-Language", "de")), ", durch <a")
	for actor, want := range map[string]int{"olivia": 1, "adam": 1, "lea": 0} {
		m := data[struct {
			Rows []struct {
				Actor struct {
					ID string
					By *struct{ ID string }
				}
			}
		}](t, w, adam, "/record?actor="+actor).Data
		require.Len(t, m.Rows, want, actor)
		if want > 0 {
			assert.Equal(t, "olivia", m.Rows[0].Actor.ID)
			assert.Equal(t, "adam", m.Rows[0].Actor.By.ID)
		}
	}
	rec := w.get(adam, "/record?format=csv&actor=adam")
	require.Equal(t, http.StatusOK, rec.Code)
	rows, err := csv.NewReader(rec.Body).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2)
	assert.Equal(t, "by", rows[0][len(rows[0])-1])
	assert.Equal(t, "adam", rows[1][len(rows[1])-1])
}

// behalf is an option that lets the header X-By name the user who acts on behalf of the viewer.
func behalf(o *console.Options) {
	viewer := o.Subject
	o.Subject = func(r *http.Request) (usherhttp.Subject, error) {
		s, err := viewer(r)
		s.By = usher.UserID(r.Header.Get("X-By"))
		return s, err
	}
}

// Pages and forms of a user on whose behalf another one acts show and do what both may.
func TestPagesOnBehalf(t *testing.T) {
	w := newWorld(t, "office", behalf)
	for _, row := range []struct {
		viewer viewer
		by     string
		code   int // of the record, which only administrators may see
	}{
		{olivia, "", http.StatusOK},
		{olivia, "adam", http.StatusOK},
		{adam, "olivia", http.StatusOK},
		{olivia, "mia", http.StatusForbidden},
		{viewer{user: "mia"}, "olivia", http.StatusForbidden},
	} {
		assert.Equal(t, row.code, w.send(row.viewer, "GET", "/record", "", "X-By", row.by).Code, "%s by %s", row.viewer.user, row.by)
	}
	for _, by := range []string{"nobody", "rita"} {
		rec := w.send(olivia, "GET", "/people", "", "X-By", by)
		assert.NotEqual(t, http.StatusOK, rec.Code, by)
		assert.NotContains(t, body(rec), "Name of adam", by)
	}
	// Mia does not see e-mail addresses, so they are hidden while she acts for an administrator, too.
	assert.Contains(t, body(w.send(olivia, "GET", "/people", "", "X-By", "adam")), "adam@acme.example")
	assert.NotContains(t, body(w.send(olivia, "GET", "/people", "", "X-By", "mia")), "adam@acme.example")

	assert.Contains(t, body(w.send(olivia, "GET", "/person?id=mia", "", "X-By", "adam")), "/person/set-role")
	assert.NotContains(t, body(w.send(olivia, "GET", "/person?id=mia", "", "X-By", "lea")), "/person/set-role")

	form := "id=mia&role=admin&version=1&confirmed=yes&back=id%3Dmia"
	rec := w.send(olivia, "POST", "/person/set-role", form, "X-By", "lea")
	assert.Equal(t, http.StatusForbidden, rec.Code)
	assert.Equal(t, role.Name("member"), w.role("mia"))
	rec = w.send(olivia, "POST", "/person/set-role", form, "X-By", "adam")
	require.Equal(t, http.StatusSeeOther, rec.Code, body(rec))
	assert.Equal(t, role.Name("admin"), w.role("mia"))
	for c, err := range w.Journal(ctx, "acme", 1) {
		require.NoError(t, err)
		assert.Equal(t, account.AsUser("olivia").By("adam"), c.Actor)
	}
}
