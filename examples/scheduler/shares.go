package main

import (
	"context"
	"net/http"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/usherhttp"
)

// shared are the roles that a user or a team holds on one calendar.
type shared struct {
	User  usher.UserID `json:"user,omitempty"`
	Team  usher.TeamID `json:"team,omitempty"`
	Roles []sharedRole `json:"roles"`
}

type sharedRole struct {
	Role  role.Name `json:"role"`
	From  time.Time `json:"from,omitzero"` // the role begins later
	Until time.Time `json:"until,omitzero"`
}

// listShares lists the users and teams that hold a role on a calendar, and until when.
//
//	GET /accounts/acme/calendars/intro/shares
func (s *server) listShares(r *http.Request) (any, error) {
	c, _ := usherhttp.Loaded[*calendar](r.Context())
	view, err := s.engine.View(r.Context(), c.Account)
	if err != nil {
		return nil, err
	}
	list := []shared{}
	for held := range view.TermsOn(c.Ref(), account.Holder{}) {
		one := shared{User: held.User, Team: held.Team}
		for _, t := range held.Terms {
			one.Roles = append(one.Roles, sharedRole{t.Role, t.From, t.Until})
		}
		list = append(list, one)
	}
	return map[string]any{"shares": list}, nil
}

// share gives a user or a team a role on a calendar, until a time or without an end. The engine checks calendar.share on the calendar,
// and that the subject may do there what the role gives.
//
//	PUT /accounts/acme/calendars/intro/shares/users/max   {"role": "editor", "until": "2035-06-01T00:00:00Z"}
//	PUT /accounts/acme/calendars/intro/shares/teams/sales {"role": "editor"}
func (s *server) share(r *http.Request) (any, error) {
	body, err := read[struct {
		Role  role.Name `json:"role"`
		Until time.Time `json:"until"`
	}](r)
	if err != nil {
		return nil, err
	}
	c, _ := usherhttp.Loaded[*calendar](r.Context())
	return s.doOn(r, account.GiveRoleOn{User: userIn(r), Team: teamIn(r), Role: body.Role, On: c.Ref(), Until: body.Until})
}

// unshare takes the role again.
//
//	DELETE /accounts/acme/calendars/intro/shares/users/max/editor
func (s *server) unshare(r *http.Request) (any, error) {
	c, _ := usherhttp.Loaded[*calendar](r.Context())
	return s.doOn(r, account.TakeRoleOn{User: userIn(r), Team: teamIn(r), Role: role.Name(r.PathValue("role")), On: c.Ref()})
}

// forgetCalendar deletes a calendar, and tells usher that it is gone. In a database, both are in one
// transaction. In a directory, the calendar is deleted first: ids of calendars are used once, so a role
// that a crash leaves on a deleted calendar gives nothing to anyone.
func (s *server) forgetCalendar(r *http.Request, c *calendar) error {
	b := engine.Batch{Actor: account.AsHost("calendars"), Account: c.Account, Commands: []account.Command{account.Forget{On: c.Ref()}}}
	remove := func(ctx context.Context, tx *tx) error { return tx.deleteCalendar(ctx, c) }
	if s.shared != nil {
		_, err := s.submitTx(r.Context(), b, remove)
		return err
	}
	if err := s.store.change(r.Context(), func(tx *tx) error { return remove(r.Context(), tx) }); err != nil {
		return err
	}
	_, err := s.engine.Submit(r.Context(), b)
	return err
}
