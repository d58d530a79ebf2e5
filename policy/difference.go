package policy

import (
	"math/bits"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// Difference returns the rules that a user gains and loses between two states of an
// account, both evaluated at one time. It omits a rule that a rule of the other state
// covers: a rule of the user with no further conditions, with at least its reach, that
// hides no further field and lasts as long. For a team role, it returns only the teams on
// which the rule is not covered. Conditions on seats, features and settings are evaluated,
// so a user who gets a seat gains the rules that require it. All other conditions stay
// open, and are in If. Rules under never are ignored.
//
// A user who is not in the account, or not active, has only the rules of visitors. The order and the errors
// are those of Summary.
func (p *Policy) Difference(before, after Facts, subject usher.UserID, at time.Time) (gains, loses []Entitlement, err error) {
	r := usher.Request{Subject: subject, Time: at}
	if p == nil || len(p.perms) == 0 {
		return nil, nil, requestError("difference", &r, usher.ErrUnknownPermission)
	}
	var from, to userState
	for _, side := range []struct {
		*userState
		facts Facts
	}{{&from, before}, {&to, after}} {
		if err := side.begin(p, side.facts, &r); err != nil {
			return nil, nil, requestError("difference", &r, err)
		}
	}
	for i := range p.perms {
		from.switchResource(p.perms[i].resource, nil)
		to.switchResource(p.perms[i].resource, nil)
		gains = append(gains, to.without(&from, &p.perms[i])...)
		loses = append(loses, from.without(&to, &p.perms[i])...)
	}
	for _, err := range []error{from.err, to.err} {
		if err != nil {
			return nil, nil, requestError("difference", &r, err)
		}
	}
	return gains, loses, nil
}

// userState is a user in one state of the account, with the rules of that state.
type userState struct {
	evaluation
	has effectiveRules
}

func (s *userState) begin(p *Policy, f Facts, r *usher.Request) error {
	if err := s.evaluation.begin(p, f, r, &p.resources[0]); err != nil {
		return err
	}
	if !s.active() {
		s.has = Ceiling{p: p}.rulesAt(nil, r.Time)
		if s.user == nil {
			s.user = &outsider
		}
		return nil
	}
	if account := s.lookAtAccount(); account != nil {
		s.has = Ceiling{p: p, account: *account}.rulesAt(s.user, r.Time)
	}
	return s.err
}

// without returns the rules for a permission that no rule of the other state covers.
func (s *userState) without(other *userState, perm *perm) []Entitlement {
	var list []heldRule
	for i := range s.has.sources {
		for k := 0; ; k++ {
			source := &s.has.sources[i]
			r := source.rule(perm, k)
			if r == nil {
				break
			}
			b := heldRule{r, source, r.need | source.guard}
			if !s.mayHold(b.need) {
				continue
			}
			if source = other.remainder(perm, b, s); source != nil {
				list = append(list, heldRule{r, source, b.need})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b heldRule) int { return int(a.rank) - int(b.rank) })
	list = slices.CompactFunc(list, func(a, b heldRule) bool { return a.id == b.id }) // grants of one name
	holdings := make([]Entitlement, len(list))
	for i, b := range list {
		holdings[i] = s.p.entitlement(b.rule, b.need)
		if b.from.onTeams() {
			holdings[i].Teams = b.from.teams
		}
		holdings[i].Until = s.until(b.from)
	}
	return holdings
}

// remainder returns the part of rule b's source that no rule of this state covers, or nil
// if all of it is covered. The rule b belongs to the other state, of.
func (s *userState) remainder(perm *perm, b heldRule, of *userState) *ruleSource {
	if !b.from.onTeams() || perm.res.negatesTeams(b.extent) {
		if s.covers(perm, b, of) {
			return nil
		}
		return b.from
	}
	rest := *b.from
	rest.teams = slices.DeleteFunc(slices.Clone(rest.teams), func(id usher.TeamID) bool {
		on := *b.from
		on.teams = []usher.TeamID{id}
		return s.covers(perm, heldRule{b.rule, &on, b.need}, of)
	})
	if len(rest.teams) == 0 {
		return nil
	}
	return &rest
}

// covers reports whether a rule of this state covers rule b of the other state.
func (s *userState) covers(perm *perm, b heldRule, of *userState) bool {
	b.need = s.p.ceilings.decided[perm.resource].withAliases(b.need)
	for i := range s.has.sources {
		source := &s.has.sources[i]
		for k := 0; ; k++ {
			r := source.rule(perm, k)
			if r == nil {
				break
			}
			a := r.extent
			a.need |= source.guard
			if source.covers(perm.res, s.has.tree, a, b) && s.mayHold(a.need) && lastsAsLong(s.until(source), of.until(b.from)) {
				return true
			}
		}
	}
	return false
}

// mayHold reports whether none of the literals on seats, features and settings is false.
func (s *userState) mayHold(need uint64) bool {
	for ; need != 0; need &= need - 1 {
		l := s.res.literals[bits.TrailingZeros64(need)]
		switch c := &s.p.conditions[l.condition]; c.kind {
		case syntax.OnSeat, syntax.OnFeature, syntax.OnSetting:
			if value, known := s.condition(c); known && value == l.not {
				return false
			}
		}
	}
	return true
}

// until returns when the rules of a source end; zero: they do not end.
func (s *userState) until(source *ruleSource) time.Time {
	if source.kind != usher.SourceGrant {
		return time.Time{}
	}
	until, _ := s.user.holdsUntil(source.grant)
	return until
}

// lastsAsLong reports whether an end a is not before an end b; the zero time means no end.
func lastsAsLong(a, b time.Time) bool {
	return a.IsZero() || !b.IsZero() && !a.Before(b)
}
