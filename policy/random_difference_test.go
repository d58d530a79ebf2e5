package policy_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// swapped is a world in which one user is replaced by another.
type swapped struct {
	*world
	id   usher.UserID
	user *policy.User
}

func (w swapped) User(id usher.UserID) (*policy.User, error) {
	if id == w.id {
		return w.user, nil
	}
	return w.world.User(id)
}

// turnsRoles reports whether a condition on the roles of a party depends on the subject.
func turnsRoles(doc *syntax.Document, r usher.Request) bool {
	return slices.ContainsFunc(doc.Conditions, func(c syntax.Condition) bool {
		if c.Kind != syntax.OnHas || r.Resource == nil {
			return false
		}
		ids, _ := r.Resource.Party(c.Of.Text)
		return slices.Contains(ids, string(r.Subject))
	})
}

// TestRandomDifferences compares gains with decisions: if a user is denied before for lack of a
// rule and is allowed afterwards, in the same teams, Difference returns a gained rule.
func TestRandomDifferences(t *testing.T) {
	turned := 0
	handAtRandom(t, *questionsFlag/100, func(d dice, p *policy.Policy, h *handing) error {
		if h.before != nil && h.after != nil && !slices.EqualFunc(h.before.Teams, h.after.Teams, func(a, b policy.Membership) bool { return a.Team == b.Team }) {
			return nil
		}
		a := newAsking(d, h.doc, h.w)
		for range 8 {
			r := a.evaluation()
			r.Time = h.at
			before, after := swapped{h.w, r.Subject, h.before}, swapped{h.w, r.Subject, h.after}
			no, errNo := p.Decide(before, &r)
			yes, errYes := p.Decide(after, &r)
			_, bundle := p.Bundle(r.Permission)
			if turnsRoles(h.doc, r) {
				continue // the roles of the subject are a fact of this resource, which differs
			}
			if errNo != nil || errYes != nil || bundle || no.Allowed() || !yes.Allowed() || no.Reason() == usher.ReasonForbidden {
				continue
			}
			if yes.Detail().Rule.Source == usher.SourceResourceRole {
				continue // Difference is about users, and leaves out roles on single resources
			}
			turned++
			gains, _, err := p.Difference(before, after, r.Subject, h.at)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(gains, func(g policy.Entitlement) bool { return g.Permission == r.Permission }) {
				return fmt.Errorf("%s: %v before and %v after, but Difference has no gain for it: %v", describe(r), no, yes, gains)
			}
		}
		return nil
	})
	if turned == 0 {
		t.Error("no decision turned")
	}
	t.Logf("%d decisions turned", turned)
}
