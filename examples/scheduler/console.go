package main

import (
	"context"
	"net/http"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
)

// directory returns the pages on people, teams and seats, under /people/ACCOUNT/. It identifies users as
// the guard does, and the engine decides what each of them sees and may change.
func (s *server) directory() (http.Handler, error) {
	return console.New(console.Options{
		Engine: s.engine, Subject: identify, People: profiles, Search: searchNames, Submit: s.submitPeople,
		Disclose: []string{"mfa"}, Home: weekPath(company.Account), Texts: directoryTexts, Stylesheet: "/style/brand.css",
		TimeZone: func(*http.Request) *time.Location { return s.clock().Location() }, Log: s.log,
	})
}

var directoryTexts = map[string]map[string]string{
	"en": {"layout.home": "Calendars"},
	"de": {"layout.home": "Kalender"},
}

// submitPeople submits a batch of the console as the routes of the API do: a removed user hosts no
// calendars and bookings any more, and a new one does not inherit those of an earlier user.
func (s *server) submitPeople(r *http.Request, b engine.Batch) (engine.Result, error) {
	var forget []usher.UserID
	closed := false
	added := func(user usher.UserID) error {
		if s.shared == nil {
			return s.clear(r, user)
		}
		forget = append(forget, user)
		return nil
	}
	for _, c := range b.Commands {
		var err error
		switch c := c.(type) {
		case account.AddUser:
			err = added(c.User)
		case account.Invite: // with an end
			err = added(c.Key)
		case account.RemoveUser:
			forget = append(forget, c.User)
		case account.Leave:
			forget = append(forget, subject(r).User)
		case account.DeclineInvitation:
			forget = append(forget, subject(r).User)
		case account.DeleteAccount:
			closed = true
		}
		if err != nil {
			return engine.Result{}, err
		}
	}
	return s.submitAndChange(r, b, func(ctx context.Context, tx *tx) error {
		if closed {
			return tx.forgetAccount(ctx, b.Account)
		}
		for _, user := range forget {
			if err := tx.forgetUser(ctx, b.Account, string(user)); err != nil {
				return err
			}
		}
		return nil
	})
}
