package main

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// For any path and body, the service does not panic and does not return a 5xx status,
// and a stranger receives nothing of the account acme.
func FuzzRequest(f *testing.F) {
	s := openDir(f, f.TempDir())
	handler, err := s.handler()
	if err != nil {
		f.Fatal(err)
	}
	people := []string{"zoe", "adam", "mia", "tom", "rita", ""}
	methods := []string{"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"}
	for _, r := range s.routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		for who := range people {
			f.Add(uint8(who), uint8(slices.Index(methods, method)), names.Replace(path), "after=x&on=calendar:intro&can=calendar.edit&user=mia", bodies[r.Pattern])
		}
	}
	long := strings.Repeat("x", 2000)
	for _, path := range []string{
		"/", "//", "/accounts", "/accounts/", "/accounts//calendars", "/accounts/acme/calendars/\xff", "/accounts/\xff/calendars",
		"/accounts/ac\x00me/calendars", "/accounts/" + long + "/calendars", "/accounts/acme/people/" + long, "/accounts/acme/../globex/calendars",
		"/accounts/acme%2fcalendars", "/accounts/ACME/people", "/accounts/acme/seats/\x00/mia", "/accounts/acme/people/\xf0\x28/role",
	} {
		for who := range people {
			f.Add(uint8(who), uint8(0), path, "", "")
			f.Add(uint8(who), uint8(2), path, "", `{"role": "admin-only"}`)
		}
	}
	for _, in := range []string{"\xff", "ac\x00me", "globex", long} {
		f.Add(uint8(0), uint8(2), "/accounts/"+in+"/owner", "", `{"user": "adam"}`)
		f.Add(uint8(1), uint8(3), "/accounts/"+in, "", "")
	}
	for _, body := range []string{
		"", "null", "[]", "{", `{"title": null}`, `{"hosts": [null]}`, `{"hosts": "mia"}`, `{"title": "\ud800", "hosts": ["mia"]}`,
		`{"title": "x", "hosts": ["` + long + `"]}`, strings.Repeat("[", 20000), `{"title": "` + strings.Repeat(long, 40) + `"}`,
		`{"host": "mia", "title": "x", "starts": "0000-01-01T00:00:00Z", "ends": "0000-01-01T01:00:00Z"}`,
		`{"host": "mia", "title": "x", "starts": "9999-12-31T23:00:00-23:59", "ends": "9999-12-31T23:30:00-23:59"}`,
		`{"total": 1e3}`, `{"total": -1}`, `{"total": 99999999999999999999}`, `{"user": "zo\u0000e"}`, `{"user": ""}`, `{"status": "invited"}`,
	} {
		for _, path := range []string{
			"/accounts", "/accounts/acme/people", "/accounts/acme/calendars", "/accounts/acme/calendars/intro/hosts",
			"/accounts/acme/calendars/intro/bookings", "/accounts/acme/seats/booking", "/accounts/acme/people/ned/status", "/accounts/acme/actions",
		} {
			for who := range people {
				f.Add(uint8(who), uint8(1), path, "", body)
				f.Add(uint8(who), uint8(2), path, "", body)
			}
		}
	}
	f.Fuzz(func(t *testing.T, whoAt, methodAt uint8, path, query, body string) {
		who, method := people[int(whoAt)%len(people)], methods[int(methodAt)%len(methods)]
		if who == "adam" && method == "DELETE" {
			who = "tom" // otherwise the requests would soon remove every user
		}
		r := httptest.NewRequest(method, "/", strings.NewReader(body))
		r.URL = &url.URL{Path: path, RawQuery: query}
		r.Header.Set("X-User", who)
		r.Header.Set("Idempotency-Key", query)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%q: %s %q %q with %q = %d %s", who, method, path, query, body, w.Code, w.Body)
		}
		if (who == "" || who == "zoe") && strings.HasPrefix(path, "/accounts/acme/") && w.Code < 300 {
			t.Errorf("%q, a stranger: %s %q %q with %q = %d %s", who, method, path, query, body, w.Code, w.Body)
		}
		if method == "DELETE" && w.Code == 200 {
			mustChange(t, s, func(tx *tx) error { return seedCalendars(t.Context(), tx) })
		}
	})
}
