package main

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
)

// seed creates the example company once. It creates the calendars first, and then the
// account in usher, in one commit. If the process crashes in between, seed starts again at
// the next start; the account did not exist yet, so no user could see the calendars.
func (s *server) seed(ctx context.Context) error {
	_, err := s.engine.View(ctx, "acme")
	if !errors.Is(err, usher.ErrUnknownAccount) {
		return err
	}
	if err := s.seedCalendars(ctx); err != nil {
		return err
	}
	_, err = s.engine.Do(ctx, account.AsHost("seed"), "acme",
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 4}},
		account.CreateTeam{Team: "sales"},
		account.CreateTeam{Team: "support"},
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "rita", Role: "admin-only"},
		account.AddUser{User: "tom", Teams: []usher.TeamID{"sales"}},
		account.SetTeamRole{Team: "sales", User: "tom", Role: "manager"},
		account.AddUser{User: "mia", Teams: []usher.TeamID{"sales"}},
		account.AddUser{User: "max", Teams: []usher.TeamID{"sales"}},
		account.AddUser{User: "sam", Teams: []usher.TeamID{"support"}},
		account.AddUser{User: "ned"},
		account.AssignSeat{User: "tom", Pool: "booking"},
		account.AssignSeat{User: "mia", Pool: "booking"},
		account.AssignSeat{User: "max", Pool: "booking"},
		account.AssignSeat{User: "sam", Pool: "booking"},
	)
	if errors.Is(err, account.CodeExists) {
		return nil // the account was deleted, and its id cannot be used again
	}
	return err
}

// seedCalendars creates the calendars of the company and one booking. It first deletes the
// calendars of an earlier attempt.
func (s *server) seedCalendars(ctx context.Context) error {
	if err := s.store.forgetAccount(ctx, "acme"); err != nil {
		return err
	}
	for _, c := range []*calendar{
		{ID: "intro", Title: "Intro call", Hosts: []string{"mia"}},
		{ID: "demo", Title: "Product demo", Hosts: []string{"max", "mia"}},
		{ID: "help", Title: "Help desk", Hosts: []string{"sam"}},
	} {
		c.Account = "acme"
		if err := s.store.addCalendar(ctx, c); err != nil {
			return err
		}
	}
	in, err := s.store.calendar(ctx, "acme", "intro")
	if err != nil {
		return err
	}
	starts := time.Date(2035, time.January, 15, 9, 0, 0, 0, time.UTC)
	return s.store.book(ctx, &booking{
		ID: "first", Account: "acme", Calendar: in.ID, Host: "mia", Starts: starts, Ends: starts.Add(time.Hour),
		Title: "Intro call with Ann", Guest: "ann@example.com", Notes: "Asks for a discount",
	}, in)
}

// sweep removes what a crash between the writes to usher and SQLite has left: hosts who are
// not users any more, and calendars of deleted accounts. It runs before the first request,
// so there are no concurrent changes.
func (s *server) sweep(ctx context.Context) error {
	hosts, err := s.store.named(ctx)
	if err != nil {
		return err
	}
	for in, users := range hosts {
		view, err := s.engine.View(ctx, in)
		switch {
		case errors.Is(err, usher.ErrUnknownAccount):
			if err := s.store.forgetAccount(ctx, in); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		for _, user := range users {
			if _, ok := view.User(usher.UserID(user)); ok {
				continue
			}
			if err := s.store.forgetUser(ctx, in, user); err != nil {
				return err
			}
		}
	}
	return nil
}
