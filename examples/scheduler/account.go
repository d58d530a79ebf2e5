package main

import (
	"context"
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
)

// signUp makes an account. Whoever makes it is its owner.
//
//	POST /accounts {"account": "globex"}
func (s *server) signUp(r *http.Request) (any, error) {
	wish, err := read[struct {
		Account usher.AccountID `json:"account"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.submit(r, account.AsHost("signup"), wish.Account,
		account.CreateAccount{Owner: subject(r).User, Seats: map[seat.PoolName]int{"booking": 1}})
}

// closeAccount ends an account. usher goes first: from then on nobody gets in, and
// what a crash leaves of the calendars is out of reach until sweep finds it.
//
//	DELETE /accounts/acme
func (s *server) closeAccount(r *http.Request) (any, error) {
	d, err := s.do(r, account.DeleteAccount{})
	if err == nil && !d.repeated {
		s.tidy(r, func(ctx context.Context) error { return s.store.forgetAccount(ctx, subject(r).Account) })
	}
	return d, err
}

// transferOwnership hands the account over; the owner so far becomes an administrator.
//
//	PUT /accounts/acme/owner {"user": "adam"}
func (s *server) transferOwnership(r *http.Request) (any, error) {
	wish, err := read[struct {
		User usher.UserID `json:"user"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.do(r, account.TransferOwnership{To: wish.User})
}

// changeSetting turns a switch of the account on or off.
//
//	PUT /accounts/acme/settings/free-busy-only {"value": false}
func (s *server) changeSetting(r *http.Request) (any, error) {
	wish, err := read[struct {
		Value bool `json:"value"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.do(r, account.ChangeSetting{Setting: r.PathValue("setting"), Value: wish.Value})
}

// tidy removes what has become of no use. Whoever asked has what they asked for, and
// sweep tries again when the service starts, so a failure is for the log.
func (s *server) tidy(r *http.Request, remove func(context.Context) error) {
	if err := remove(context.WithoutCancel(r.Context())); err != nil {
		s.log.ErrorContext(r.Context(), "not tidied up", "account", subject(r).Account, "error", err)
	}
}
