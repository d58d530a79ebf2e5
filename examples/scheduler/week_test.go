package main

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const weekOf2035 = "/accounts/acme/week?week=2035-01-15" // the week of the booking "first"

// post sends a form, as a browser that accepts HTML, and does not follow a redirect.
func (v *visitor) post(path string, pairs ...string) (got answer, location string) {
	v.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, v.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	still := *v.browser
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := still.Do(r)
	got = v.read(response, err)
	return got, response.Header.Get("Location")
}

func (v *visitor) has(got answer, status int, parts ...string) {
	v.Helper()
	if got.status != status {
		v.Errorf("the status is %d, want %d: %s", got.status, status, got.body)
	}
	for _, part := range parts {
		absent, not := strings.CutPrefix(part, "not ")
		if not && strings.Contains(got.body, absent) || !not && !strings.Contains(got.body, part) {
			v.Errorf("want %q in the page: %s", part, got.body)
		}
	}
}

// A member sees the own bookings and the free/busy of others, and books times.
func TestWeekOfAMember(t *testing.T) {
	v := newVisitor(t)
	v.has(v.choose("mia"), 200, "Mia Keller", "Demo login", "Intro call with Ben", "Busy", "not Demo for Orbit", "not Password reset", "not Help desk")
	v.has(v.get(weekOf2035), 200, "09:00–10:00", "ann@example.com", "15 January to 19 January 2035")

	book := []string{"host", "mia", "date", "2035-01-16", "time", "11:00", "minutes", "30", "title", "Talk with <Zed>", "guest", "zed@example.com"}
	got, to := v.post("/accounts/acme/week/calendars/intro/book", book...)
	v.has(got, http.StatusSeeOther)
	v.has(v.get(to), 200, "The time is booked.", "11:00–11:30", "Talk with &lt;Zed&gt;")
	got, _ = v.post("/accounts/acme/week/calendars/intro/book", book...)
	v.has(got, http.StatusConflict, "The host has another booking at that time.", "<!DOCTYPE html>", "Back to the calendars")
	v.choose("max")
	v.has(v.get(weekOf2035), 200, "11:00–11:30", "Busy", "not Zed", "not zed@example.com")
	book[5] = "15:00"
	got, _ = v.post("/accounts/acme/week/calendars/demo/book", book...)
	v.has(got, http.StatusForbidden, "Only the host, a manager")
	got, _ = v.post("/accounts/acme/week/calendars/intro/book", book...)
	v.has(got, http.StatusNotFound, "This did not work")

	v.choose("mia")
	got, to = v.post("/accounts/acme/week/bookings/first/cancel")
	v.has(got, http.StatusSeeOther)
	v.has(v.get(to), 200, "The booking is canceled.", "not ann@example.com")
	got, to = v.post("/accounts/acme/week/calendars/intro/rename", "title", " First talk ")
	v.has(got, http.StatusSeeOther)
	v.has(v.get(to), 200, "The calendar has its new title.", "<bdi>First talk</bdi>")
	got, _ = v.post("/accounts/acme/week/calendars/demo/rename", "title", "Ours")
	v.has(got, http.StatusForbidden, "Only the sole host")
}

func TestFormsWithMistakes(t *testing.T) {
	v := newVisitor(t)
	v.choose("mia")
	for field, value := range map[string]string{
		"host": "", "date": "tomorrow", "time": "25:00", "minutes": "0", "title": "  ", "guest": "a\x00b",
	} {
		fields := map[string]string{"host": "mia", "date": "2035-01-16", "time": "11:00", "minutes": "30", "title": "x", "guest": "y"}
		fields[field] = value
		var pairs []string
		for name, text := range fields {
			pairs = append(pairs, name, text)
		}
		if got, _ := v.post("/accounts/acme/week/calendars/intro/book", pairs...); got.status != 400 {
			t.Errorf("with %s %q: %v", field, value, got)
		}
	}
	got, _ := v.post("/accounts/acme/week/calendars/intro/rename", "title", "")
	v.has(got, 400, "A calendar has a title.")
	v.has(v.get("/accounts/acme/week?week=soon"), 400)
	v.has(v.get("/accounts/acme/week?week=0001-01-01"), 400)
}

