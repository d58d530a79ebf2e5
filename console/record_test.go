package console_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/preset"
)

var (
	adminMfa = viewer{user: "adam", mfa: true}
	auditor  = viewer{user: "ada", mfa: true} // may read the journal, and see no users
)

// recordRow is a row of the JSON forms.
type recordRow struct {
	Version uint64
	Time    time.Time
	Actor   struct{ ID, Name, Host string }
	Changes []struct {
		Change string
		Users  []string
		Text   string
	}
	More int
	Note string
}

// record returns the rows of the page, and the cursor of the next one.
func (w *world) record(by viewer, query string) (rows []recordRow, next string) {
	w.Helper()
	rec := w.get(by, "/record?format=json&"+query)
	require.Equal(w, 200, rec.Code, body(rec))
	var doc struct {
		Data struct {
			Rows []recordRow
			Next string
		}
	}
	require.NoError(w, json.Unmarshal(rec.Body.Bytes(), &doc))
	return doc.Data.Rows, doc.Data.Next
}

func versionsOf(rows []recordRow) (list []uint64) {
	for _, r := range rows {
		list = append(list, r.Version)
	}
	return list
}

// submit commits commands by a user at a time.
func (w *world) submit(actor account.Actor, at time.Time, note string, commands ...account.Command) {
	w.Helper()
	w.clock.Store(&at)
	_, err := w.Submit(ctx, engine.Batch{Actor: actor, Account: "acme", Note: note, Context: usher.Context{"mfa": true}, Commands: commands})
	require.NoError(w, err)
}

// start is a time after the first commit of a world.
var start = time.Date(2090, 3, 1, 12, 0, 0, 0, time.UTC)

// history is an account with one commit on each of several days, from version 2.
func history(t *testing.T, options ...func(*console.Options)) *world {
	w := newWorld(t, "calcom", options...)
	w.submit(account.AsUser("adam"), start, "", account.SetRole{User: "mia", Role: "admin-only"})
	w.submit(account.AsUser("olivia"), start.AddDate(0, 0, 1), "asked by phone", account.AddUser{User: "new", Role: "member"})
	w.submit(account.AsHost("billing"), start.AddDate(0, 0, 2), "", account.SetSeats{Pool: "booking", Total: 9})
	w.submit(account.AsUser("adam"), start.AddDate(0, 0, 3), "", account.RemoveUser{User: "new"})
	return w
}

// Only viewers with audit.view see the record, decided by the engine.
func TestRecordIsForViewersWithAuditView(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		may := false
		if by.user != "" {
			d, err := w.Check(ctx, usher.Request{Account: "acme", Subject: by.user, Permission: auditView, Context: w.facts(by)})
			require.NoError(t, err)
			may = d.Allowed()
		}
		for _, at := range []string{"/record", "/record?format=csv", "/record?format=rows", "/record?format=json"} {
			assert.Equal(t, may, w.get(by, at).Code == 200, at)
		}
		may = may && len(w.visible(by)) > 0
		for _, at := range []string{"/then?version=1", "/then-person?version=1&id=olivia"} {
			assert.Equal(t, may, w.get(by, at).Code == 200, at)
		}
	})
}

func TestRecord(t *testing.T) {
	w := history(t)
	rows, next := w.record(adminMfa, "")
	assert.Equal(t, []uint64{5, 4, 3, 2, 1}, versionsOf(rows))
	assert.Empty(t, next)
	assert.Equal(t, "Name of adam", rows[0].Actor.Name)
	assert.Equal(t, "new is removed", rows[0].Changes[len(rows[0].Changes)-1].Text)
	assert.Equal(t, "billing", rows[1].Actor.Host)
	assert.Equal(t, "the system (billing)", rows[1].Actor.Name)
	assert.Equal(t, "asked by phone", rows[2].Note)
	assert.Equal(t, []string{"mia"}, rows[3].Changes[0].Users)

	page := body(w.get(adminMfa, "/record"))
	assert.Contains(t, page, `<a href="./person?id=mia"><bdi>Name of mia</bdi></a>: <bdi>Member</bdi> becomes <bdi>Admin-only user</bdi>`)
	assert.Contains(t, page, `<a href="./then?version=5">`)
	assert.Contains(t, page, `<bdi>the system (billing)</bdi>`)
}

