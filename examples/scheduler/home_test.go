package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// visitor is a browser: it keeps cookies, follows redirects and sends no X-User.
type visitor struct {
	*world
	browser *http.Client
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	w := newWorld(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{w, &http.Client{Transport: w.client.Transport, Timeout: w.client.Timeout, Jar: jar}}
}

func (v *visitor) read(response *http.Response, err error) answer {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.Fatal(err)
	}
	return answer{response.StatusCode, string(body)}
}

func (v *visitor) get(path string) answer {
	v.Helper()
	return v.read(v.browser.Get(v.url + path))
}

func (v *visitor) choose(user string) answer {
	v.Helper()
	return v.read(v.browser.PostForm(v.url+"/demo-user", url.Values{"user": {user}}))
}

func TestFirstLook(t *testing.T) {
	v := newVisitor(t)
	page := v.get("/")
	for _, part := range []string{"Who are you?", "Demo login", `value="olivia"`, "curl -H", strings.TrimPrefix(v.url, "http://")} {
		if page.status != 200 || !strings.Contains(page.body, part) {
			t.Errorf("GET / = %d %s, want 200 and in it %s", page.status, page.body, part)
		}
	}
	if strings.Contains(page.body, "/week") || strings.Contains(page.body, "/people") {
		t.Errorf("GET / has links before a user is chosen: %s", page.body)
	}
	if icon := v.get("/favicon.ico"); icon.status != 200 || !strings.HasPrefix(icon.body, "<svg") {
		t.Errorf("GET /favicon.ico = %v", icon)
	}
	if got := v.get("/accounts/acme/people"); got.status != 401 {
		t.Errorf("without a user, GET people = %v, want 401", got)
	}
}

// Each link of the page works for an administrator, and exists for a member.
func TestLinksOfTheFirstLook(t *testing.T) {
	v := newVisitor(t)
	if page := v.choose("adam"); page.status != 200 || !strings.Contains(page.body, "Adam Novak") {
		t.Errorf("after the choice, the page = %v", page)
	}
	for _, link := range demoLinks {
		if got := v.get(link.Path); got.status != 200 {
			t.Errorf("adam: GET %s = %v, want 200", link.Path, got)
		}
	}
	v.choose("mia")
	for _, link := range demoLinks {
		if got := v.get(link.Path); got.status != 200 && got.status != 403 {
			t.Errorf("mia: GET %s = %v, want 200 or 403", link.Path, got)
		}
	}
	v.choose("")
	if got := v.get("/accounts/acme/calendars"); got.status != 401 {
		t.Errorf("after signing out, GET calendars = %v, want 401", got)
	}
}

func TestDemoUsersAreThoseOfTheSeed(t *testing.T) {
	view, err := newWorld(t).server.engine.View(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range demoUsers {
		if _, ok := view.User(u.ID); !ok {
			t.Errorf("%s is a demo user, and not in the account", u.ID)
		}
	}
	if view.Len() != len(demoUsers) {
		t.Errorf("the account has %d users, and the page %d", view.Len(), len(demoUsers))
	}
}

// The cookie can name only demo users, and the header overrides it.
func TestDemoCookie(t *testing.T) {
	w := newWorld(t)
	for _, row := range []struct {
		cookie string
		header []string
		want   int
	}{
		{"mia", nil, 200},
		{"zoe", nil, 401},
		{"MIA", nil, 401},
		{"", nil, 401},
		{"adam", []string{""}, 401},
		{"adam", []string{"zoe"}, 403},
		{"zoe", []string{"mia"}, 200},
	} {
		r, err := http.NewRequest(http.MethodGet, w.url+"/accounts/acme/calendars", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: demoCookie, Value: row.cookie})
		if row.header != nil {
			r.Header["X-User"] = row.header
		}
		response, err := w.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != row.want {
			t.Errorf("cookie %q, header %q: status = %d, want %d", row.cookie, row.header, response.StatusCode, row.want)
		}
	}
}

// A page of another site can neither choose a user nor send a change with the cookie.
func TestOtherSitesChangeNothing(t *testing.T) {
	w := newWorld(t)
	for _, request := range []string{
		"POST /demo-user", "PUT /accounts/acme/seats/booking/ned", "DELETE /accounts/acme",
		"POST /accounts/acme/week/bookings/first/cancel", "POST /accounts/acme/week/calendars/intro/rename", "POST /people/acme/people/remove",
	} {
		method, path, _ := strings.Cut(request, " ")
		r, err := http.NewRequest(method, w.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: demoCookie, Value: "olivia"})
		r.Header.Set("Origin", "https://elsewhere.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		response, err := w.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != 403 || len(response.Cookies()) > 0 {
			t.Errorf("%s from another site = %d with cookies %v, want 403 without", request, response.StatusCode, response.Cookies())
		}
	}
}

func TestHostIsNotCopiedBlindly(t *testing.T) {
	w := newWorld(t)
	r, err := http.NewRequest(http.MethodGet, w.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "a;touch$IFS/x"
	got, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if body, err := io.ReadAll(got.Body); err != nil || strings.Contains(string(body), "touch") {
		t.Errorf("the page has the host of the request: %s %v", body, err)
	}
}
