package browsertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
)

// pageInfo is a page, as the document openapi.json describes it.
type pageInfo struct {
	path    string
	needs   []parameter // the parameters that the page requires
	actions []string    // the paths of its actions
}

type parameter struct{ name, kind string }

// pages returns the pages of the Console in the order of their paths.
func (a *app) pages() (list []pageInfo) {
	a.Helper()
	response, err := http.Get(a.server.URL + a.root + "openapi.json")
	require.NoError(a, err)
	defer response.Body.Close()
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, Description string
				Required          bool
			}
		}
	}
	require.NoError(a, json.NewDecoder(response.Body).Decode(&doc))
	for at, methods := range doc.Paths {
		get, isPage := methods["get"]
		if !isPage {
			continue
		}
		p := pageInfo{path: strings.TrimPrefix(at, "/")}
		for _, in := range get.Parameters {
			if in.Required {
				p.needs = append(p.needs, parameter{in.Name, in.Description})
			}
		}
		for other := range doc.Paths {
			if strings.HasPrefix(other, at+"/") {
				p.actions = append(p.actions, strings.TrimPrefix(other, "/"))
			}
		}
		p.actions = append(p.actions, alsoOn[p.path]...)
		slices.Sort(p.actions)
		list = append(list, p)
	}
	slices.SortFunc(list, func(x, y pageInfo) int { return strings.Compare(x.path, y.path) })
	require.NotEmpty(a, list)
	return list
}

// values returns values of a parameter, by the kind that the document states.
func (a *app) values(kind string) (list []string) {
	switch kind {
	case "user":
		for _, id := range a.users() {
			list = append(list, string(id))
		}
	case "team":
		for _, id := range a.teams() {
			list = append(list, string(id))
		}
	case "count":
		list = append(list, fmt.Sprint(a.view().Version()))
	default:
		a.Fatalf("a page requires a parameter of the kind %q, of which this function knows no values", kind)
	}
	return list
}

// alsoOn contains actions of other pages whose forms a page has, too.
var alsoOn = map[string][]string{"person": {"shares/take", "schedule/cancel"}}

// states contains further addresses of a page, by parameters that it does not require.
var states = map[string][]url.Values{
	"team":      {{"find": {"a"}}, {"give": {"a"}}},
	"ownership": {{"to": {"mia"}}},
	"seats":     {{"list": {"without"}}},
	"shares": {
		{"user": {"mia"}},
		{"user": {"max"}},
		{"team": {"photo"}},
		{"type": {"album"}, "id": {"spring"}},
		{"type": {"album"}, "id": {"spring"}, "find": {"m"}},
		{"type": {"album"}, "id": {"autumn"}},
	},
	"custom-roles": {{"role": {"keeper"}}, {"role": {"cashier"}}},
}

// addresses returns the addresses of a page: for each value of the parameters that it requires.
func (a *app) addresses(p pageInfo) []string {
	queries := []url.Values{{}}
	for _, in := range p.needs {
		var next []url.Values
		for _, q := range queries {
			for _, value := range a.values(in.kind) {
				next = append(next, with(q, url.Values{in.name: {value}}))
			}
		}
		queries = next
	}
	for _, q := range slices.Clone(queries) {
		for _, state := range states[p.path] {
			queries = append(queries, with(q, state))
		}
	}
	list := make([]string, len(queries))
	for i, q := range queries {
		if list[i] = p.path; len(q) > 0 {
			list[i] += "?" + q.Encode()
		}
	}
	return list
}

func with(q, more url.Values) url.Values {
	all := url.Values{}
	for _, values := range []url.Values{q, more} {
		for name, v := range values {
			all[name] = v
		}
	}
	return all
}

// Every page, as every kind of viewer: it offers exactly what the engine accepts, shows exactly
// the users that the viewer may see, and a control that is off has a reason.
func TestControls(t *testing.T) {
	for name, kinds := range viewers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, name)
			b := newTab(t, a)
			for _, by := range kinds {
				b.compare(by)
			}
		})
	}
}

// compare compares all pages as a viewer sees them with the engine's answers.
func (b *tab) compare(by viewer) {
	b.Helper()
	opened := map[string]bool{}
	var menu []string
	for _, p := range b.app.pages() {
		for _, at := range b.app.addresses(p) {
			what := by.name + " on " + at
			b.open(by, at)
			menu = b.menu()
			q, err := url.Parse(at)
			require.NoError(b, err)
			if b.status != http.StatusOK {
				assert.Contains(b, []int64{401, 403, 404}, b.status, what)
				assert.Empty(b, b.forms(), what)
				if id := q.Query().Get("id"); p.path == "person" {
					assert.NotContains(b, b.app.visible(by), usher.UserID(id), what)
				}
				continue
			}
			opened[p.path] = true
			b.compareForms(by, p, q.Query(), what)
			if p.path == "people" {
				assert.Equal(b, b.app.visible(by), b.people(), what)
			}
			if p.path == "person" {
				assert.Contains(b, b.app.visible(by), usher.UserID(q.Query().Get("id")), what)
			}
		}
	}
	for _, path := range menu {
		assert.True(b, opened[path], "the navigation of %s leads to %s, which does not open", by.name, path)
	}
	if len(b.app.visible(by)) > 0 {
		assert.Contains(b, menu, "people", by.name)
	}
	b.assertQuiet()
}

// menu returns the pages to which the navigation leads.
func (b *tab) menu() (list []string) {
	for _, href := range eval[[]string](b, `[...document.querySelectorAll("header nav a")].map(a => new URL(a.href).pathname)`) {
		list = append(list, strings.TrimPrefix(href, b.app.root))
	}
	return list
}

// people returns the users in the rows of a page.
func (b *tab) people() (list []usher.UserID) {
	for _, id := range eval[[]string](b, `[...document.querySelectorAll("main table tbody th a")].map(a => new URL(a.href).searchParams.get("id"))`) {
		list = append(list, usher.UserID(id))
	}
	return list
}

// Every action has a row in the table of this package, and every row is that of an action.
func TestActionsAreKnown(t *testing.T) {
	a := newApp(t, "oncehub")
	var have []string
	for _, p := range a.pages() {
		for _, path := range p.actions {
			if strings.HasPrefix(path, p.path+"/") {
				have = append(have, path)
			}
		}
	}
	var known []string
	for path := range actions {
		known = append(known, path)
	}
	slices.Sort(have)
	slices.Sort(known)
	assert.Equal(t, have, known, "the table actions has a row for each action of the Console")
}
