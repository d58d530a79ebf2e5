// Package cedar is the adapter for cedar-go, which evaluates Cedar policies over entities
// that the application passes with each request.
//
// Cedar's documentation recommends to pass only the entities that a request needs ("entity
// slicing"). This adapter looks up entities on demand, with an EntityGetter over the
// application's table. The parents and attributes of users are created in advance and
// shared within a team. Those of the calendar are created for each request, the attributes
// only for actions that use them. cedar-go evaluates every policy of a set, so each action
// has a set of its own with all policies that can match.
package cedar

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/usher-go/usher/benchmarks/peers/staff"
	"github.com/usher-go/usher/benchmarks/world"
)

//go:embed policy.cedar
var source []byte

const (
	userType  cedar.EntityType = "User"
	teamType  cedar.EntityType = "Team"
	partyType cedar.EntityType = "Party"
)

// Peer uses Cedar.
type Peer struct {
	staff.OneByOne
	sets  [world.Kinds]*cedar.PolicySet
	staff map[cedar.String]person
}

type person struct {
	team       cedar.String
	parents    cedar.EntityUIDSet // roles, and the team
	attributes cedar.Record       // team and party
	manager    bool
}

// Load implements peer.Peer.
func (p *Peer) Load(w *world.World) error {
	list, err := cedar.NewPolicyListFromBytes("policy.cedar", source)
	if err != nil {
		return err
	}
	for i, policy := range list {
		scope, ok := actionOf(policy)
		if !ok {
			return fmt.Errorf("policy %d has an unknown action", i)
		}
		if p.sets[scope] == nil {
			p.sets[scope] = cedar.NewPolicySet()
		}
		p.sets[scope].Add(cedar.PolicyID(fmt.Sprint(i)), policy)
	}
	p.OneByOne = func(user string, k world.Kind, c *world.Calendar) (bool, error) {
		return p.ask(user, k, c, cedar.EntityUID{})
	}
	p.staff = make(map[cedar.String]person, w.Users)
	var last person
	var members cedar.EntityUIDSet
	for r := range w.Rows() {
		e := person{team: cedar.String(r.Team), attributes: last.attributes, manager: r.Manages}
		if e.team != last.team {
			e.attributes = cedar.NewRecord(cedar.RecordMap{
				"team": cedar.NewEntityUID(teamType, e.team), "party": cedar.NewEntityUID(partyType, e.team),
			})
			members = parents(world.Member, e)
		}
		e.parents = members
		if r.Role != world.Member || r.Manages {
			e.parents = parents(r.Role, e)
		}
		p.staff[cedar.String(r.User)], last = e, e
	}
	return nil
}

// actionOf returns the action in the scope of a policy.
func actionOf(policy *cedar.Policy) (world.Kind, bool) {
	scope, _ := policy.AST().Action.(ast.ScopeTypeEq)
	k := slices.Index(actions[:], scope.Entity)
	return world.Kind(k), k >= 0
}

func parents(role string, e person) cedar.EntityUIDSet {
	uids := []cedar.EntityUID{cedar.NewEntityUID(teamType, e.team)}
	switch role {
	case world.Owner:
		uids = append(uids, cedar.NewEntityUID("Role", world.Owner), cedar.NewEntityUID("Role", world.Admin))
	case world.Admin:
		uids = append(uids, cedar.NewEntityUID("Role", world.Admin))
	}
	if e.manager {
		uids = append(uids, cedar.NewEntityUID("Role", "manager"))
	}
	return cedar.NewEntityUIDSet(uids...)
}

// SetRole implements peer.Peer.
func (p *Peer) SetRole(user, role string) error {
	e, ok := p.staff[cedar.String(user)]
	if !ok {
		return fmt.Errorf("unknown user %s", user)
	}
	e.parents = parents(role, e)
	p.staff[cedar.String(user)] = e
	return nil
}

// Ask implements peer.Peer.
func (p *Peer) Ask(q *world.Question) (bool, error) {
	var on cedar.EntityUID
	if q.Entry != nil {
		on = cedar.NewEntityUID(userType, cedar.String(q.Entry.ID[0]))
	} else {
		on = cedar.NewEntityUID("Account", cedar.String(q.Account))
	}
	return p.ask(q.User, q.Kind, q.Calendar, on)
}

func (p *Peer) ask(user string, k world.Kind, c *world.Calendar, on cedar.EntityUID) (bool, error) {
	if _, ok := p.staff[cedar.String(user)]; !ok {
		return false, nil
	}
	s := slice{staff: p.staff}
	if c != nil {
		on = cedar.NewEntityUID("Calendar", cedar.String(c.ID))
		s.calendar = p.calendar(c, k, on)
	}
	decision, diagnostic := cedar.Authorize(p.sets[k], &s, cedar.Request{
		Principal: cedar.NewEntityUID(userType, cedar.String(user)),
		Action:    actions[k],
		Resource:  on,
	})
	if len(diagnostic.Errors) > 0 {
		return false, fmt.Errorf("cedar: %v", diagnostic.Errors[0])
	}
	return decision == cedar.Allow, nil
}

// slice contains the entities of one request.
type slice struct {
	staff    map[cedar.String]person
	calendar cedar.Entity
}

// Get implements cedar.EntityGetter.
func (s *slice) Get(uid cedar.EntityUID) (cedar.Entity, bool) {
	switch uid.Type {
	case userType:
		e, ok := s.staff[uid.ID]
		return cedar.Entity{UID: uid, Parents: e.parents, Attributes: e.attributes}, ok
	case s.calendar.UID.Type:
		return s.calendar, uid == s.calendar.UID
	}
	return cedar.Entity{}, false
}

func (p *Peer) calendar(c *world.Calendar, k world.Kind, uid cedar.EntityUID) cedar.Entity {
	e := cedar.Entity{UID: uid}
	if k == world.CalendarView {
		var room [4]cedar.EntityUID
		in := room[:0]
		for _, host := range c.Hosts {
			in = append(in, cedar.NewEntityUID(userType, cedar.String(host)))
		}
		for _, team := range c.Teams {
			in = append(in, cedar.NewEntityUID(partyType, cedar.String(team)))
		}
		e.Parents = cedar.NewEntityUIDSet(in...)
		return e
	}
	attributes := cedar.RecordMap{}
	if k == world.CalendarCreate || k == world.CalendarSetHosts {
		attributes["teamHosted"] = cedar.Boolean(len(c.Teams) > 0)
	}
	if len(c.Hosts) == 1 && len(c.Teams) == 0 {
		attributes["sole"] = cedar.NewEntityUID(userType, cedar.String(c.Hosts[0]))
	}
	if team, ok := p.within(c); ok {
		attributes["within"] = cedar.NewEntityUID(teamType, team)
	}
	e.Attributes = cedar.NewRecord(attributes)
	return e
}

// within returns the team that all parties of a calendar belong to, if there is one.
func (p *Peer) within(c *world.Calendar) (cedar.String, bool) {
	var team cedar.String
	for _, host := range c.Hosts {
		of := p.staff[cedar.String(host)].team
		if of == "" || team != "" && of != team {
			return "", false
		}
		team = of
	}
	for _, of := range c.Teams {
		if team != "" && cedar.String(of) != team {
			return "", false
		}
		team = cedar.String(of)
	}
	return team, team != ""
}

var actions = func() (list [world.Kinds]cedar.EntityUID) {
	for k := range list {
		list[k] = cedar.NewEntityUID("Action", cedar.String(world.Kind(k).String()))
	}
	return list
}()
