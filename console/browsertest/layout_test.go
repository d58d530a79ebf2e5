package browsertest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
)

// scene is a page in a state that people can bring it into.
type scene struct {
	name    string
	preset  string
	by      viewer
	address string
	act     func(h hand) // what the viewer does on the page
}

// offer presses the button of an action, with values for its form.
func offer(path string, pairs ...string) func(hand) {
	return func(h hand) {
		values := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			values.Add(pairs[i], pairs[i+1])
		}
		forms := h.forms()
		i := slices.IndexFunc(forms, func(c control) bool { return c.Action == path && c.fits(values) })
		require.GreaterOrEqual(h, i, 0, "the page has no form of %s", path)
		h.send(forms[i], values)
	}
}

// scenes are the states besides those of an address.
var scenes = []scene{
	{"locked", "oncehub", viewer{user: "zoe"}, "people", nil},
	{"not found", "oncehub", olivia, "person?id=none", nil},
	{"no user found", "oncehub", olivia, "people?q=none", nil},
	{"why not, and what helps", "oncehub", olivia, "person?id=max&ask=team.create", nil},
	{"a change that takes a click", "oncehub", olivia, "person?id=mia", offer("person/set-role", "role", "admin")},
	{"a change that takes a word", "oncehub", olivia, "person?id=mia", offer("person/remove")},
	{"the wrong word", "oncehub", olivia, "person?id=mia", func(h hand) {
		offer("person/remove")(h)
		h.mark(`document.getElementById("typed")`)
		h.enter("no")
		h.mark(`document.querySelector("main form[method=post] button")`)
		h.follow(h.press())
	}},
	{"done", "oncehub", olivia, "person?id=mia", func(h hand) { offer("person/set-role", "role", "admin")(h); h.confirm() }},
	{"rejected", "oncehub", olivia, "people", offer("people/add", "user", "mia")},
	{"rejected lines", "oncehub", olivia, "invitations", offer("invitations/invite", "user", "mia\rnew-1\rnew-2")},
	{"a user meanwhile changed by another", "oncehub", olivia, "person?id=mia", func(h hand) {
		h.app.must(account.SetRole{User: "mia", Role: "admin"}, account.AddToTeam{User: "mia", Team: "support"})
		offer("person/remove")(h)
	}},
	{"no seats left", "calcom", viewer{user: "adam", mfa: true}, "people", nil},
	{"no seats left, and all roles need one", "staffdirectory", olivia, "people", func(h hand) {
		h.app.must(account.AddUser{User: "max"})
		h.open(olivia, "people")
	}},
	{"roles in addition", "agency", olivia, "person?id=mia", nil},
	{"a role in addition, before it is given", "agency", olivia, "person?id=lena", offer("person/set-role-beside", "role", "billing")},
	{"a role on a team of others", "agency", olivia, "person?id=lena", nil},
	{"the lead is not in the team", "agency", adam, "team?id=design", nil},
	{"a lead for the team, who is not in it", "agency", adam, "team?id=design&give=m", nil},
	{"people with roles of each kind", "agency", olivia, "people", nil},
	{"roles of each kind", "agency", olivia, "roles", nil},
	{"the owner", "calcom", olivia, "person?id=olivia", nil},
	{"seats over time", "calcom", olivia, "seats", func(h hand) {
		h.app.at("2199-03-06", account.SetSeats{Pool: "booking", Total: 5}, account.AddUser{User: "max"})
		h.app.at("2199-03-15", account.AddUser{User: "lea"})
		h.app.at("2199-03-20", account.RemoveUser{User: "max"}, account.RemoveUser{User: "lea"})
		h.app.at("2199-03-26", account.SetSeats{Pool: "booking", Total: 3})
		h.mark(`document.querySelector("a[href*=seat-ledger]")`)
		h.follow(h.press())
	}},
	{"requests to answer", "studio", adam, "requests", nil},
	{"own requests", "studio", viewer{user: "mia"}, "requests", nil},
	{"what to ask for", "studio", viewer{user: "mia"}, "person?id=mia&ask=invoice.pay", nil},
	{"a request, before it is approved", "studio", adam, "requests", offer("requests/approve", "request", "2")},
	{"an answered request", "studio", adam, "requests", func(h hand) {
		h.app.by("adam", account.Decline{Request: 1, Note: "Please ask again in May."})
		h.open(viewer{user: "mia"}, "requests")
	}},
	{"an invitation with an end", "studio", adam, "invitations", nil},
	{"an invitation, before it is resent", "studio", adam, "invitations", offer("invitations/resend", "user", "ivy", "until", "2199-06-30")},
	{"an invitation that ends later than entered", "studio", adam, "invitations", offer("invitations/resend", "user", "ivy", "until", "2199-01-30")},
	{"an invitation with an end, before it is made", "studio", adam, "invitations", offer("invitations/invite", "user", "nina", "until", "2199-06-30")},
	{"roles of the account", "studio", adam, "custom-roles", nil},
	{"a role of the account", "studio", adam, "custom-roles?role=keeper", nil},
	{"a role of the account, before it changes", "studio", adam, "custom-roles?role=keeper", offer("custom-roles/change", "give", "invoice.pay any")},
	{"a role that people hold", "studio", adam, "custom-roles?role=keeper", offer("custom-roles/delete", "replace-by", "member")},
	{"roles on an album", "studio", adam, "shares?type=album&id=spring&find=p", nil},
	{"roles on albums", "studio", viewer{user: "max"}, "shares?user=max", nil},
	{"a person with roles on albums", "studio", adam, "person?id=mia", nil},
	{"roles on an album for a time", "studio", adam, "shares?type=album&id=spring", func(h hand) {
		h.app.must(forATime...)
		h.open(adam, "shares?type=album&id=spring")
	}},
	{"a person with roles on albums for a time", "studio", adam, "person?id=max", func(h hand) {
		h.app.must(forATime...)
		h.open(adam, "person?id=max")
	}},
	{"many people", "oncehub", olivia, "people", func(h hand) {
		var many []account.Command
		for i := range 120 {
			many = append(many, account.AddUser{User: usher.UserID(fmt.Sprintf("user-%03d", i)), Teams: []usher.TeamID{"sales", "emea", "support"}})
		}
		h.app.must(many...)
		h.open(olivia, "people")
	}},
}

