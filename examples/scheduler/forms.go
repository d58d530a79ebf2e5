package main

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher/usherhttp"
)

// The forms of the page with the calendars. Their routes have the same guards as those of the API, and
// their changes are the same.

// messages are the texts after a change, by their name in the address of the page.
var messages = map[string]string{
	"booked":   "The time is booked.",
	"canceled": "The booking is canceled.",
	"renamed":  "The calendar has its new title.",
}

// form runs a change, and then redirects to the page with a message. The change returns a day of the week
// to show, the zero time for the present week.
func (s *server) form(message string, change func(*http.Request) (time.Time, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		day, err := change(r)
		if errors.Is(err, errNoRow) {
			err = usherhttp.ErrNotFound // it was deleted after the guard loaded it
		}
		if err != nil {
			s.guard.Refuse(w, r, err)
			return
		}
		query := url.Values{"done": {message}}
		if !day.IsZero() {
			query.Set("week", day.In(s.clock().Location()).Format(dateLayout))
		}
		http.Redirect(w, r, weekPath(subject(r).Account)+"?"+query.Encode(), http.StatusSeeOther)
	})
}

// field returns a field of a form as text that every database can store.
func field(r *http.Request, name string) (string, error) {
	if err := r.ParseForm(); err != nil {
		return "", badRequest("The form cannot be read.")
	}
	text := strings.TrimSpace(r.PostForm.Get(name))
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", badRequest("The field %s contains a character that not every database can store.", name)
	}
	return text, nil
}

// bookForm books a time with a host of the calendar in the path.
//
//	POST /accounts/acme/week/calendars/intro/book host=mia&date=2035-01-15&time=14:00&minutes=30&title=Intro&guest=Ann
func (s *server) bookForm(r *http.Request) (time.Time, error) {
	in, _ := usherhttp.Loaded[*calendar](r.Context())
	fields := map[string]string{"host": "", "date": "", "time": "", "minutes": "", "title": "", "guest": ""}
	for name := range fields {
		text, err := field(r, name)
		if err != nil {
			return time.Time{}, err
		}
		fields[name] = text
	}
	starts, err := time.ParseInLocation(dateLayout+" 15:04", fields["date"]+" "+fields["time"], s.clock().Location())
	if err != nil {
		return time.Time{}, badRequest("Choose a day and a time.")
	}
	minutes, err := strconv.Atoi(fields["minutes"])
	if err != nil || minutes < 1 || minutes > 24*60 {
		return time.Time{}, badRequest("A booking has between 1 minute and 24 hours.")
	}
	b := &booking{
		ID: rand.Text(), Account: in.Account, Calendar: in.ID, Host: fields["host"],
		Starts: starts.UTC(), Ends: starts.Add(time.Duration(minutes) * time.Minute).UTC(),
		Title: fields["title"], Guest: fields["guest"],
	}
	if err := b.valid(); err != nil {
		return time.Time{}, err
	}
	return starts, s.bookHost(r, in, b)
}

// cancelForm cancels the booking in the path.
//
//	POST /accounts/acme/week/bookings/first/cancel
func (s *server) cancelForm(r *http.Request) (time.Time, error) {
	b, _ := usherhttp.Loaded[*booking](r.Context())
	_, err := s.cancelBooking(r)
	return b.Starts, err
}

// renameForm changes the title of the calendar in the path.
//
//	POST /accounts/acme/week/calendars/intro/rename title=First+talk
func (s *server) renameForm(r *http.Request) (time.Time, error) {
	title, err := field(r, "title")
	if err != nil {
		return time.Time{}, err
	}
	c, _ := usherhttp.Loaded[*calendar](r.Context())
	c.Title = title
	if err := c.valid(); err != nil {
		return time.Time{}, err
	}
	return time.Time{}, s.store.change(r.Context(), func(tx *tx) error { return tx.saveCalendar(r.Context(), c) })
}
