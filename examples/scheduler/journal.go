package main

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// commit is an entry of the journal.
type commit struct {
	Version uint64    `json:"version"`
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`
	Changes []string  `json:"changes"`
}

// journal returns the audit log of the account, from the beginning or after a version.
//
//	GET /accounts/acme/journal?after=7
func (s *server) journal(r *http.Request) (any, error) {
	var after uint64
	if text := r.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = strconv.ParseUint(text, 10, 64); err != nil {
			return nil, badRequest("A version is a number.")
		}
	}
	commits := []commit{}
	for c, err := range s.engine.Journal(r.Context(), subject(r).Account, after) {
		if err != nil {
			return nil, err
		}
		entry := commit{Version: c.Version, Time: c.Time, Actor: c.Actor.String()}
		for _, change := range c.Changes {
			entry.Changes = append(entry.Changes, account.DescribeChange(change))
		}
		if commits = append(commits, entry); len(commits) == page {
			break
		}
	}
	return map[string]any{"commits": commits}, nil
}

// explain explains why a user is allowed or denied, and what would help. The permission
// determines whether the id "on" is a calendar, a booking, a team or a user. Explanations
// contain roles, teams and rules, so the route requires audit.view.
//
//	GET /accounts/acme/explain?user=mia&can=calendar.edit&on=intro&mfa=yes
func (s *server) explain(r *http.Request) (any, error) {
	query := r.URL.Query()
	p, err := s.engine.Policy().Permission(query.Get("can"))
	if err != nil {
		return nil, badRequest("%v.", err)
	}
	q := usher.Request{
		Account: subject(r).Account, Subject: usher.UserID(query.Get("user")), Permission: p,
		Context: usher.Context{"mfa": query.Get("mfa") == "yes"},
	}
	if q.Resource, err = s.resource(r, p, query.Get("on")); err != nil {
		return nil, err
	}
	why, err := s.engine.Explain(r.Context(), q)
	if err != nil {
		return nil, err
	}
	remedies := []string{}
	for _, remedy := range why.Remedies {
		remedies = append(remedies, remedy.Text)
	}
	return map[string]any{"allowed": why.Decision.Allowed(), "why": why.Sentence, "remedies": remedies}, nil
}

// resource loads the resource with an id, of the type of a permission.
func (s *server) resource(r *http.Request, p permission.Permission, id string) (usher.Resource, error) {
	in := subject(r).Account
	switch {
	case id == "":
		return nil, nil
	case p.Resource() == "calendar":
		return s.store.calendar(r.Context(), in, id)
	case p.Resource() == "booking" && !p.Equal(receive):
		return s.store.booking(r.Context(), in, id)
	case p.Resource() == "team":
		return &usher.Object{Type: "team", ID: id, Account: in, Parties: map[string][]string{"team": {id}}}, nil
	case slices.Contains([]string{"user", "seat", "grant", "booking"}, p.Resource()):
		return personal(p.Resource(), in, id), nil
	}
	return nil, badRequest("%s applies to the account as a whole.", p)
}

// buttons are the permissions for which a page has buttons.
var buttons = []permission.Permission{viewCalendar, editCalendar, setHosts, deleteCalendar, viewUser, setRole, setStatus, deleteUser}

// actions returns the permissions of the subject on several resources at once.
//
//	GET  /accounts/acme/actions?on=calendar:intro&on=user:mia
//	POST /accounts/acme/actions {"resources": [{"type": "calendar", "id": "intro"}]}
func (s *server) actions() http.Handler {
	return &usherhttp.Actions{
		Guard:       s.guard,
		Permissions: buttons,
		Load: func(r *http.Request, refs []usher.Ref) ([]usher.Resource, error) {
			var found []usher.Resource
			for _, ref := range refs {
				if ref.Type == "user" {
					found = append(found, personal("user", subject(r).Account, ref.ID))
					continue
				}
				c, err := s.store.calendar(r.Context(), subject(r).Account, ref.ID)
				if errors.Is(err, errNoRow) {
					continue
				}
				if err != nil {
					return nil, err
				}
				found = append(found, c)
			}
			return found, nil
		},
	}
}