// forATime gives roles on albums that end and that begin later.
var forATime = []account.Command{
	account.GiveRoleOn{User: "max", Role: "editor", On: usher.Ref{Type: "album", ID: "spring"}, Until: later},
	account.GiveRoleOn{User: "max", Role: "reader", On: usher.Ref{Type: "album", ID: "spring"}, From: later},
	account.GiveRoleOn{User: "max", Role: "reader", On: usher.Ref{Type: "album", ID: "autumn"}, From: later, Until: later.AddDate(0, 1, 0)},
	account.GiveRoleOn{Team: "photo", Role: "editor", On: usher.Ref{Type: "album", ID: "spring"}, From: later, Until: later.AddDate(0, 1, 0)},
}

var later = time.Date(2199, time.April, 1, 0, 0, 0, 0, time.UTC)

// layouts are the windows in which pages are checked.
var layouts = []struct {
	width  int64
	scheme string
}{{320, "light"}, {320, "dark"}, {1280, "dark"}, {1280, "light"}}

// check checks the page in all layouts: axe-core finds nothing, and the window scrolls only down.
func (b *tab) check(name string) {
	b.Helper()
	for _, l := range layouts {
		b.resize(l.width, l.scheme)
		what := fmt.Sprintf("%s, %d pixels, %s", name, l.width, l.scheme)
		b.fits(what)
		b.accessible(what)
		b.shoot(fmt.Sprintf("%s %d %s", name, l.width, l.scheme))
	}
	b.assertQuiet()
}

// fits fails the test if the page is wider than the window.
func (b *tab) fits(what string) {
	b.Helper()
	wide := eval[[]string](b, `(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const all = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > width + 1 || e.getBoundingClientRect().left < -1);
  return ["the page is " + document.documentElement.scrollWidth + " wide", ...all.slice(0, 5).map(e => e.outerHTML.slice(0, 150))];
})()`)
	assert.Empty(b, wide, what)
}

// Every page is accessible and fits, in narrow and in wide windows, in light and in dark. Each page
// is that of the first account in which it opens.
func TestLayoutOfEveryPage(t *testing.T) {
	t.Parallel()
	b := newTab(t, nil)
	checked := map[string]bool{}
	var all []string
	for _, name := range []string{"oncehub", "calcom", "groupcal", "staffdirectory", "studio"} {
		b.app = newApp(t, name)
		all = all[:0]
		for _, p := range b.app.pages() {
			all = append(all, p.path)
			if checked[p.path] {
				continue
			}
			for _, at := range b.app.addresses(p) {
				address, err := url.Parse(at)
				require.NoError(t, err)
				if b.open(olivia, at); b.status == http.StatusOK && few(address.Query()) {
					b.check(at)
					checked[p.path] = true
				}
			}
		}
	}
	for _, path := range all {
		assert.True(t, checked[path], "the page %s opens in none of the accounts", path)
	}
}

// few reports whether a page is one of the few that differ in their layout.
func few(q url.Values) bool {
	id := q.Get("id")
	return id == "" || slices.Contains([]string{"mia", "ian", "olivia", "sales"}, id)
}

// So are the states into which people bring the pages.
func TestLayoutOfEveryState(t *testing.T) {
	t.Parallel()
	b := newTab(t, nil)
	for _, s := range scenes {
		b.app = newApp(t, s.preset)
		b.resize(1280, "light")
		b.open(s.by, s.address)
		if s.act != nil {
			s.act(hand{tab: b})
		}
		b.check(s.name)
	}
}

// A language from right to left mirrors the pages.
func TestLayoutFromRightToLeft(t *testing.T) {
	t.Parallel()
	a := newApp(t, "oncehub", func(o *console.Options) {
		o.Texts = map[string]map[string]string{"he": {"people.title": "אנשים"}}
		o.Language = func(*http.Request) string { return "he" }
	})
	b := newTab(t, a)
	for _, p := range a.pages() {
		at := a.addresses(p)[0]
		b.open(olivia, at)
		assert.Equal(b, "rtl", eval[string](b, `getComputedStyle(document.body).direction`))
		b.check("he " + at)
	}
}
