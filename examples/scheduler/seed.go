package main

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/seat"
)

// company are the commands that create the example company, in one commit.
var company = engine.Batch{
	Actor: account.AsHost("seed"), Account: "acme",
	Commands: []account.Command{
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
	},
}

// seed creates the example company once. In a database, everything is in one transaction, so that one
// of several instances that start at the same time creates it. In a directory, seed creates the
// calendars first. If the process crashes before the account exists in usher, seed starts again at the
// next start; no user could see the calendars.
func (s *server) seed(ctx context.Context) error {
	_, err := s.engine.View(ctx, company.Account)
	if !errors.Is(err, usher.ErrUnknownAccount) {
		return err
	}
	if s.shared != nil {
		_, err = s.submitTx(ctx, company, seedCalendars)
	} else if err = s.store.change(ctx, func(tx *tx) error { return seedCalendars(ctx, tx) }); err == nil {
		_, err = s.engine.Submit(ctx, company)
	}
	if errors.Is(err, account.CodeExists) {
		return nil // the account was deleted, and its id cannot be used again, or another instance was first
	}
	return err
}

// seedCalendars creates the calendars of the company and one booking. It first deletes the
// calendars of an earlier attempt.
func seedCalendars(ctx context.Context, tx *tx) error {
	if err := tx.forgetAccount(ctx, company.Account); err != nil {
		return err
	}
	intro := &calendar{ID: "intro", Title: "Intro call", Hosts: []string{"mia"}}
	for _, c := range []*calendar{
		intro,
		{ID: "demo", Title: "Product demo", Hosts: []string{"max", "mia"}},
		{ID: "help", Title: "Help desk", Hosts: []string{"sam"}},
	} {
		c.Account = company.Account
		if err := tx.addCalendar(ctx, c); err != nil {
			return err
		}
	}
	starts := time.Date(2035, time.January, 15, 9, 0, 0, 0, time.UTC)
	return tx.book(ctx, &booking{
		ID: "first", Account: intro.Account, Calendar: intro.ID, Host: "mia", Starts: starts, Ends: starts.Add(time.Hour),
		Title: "Intro call with Ann", Guest: "ann@example.com", Notes: "Asks for a discount",
	}, intro)
}

// sweep removes what a crash between the writes to usher and SQLite has left in a directory: hosts who
// are not users any more, and calendars of deleted accounts. It runs before the first request,
// so there are no concurrent changes. In a database there is nothing to remove.
func (s *server) sweep(ctx context.Context) error {
	if s.shared != nil {
		return nil
	}
	hosts, err := s.store.named(ctx)
	if err != nil {
		return err
	}
	for in, users := range hosts {
		view, err := s.engine.View(ctx, in)
		switch {
		case errors.Is(err, usher.ErrUnknownAccount):
			if err := s.store.change(ctx, func(tx *tx) error { return tx.forgetAccount(ctx, in) }); err != nil {
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
			if err := s.store.change(ctx, func(tx *tx) error { return tx.forgetUser(ctx, in, user) }); err != nil {
				return err
			}
		}
	}
	return nil
}
