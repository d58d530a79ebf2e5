package main

import (
	"context"
	"net/http"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/usherhttp"
)

// onPerson returns the user in the path as a resource. It does not check that the user
// exists, so that only subjects who may view the user learn that.
func onPerson(r *http.Request) (usher.Resource, error) {
	return personal("user", subject(r).Account, r.PathValue("user")), nil
}

// personal returns a resource that belongs to one user.
func personal(typ string, in usher.AccountID, user string) *usher.Object {
	return &usher.Object{Type: typ, ID: user, Account: in, Parties: map[string][]string{"user": {user}}}
}

// person is an entry of the directory.
type person struct {
	User   usher.UserID    `json:"user"`
	Role   role.Name       `json:"role"`
	Title  string          `json:"title"`
	Status usher.Status    `json:"status"`
	Teams  []membership    `json:"teams"`
	Seats  []seat.PoolName `json:"seats"`
	May    []string        `json:"may,omitempty"` // the permissions of the subject on the entry

	LastActive time.Time `json:"lastActive,omitzero"`
}

type membership struct {
	Team  usher.TeamID `json:"team"`
	Roles []role.Name  `json:"roles,omitempty"`
}

func entry(m account.Member) person {
	p := person{
		User: m.ID, Role: m.Role, Title: m.Title, Status: m.Status,
		Teams: []membership{}, Seats: append([]seat.PoolName{}, m.Seats...),
	}
	for _, t := range m.Teams {
		p.Teams = append(p.Teams, membership{t.Team, t.Roles})
	}
	return p
}

// directory is a page of people, with the seats of the account.
type directory struct {
	People []person `json:"people"`
	Next   string   `json:"next,omitempty"` // the next page: ?after=
	Seats  []seats  `json:"seats"`
}

type seats struct {
	Pool  seat.PoolName `json:"pool"`
	Total int           `json:"total"`
	Held  int           `json:"held"`
	Left  int           `json:"left"`
}

// page is the maximum number of rows in a list.
const page = 50

// listPeople lists the users that the subject may view.
//
//	GET /accounts/acme/people?after=mia
func (s *server) listPeople(r *http.Request) (any, error) {
	view, err := s.engine.View(r.Context(), subject(r).Account)
	if err != nil {
		return nil, err
	}
	visible, err := s.visible(r, viewUser)
	if err != nil {
		return nil, err
	}
	d := directory{People: []person{}, Seats: []seats{}}
	for _, p := range view.Seats() {
		d.Seats = append(d.Seats, seats{p.Pool, p.Total, p.Held, p.Left})
	}
	for m := range view.Users(usher.UserID(r.URL.Query().Get("after"))) {
		on := personal("user", view.ID(), string(m.ID))
		switch selected, err := visible.Match(on); {
		case err != nil:
			return nil, err
		case !selected:
			continue
		}
		if len(d.People) == page {
			d.Next = string(d.People[page-1].User)
			break
		}
		p := entry(m)
		if p.May, err = s.may(r, on); err != nil {
			return nil, err
		}
		d.People = append(d.People, p)
	}
	return d, nil
}

// showPerson shows one entry.
//
//	GET /accounts/acme/people/mia
func (s *server) showPerson(r *http.Request) (any, error) {
	view, err := s.engine.View(r.Context(), subject(r).Account)
	if err != nil {
		return nil, err
	}
	m, ok := view.User(userIn(r))
	if !ok {
		return nil, usherhttp.ErrNotFound
	}
	p := entry(m)
	if p.LastActive, err = s.engine.LastActive(r.Context(), view.ID(), m.ID); err != nil {
		return nil, err
	}
	p.May, err = s.may(r, usherhttp.FromContext(r.Context()).Resource)
	return p, err
}

// addPerson adds or invites a user.
//
//	POST /accounts/acme/people {"user": "nina", "role": "member", "teams": ["sales"], "invite": true}
func (s *server) addPerson(r *http.Request) (any, error) {
	body, err := read[struct {
		User   usher.UserID   `json:"user"`
		Role   role.Name      `json:"role"`
		Teams  []usher.TeamID `json:"teams"`
		Invite bool           `json:"invite"` // the user must accept first
	}](r)
	if err != nil {
		return nil, err
	}
	status := usher.Active
	if body.Invite {
		status = usher.Invited
	}
	add := account.AddUser{User: body.User, Role: body.Role, Status: status, Teams: body.Teams}
	if s.shared != nil {
		return s.doAnd(r, s.forget(r, string(body.User)), add)
	}
	if err := s.clear(r, body.User); err != nil {
		return nil, err
	}
	return s.do(r, add)
}

// clear removes all references to a user who is about to be added, in a directory. usher keeps nothing
// of a removed user, but this service may, if its clean-up failed. clear does nothing for an existing
// user.
func (s *server) clear(r *http.Request, user usher.UserID) error {
	view, err := s.engine.View(r.Context(), subject(r).Account)
	if err != nil {
		return err
	}
	if _, there := view.User(user); there {
		return nil
	}
	return s.store.change(r.Context(), func(tx *tx) error { return tx.forgetUser(r.Context(), view.ID(), string(user)) })
}

// acceptInvitation and declineInvitation are for invited users.
//
//	POST   /accounts/acme/invitation
//	DELETE /accounts/acme/invitation
func (s *server) acceptInvitation(r *http.Request) (any, error) {
	return s.do(r, account.AcceptInvitation{})
}

func (s *server) declineInvitation(r *http.Request) (any, error) {
	return s.doAnd(r, s.forget(r, string(subject(r).User)), account.DeclineInvitation{})
}

// setRole gives a person another account role.
//
//	PUT /accounts/acme/people/mia/role {"role": "admin-only"}
func (s *server) setRole(r *http.Request) (any, error) {
	body, err := read[struct {
		Role role.Name `json:"role"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.do(r, account.SetRole{User: userIn(r), Role: body.Role})
}

// setStatus makes a person inactive or active.
//
//	PUT /accounts/acme/people/mia/status {"status": "inactive"}
func (s *server) setStatus(r *http.Request) (any, error) {
	body, err := read[struct {
		Status usher.Status `json:"status"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.do(r, account.SetStatus{User: userIn(r), Status: body.Status})
}

// removePerson removes a person. In a directory, it removes the user in usher first, which denies
// their requests at once. If the process crashes before the calendars are changed, the remaining
// references give no permission to any user.
//
//	DELETE /accounts/acme/people/mia
func (s *server) removePerson(r *http.Request) (any, error) {
	return s.doAnd(r, s.forget(r, r.PathValue("user")), account.RemoveUser{User: userIn(r)})
}

// forget returns the change that deletes the references to a user who is removed, so that a later user
// with the same id does not inherit them. When a user is added, it deletes what another program has
// left, for example usher do remove-user. A real service also ends the sessions and tokens of a removed
// user here; this one has none, because identify trusts a header.
func (s *server) forget(r *http.Request, user string) func(context.Context, *tx) error {
	return func(ctx context.Context, tx *tx) error { return tx.forgetUser(ctx, subject(r).Account, user) }
}
