package main

import (
	"errors"
	"net/http"
	"regexp"

	"github.com/usher-go/usher"
)

// The page at / is for a first look in a browser. A visitor chooses one of the users that
// seed creates. This is a demo without passwords, not a login.

// demoLink is a GET request for a browser.
type demoLink struct{ Path, Text string }

var demoLinks = []demoLink{
	{"/accounts/acme/calendars", "calendars that you may view, and what you may do with each"},
	{"/accounts/acme/calendars/intro/bookings", "bookings of the calendar intro; some users see only “Booked”"},
	{"/accounts/acme/people", "users of the account"},
	{"/accounts/acme/journal", "who changed what: for administrators"},
	{"/accounts/acme/explain?user=mia&can=calendar.edit&on=demo", "why mia may not edit the calendar demo: for administrators"},
}

// choice is a demo user on the page.
type choice struct {
	demoUser
	Role   string
	Chosen bool
}

// home shows the start page: the demo users, with links and requests to try.
func (s *server) home(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if !isHost.MatchString(host) {
		host = "127.0.0.1:8080" // the page shows the host in shell commands
	}
	view, err := s.engine.View(r.Context(), company.Account)
	if err != nil && !errors.Is(err, usher.ErrUnknownAccount) { // without the account, the page shows that all users are gone
		s.guard.Refuse(w, r, err)
		return
	}
	you := chosen(r)
	var users []choice
	for _, u := range demoUsers {
		users = append(users, choice{u, u.role(view), u.ID == you})
	}
	s.render(w, r, http.StatusOK, "home", shell{
		Title: "Who are you?", Account: company.Account, User: you,
		Model: map[string]any{"Users": users, "Links": demoLinks, "Requests": try(host)},
	})
}

var isHost = regexp.MustCompile(`^[\w.:\[\]-]+$`)

const (
	demoCookie = "demo-user"
	mfaCookie  = "demo-mfa"
)

// choose sets the demo cookies to one of the demo users, with or without a second factor, or
// removes them. Forms of other sites cannot do this; see handler.
func choose(w http.ResponseWriter, r *http.Request) {
	to, user, mfa := "/", r.PostFormValue("user"), ""
	if !isDemoUser(user) {
		user = ""
	} else {
		to = weekPath(company.Account)
		if r.PostFormValue("mfa") == "yes" {
			mfa = "yes"
		}
	}
	for name, value := range map[string]string{demoCookie: user, mfaCookie: mfa} {
		cookie := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}
		if value == "" {
			cookie.MaxAge = -1
		}
		http.SetCookie(w, cookie)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// chosen returns the demo user in the cookie, "" if there is none.
func chosen(r *http.Request) usher.UserID {
	cookie, err := r.Cookie(demoCookie)
	if err != nil || !isDemoUser(cookie.Value) {
		return ""
	}
	return usher.UserID(cookie.Value)
}

// confirmed reports whether the cookie stands for a second factor.
func confirmed(r *http.Request) bool {
	cookie, err := r.Cookie(mfaCookie)
	return err == nil && cookie.Value == "yes"
}

func isDemoUser(id string) bool {
	_, ok := demoUserOf(usher.UserID(id))
	return ok
}
