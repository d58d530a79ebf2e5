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

// Summary is all that a user holds, as a directory page shows it. The zero
// Summary is that of nobody.
type Summary struct {
	Status       usher.Status // only an active user may use what they hold
	Role         role.Name
	Teams        []Membership
	Seats        []seat.PoolName
	Features     []Grant       // granted features, without those that have ended
	Entitlements []Entitlement // by permission in the order of the policy, then as rules are named
	Never        []Entitlement // what is forbidden, whatever is held
}

// Holding is one rule that a user has.
type Entitlement struct {
	Permission permission.Permission
	Rule       usher.Rule // where it comes from
	Scope      syntax.Scope
	As         []string       // the parties it considers; none: all of the resource
	If         []string       // all that it needs, with what roles require; sorted
	Hiding     []string       // the fields that it masks, sorted
	Teams      []usher.TeamID // of a team role: where it is held
	Until      time.Time      // of a grant that ends
}

// Summary returns what the subject holds at the time. The error is a
// *usher.RequestError; it wraps what the facts returned, usher.ErrUndeclared for
// a role that the policy lacks, or usher.ErrNoTime. A user who is not in the
// account holds nothing, and that is no error.
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
	if err := q.begin(p, f, r, 0); err != nil || q.user == nil {
		return Summary{}, err
	}
	s := Summary{
		Status: q.user.Status, Role: q.user.Role,
		Teams: slices.Clone(q.user.Teams), Seats: slices.Clone(q.user.Seats),
	}
	for _, g := range q.user.Grants {
		if slices.Contains(q.p.features, g.Name) && q.lasts(&g) {
			s.Features = append(s.Features, g)
		}
	}
	for i := range p.perms {
		perm := &p.perms[i]
		q.switchResource(perm.resource, nil)
		var own []holder
		q.each(perm, func(r *rule, team role.Name) { own = append(own, holder{r, team}) })
		slices.SortStableFunc(own, func(a, b holder) int { return int(a.rank) - int(b.rank) })
		own = slices.CompactFunc(own, func(a, b holder) bool { return a.id == b.id })
		for _, h := range own {
			holding := q.holding(h)
			if holding.Rule.Source == usher.SourceNever {
				s.Never = append(s.Never, holding)
			} else {
				s.Entitlements = append(s.Entitlements, holding)
			}
		}
	}
	return s, q.err
}

// holder is a rule with the team role through which it is held.
type holder struct {
	*rule
	team role.Name
}

func (q *evaluation) holding(h holder) Entitlement {
	need := h.need
	w := &q.p.written[h.written]
	if w.source != usher.SourceNever {
		need |= q.guard
	}
	holding := q.p.holding(h.rule, need)
	if h.team != "" {
		for _, m := range q.user.Teams {
			if slices.Contains(m.Roles, h.team) {
				holding.Teams = append(holding.Teams, m.Team)
			}
		}
	}
	if w.source == usher.SourceGrant {
		holding.Until, _ = q.user.holdsUntil(w.who)
	}
	return holding
}

// holding spells a rule out, with all literals that its holder needs for it.
func (p *Policy) holding(r *rule, need uint64) Entitlement {
	perm := &p.perms[r.perm]
	res := &p.resources[perm.resource]
	h := Entitlement{
		Permission: perm.name,
		Rule:       p.describe(r),
		Scope:      r.scope,
		If:         p.literalNames(res, need),
		Hiding:     res.fieldNames(r.hide),
	}
	for _, n := range p.written[r.written].rule.As {
		h.As = append(h.As, n.Text)
	}
	return h
}
