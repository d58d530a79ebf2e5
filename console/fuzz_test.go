package console_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
)

// FuzzForms sends any form to any action as any viewer of an account. No form panics or leads
// to an error of the program, and only a viewer that the engine allows something changes the
// account: an administrator, the owner, the manager of the team, or, for the own fields, any
// user.
func FuzzForms(f *testing.F) {
	f.Add(uint8(0), uint8(1), "id=mia&role=admin&confirmed=yes", false)
	f.Add(uint8(3), uint8(9), "id=mia&field=phone&value=1&version=18446744073709551615&back=%zz", false)
	f.Add(uint8(2), uint8(4), `{"user": ["mia", "max"], "pool": "booking", "confirmed": true}`, true)
	f.Add(uint8(1), uint8(12), "id=mia&step=kind%3D6%26name%3Dbooking&confirmed=yes&typed=x", false)
	var paths []string
	for _, p := range console.Pages() {
		for _, a := range p.Actions {
			paths = append(paths, "/"+a.Path)
		}
	}
	viewers := kinds["oncehub"]
	f.Fuzz(func(t *testing.T, by, at uint8, form string, json bool) {
		w := newWorld(t, "oncehub")
		v := viewers[int(by)%len(viewers)]
		kind := "application/x-www-form-urlencoded"
		if json {
			kind = "application/json"
		}
		rec := w.send(v, "POST", paths[int(at)%len(paths)], form, "Content-Type", kind)
		if rec.Code >= 500 {
			t.Fatalf("%d: %s", rec.Code, body(rec))
		}
		view, err := w.View(ctx, "acme")
		if err != nil {
			t.Fatal(err)
		}
		if view.Version() == 1 {
			return
		}
		for c, err := range w.Journal(ctx, "acme", 1) {
			if err != nil || c.Actor.User() != v.user {
				t.Fatal(err, c.Actor)
			}
			own := !slices.ContainsFunc(c.Changes, func(change account.Change) bool {
				set, ok := change.(account.FieldSet)
				return !ok || set.User != v.user
			})
			if !own && !slices.Contains([]usher.UserID{"olivia", "adam", "tom"}, v.user) {
				t.Fatalf("%s made %v", v.user, c.Changes)
			}
		}
	})
}

// FuzzPages opens any page with any query as any viewer: no panic, no error of the program, and
// no text of the query that a browser would run.
func FuzzPages(f *testing.F) {
	f.Add(uint8(1), uint8(0), "q=%3Cscript%3E&sort=role&after=x%7Cy&at=99&done=people/add", "de")
	f.Add(uint8(2), uint8(1), "id=mia&ask=calendar.edit&format=json", "en;q=0.x")
	pages := console.Pages()
	viewers := kinds["oncehub"]
	f.Fuzz(func(t *testing.T, by, at uint8, query, language string) {
		if !sendable(query) {
			return
		}
		w := newWorld(t, "oncehub")
		p := pages[int(at)%len(pages)]
		rec := w.send(viewers[int(by)%len(viewers)], "GET", "/"+p.Path+"?"+query, "", "Accept-Language", language)
		if rec.Code >= 500 || strings.Contains(body(rec), "<script>") {
			t.Fatalf("%d: %s", rec.Code, body(rec))
		}
	})
}

// sendable reports whether a client can send a query.
func sendable(query string) bool {
	return !strings.ContainsFunc(query, func(c rune) bool { return c <= ' ' || c > '~' || c == '#' })
}
