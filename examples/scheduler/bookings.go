package main

import (
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/usherhttp"
)

// onBooking loads the booking in the path.
func (s *server) onBooking(r *http.Request) (usher.Resource, error) {
	return s.store.booking(r.Context(), subject(r).Account, r.PathValue("booking"))
}

// listBookings lists the bookings of a calendar, from now on or from a given time. Users
// who may see only the time of a booking see "Booked" as its title.
//
//	GET /accounts/acme/calendars/intro/bookings?after=2030-01-01T00:00:00Z
func (s *server) listBookings(r *http.Request) (any, error) {
	after := time.Now()
	if text := r.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, badRequest("A time is written as in 2030-01-31T09:00:00Z.")
		}
	}
	visible, err := s.visible(r, viewBooking)
	if err != nil {
		return nil, err
	}
	bookings, err := s.store.listBookings(r.Context(), visible, r.PathValue("calendar"), after, page)
	if err != nil {
		return nil, err
	}
	for i, b := range bookings {
		bookings[i] = shown.Without(b, visible.Masks(b)...)
	}
	return map[string]any{"bookings": bookings}, nil
}

// requestedBooking reads the requested booking.
func requestedBooking(r *http.Request, in *calendar) (*booking, error) {
	body, err := read[struct {
		Host   string    `json:"host"`
		Starts time.Time `json:"starts"`
		Ends   time.Time `json:"ends"`
		Title  string    `json:"title"`
		Guest  string    `json:"guest"`
		Notes  string    `json:"notes"`
	}](r)
	if err != nil {
		return nil, err
	}
	switch {
	case body.Host == "" || body.Title == "":
		return nil, badRequest("A booking has a host and a title.")
	case !body.Starts.Before(body.Ends) || body.Ends.Sub(body.Starts) > 24*time.Hour:
		return nil, badRequest("A booking ends after it starts, within a day.")
	case body.Starts.UTC().Year() < 1970 || body.Ends.UTC().Year() > 2999:
		return nil, badRequest("A booking is in the years 1970 to 2999.")
	}
	return &booking{
		ID: rand.Text(), Account: in.Account, Calendar: in.ID, Host: body.Host,
		Starts: body.Starts.UTC().Truncate(time.Second), Ends: body.Ends.UTC().Truncate(time.Second),
		Title: body.Title, Guest: body.Guest, Notes: body.Notes,
	}, nil
}

// book creates a booking. It requires booking.create on the host. In addition, it checks
// each time that the host has booking.receive, because a host who has lost the seat cannot
// be booked.
//
//	POST /accounts/acme/calendars/intro/bookings {"host": "mia", "starts": "…", "ends": "…", "title": "Intro", "guest": "Ann"}
func (s *server) book(r *http.Request) (any, error) {
	in, _ := usherhttp.Loaded[*calendar](r.Context())
	b, err := requestedBooking(r, in)
	if err != nil {
		return nil, err
	}
	// In a directory, the host may lose the seat between the check and the write. The result is the
	// same as if the booking was made a moment earlier.
	return b, s.decideAndChange(r.Context(), func(az authority, tx *tx) error {
		if err := require(r, az, createBooking, b); err != nil {
			return err
		}
		if yes, err := hosts(r, az, in, b.Host); err != nil {
			return err
		} else if !yes {
			return problem(http.StatusConflict, "not-a-host", b.Host+" does not host this calendar.")
		}
		if err := bookable(r.Context(), az, b.Account, []string{b.Host}); err != nil {
			return err
		}
		return tx.book(r.Context(), b, in)
	})
}

// hosts reports whether a user hosts a calendar, in person or in the hosting team.
func hosts(r *http.Request, az authority, c *calendar, user string) (bool, error) {
	if slices.Contains(c.Hosts, user) || c.Team == "" {
		return slices.Contains(c.Hosts, user), nil
	}
	view, err := az.View(r.Context(), c.Account)
	if err != nil {
		return false, err
	}
	m, _ := view.User(usher.UserID(user))
	_, in := m.InTeam(usher.TeamID(c.Team))
	return in, nil
}

// cancelBooking cancels a booking.
//
//	DELETE /accounts/acme/bookings/b1
func (s *server) cancelBooking(r *http.Request) (any, error) {
	b, _ := usherhttp.Loaded[*booking](r.Context())
	return struct{}{}, s.store.change(r.Context(), func(tx *tx) error { return tx.cancel(r.Context(), b) })
}
