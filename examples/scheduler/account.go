package main

import (
	"context"
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
)

// signUp creates an account. The user who sends the request becomes its owner.
//
//	POST /accounts {"account": "globex"}
func (s *server) signUp(r *http.Request) (any, error) {
	body, err := read[struct {
		Account usher.AccountID `json:"account"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.submit(r, account.AsHost("signup"), body.Account,
		account.CreateAccount{Owner: subject(r).User, Seats: map[seat.PoolName]int{"booking": 1}})
}

// closeAccount deletes an account with its calendars. In a directory, it deletes the account in usher
// first: from then on, every request is denied, so the calendars are inaccessible.
//
//	DELETE /accounts/acme
func (s *server) closeAccount(r *http.Request) (any, error) {
	return s.doAnd(r, func(ctx context.Context, tx *tx) error {
		return tx.forgetAccount(ctx, subject(r).Account)
	}, account.DeleteAccount{})
}

// transferOwnership makes another user the owner. The previous owner becomes an
// administrator.
//
//	PUT /accounts/acme/owner {"user": "adam"}
func (s *server) transferOwnership(r *http.Request) (any, error) {
	body, err := read[struct {
		User usher.UserID `json:"user"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.do(r, account.TransferOwnership{To: body.User})
}

// changeSetting turns a switch of the account on or off.
//
//	PUT /accounts/acme/settings/free-busy-only {"value": false}
func (s *server) changeSetting(r *http.Request) (any, error) {
	body, err := read[struct {
		Value bool `json:"value"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.do(r, account.ChangeSetting{Setting: r.PathValue("setting"), Value: body.Value})
}
