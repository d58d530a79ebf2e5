package policy

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Summary lists everything that a user has, for example for a directory page. A user who is
// not in the account has only the rules of visitors, and what is forbidden of their
// permissions: the zero Summary, if the policy has no such rules.
type Summary struct {
	Status       usher.Status // a user who is not active can use only the rules of visitors
	Role         role.Name
	Beside       []role.Name
	Teams        []Membership
	Outside      []Membership // the teams on which the user has roles without being in them
	OnResources  []HeldRole   // the roles that the user holds on resources, directly or through teams, in the order of the policy
	Seats        []seat.PoolName
	Features     []Grant       // granted features that have not ended
	Entitlements []Entitlement // by permission in the order of the policy, then in the order in which decisions name rules
	Never        []Entitlement // what is forbidden, regardless of roles and grants
}

// Entitlement is one rule that a user has.
type Entitlement struct {
	Permission permission.Permission
	Rule       usher.Rule // where the rule comes from
	Scope      syntax.Scope
	As         []string       // the parties that it looks at; none: all of the resource
	Above      bool           // the scope may also match on a container of the resource
	And        []syntax.Term  // further scopes of the rule
	If         []string       // all conditions, including those that roles require; sorted
	Hiding     []string       // the fields that it hides, sorted
	Teams      []usher.TeamID // of a team role: the teams on which it is held
	Until      time.Time      // the end of a grant; zero: no end
}

// Scopes returns the scopes of the rule with their parties, as a policy writes them.
func (e Entitlement) Scopes() string {
	r := syntax.Rule{Scope: e.Scope, Above: e.Above, And: e.And}
	for _, name := range e.As {
		r.As = append(r.As, syntax.Name{Text: name})
	}
	return r.String()
}

// Summary returns what the subject has at the time. Roles on resources need facts that are a
// ResourceRoleLister; with others, it lists none, and no rules of such roles. A user who is not in the account has
// nothing but the rules of visitors, without an error. The error is an *usher.RequestError; it wraps the error of the
// facts, usher.ErrUndeclared for a role that the policy lacks, or usher.ErrNoTime.
func (p *Policy) Summary(f Facts, subject usher.UserID, at time.Time) (Summary, error) {
	r := usher.Request{Subject: subject, Time: at}
	s, err := p.summary(f, &r)
	if err != nil {
		return Summary{}, requestError("summary", &r, err)
	}
	return s, nil
}

func (p *Policy) summary(f Facts, r *usher.Request) (Summary, error) {
	if p == nil || len(p.perms) == 0 {
		return Summary{}, usher.ErrUnknownPermission
	}
	var q evaluation
	if err := q.begin(p, f, r, &p.resources[0]); err != nil {
		return Summary{}, err
	}
	each := q.each
	if q.user == nil {
		each, q.user = q.eachOpen, &outsider
	}
	s := Summary{
		Status: q.user.Status, Role: q.user.Role,
		Beside: slices.Clone(q.user.Beside), Teams: slices.Clone(q.user.Teams), Outside: slices.Clone(q.user.Outside), Seats: slices.Clone(q.user.Seats),
	}
	for _, g := range q.user.Grants {
		if slices.Contains(q.p.features, g.Name) && q.lasts(&g) {
			s.Features = append(s.Features, g)
		}
	}
	onResources := q.heldRoles(&s)
	for i := range p.perms {
		perm := &p.perms[i]
		q.switchResource(perm.resource, nil)
		var own []heldThrough
		each(perm, func(r *rule, team role.Name) {
			if r.held < 0 || p.onType == nil || p.onType[r.held].bit&^onResources == 0 {
				own = append(own, heldThrough{r, team})
			}
		})
		slices.SortStableFunc(own, func(a, b heldThrough) int { return int(a.rank) - int(b.rank) })
		own = slices.CompactFunc(own, func(a, b heldThrough) bool { return a.id == b.id })
		for _, h := range own {
			holding := q.entitlement(h)
			if holding.Rule.Source == usher.SourceNever {
				s.Never = append(s.Never, holding)
			} else {
				s.Entitlements = append(s.Entitlements, holding)
			}
		}
	}
	return s, q.err
}

// heldThrough is a rule with the team role through which it is held; "" for none.
type heldThrough struct {
	*rule
	team role.Name
}

func (q *evaluation) entitlement(h heldThrough) Entitlement {
	w := &q.p.written[h.written]
	holding := q.p.entitlement(h.rule, q.required(h.rule))
	if h.team != "" {
		for on, held := range q.p.teamRoles(q.user) {
			if q.p.roles[held].Name == h.team {
				holding.Teams = append(holding.Teams, on)
			}
		}
	}
	if w.source == usher.SourceGrant {
		holding.Until, _ = q.user.holdsUntil(w.who)
	}
	return holding
}

// entitlement describes a rule with all literals that its holder needs.
func (p *Policy) entitlement(r *rule, need uint64) Entitlement {
	perm := &p.perms[r.perm]
	res := &p.resources[perm.resource]
	h := Entitlement{
		Permission: perm.name,
		Rule:       p.describe(r),
		Scope:      p.written[r.written].rule.Scope,
		Above:      p.written[r.written].rule.Above,
		And:        p.written[r.written].rule.And,
		If:         p.literalNames(res, need),
		Hiding:     res.fieldNames(r.hide),
	}
	for _, n := range p.written[r.written].rule.As {
		h.As = append(h.As, n.Text)
	}
	return h
}
