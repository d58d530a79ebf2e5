// Package casbin is the adapter for Casbin, plain and with its cache of decisions.
//
// It follows the documentation (casbin.org/docs: "RBAC", "Functions", "Performance
// Optimization", "Syntax for Models", multiple sections). Roles, teams and managed teams
// are grouping policies. A function in the matcher evaluates the parties of a calendar, and
// calls Casbin's role managers. Casbin evaluates the matcher once for each policy line, so
// every permission has a section of its own with two or three lines, and the condition that
// fails soonest comes first.
//
// The cache is a CachedEnforcer, whose key consists of the user, the permission and the id
// of the calendar. A role change evicts all decisions, because the affected decisions are
// not known. (A changed calendar would require that, too; here no calendar changes.) The
// timed questions are all cached. Policies of an Enforcer must not change concurrently with
// checks. A service would use a SyncedEnforcer, which locks and is slower.
package casbin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"
	"github.com/casbin/casbin/v3/rbac"

	"github.com/usher-go/usher/benchmarks/peers/staff"
	"github.com/usher-go/usher/benchmarks/world"
)

const (
	anyReach = `g(r%[1]s.sub, p%[1]s.role) && (p%[1]s.reach == "any" || reach(p%[1]s.reach, r%[1]s.sub, r%[1]s.obj))`
	account  = `g(r%[1]s.sub, p%[1]s.role)`
	noOwner  = account + ` && !g(r%[1]s.obj, "owner")`
)

// rules contains the matcher of each permission, and its policy lines of role and reach.
var rules = [world.Kinds]struct {
	matcher string
	lines   [][]string
}{
	world.CalendarView:       {anyReach, [][]string{{"admin", "any"}, {"member", "own"}, {"manager", "shared"}}},
	world.CalendarCreate:     {anyReach, [][]string{{"admin", "any"}, {"member", "sole"}, {"manager", "team-not-hosting"}}},
	world.CalendarEdit:       {anyReach, [][]string{{"admin", "any"}, {"member", "sole"}, {"manager", "team"}}},
	world.CalendarDelete:     {anyReach, [][]string{{"admin", "any"}, {"member", "sole"}, {"manager", "team"}}},
	world.CalendarSetHosts:   {anyReach, [][]string{{"admin", "any"}, {"manager", "team-not-hosting"}}},
	world.SeatAssign:         {anyReach, [][]string{{"admin", "any"}, {"manager", "user"}}},
	world.UserDelete:         {noOwner, [][]string{{"admin", "any"}}},
	world.SubscriptionManage: {account, [][]string{{"admin", "any"}}},
	world.AccountDelete:      {account, [][]string{{"owner", "any"}}},
}

// section returns the suffix of a permission's definitions: "", "2", "3" and so on.
func section(k world.Kind) string {
	if k == 0 {
		return ""
	}
	return fmt.Sprint(int(k) + 1)
}

// definition returns the Casbin model: the role of each user, the team of each user, the
// managed teams, and a section for each permission.
func definition() string {
	var requests, policies, effects, matchers strings.Builder
	for k, rule := range rules {
		s := section(world.Kind(k))
		fmt.Fprintf(&requests, "r%s = sub, obj\n", s)
		fmt.Fprintf(&policies, "p%s = role, reach\n", s)
		fmt.Fprintf(&effects, "e%s = some(where (p_eft == allow))\n", s)
		fmt.Fprintf(&matchers, "m%s = %s\n", s, fmt.Sprintf(rule.matcher, s))
	}
	return "[request_definition]\n" + requests.String() +
		"[policy_definition]\n" + policies.String() +
		"[role_definition]\ng = _, _\ng2 = _, _\ng3 = _, _\n" +
		"[policy_effect]\n" + effects.String() +
		"[matchers]\n" + matchers.String()
}

// Peer uses Casbin. With Cached, it caches decisions.
type Peer struct {
	Cached bool
	staff.OneByOne
	enforcer       *casbin.Enforcer
	cache          *casbin.CachedEnforcer
	teams, manages rbac.RoleManager
	contexts       [world.Kinds]casbin.EnforceContext
}

