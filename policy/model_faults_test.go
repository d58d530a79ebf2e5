package policy_test

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// faults returns all faults of a request, joined, or nil.
func (m model) faults(r usher.Request) error {
	var found []error
	fault := func(is bool, err error) {
		if is {
			found = append(found, err)
		}
	}
	perms := m.permissions(r.Permission.String())
	at := r.Time
	if at.IsZero() {
		at = m.w.now
	}
	fault(r.Visitor && r.Subject != "", usher.ErrVisitor)
	fault(perms == nil, usher.ErrUnknownPermission)
	fault(at.IsZero() || at.UTC().Year() < 1678 || at.UTC().Year() > 2261, usher.ErrNoTime)
	for name := range r.Context {
		fault(!m.declares(syntax.OnContext, name), usher.ErrUndeclared)
	}
	fault(r.Gives != "" && r.Gives != usher.GivesNone && m.role(r.Gives).Name.Text == "", usher.ErrUndeclared)
	if r.Resource != nil {
		ref := r.Resource.Ref()
		about := func(perm string) bool { return strings.HasPrefix(perm, ref.Type+".") }
		fault(!slices.ContainsFunc(perms, about), usher.ErrWrongResource)
		fault(r.Resource.InAccount() != "" && r.Resource.InAccount() != r.Account, usher.ErrOtherAccount)
		if o, ok := r.Resource.(*usher.Object); ok && o != nil {
			fault(m.undeclaredNames(o) != nil, usher.ErrUndeclared)
		}
	}
	if u := m.w.users[r.Subject]; u != nil {
		declared := m.role(string(u.Role))
		fault(declared.Name.Text == "" || declared.OnTeam || declared.Beside || declared.OnResource.Text != "", usher.ErrUndeclared)
	}
	return errors.Join(found...)
}

// undeclaredNames returns an error if an object has names that the policy does not declare.
func (m model) undeclaredNames(o *usher.Object) error {
	parties := m.resource(o.Type).Parties
	for name := range o.Parties {
		if !hasParty(syntax.Resource{Parties: parties}, ruleOutcome(name)) {
			return usher.ErrUndeclared
		}
	}
	for name := range o.Teams {
		isBoth := func(p syntax.Party) bool { return p.Name.Text == name && p.Kind == syntax.OfBoth }
		if !slices.ContainsFunc(parties, isBoth) {
			return usher.ErrUndeclared
		}
	}
	for name := range o.Attributes {
		if !m.declares(syntax.OnAttribute, name) {
			return usher.ErrUndeclared
		}
	}
	return nil
}

func (m model) declares(kind syntax.ConditionKind, of string) bool {
	return slices.ContainsFunc(m.doc.Conditions, func(c syntax.Condition) bool { return c.Kind == kind && c.Of.Text == of })
}