// An admin-only user needs a second factor, and can then book for all hosts.
func TestSecondFactorOfTheDemo(t *testing.T) {
	v := newVisitor(t)
	v.choose("rita")
	r, err := http.NewRequest(http.MethodGet, v.url+"/accounts/acme/week", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	v.has(v.read(v.browser.Do(r)), 403, "Please sign in with a second factor.", "Confirm with a second factor")
	got, to := v.post("/demo-user", "user", "rita", "mfa", "yes")
	v.has(got, http.StatusSeeOther)
	v.has(v.get(to), 200, "Help desk", `<option value="max">`, "You have no booking seat")
	v.choose("mia")
	v.choose("rita")
	v.has(v.get("/accounts/acme/week"), 403)
}

// Without a login, and for strangers, a page is a refusal like that of the API.
func TestPagesForStrangers(t *testing.T) {
	v := newVisitor(t)
	v.has(v.get("/accounts/acme/week"), 401)
	got, _ := v.post("/accounts/acme/week/bookings/first/cancel")
	v.has(got, 401, "Please sign in.", "Choose another person")
	v.has(v.get("/people/acme/people"), 401)
	v.has(v.must("zoe", "GET ~/week", ""), 403)
	if got := v.get("/style/home.html"); got.status != 404 {
		t.Errorf("GET /style/home.html = %v", got)
	}
	for _, name := range []string{"brand.css", "pages.css"} {
		v.has(v.get("/style/"+name), 200, "--usher-")
	}
}

var (
	cancelForms = regexp.MustCompile(`/week/bookings/([^/"]+)/cancel"`)
	hostValues  = regexp.MustCompile(` value="([^"]+)"`)
	bookForms   = regexp.MustCompile(`/week/calendars/([^/"]+)/book"`)
	renameForms = regexp.MustCompile(`/week/calendars/([^/"]+)/rename"`)
)

func found(expression *regexp.Regexp, page string) (ids []string) {
	for _, m := range expression.FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	slices.Sort(ids)
	return ids
}

// foundHosts returns the hosts that the forms for bookings offer.
func foundHosts(page string) (list []string) {
	for _, at := range bookForms.FindAllStringSubmatchIndex(page, -1) {
		form, _, _ := strings.Cut(page[at[0]:], `id="date-`)
		for _, m := range hostValues.FindAllStringSubmatch(form, -1) {
			list = append(list, page[at[2]:at[3]]+" "+m[1])
		}
	}
	slices.Sort(list)
	return list
}

// Each user is offered exactly the forms that the service accepts.
func TestOffersAreWhatIsAllowed(t *testing.T) {
	for _, u := range demoUsers {
		v := newVisitor(t)
		v.post("/demo-user", "user", string(u.ID), "mfa", "yes")
		page := v.get("/accounts/acme/week").body
		var renamed, booked, canceled []string
		for c, id := range []string{"demo", "help", "intro"} {
			if got, _ := v.post("/accounts/acme/week/calendars/"+id+"/rename", "title", "New"); got.status == http.StatusSeeOther {
				renamed = append(renamed, id)
			}
			for _, host := range []string{"max", "mia", "sam"} {
				got, _ := v.post("/accounts/acme/week/calendars/"+id+"/book", "host", host, "date", "2034-02-0"+fmt.Sprint(c+1), "time", "20:00", "minutes", "15", "title", "x")
				if got.status == http.StatusSeeOther {
					booked = append(booked, id+" "+host)
				}
			}
		}
		for i := range 7 {
			id := fmt.Sprint("week-", i)
			if got, _ := v.post("/accounts/acme/week/bookings/" + id + "/cancel"); got.status == http.StatusSeeOther {
				canceled = append(canceled, id)
			}
		}
		for _, row := range []struct {
			what          string
			offered, done []string
		}{
			{"rename", found(renameForms, page), renamed}, {"book", foundHosts(page), booked}, {"cancel", found(cancelForms, page), canceled},
		} {
			if !slices.Equal(row.offered, row.done) {
				t.Errorf("%s: offered to %s %v, and accepted %v", u.ID, row.what, row.offered, row.done)
			}
		}
	}
}

// At the weekend, the page shows the next week. Bookings at the weekend add days.
func TestDaysOfTheWeek(t *testing.T) {
	v := newVisitor(t)
	v.choose("mia")
	for now, want := range map[string]string{
		"2035-01-15T00:00:00Z": "15 January to 19 January 2035", "2035-01-19T23:00:00Z": "15 January to 19 January 2035",
		"2035-01-20T00:00:00Z": "22 January to 26 January 2035", "2035-01-21T23:59:00Z": "22 January to 26 January 2035",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		v.server.clock = func() time.Time { return at }
		v.has(v.get("/accounts/acme/week"), 200, want)
	}
	got, to := v.post("/accounts/acme/week/calendars/intro/book", "host", "mia", "date", "2035-01-20", "time", "23:30", "minutes", "60", "title", "Late")
	v.has(got, http.StatusSeeOther)
	v.has(v.get(to), 200, "15 January to 20 January 2035", "Sat 20 Jan", "23:30–00:30", "not Sun 21 Jan")
}

// People is the console: users see there what the policy allows, and changes there are those of the API.
func TestPeopleIsTheConsole(t *testing.T) {
	v := newVisitor(t)
	v.choose("adam")
	v.has(v.get("/people/acme/"), 200, "Ned Walsh", "ned@acme.example", `href="/style/brand.css"`, `href="/accounts/acme/week"`)
	v.choose("mia")
	v.has(v.get("/people/acme/people"), 200, "Mia Keller", "not Ned Walsh")
}

// A user who is removed in the console hosts no calendar any more, in every place, and a new user or
// an invitation with the same id inherits none.
func TestRemovedInTheConsole(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, w *world) {
		send := func(path, fields string) {
			t.Helper()
			r, err := http.NewRequest(http.MethodPost, w.url+"/people/acme/"+path, strings.NewReader(fields))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-User", "adam")
			r.Header.Set("Content-Type", "application/json")
			response, err := w.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != 200 {
				t.Fatalf("%s: %d", path, response.StatusCode)
			}
		}
		send("people/remove", `{"user": ["mia"], "confirmed": "yes", "typed": "Mia Keller"}`)
		w.play([]step{
			{"adam", "GET ~/people/mia", "", 404, nil},
			{"adam", "GET ~/calendars/intro", "", 200, has(`"hosts":[]`)},
			{"adam", "GET ~/calendars/demo", "", 200, has(`"hosts":["max"]`)},
			{"olivia", "PUT ~/calendars/demo/hosts", `{"hosts": ["max"]}`, 200, nil},
		})
		mustChange(t, w.server, func(tx *tx) error { // what a crash may leave
			return tx.putHosts(t.Context(), &calendar{Account: "acme", ID: "help", Hosts: []string{"mia"}})
		})
		send("people/add", `{"user": "mia", "role": "member", "confirmed": "yes"}`)
		w.play([]step{{"mia", "GET ~/calendars", "", 200, has(`not "id"`)}})
		mustChange(t, w.server, func(tx *tx) error {
			return tx.putHosts(t.Context(), &calendar{Account: "acme", ID: "help", Hosts: []string{"nora"}})
		})
		w.play([]step{{"olivia", "GET ~/calendars/help", "", 200, has(`nora`)}})
		send("invitations/invite", `{"user": "nora", "role": "member", "until": "2999-01-01", "confirmed": "yes"}`)
		w.play([]step{{"olivia", "GET ~/calendars/help", "", 200, has(`not nora`)}})
	})
}

