package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/usherhttp"
)

// onCalendar loads the calendar in the path.
func (s *server) onCalendar(r *http.Request) (usher.Resource, error) {
	return s.store.calendar(r.Context(), subject(r).Account, r.PathValue("calendar"))
}

// listed is a calendar with the permissions of the subject on it.
type listed struct {
	*calendar
	May []string `json:"may"`
}

// listCalendars lists the calendars that the subject may view.
//
//	GET /accounts/acme/calendars?after=intro
func (s *server) listCalendars(r *http.Request) (any, error) {
	visible, err := s.visible(r, viewCalendar)
	if err != nil {
		return nil, err
	}
	calendars, err := s.store.listCalendars(r.Context(), visible, r.URL.Query().Get("after"), page+1)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Calendars []listed `json:"calendars"`
		Next      string   `json:"next,omitempty"` // the next page: ?after=
	}
	if len(calendars) > page {
		calendars = calendars[:page]
		answer.Next = calendars[page-1].ID
	}
	answer.Calendars = make([]listed, len(calendars))
	for i, c := range calendars {
		may, err := s.may(r, c)
		if err != nil {
			return nil, err
		}
		answer.Calendars[i] = listed{c, may}
	}
	return answer, nil
}

// showCalendar shows one calendar.
//
//	GET /accounts/acme/calendars/intro
func (s *server) showCalendar(r *http.Request) (any, error) {
	c, _ := usherhttp.Loaded[*calendar](r.Context())
	may, err := s.may(r, c)
	return listed{c, may}, err
}

// requestedCalendar reads the requested calendar. calendar.create is checked on its future
// hosts.
func requestedCalendar(r *http.Request) (usher.Resource, error) {
	body, err := read[struct {
		Title string   `json:"title"`
		Hosts []string `json:"hosts"`
		Team  string   `json:"team"`
	}](r)
	if err != nil {
		return nil, err
	}
	c := &calendar{ID: rand.Text(), Account: subject(r).Account, Title: body.Title, Hosts: body.Hosts, Team: body.Team}
	return c, c.valid()
}

// createCalendar creates a calendar.
//
//	POST /accounts/acme/calendars {"title": "Intro", "hosts": ["mia"], "team": "sales"}
func (s *server) createCalendar(r *http.Request) (any, error) {
	c, _ := usherhttp.Loaded[*calendar](r.Context())
	// In a directory, a host may be removed between the check and the write. Then the calendar has a
	// host who is not a user. That gives no permission to any user, and sweep removes it.
	return c, s.decideAndChange(r.Context(), func(az authority, tx *tx) error {
		if err := bookable(r.Context(), az, c.Account, c.Hosts); err != nil {
			return err
		}
		if err := teamExists(r.Context(), az, c); err != nil {
			return err
		}
		return tx.addCalendar(r.Context(), c)
	})
}

// editCalendar changes the title of a calendar.
//
//	PUT /accounts/acme/calendars/intro {"title": "First talk"}
func (s *server) editCalendar(r *http.Request) (any, error) {
	body, err := read[struct {
		Title string `json:"title"`
	}](r)
	if err != nil {
		return nil, err
	}
	c, _ := usherhttp.Loaded[*calendar](r.Context())
	c.Title = body.Title
	if err := c.valid(); err != nil {
		return nil, err
	}
	return c, s.store.change(r.Context(), func(tx *tx) error { return tx.saveCalendar(r.Context(), c) })
}

// setHosts changes the hosts of a calendar. It requires calendar.set-hosts on the calendar
// with its present hosts, which the route checks, and with its new hosts. Each new host
// must be bookable.
//
//	PUT /accounts/acme/calendars/intro/hosts {"hosts": ["mia", "max"]}
func (s *server) setHosts(r *http.Request) (any, error) {
	body, err := read[struct {
		Hosts []string `json:"hosts"`
	}](r)
	if err != nil {
		return nil, err
	}
	c, _ := usherhttp.Loaded[*calendar](r.Context())
	c.Hosts = body.Hosts
	if err := c.valid(); err != nil {
		return nil, err
	}
	// The write fails if the calendar has changed since the decision. In a directory, the account may
	// change between the check and the write. Each booking checks again whether its host is bookable,
	// so that does no harm.
	return c, s.decideAndChange(r.Context(), func(az authority, tx *tx) error {
		if err := require(r, az, setHosts, c); err != nil {
			return err
		}
		if err := bookable(r.Context(), az, c.Account, c.Hosts); err != nil {
			return err
		}
		return tx.saveCalendar(r.Context(), c)
	})
}

// deleteCalendar deletes a calendar with its bookings, and the roles that users and teams hold on it.
//
//	DELETE /accounts/acme/calendars/intro
func (s *server) deleteCalendar(r *http.Request) (any, error) {
	c, _ := usherhttp.Loaded[*calendar](r.Context())
	return struct{}{}, s.forgetCalendar(r, c)
}

// bookable checks booking.receive for each of the new hosts.
func bookable(ctx context.Context, az authority, in usher.AccountID, hosts []string) error {
	for _, host := range hosts {
		d, err := az.Check(ctx, usher.Request{
			Account: in, Subject: usher.UserID(host), Permission: receive, Resource: personal("booking", in, host),
		})
		switch {
		case err != nil:
			return err
		case !d.Allowed():
			return problem(http.StatusConflict, "not-bookable",
				fmt.Sprintf("%s cannot be booked (%s). A host must be an active user with a seat.", host, d.Reason()))
		}
	}
	return nil
}

func teamExists(ctx context.Context, az authority, c *calendar) error {
	if c.Team == "" {
		return nil
	}
	view, err := az.View(ctx, c.Account)
	if err != nil {
		return err
	}
	if _, ok := view.Team(usher.TeamID(c.Team)); !ok {
		return problem(http.StatusNotFound, "unknown-team", fmt.Sprintf("There is no team %s.", c.Team))
	}
	return nil
}

// valid returns the problem of an invalid calendar, as a response to the client.
func (c *calendar) valid() error {
	switch {
	case c.Title == "":
		return badRequest("A calendar has a title.")
	case len(c.Hosts) == 0 && c.Team == "":
		return badRequest("A calendar has a host or a team.")
	case len(c.Hosts) > page:
		return badRequest("A calendar has at most %d hosts.", page)
	case slices.Contains(c.Hosts, ""):
		return badRequest("A host has an id.")
	}
	slices.Sort(c.Hosts)
	if len(slices.Compact(slices.Clone(c.Hosts))) < len(c.Hosts) {
		return badRequest("A host is named twice.")
	}
	return nil
}