// A viewer who may read the journal and see no users reads the ids that the journal contains,
// and nothing that the host knows about these users.
func TestRecordWithoutUserView(t *testing.T) {
	w := history(t)
	rows, _ := w.record(auditor, "")
	assert.Equal(t, "adam", rows[0].Actor.ID)
	assert.Equal(t, "adam", rows[0].Actor.Name)
	for _, at := range []string{"/record", "/record?format=json", "/record?format=csv", "/record?format=rows"} {
		assert.NotContains(t, strings.ReplaceAll(body(w.get(auditor, at)), "Name of ada<", ""), "Name of", at)
	}
	page := body(w.get(auditor, "/record"))
	assert.NotContains(t, page, "person?id=")
	assert.NotContains(t, page, "then?version=")
}

func TestRecordFilters(t *testing.T) {
	zurich, err := time.LoadLocation("Europe/Zurich")
	require.NoError(t, err)
	w := history(t, func(o *console.Options) { o.TimeZone = func(*http.Request) *time.Location { return zurich } })
	w.submit(account.AsUser("olivia"), time.Date(2090, 3, 5, 23, 30, 0, 0, time.UTC), "", account.SetStatus{User: "mia", Status: usher.Inactive})
	for query, want := range map[string][]uint64{
		"actor=adam":                       {5, 2},
		"actor=+adam+":                     {5, 2},
		"actor=ada":                        nil,
		"actor=billing":                    {4},
		"actor=nothing":                    nil,
		"user=mia":                         {6, 2, 1},
		"user=new":                         {5, 3},
		"kind=roles":                       {2},
		"kind=nothing":                     nil,
		"kind=roles&user=adam":             nil,
		"kind=people&user=mia":             {6, 1},
		"actor=olivia&user=new":            {3},
		"from=2090-03-03":                  {6, 5, 4},
		"until=2090-03-02&from=2090-03-01": {3, 2},
		"from=2090-03-06":                  {6}, // at 23:30 UTC it is the 6th in Zurich
		"until=2090-03-05&from=2090-03-05": nil,
		"from=2090-03-09":                  nil,
		"from=2090-03-09&until=2090-03-01": nil,
		"after=4":                          {3, 2, 1},
		"after=1":                          nil,
		"after=99":                         {6, 5, 4, 3, 2, 1},
	} {
		rows, _ := w.record(adminMfa, query)
		assert.Equal(t, want, versionsOf(rows), query)
	}
	for _, bad := range []string{"from=yesterday", "until=2090-13-01", "after=0", "after=-1", "after=x"} {
		for _, format := range []string{"html", "json", "csv", "rows"} {
			assert.Equal(t, 400, w.get(adminMfa, "/record?"+bad+"&format="+format).Code, bad)
		}
	}
	page := body(w.get(adminMfa, "/record?kind=roles&actor=%3Cscript%3E"))
	assert.Contains(t, page, `<option value="roles" selected>`)
	assert.Contains(t, page, `value="&lt;script&gt;"`)
	assert.Contains(t, page, `href="./record?actor=%3Cscript%3E&amp;format=csv&amp;kind=roles"`)
}

// A text that is not an id is what the host's search finds, among the users that the viewer may
// see. Otherwise a search for a name would tell whose name it is.
func TestRecordSearch(t *testing.T) {
	w := history(t, func(o *console.Options) { o.Search = searchFor("Adam B.", "adam", "new") })
	rows, _ := w.record(adminMfa, "actor=Adam+B.")
	assert.Equal(t, []uint64{5, 2}, versionsOf(rows))
	rows, _ = w.record(adminMfa, "user=Adam+B.")
	assert.Equal(t, []uint64{1}, versionsOf(rows), "new is not in the account any more")
	rows, _ = w.record(auditor, "actor=Adam+B.")
	assert.Empty(t, rows)
}

