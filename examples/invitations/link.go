package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// invitations is a table of the application, by the keys of the invitations. A database keeps a
// hash of the token in place of the token.
var invitations = map[usher.UserID]invitation{}

type invitation struct{ address, token string }

// newInvitation stores an address, and returns the key for usher. The e-mail to the address has a
// link with the key and the token.
func newInvitation(address string) usher.UserID {
	key := usher.UserID("invited-" + rand.Text())
	invitations[key] = invitation{address, rand.Text()}
	return key
}

var errLink = errors.New("this link does not work")

// join accepts an invitation for a user who followed the link and has logged in.
func join(
	ctx context.Context, key usher.UserID, token string, login usher.UserID,
) (engine.Result, error) {
	sent, found := invitations[key]
	if !found || subtle.ConstantTimeCompare([]byte(sent.token), []byte(token)) != 1 {
		return engine.Result{}, errLink
	}
	result, err := az.Submit(ctx, engine.Batch{
		Actor: account.AsHost("invitations"), Account: "acme",
		Commands:       []account.Command{account.AcceptInvitation{Key: key, User: login}},
		IdempotencyKey: string(key), // the same user can follow the link again
	})
	if errors.Is(err, account.ErrUnknownUser) || errors.Is(err, engine.ErrKeyReused) {
		return engine.Result{}, errLink // it was revoked or has ended; another user has accepted it
	}
	return result, err
}
