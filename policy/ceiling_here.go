package policy

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// here is the place of a rule of a role on a resource: the resource, and what it contains.
type here struct {
	c       *Ceiling
	on      usher.Resource // nil: any resource
	anyUser bool           // the rule is given to the users of a team

	// The evaluations of the current permission, for the actor.
	perm *perm
	q    []evaluation
	err  error
}

// evaluations returns the evaluations of the actor on the resources that stand for the place of a
// rule: the resource, if the rule is about its type, and something in it of which nothing else is
// known, if the rule looks at containers.
func (h *here) evaluations(perm *perm, b heldRule) []evaluation {
	if h.perm != perm {
		h.perm, h.q = perm, nil
		holder := h.c.p.onType[b.from.role].res
		if perm.res == holder {
			h.add(perm, h.on)
		}
		h.add(perm, h.inside(perm.res, holder))
	}
	if perm.res == h.c.p.onType[b.from.role].res && b.here == 0 {
		return h.q[:1]
	}
	return h.q
}

func (h *here) add(perm *perm, on usher.Resource) {
	if on == nil {
		return
	}
	q := evaluation{evalContext: evalContext{p: h.c.p, facts: errorless{h.c.facts, &h.err}, subject: h.c.id, user: h.c.actor, res: perm.res, resource: on, account: &h.c.account}}
	q.requestAccount, q.acting = h.c.in, h.c.acting
	h.q = append(h.q, q)
}

// inside returns something of a type in the resource, nil if the type is not in its type.
func (h *here) inside(res, holder *resource) usher.Resource {
	if res.in == nil {
		return nil
	}
	var chain []string
	for level := res; level != nil && len(chain) < maxDepth; level = level.in {
		if level == holder && len(chain) > 0 {
			in := h.on
			for _, name := range slices.Backward(chain) {
				in = something{name, in}
			}
			return in
		}
		chain = append(chain, level.name)
	}
	return nil
}

// something is a resource of which only the type and the container are known.
type something struct {
	resourceType string
	in           usher.Resource
}

func (s something) Ref() usher.Ref                            { return usher.Ref{Type: s.resourceType} }
func (s something) InAccount() usher.AccountID                { return "" }
func (s something) Party(string) (ids []string, known bool)   { return nil, false }
func (s something) Container() (r usher.Resource, known bool) { return s.in, true }

// anonymous is a resource of which only the type and the id are known.
type anonymous struct{ ref usher.Ref }

func (r anonymous) Ref() usher.Ref                          { return r.ref }
func (r anonymous) InAccount() usher.AccountID              { return "" }
func (r anonymous) Party(string) (ids []string, known bool) { return nil, false }

// errorless are facts whose errors are collected, for evaluations that look at scopes only.
type errorless struct {
	Facts
	err *error
}

func (f errorless) UserRolesOn(user usher.UserID, on usher.Ref) ([]role.Name, error) {
	of, ok := f.Facts.(ResourceRoles)
	if !ok {
		return nil, nil
	}
	roles, err := of.UserRolesOn(user, on)
	f.note(err)
	return roles, err
}

func (f errorless) TeamRolesOn(team usher.TeamID, on usher.Ref) ([]role.Name, error) {
	of, ok := f.Facts.(ResourceRoles)
	if !ok {
		return nil, nil
	}
	roles, err := of.TeamRolesOn(team, on)
	f.note(err)
	return roles, err
}

func (f errorless) note(err error) {
	if err != nil && *f.err == nil {
		*f.err = err
	}
}