// A page has 50 rows; the cursors lead to every row once, whatever is added meanwhile.
func TestRecordPages(t *testing.T) {
	w := newWorld(t, "calcom")
	for i := range 120 {
		w.submit(account.AsUser("olivia"), start, fmt.Sprint(i), account.SetSeats{Pool: "booking", Total: 10 + i})
	}
	var all []uint64
	after := ""
	for range 5 {
		rows, next := w.record(adminMfa, "kind=seats&actor=olivia&after="+after)
		all = append(all, versionsOf(rows)...)
		w.submit(account.AsUser("olivia"), start, "", account.SetSeats{Pool: "booking", Total: 500 + len(all)})
		if after = next; after == "" {
			break
		}
	}
	require.Len(t, all, 120)
	for i, version := range all {
		assert.Equal(t, uint64(121-i), version)
	}
	_, next := w.record(adminMfa, "kind=seats")
	page := body(w.get(adminMfa, "/record?kind=seats"))
	assert.Contains(t, page, `rel="next" href="./record?after=`+next+`&amp;kind=seats"`)
	assert.Contains(t, body(w.get(adminMfa, "/record?kind=seats&after="+next)), `href="./record?kind=seats"`, "back to the newest")
}

// Files have exactly the rows that the filter selects, on all pages, in the same order.
func TestRecordFiles(t *testing.T) {
	w := history(t)
	for i := range 230 {
		w.submit(account.AsUser("olivia"), start.AddDate(0, 0, 4), "", account.SetSeats{Pool: "booking", Total: 10 + i})
	}
	for _, query := range []string{"", "actor=olivia", "kind=roles", "user=mia&kind=people", "from=2090-03-02&until=2090-03-03", "actor=nothing", "after=200"} {
		var want []recordRow
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		for {
			rows, next := w.record(adminMfa, values.Encode())
			want = append(want, rows...)
			if values.Set("after", next); next == "" {
				break
			}
		}
		rec := w.get(adminMfa, "/record?format=rows&"+query)
		assert.Equal(t, "application/json", rec.Header().Get("Content-Type"))
		assert.Equal(t, `attachment; filename="record.json"`, rec.Header().Get("Content-Disposition"))
		assert.Equal(t, "no-store", rec.Header().Get("Cache-Control"))
		got := []recordRow{}
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &got), query)
		assert.Equal(t, len(want), len(got), query)
		assert.Equal(t, versionsOf(want), versionsOf(got), query)

		rec = w.get(adminMfa, "/record?format=csv&"+query)
		assert.Equal(t, "text/csv; charset=utf-8; header=present", rec.Header().Get("Content-Type"))
		lines, err := csv.NewReader(rec.Body).ReadAll()
		require.NoError(t, err)
		require.Len(t, lines, len(want)+1, query)
		assert.Equal(t, []string{"version", "time", "actor", "actor name", "host", "changes", "users", "text", "note", "by"}, lines[0])
		for i, row := range want {
			assert.Equal(t, fmt.Sprint(row.Version), lines[i+1][0], query)
			assert.Equal(t, row.Actor.ID, lines[i+1][2])
			assert.Equal(t, row.Note, lines[i+1][8])
		}
	}
	rec := w.send(adminMfa, "HEAD", "/record?format=csv", "")
	assert.Equal(t, 200, rec.Code)
	assert.Empty(t, body(rec))
	assert.NotEmpty(t, rec.Header().Get("Content-Disposition"))
}

// A CSV file has lines that end as RFC 4180 states, and no cell that a spreadsheet evaluates.
func TestRecordCSVIsSafe(t *testing.T) {
	w := newWorld(t, "calcom", func(o *console.Options) { o.People = nil })
	w.submit(account.AsHost(`=cmd|' /C calc'!A0`), start, "=1+1\r\n-2", account.AddUser{User: `@SUM(1)"`, Role: "admin-only"})
	w.submit(account.AsHost("x"), start, "a\tb; =2", account.AddUser{User: "+49 1;=3", Role: "admin-only"})
	rec := w.get(adminMfa, "/record?format=csv&kind=people")
	text := body(rec)
	assert.Equal(t, strings.Count(text, "\n"), strings.Count(text, "\r\n"))
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, "'+49 1;'=3", lines[1][6])
	assert.Equal(t, "a\tb; '=2", lines[1][8])
	assert.Equal(t, `'=cmd|' /C calc'!A0`, lines[2][4])
	assert.Equal(t, `'@SUM(1)"`, lines[2][6])
	assert.Equal(t, "'=1+1\n'-2", lines[2][8])
}

