package usher

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/benchmarks/world"
	"github.com/usher-go/usher/policy"
)

// The types of the application, as resources.
type (
	calendar world.Calendar
	seat     world.Entry
	user     world.Entry
)

func (c *calendar) Ref() usher.Ref { return usher.Ref{Type: "calendar", ID: c.ID} }

func (c *calendar) InAccount() usher.AccountID { return usher.AccountID(c.Account) }

func (c *calendar) Party(name string) ([]string, bool) {
	switch name {
	case "host":
		return c.Hosts, true
	case "team":
		return c.Teams, true
	}
	return nil, false
}

func (s *seat) Ref() usher.Ref { return usher.Ref{Type: "seat", ID: s.ID[0]} }

func (s *seat) InAccount() usher.AccountID { return usher.AccountID(s.Account) }

func (s *seat) Party(name string) ([]string, bool) { return s.ID[:], name == "user" }

func (u *user) Ref() usher.Ref { return usher.Ref{Type: "user", ID: u.ID[0]} }

func (u *user) InAccount() usher.AccountID { return usher.AccountID(u.Account) }

func (u *user) Party(name string) ([]string, bool) {
	if name == "user" {
		return u.ID[:], true
	}
	return nil, name == "team"
}

// Actions implements peer.Peer with one call of AppendActions.
func (p *Peer) Actions(who string, on *world.Calendar) (world.Actions, error) {
	var room [world.OfCalendars]policy.Action
	list, err := p.engine.AppendActions(context.Background(), room[:0],
		usher.Request{Account: p.account, Subject: usher.UserID(who), Resource: (*calendar)(on)})
	var all world.Actions
	k := world.CalendarView
	for _, a := range list { // the order of the policy is the order of the kinds
		for k < world.OfCalendars && a.Permission != permissions[k] {
			k++
		}
		all = all.With(k)
	}
	return all, err
}

// Editable implements peer.Peer with a filter that is matched with each calendar. If the
// calendars are rows, the same filter is a condition in SQL.
func (p *Peer) Editable(who string, page []*world.Calendar) ([]*world.Calendar, error) {
	editable, err := p.engine.Filter(context.Background(),
		usher.Request{Account: p.account, Subject: usher.UserID(who), Permission: permissions[world.CalendarEdit]})
	if err != nil {
		return nil, err
	}
	var list []*world.Calendar
	for _, c := range page {
		selected, err := editable.Match((*calendar)(c))
		if err != nil {
			return nil, err
		}
		if selected {
			list = append(list, c)
		}
	}
	return list, nil
}