// Load implements peer.Peer.
func (p *Peer) Load(w *world.World) error {
	m, err := model.NewModelFromString(definition())
	if err != nil {
		return err
	}
	if p.cache, err = casbin.NewCachedEnforcer(m); err != nil {
		return err
	}
	p.enforcer = p.cache.Enforcer
	for k, rule := range rules {
		s := section(world.Kind(k))
		p.contexts[k] = casbin.NewEnforceContext(s)
		if _, err := p.enforcer.AddNamedPolicies("p"+s, rule.lines); err != nil {
			return err
		}
	}
	p.enforcer.AddFunction("reach", p.reach)
	p.OneByOne = func(user string, k world.Kind, c *world.Calendar) (bool, error) {
		return p.enforce(p.contexts[k], user, on{Calendar: c})
	}
	roles := [][]string{{world.Owner, world.Admin}}
	var teams, manages [][]string
	for r := range w.Rows() {
		roles = append(roles, []string{r.User, r.Role})
		teams = append(teams, []string{r.User, r.Team})
		if r.Manages {
			roles = append(roles, []string{r.User, "manager"})
			manages = append(manages, []string{r.User, r.Team})
		}
	}
	for group, lines := range map[string][][]string{"g": roles, "g2": teams, "g3": manages} {
		if _, err := p.enforcer.AddNamedGroupingPolicies(group, lines); err != nil {
			return err
		}
	}
	p.teams, p.manages = p.enforcer.GetNamedRoleManager("g2"), p.enforcer.GetNamedRoleManager("g3")
	return nil
}

// on is a calendar or a user as the object of a request.
type on struct {
	*world.Calendar
	*world.Entry
}

// GetCacheKey implements casbin.CacheableParam.
func (o on) GetCacheKey() string {
	if o.Calendar != nil {
		return o.Calendar.ID
	}
	return o.Entry.ID[0]
}

// reach is a function of the matcher. It reports whether a kind of reach gives the user an
// object, and false on errors.
func (p *Peer) reach(args ...any) (any, error) {
	kind, user, obj := args[0].(string), args[1].(string), args[2].(on)
	if kind == "user" {
		return p.inManaged(user)(obj.Entry.ID[0]), nil
	}
	c := obj.Calendar
	switch kind {
	case "own":
		return slices.Contains(c.Hosts, user) || slices.ContainsFunc(c.Teams, linked(p.teams, user)), nil
	case "sole":
		return len(c.Hosts) == 1 && c.Hosts[0] == user && len(c.Teams) == 0, nil
	case "shared":
		return slices.ContainsFunc(c.Hosts, p.inManaged(user)) || slices.ContainsFunc(c.Teams, linked(p.manages, user)), nil
	case "team":
		return p.all(user, c), nil
	case "team-not-hosting":
		return len(c.Teams) == 0 && p.all(user, c), nil
	}
	return false, nil
}

// all reports whether every party of a calendar is in a team that the user manages.
func (p *Peer) all(user string, c *world.Calendar) bool {
	host, team := p.inManaged(user), linked(p.manages, user)
	return len(c.Hosts)+len(c.Teams) > 0 &&
		!slices.ContainsFunc(c.Hosts, func(id string) bool { return !host(id) }) &&
		!slices.ContainsFunc(c.Teams, func(id string) bool { return !team(id) })
}

// inManaged reports whether a person is in a team that the user manages.
func (p *Peer) inManaged(user string) func(who string) bool {
	managed, err := p.manages.GetRoles(user)
	return func(who string) bool {
		return err == nil && slices.ContainsFunc(managed, linked(p.teams, who))
	}
}

// linked reports whether a user is linked to a team.
func linked(rm rbac.RoleManager, user string) func(team string) bool {
	return func(team string) bool {
		ok, err := rm.HasLink(user, team)
		return ok && err == nil
	}
}

// Ask implements peer.Peer.
func (p *Peer) Ask(q *world.Question) (bool, error) {
	switch {
	case q.Kind == world.UserDelete:
		return p.enforce(p.contexts[q.Kind], q.User, q.Entry.ID[0])
	case q.Calendar == nil && q.Entry == nil:
		return p.enforce(p.contexts[q.Kind], q.User, "")
	}
	return p.enforce(p.contexts[q.Kind], q.User, on{q.Calendar, q.Entry})
}

func (p *Peer) enforce(question ...any) (bool, error) {
	if p.Cached {
		return p.cache.Enforce(question...)
	}
	return p.enforcer.Enforce(question...)
}

// SetRole implements peer.Peer. It changes only between member and administrator.
func (p *Peer) SetRole(user, role string) error {
	was := world.Member
	if role == was {
		was = world.Admin
	}
	switch changed, err := p.enforcer.UpdateGroupingPolicy([]string{user, was}, []string{user, role}); {
	case err != nil:
		return err
	case !changed:
		return fmt.Errorf("%s does not have the role %s", user, was)
	}
	return p.cache.InvalidateCache()
}