// A failure while a file is written ends the connection, so that the file is not taken for a
// complete one. A failure before is a page.
func TestRecordFileFails(t *testing.T) {
	w := history(t)
	for i := range 400 {
		w.submit(account.AsUser("olivia"), start.AddDate(0, 0, 4), strings.Repeat("x", 200), account.SetSeats{Pool: "booking", Total: 10 + i})
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-User", "adam")
		r.Header.Set("X-Mfa", "yes")
		w.console.ServeHTTP(&failing{ResponseWriter: rw, left: 40000}, r)
	}))
	defer server.Close()
	res, err := http.Get(server.URL + "/record?format=csv")
	require.NoError(t, err)
	defer res.Body.Close()
	_, err = io.ReadAll(res.Body)
	assert.Error(t, err, "the client notices that the file is not complete")
}

// Hidden fields of the record are empty in all forms, and no filter finds anything by them.
func TestRecordHides(t *testing.T) {
	for field, check := range map[string]func(t *testing.T, w *world){
		"actor": func(t *testing.T, w *world) {
			rows, _ := w.record(adminMfa, "")
			assert.Empty(t, rows[0].Actor)
			rows, _ = w.record(adminMfa, "actor=adam")
			assert.Empty(t, rows)
		},
		"changes": func(t *testing.T, w *world) {
			assert.Equal(t, 403, w.get(adminMfa, "/then?version=1").Code, "two versions show what changed")
			rows, _ := w.record(adminMfa, "")
			assert.Empty(t, rows[0].Changes)
			for _, query := range []string{"user=mia", "kind=roles"} {
				rows, _ = w.record(adminMfa, query)
				assert.Empty(t, rows)
			}
		},
		"note": func(t *testing.T, w *world) {
			assert.NotContains(t, body(w.get(adminMfa, "/record")), "asked by phone")
			assert.NotContains(t, body(w.get(adminMfa, "/record?format=csv")), "asked by phone")
			assert.NotContains(t, body(w.get(adminMfa, "/then?version=3")), "asked by phone")
		},
	} {
		t.Run(field, func(t *testing.T) {
			w := history(t)
			src, _ := preset.Source("calcom")
			text := strings.Replace(string(src), "  audit:\n    permissions:\n      view: {admin: any,", "  audit:\n    fields: {secret: ["+field+"]}\n    permissions:\n      view: {admin: any hiding secret,", 1)
			require.NotEqual(t, string(src), text)
			p, err := policyfile.Load("calcom.yaml", []byte(text))
			require.NoError(t, err)
			require.NoError(t, w.SetPolicy(ctx, p))
			check(t, w)
		})
	}
}

// A commit with many changes shows some of them on the page, and all in files.
func TestRecordOfAnImport(t *testing.T) {
	w := newWorld(t, "calcom")
	var commands []account.Command
	for i := range 50 {
		commands = append(commands, account.AddUser{User: usher.UserID(fmt.Sprint("u", i)), Role: "admin-only"})
	}
	w.submit(account.AsHost("import"), start, "", commands...)
	rows, _ := w.record(adminMfa, "")
	assert.Len(t, rows[0].Changes, 20)
	assert.Equal(t, 30, rows[0].More)
	assert.Contains(t, body(w.get(adminMfa, "/record")), "and <bdi>30</bdi> more changes")
	var all []recordRow
	require.NoError(t, json.Unmarshal([]byte(body(w.get(adminMfa, "/record?format=rows"))), &all))
	assert.Len(t, all[0].Changes, 50)
}