// With -now, the pages are the same on every day: a test makes the pictures of README.md from them.
func TestFixedTime(t *testing.T) {
	c := start(t, t.TempDir(), "-addr", "127.0.0.1:0", "-now", "2035-01-17T09:00:00Z")
	first := c.must("mia", "GET ~/week", "")
	if first.status != 200 || !strings.Contains(first.body, "15 January to 19 January 2035") {
		t.Errorf("GET week = %v", first)
	}
	again := start(t, t.TempDir(), "-addr", "127.0.0.1:0", "-now", "2035-01-17T09:00:00Z").must("mia", "GET ~/week", "")
	if again != first {
		t.Errorf("the page is %s and in another service %s", first.body, again.body)
	}
}

// Texts of users cannot contain markup, and pages have no inline code or style.
func TestHostileTexts(t *testing.T) {
	v := newVisitor(t)
	v.choose("mia")
	for _, hostile := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "\u202eevil", strings.Repeat("x", 10_000), "📅"} {
		got, _ := v.post("/accounts/acme/week/calendars/intro/rename", "title", hostile)
		v.has(got, http.StatusSeeOther)
		page := v.get("/accounts/acme/week")
		v.has(page, 200, template.HTMLEscapeString(hostile), "not <script", "not <img", "not <style", "not style=")
	}
	response, err := v.browser.Get(v.url + "/accounts/acme/week")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if got := response.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
		t.Errorf("Content-Security-Policy: %s", got)
	}
}
