package main

import (
	"context"
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// askFor makes a request from the first remedy that commands can make.
func askFor(ctx context.Context, denied usher.Request, note string) (engine.Result, error) {
	now, err := az.Latest(ctx, denied.Account, 0) // the explanation and the view of one version
	if err != nil {
		return engine.Result{}, err
	}
	why, err := now.Explain(ctx, denied)
	if err != nil {
		return engine.Result{}, err
	}
	view, err := now.View(ctx, denied.Account)
	if err != nil {
		return engine.Result{}, err
	}
	for _, remedy := range why.Remedies {
		if wish, ok := view.RequestFrom(denied.Subject, remedy); ok {
			wish.Note = note
			return az.Do(ctx, account.AsUser(denied.Subject), denied.Account, wish)
		}
	}
	return engine.Result{}, errors.New("no change of the account would help")
}

// inbox lists the open requests that a user could approve now.
func inbox(ctx context.Context, user usher.UserID) (list []account.OpenRequest, err error) {
	now, err := az.Latest(ctx, "acme", 0)
	if err != nil {
		return nil, err
	}
	view, err := now.View(ctx, "acme")
	if err != nil {
		return nil, err
	}
	for r := range view.Requests(az.Now(), 0) {
		_, err := now.Propose(ctx, engine.Batch{
			Actor: account.AsUser(user), Account: "acme",
			Commands: []account.Command{account.Approve{Request: r.ID}},
		})
		switch {
		case err == nil:
			list = append(list, r)
		case !errors.As(err, new(*account.Refusal)):
			return nil, err
		}
	}
	return list, nil
}
