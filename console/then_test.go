package console_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/preset"
)

// then returns the ids and the roles of the users at a version.
func (w *world) then(by viewer, query string) (ids, roles []string, next string) {
	w.Helper()
	rec := w.get(by, "/then?format=json&"+query)
	require.Equal(w, 200, rec.Code, body(rec))
	var doc struct {
		Data struct {
			People []struct{ ID, Role string }
			Next   string
		}
	}
	require.NoError(w, json.Unmarshal(rec.Body.Bytes(), &doc))
	for _, p := range doc.Data.People {
		ids, roles = append(ids, p.ID), append(roles, p.Role)
	}
	return ids, roles, doc.Data.Next
}

// The page has the users of the version with their roles, and nothing to change.
func TestThen(t *testing.T) {
	w := history(t)
	ids, roles, _ := w.then(adminMfa, "version=1")
	assert.Equal(t, []string{"ada", "adam", "mia", "olivia"}, ids)
	assert.Equal(t, []string{"admin-only", "admin", "member", "owner"}, roles)
	ids, _, _ = w.then(adminMfa, "version=4")
	assert.Equal(t, []string{"ada", "adam", "mia", "new", "olivia"}, ids)
	ids, _, _ = w.then(adminMfa, "version=1&role=member")
	assert.Equal(t, []string{"mia"}, ids)
	ids, _, _ = w.then(adminMfa, "version=4&q=NE")
	assert.Equal(t, []string{"new"}, ids)

	page := body(w.get(adminMfa, "/then?version=3"))
	assert.Contains(t, page, "This is the account as it was at <time datetime=\"2090-03-02T12:00:00Z\">")
	assert.Contains(t, page, `<p>The last change was made by <a href="./person?id=olivia">`)
	assert.Contains(t, page, `<a href="./then-person?id=new&amp;version=3"><bdi class="name" title="new">new</bdi></a> <span class="badge">no longer in the account</span>`)
	assert.Contains(t, page, `<bdi>3</bdi> of <bdi>4</bdi> seats, <bdi>1</bdi> left`)
	assert.Contains(t, page, `rel="prev" href="./then?version=2"`)
	assert.Contains(t, page, `rel="next" href="./then?version=4"`)
	assert.NotContains(t, body(w.get(adminMfa, "/then?version=1")), `rel="prev"`)
	assert.NotContains(t, body(w.get(adminMfa, "/then?version=5")), `rel="next"`)
	for version := range 6 {
		for _, path := range []string{"/then?", "/then-person?id=mia&"} {
			assert.NotContains(t, body(w.get(olivia, fmt.Sprint(path, "version=", version))), `method="post"`)
		}
	}
	for _, version := range []string{"0", "6", "x", "-1", "", "18446744073709551615"} {
		assert.Equal(t, 404, w.get(adminMfa, "/then?version="+version).Code, version)
	}
}

func TestThenPages(t *testing.T) {
	w := newWorld(t, "calcom")
	var want []string
	for i := range 120 {
		id := fmt.Sprintf("u%03d", i)
		want = append(want, id)
		w.must(account.AddUser{User: usher.UserID(id), Role: "admin-only"})
	}
	w.must(account.RemoveUser{User: "u007"})
	var all []string
	for after := ""; ; {
		ids, _, next := w.then(adminMfa, "version=121&q=u0&after="+after)
		all = append(all, ids...)
		if after = next; after == "" {
			break
		}
	}
	assert.Equal(t, want[:100], all)
}

// A person of the past is shown beside the person of today.
func TestThenPerson(t *testing.T) {
	w := history(t)
	page := body(w.get(adminMfa, "/then-person?version=1&id=mia"))
	assert.Contains(t, page, `<tr class="changed"><th scope="row">Role</th><td><bdi>Member</bdi></td><td><bdi>Admin-only user</bdi></td></tr>`)
	assert.Contains(t, page, `<tr class="changed"><th scope="row">Seats</th><td><bdi>booking</bdi></td><td><bdi></bdi></td></tr>`)
	assert.Contains(t, page, `<tr><th scope="row">Status</th><td><bdi>Active</bdi></td><td><bdi>Active</bdi></td></tr>`)
	assert.Contains(t, page, `<span title="calendar.manage">`)
	assert.NotContains(t, body(w.get(adminMfa, "/then-person?version=2&id=mia")), `title="calendar.manage"`)

	page = body(w.get(adminMfa, "/then-person?version=3&id=new"))
	assert.Contains(t, page, "no longer in the account")
	assert.NotContains(t, page, "person?id=new\"")
	assert.Equal(t, 404, w.get(adminMfa, "/then-person?version=2&id=new").Code, "not yet added")
	assert.Equal(t, 404, w.get(adminMfa, "/then-person?version=2&id=never").Code)
}

// What a viewer sees of the past is what the viewer may see today: no user that the viewer may
// not see now, and of former users only those that a rule for all users covers.
func TestThenShowsWhatTheViewerMaySeeToday(t *testing.T) {
	src, _ := preset.Source("oncehub")
	p, err := policyfile.Load("oncehub.yaml", append(src, "  audit: {permissions: {view: {everyone: any}}}\n"...))
	require.NoError(t, err)
	for _, by := range kinds["oncehub"] {
		t.Run(by.name, func(t *testing.T) {
			w := newWorld(t, "oncehub")
			require.NoError(t, w.SetPolicy(ctx, p))
			w.must(account.RemoveFromTeam{User: "mia", Team: "sales"}, account.AddToTeam{User: "max", Team: "sales"}, account.RemoveUser{User: "ian"})
			var want []string
			for _, id := range append(w.visible(by), "ian") {
				if by.user != "" && w.mayView(by, id) {
					want = append(want, string(id))
				}
			}
			if len(want) == 0 {
				assert.NotEqual(t, 200, w.get(by, "/then?version=1").Code)
				return
			}
			ids, _, _ := w.then(by, "version=1")
			assert.ElementsMatch(t, want, ids)
			for _, id := range []string{"adam", "eve", "ian", "max", "mia", "olivia", "tom"} {
				opens := w.get(by, "/then-person?version=1&id="+id).Code == 200
				assert.Equal(t, slices.Contains(want, id), opens, id)
			}
		})
	}
}

// In a version that the policy of today does not know, a user's rights are left out.
func TestThenOfAnotherPolicy(t *testing.T) {
	w := history(t)
	w.submit(account.AsUser("olivia"), start.AddDate(0, 0, 4), "", account.SetRole{User: "ada", Role: "admin"}, account.SetRole{User: "mia", Role: "admin"})
	src, _ := preset.Source("calcom")
	p, err := policyfile.Load("calcom.yaml", []byte(strings.ReplaceAll(string(src), "admin-only", "desk")))
	require.NoError(t, err)
	require.NoError(t, w.SetPolicy(ctx, p))
	rec := w.get(adminMfa, "/then?version=1")
	assert.Equal(t, 200, rec.Code)
	rec = w.get(adminMfa, "/then-person?version=1&id=ada")
	assert.Equal(t, 200, rec.Code)
	assert.Contains(t, body(rec), `<tr class="changed"><th scope="row">Role</th><td><bdi>admin-only</bdi></td><td><bdi>Administrator</bdi></td></tr>`)
	assert.Contains(t, body(rec), "Nothing.")
}
