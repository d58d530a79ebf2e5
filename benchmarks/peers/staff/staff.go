// Package staff is what an application has to keep itself for peers that keep nothing
// (CEL), or that are given a user's facts with each question (Cedar, OPA): a table of
// its users. It counts for the heap of those peers.
package staff

import (
	"fmt"

	"github.com/usher-go/usher/benchmarks/world"
)

// Person is a user. It is replaced when its role changes, never written to.
type Person struct {
	Role    string
	Team    string
	Manages string // the team, or ""
}

// Table maps ids to users.
type Table map[string]*Person

// Load returns the table of a company.
func Load(w *world.World) Table {
	t := make(Table, w.Users)
	for r := range w.Rows() {
		p := &Person{Role: r.Role, Team: r.Team}
		if r.Manages {
			p.Manages = r.Team
		}
		t[r.User] = p
	}
	return t
}

// Unknown is the Person for a user that is not in the table.
var Unknown Person

// Find returns a user, or Unknown.
func (t Table) Find(user string) *Person {
	if p := t[user]; p != nil {
		return p
	}
	return &Unknown
}

// SetRole changes a role.
func (t Table) SetRole(user, role string) error {
	p := t[user]
	if p == nil {
		return fmt.Errorf("unknown user %s", user)
	}
	changed := *p
	changed.Role = role
	t[user] = &changed
	return nil
}

// Reach appends the teams of a calendar: the teams of its hosts, and the teams that host
// it.
func (t Table) Reach(to []string, c *world.Calendar) []string {
	for _, host := range c.Hosts {
		to = append(to, t.Find(host).Team)
	}
	return append(to, c.Teams...)
}

// OneByOne reports whether a user may do an action on a calendar. A peer without a way to
// answer several questions at once embeds it for its Actions and Editable.
type OneByOne func(user string, k world.Kind, c *world.Calendar) (bool, error)

// Actions implements peer.Peer with a question for each action.
func (ask OneByOne) Actions(user string, on *world.Calendar) (world.Actions, error) {
	var all world.Actions
	for k := range world.OfCalendars {
		switch ok, err := ask(user, k, on); {
		case err != nil:
			return 0, err
		case ok:
			all = all.With(k)
		}
	}
	return all, nil
}

// Editable implements peer.Peer with a question for each calendar.
func (ask OneByOne) Editable(user string, page []*world.Calendar) ([]*world.Calendar, error) {
	var list []*world.Calendar
	for _, c := range page {
		switch ok, err := ask(user, world.CalendarEdit, c); {
		case err != nil:
			return nil, err
		case ok:
			list = append(list, c)
		}
	}
	return list, nil
}
