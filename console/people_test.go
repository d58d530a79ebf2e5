package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

type peopleDoc struct {
	Data struct {
		People []struct {
			ID         usher.UserID
			Name       string
			LastActive string
			Values     map[string]string
		}
		Next string
	}
}

func (w *world) people(by viewer, query string) (ids []usher.UserID, next string) {
	rec := w.get(by, "/people?format=json&"+query)
	require.Equal(w, 200, rec.Code, body(rec))
	var doc peopleDoc
	require.NoError(w, json.Unmarshal([]byte(body(rec)), &doc))
	for _, p := range doc.Data.People {
		ids = append(ids, p.ID)
	}
	return ids, doc.Data.Next
}

func TestFilters(t *testing.T) {
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.Search = func(_ context.Context, _ usher.AccountID, query string) ([]usher.UserID, error) {
			return map[string][]usher.UserID{"boss": {"olivia", "no-such-user"}}[query], nil
		}
	})
	for query, want := range map[string]string{
		"":                           "adam eve ian max mia olivia tom",
		"q=M":                        "adam max mia tom",
		"q=boss":                     "olivia",
		"q=%20boss%20":               "olivia",
		"role=admin":                 "adam",
		"status=inactive":            "eve",
		"status=invited":             "ian",
		"team=sales":                 "mia tom",
		"team=none":                  "",
		"seat=booking":               "mia tom",
		"without=booking&role=owner": "olivia",
		"team=sales&q=to":            "tom",
		"sort=role":                  "olivia adam eve ian max mia tom",
		"sort=-role":                 "eve ian max mia tom adam olivia",
		"sort=status&q=i":            "mia olivia ian",
		"sort=role&team=sales":       "mia tom",
		"sort=none":                  "adam eve ian max mia olivia tom",
		"after=mia":                  "olivia tom",
	} {
		ids, next := w.people(adam, query)
		assert.Equal(t, want, join(ids), query)
		assert.Empty(t, next)
	}
	ids, _ := w.people(tom, "")
	assert.Equal(t, "mia tom", join(ids))
	ids, _ = w.people(tom, "q=boss")
	assert.Empty(t, ids, "the host's search does not show users that the viewer may not see")
	ids, _ = w.people(mia, "sort=role")
	assert.Equal(t, "mia", join(ids))
}

func join(ids []usher.UserID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	return strings.Join(words, " ")
}

// Sorted by the last activity, users without any come first.
func TestSortByActivity(t *testing.T) {
	w := newWorld(t, "oncehub")
	for _, id := range []usher.UserID{"tom", "mia"} {
		w.get(viewer{user: id}, "/people")
	}
	ids, _ := w.people(adam, "sort=-active")
	assert.ElementsMatch(t, []usher.UserID{"adam", "tom", "mia"}, ids[:3])
	ids, _ = w.people(adam, "sort=active")
	assert.Equal(t, "eve ian max olivia", join(ids[:4]))
}

// Pages have no row twice and leave out none, in every order; the HTML links to the next page
// and keeps the filter.
func TestCursor(t *testing.T) {
	w := newWorld(t, "oncehub")
	var more []account.Command
	for i := range 130 {
		more = append(more, account.AddUser{User: usher.UserID(fmt.Sprintf("u|%03d", i)), Role: "member"})
	}
	w.must(more...)
	for _, sort := range []string{"", "role", "-role", "status", "-status", "active", "-active"} {
		var all []usher.UserID
		after, pages := "", 0
		for {
			ids, next := w.people(adam, url.Values{"sort": {sort}, "after": {after}}.Encode())
			all = append(all, ids...)
			pages++
			if after = next; after == "" {
				break
			}
		}
		assert.Equal(t, 3, pages, sort)
		slices.Sort(all)
		assert.Equal(t, w.users(), all, sort)
	}
	page := body(w.get(adam, "/people?status=active&sort=role"))
	assert.Contains(t, page, `rel="next" href="./people?after=`)
	assert.Contains(t, page, `&amp;sort=role&amp;status=active"`)
	assert.Contains(t, page, `aria-sort="ascending"><a href="./people?sort=-role&amp;status=active"`)
}

// The names of a page are looked up in one call, and only those that the viewer may see.
func TestOneLookUp(t *testing.T) {
	var calls [][]usher.UserID
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.People = func(_ context.Context, _ usher.AccountID, ids []usher.UserID) (map[usher.UserID]console.Profile, error) {
			calls = append(calls, ids)
			return map[usher.UserID]console.Profile{"mia": {Name: "Mia Smith", Picture: "https://img.example/mia.png"}}, nil
		}
	})
	page := body(w.get(tom, "/people"))
	assert.Equal(t, [][]usher.UserID{{"mia", "tom"}}, calls)
	assert.Contains(t, page, `<img src="https://img.example/mia.png" alt=""`)
	assert.Contains(t, page, "Mia Smith")
	assert.Contains(t, page, `title="tom">tom</bdi>`, "without a profile, the id")
}

// Texts of users and of the host are escaped, wherever they occur.
func TestHostileTexts(t *testing.T) {
	names := []string{`<script>alert(1)</script>`, `" onmouseover="alert(1)`, "javascript:alert(1)", "\u202egnp.exe", "👩‍💻", strings.Repeat("long ", 2000), "{user}", "{{.}}", "a&b=c#d?e/../f"}
	var ids []usher.UserID
	for _, n := range names {
		ids = append(ids, usher.UserID(n[:min(len(n), 59)]))
	}
	w := newWorld(t, "oncehub", func(o *console.Options) {
		o.People = func(_ context.Context, _ usher.AccountID, users []usher.UserID) (map[usher.UserID]console.Profile, error) {
			found := map[usher.UserID]console.Profile{}
			for _, id := range users {
				if i := slices.Index(ids, id); i >= 0 {
					found[id] = console.Profile{Name: names[i], Email: names[i], Picture: names[i]}
				}
			}
			return found, nil
		}
	})
	for _, id := range ids {
		w.must(account.AddUser{User: id, Teams: []usher.TeamID{"sales"}}, account.SetField{User: id, Field: "phone", Value: account.Value(id)})
	}
	check := func(page string) {
		for _, bad := range []string{"<script>alert", `" onmouseover="`, `src="javascript:`, `href="javascript:`} {
			assert.False(t, contains(page, bad), bad)
		}
	}
	rec := w.get(adam, "/people")
	require.Equal(t, 200, rec.Code)
	check(body(rec))
	for i, id := range ids {
		query := url.Values{"id": {string(id)}, "ask": {"calendar.edit"}}.Encode()
		rec := w.get(adam, "/person?"+query)
		require.Equal(t, 200, rec.Code, "%q", id)
		check(body(rec))
		rec = w.post(adam, "/person/set-role", "id", string(id), "role", "admin", "back", query)
		require.Equal(t, 200, rec.Code, "%q", id)
		check(body(rec))
		assert.True(t, contains(body(rec), "becomes"), names[i])
		rec = w.post(adam, "/people/add", "user", string(id), "back", query)
		assert.Equal(t, 409, rec.Code)
		check(body(rec))
		rec = w.post(adam, "/person/remove", "id", string(id), "version", "1", "confirmed", "yes")
		assert.Equal(t, 409, rec.Code, "added after version 1")
		check(body(rec))
	}
	check(body(w.get(adam, "/people?"+url.Values{"q": {names[0]}, "team": {names[1]}, "sort": {names[1]}, "after": {names[0]}, "done": {names[0]}, "at": {"x"}}.Encode())))
}
