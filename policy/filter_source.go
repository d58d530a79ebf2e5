package policy

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/permission"
)

// filterSource is what a filter is made of. It implements criteria.Source: it matches a resource as
// a check does, and derives the criteria from the rules.
type filterSource struct {
	asker   Asker   // of the subject, without a Monitor
	by      *Asker  // of the user who acts on behalf of the subject; nil if there is none
	binding Binding // of asker, unless another Asker provides it
	name    permission.Permission
	perms   []int // the permission, or those of a bundle
	one     [1]int
	list    *stepList // the steps of a single permission for a single user; nil: there are several
}

var _ criteria.Source = (*filterSource)(nil)

// begin sets everything but the binding.
func (s *filterSource) begin(r *usher.Request) error {
	p := s.binding.policy
	if err := s.setPerms(p, r.Permission); err != nil {
		return err
	}
	if err := p.validate(s.binding.facts, r, nil); err != nil {
		return err
	}
	who, err := s.binding.lookUp(r.Subject)
	if err != nil {
		return err
	}
	s.asker = Asker{
		asking: asking{&s.binding, who, r.Subject}, by: r.By, gives: r.Gives, visitor: r.Visitor, context: r.Context, time: r.Time,
	}
	return s.begun()
}

// setPerms sets the name and the permissions.
func (s *filterSource) setPerms(p *Policy, name permission.Permission) error {
	s.name = name
	if slot := p.permTable.slot(name); slot != nil && slot.perm != nil {
		s.one[0] = slot.index
		s.perms = s.one[:]
		return nil
	}
	var err error
	s.perms, err = p.expandBundle(name)
	return err
}

// begun fixes the time, and looks up the user who acts on behalf of the subject.
func (s *filterSource) begun() error {
	a := &s.asker
	if a.by != "" && a.by != a.subject {
		who, err := a.binding.lookUp(a.by)
		if err != nil {
			return err
		}
		s.by = new(Asker)
		*s.by = *a
		s.by.who, s.by.subject, s.by.by = who, a.by, a.subject
	}
	for _, of := range []*Asker{a, s.by} {
		if of == nil || of.who.user == nil || len(of.who.user.Grants) == 0 || !a.time.IsZero() {
			continue
		}
		q := evaluation{evalContext: evalContext{facts: a.binding.facts}}
		if a.time = q.now(); q.err != nil {
			return q.err
		}
	}
	if s.by != nil {
		s.by.time = a.time
	} else if len(s.perms) == 1 {
		p := a.binding.policy
		s.list = a.who.class.steps(p, &p.perms[s.perms[0]])
	}
	return nil
}

// Account implements criteria.Source.
func (s *filterSource) Account() usher.AccountID { return s.asker.binding.account }

// resources returns the types of the permissions.
func (s *filterSource) resources() (list []*resource) {
	for _, at := range s.perms {
		if res := s.asker.binding.policy.perms[at].res; !slices.Contains(list, res) {
			list = append(list, res)
		}
	}
	return list
}

// Types implements criteria.Source.
func (s *filterSource) Types() (names []string) {
	for _, res := range s.resources() {
		names = append(names, res.name)
	}
	return names
}

// Fields implements criteria.Source.
func (s *filterSource) Fields() (fields []string) {
	for _, res := range s.resources() {
		fields = append(fields, res.fields...)
	}
	return fields
}

// Match implements criteria.Source.
func (s *filterSource) Match(on usher.Resource) (bool, error) {
	if s.list != nil && s.list.perm.res.quickAdmit(on, s.asker.binding.account) {
		o, err := s.asker.outcome(s.list, on)
		return err == nil && o.reason() == usher.ReasonGranted, err
	}
	if !s.admits(on) {
		return false, nil
	}
	all, err := s.asker.grantsAll(s.perms, on, nil)
	if all && s.by != nil {
		all, err = s.by.grantsAll(s.perms, on, nil)
	}
	return all, err
}

// Masks implements criteria.Source.
func (s *filterSource) Masks(on usher.Resource) (fields []string, ok bool) {
	if !s.admits(on) {
		return nil, false
	}
	all, err := s.asker.grantsAll(s.perms, on, &fields)
	if all && s.by != nil {
		all, err = s.by.grantsAll(s.perms, on, &fields)
	}
	if !all || err != nil {
		return nil, false
	}
	slices.Sort(fields)
	return slices.Compact(fields), true
}

// admits reports whether a check of the resource has no error, except for an error of the facts.
func (s *filterSource) admits(on usher.Resource) bool {
	b := s.asker.binding
	p := b.policy
	if len(s.perms) == 1 && p.perms[s.perms[0]].res.quickAdmit(on, b.account) {
		return true
	}
	name := on.Ref().Type
	for _, at := range s.perms {
		if res := p.perms[at].res; res.name == name {
			r := usher.Request{Account: b.account, Resource: on}
			return p.checkResource(&r, res) == nil
		}
	}
	return false
}

// Criteria implements criteria.Source.
func (s *filterSource) Criteria() (criteria.Criteria, error) {
	b := s.asker.binding
	r := s.asker.Request(s.name, nil)
	c, err := b.policy.criteria(b.facts, &r)
	if err == nil && r.OnBehalf() {
		c, err = b.policy.criteriaOfBoth(b.facts, &r, c)
	}
	return c, err
}

// grantsAll reports whether the user has all the permissions: those of the resource's type on the
// resource, and the others without one. It appends the hidden fields to names, unless that is nil.
func (a *Asker) grantsAll(perms []int, on usher.Resource, names *[]string) (bool, error) {
	p := a.binding.policy
	if len(perms) == 1 {
		list := a.who.class.steps(p, &p.perms[perms[0]])
		o, err := a.outcome(list, on)
		if names != nil && err == nil && o.reason() == usher.ReasonGranted {
			*names = append(*names, list.perm.res.fieldNames(uint64(o>>maskShift))...)
		}
		return err == nil && o.reason() == usher.ReasonGranted, err
	}
	var q evaluation
	q.fillFor(a, nil, nil)
	for _, at := range perms {
		perm := &p.perms[at]
		q.switchResource(perm.resource, on)
		o := q.decide(perm)
		if q.err != nil || o.reason() != usher.ReasonGranted {
			return false, q.err
		}
		if names != nil {
			*names = append(*names, perm.res.fieldNames(uint64(o>>maskShift))...)
		}
	}
	return true, nil
}

// outcome evaluates the steps of one permission on a resource of its type.
func (a *Asker) outcome(list *stepList, on usher.Resource) (outcome, error) {
	switch {
	case list.fixed != 0:
		return list.fixed, nil
	case list.small:
		return a.matchSmall(list, on)
	}
	o, _, err := a.outcomeOfSteps(list, on)
	return o, err
}
