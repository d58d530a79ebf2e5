// Package byhand is the reference: a hand-written implementation of this one matrix of
// roles. It has a map of accounts, a map from user ids to structs, and a switch over the
// permissions. It works only for this product: to change a rule is to change code. It takes
// no lock. Only the role of a user may change concurrently with questions, which costs
// nothing when it is read.
package byhand

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/usher-go/usher/benchmarks/world"
)

type rank int32

const (
	member rank = iota
	admin
	owner
)

var ranks = map[string]rank{world.Member: member, world.Admin: admin, world.Owner: owner}

// Peer is the reference. The zero Peer has no accounts.
type Peer struct {
	accounts map[string]company
}

type company map[string]*employee

type employee struct {
	rank    atomic.Int32
	active  bool
	team    string
	manages string // the team, or ""
}

// Load implements peer.Peer.
func (p *Peer) Load(w *world.World) error {
	staff := make(company, w.Users)
	for r := range w.Rows() {
		e := &employee{active: true, team: r.Team}
		e.rank.Store(int32(ranks[r.Role]))
		if r.Manages {
			e.manages = r.Team
		}
		staff[r.User] = e
	}
	p.accounts = map[string]company{w.Account: staff}
	return nil
}

// Ask implements peer.Peer.
func (p *Peer) Ask(q *world.Question) (bool, error) {
	return p.accounts[q.Account].may(q.User, q.Permission, q.Calendar, q.Entry), nil
}

func (staff company) may(user, permission string, c *world.Calendar, on *world.Entry) bool {
	asker := staff[user]
	if asker == nil || !asker.active {
		return false
	}
	high := rank(asker.rank.Load())
	switch permission {
	case "account.delete":
		return high == owner
	case "subscription.manage":
		return high != member
	case "user.delete":
		target := staff[on.ID[0]]
		return high != member && (target == nil || rank(target.rank.Load()) != owner)
	case "seat.assign":
		return high != member || asker.manages != "" && staff.inTeam(on.ID[0], asker.manages)
	case "calendar.view":
		return high != member || staff.mayView(user, asker, c)
	case "calendar.edit", "calendar.delete":
		return high != member || staff.mayEdit(user, asker, c)
	case "calendar.create":
		if asker.manages != "" && len(c.Teams) == 0 && staff.mayEdit(user, asker, c) {
			return true
		}
		return high != member || len(c.Hosts) == 1 && c.Hosts[0] == user && len(c.Teams) == 0
	case "calendar.set-hosts":
		return high != member || asker.manages != "" && len(c.Teams) == 0 && staff.mayEdit(user, asker, c)
	}
	return false
}

func (staff company) inTeam(user, team string) bool {
	e := staff[user]
	return e != nil && e.team == team
}

func (staff company) mayView(user string, asker *employee, c *world.Calendar) bool {
	for _, host := range c.Hosts {
		if host == user || asker.manages != "" && staff.inTeam(host, asker.manages) {
			return true
		}
	}
	return slices.Contains(c.Teams, asker.team)
}

func (staff company) mayEdit(user string, asker *employee, c *world.Calendar) bool {
	if asker.manages == "" {
		return len(c.Hosts) == 1 && c.Hosts[0] == user && len(c.Teams) == 0
	}
	for _, host := range c.Hosts {
		if host != user && !staff.inTeam(host, asker.manages) {
			return false
		}
	}
	for _, team := range c.Teams {
		if team != asker.manages {
			return false
		}
	}
	return len(c.Hosts)+len(c.Teams) > 0
}

// SetRole implements peer.Peer.
func (p *Peer) SetRole(user, role string) error {
	for _, staff := range p.accounts {
		if e := staff[user]; e != nil {
			e.rank.Store(int32(ranks[role]))
			return nil
		}
	}
	return fmt.Errorf("unknown user %s", user)
}

// Actions implements peer.Peer. It evaluates the common part of the five permissions once.
func (p *Peer) Actions(user string, on *world.Calendar) (world.Actions, error) {
	var all world.Actions
	staff := p.accounts[on.Account]
	asker := staff[user]
	if asker == nil || !asker.active {
		return 0, nil
	}
	if rank(asker.rank.Load()) != member {
		return all.With(world.CalendarView).With(world.CalendarCreate).With(world.CalendarEdit).
			With(world.CalendarDelete).With(world.CalendarSetHosts), nil
	}
	if staff.mayView(user, asker, on) {
		all = all.With(world.CalendarView)
	}
	if staff.mayEdit(user, asker, on) {
		all = all.With(world.CalendarEdit).With(world.CalendarDelete)
		if len(on.Teams) == 0 {
			all = all.With(world.CalendarCreate)
			if asker.manages != "" {
				all = all.With(world.CalendarSetHosts)
			}
		}
	}
	return all, nil
}

// Editable implements peer.Peer. It looks up the user once, and then checks each calendar.
func (p *Peer) Editable(user string, page []*world.Calendar) ([]*world.Calendar, error) {
	if len(page) == 0 {
		return nil, nil
	}
	staff := p.accounts[page[0].Account]
	asker := staff[user]
	if asker == nil || !asker.active {
		return nil, nil
	}
	high := rank(asker.rank.Load())
	var list []*world.Calendar
	for _, c := range page {
		if high != member || staff.mayEdit(user, asker, c) {
			list = append(list, c)
		}
	}
	return list, nil
}
