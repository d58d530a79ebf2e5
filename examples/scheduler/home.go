package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"regexp"
	"slices"

	"github.com/usher-go/usher"
)

// The page at / is for a first look in a browser. A visitor chooses one of the users that
// seed creates. This is a demo without passwords, not a login.

//go:embed home.html
var homeSource string

var homePage = template.Must(template.New("home").Parse(homeSource))

// demoUser is a user that a visitor can choose.
type demoUser struct {
	ID   usher.UserID
	Role string
}

var demoUsers = []demoUser{
	{"olivia", "owner"},
	{"adam", "administrator"},
	{"rita", "admin-only user"},
	{"tom", "manager of the team sales"},
	{"mia", "member, in sales"},
	{"max", "member, in sales"},
	{"sam", "member, in support"},
	{"ned", "member without a seat"},
}

// demoLink is a GET request for a browser.
type demoLink struct{ Path, Text string }

var demoLinks = []demoLink{
	{"/accounts/acme/calendars", "calendars that you may view, and what you may do with each"},
	{"/accounts/acme/calendars/intro/bookings", "bookings of the calendar intro; some users see only “Booked”"},
	{"/accounts/acme/people", "users of the account"},
	{"/accounts/acme/journal", "who changed what: for administrators"},
	{"/accounts/acme/explain?user=mia&can=calendar.edit&on=demo", "why mia may not edit the calendar demo: for administrators"},
}

// home shows the start page, with links and requests to try.
func (s *server) home(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if !isHost.MatchString(host) {
		host = "127.0.0.1:8080" // the page shows the host in shell commands
	}
	var page bytes.Buffer
	err := homePage.Execute(&page, map[string]any{
		"User": chosen(r), "Users": demoUsers, "Links": demoLinks, "Requests": try(host),
	})
	if err != nil {
		s.guard.Refuse(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy",
		"default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	_, _ = w.Write(page.Bytes()) // an error means that the client has left
}

var isHost = regexp.MustCompile(`^[\w.:\[\]-]+$`)

// favicon serves the icon that browsers request.
func favicon(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "max-age=86400")
	_, _ = w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0969da"/>` +
		`<path d="M4 3v6a4 4 0 0 0 8 0V3" fill="none" stroke="#fff" stroke-width="2.5"/></svg>`))
}

const demoCookie = "demo-user"

// choose sets the demo cookie to one of the demo users, or removes it. Forms of other sites
// cannot do this; see handler.
func choose(w http.ResponseWriter, r *http.Request) {
	cookie := &http.Cookie{Name: demoCookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1}
	if user := r.PostFormValue("user"); isDemoUser(user) {
		cookie.Value, cookie.MaxAge = user, 0
	}
	http.SetCookie(w, cookie)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// chosen returns the demo user in the cookie, "" if there is none.
func chosen(r *http.Request) usher.UserID {
	cookie, err := r.Cookie(demoCookie)
	if err != nil || !isDemoUser(cookie.Value) {
		return ""
	}
	return usher.UserID(cookie.Value)
}

func isDemoUser(id string) bool {
	return slices.ContainsFunc(demoUsers, func(u demoUser) bool { return string(u.ID) == id })
}
