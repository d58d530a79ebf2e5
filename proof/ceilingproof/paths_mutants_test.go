package ceilingproof_test

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

const ofMutants = "mutants: found"

// pathMutants are ceilings with a hole in one of the paths of TestPaths. A mutant is found if it allows a
// command that the real ceiling rejects, and the effect breaks the promise.
var pathMutants = []mutant{
	without("define-role", true),
	without("change-role", true),
	without("change-role", false),
	without("delete-role", true),
	without("delete-role", false),
	without("resend-invitation", true),
	without("approve", true),
	without("approve", false),
	without("on behalf", true),
	without("on behalf", false),

	{"a request has the ceiling of its author", func(w *fixture, p account.Proposal) bool {
		c, ok := p.Commands[0].(account.Approve)
		r, open := w.state.Request(c.Request)
		return ok && open && w.allowed(p, r.User, r.Commands...)
	}, anything},
	{"on behalf, only the ceiling of the user", func(w *fixture, p account.Proposal) bool {
		return p.Actor.OnBehalf() != "" && w.allowed(p, p.Actor.User(), p.Commands...)
	}, anything},
	{"on behalf, only the ceiling of the user who acts", func(w *fixture, p account.Proposal) bool {
		return p.Actor.OnBehalf() != "" && w.allowed(p, p.Actor.OnBehalf(), p.Commands...)
	}, anything},
	simplified("conditions on acting", withoutConditions(onBehalf)),

	{"a changed role is compared without its holders", func(w *fixture, p account.Proposal) bool {
		c, r, ok := w.changed(p)
		return ok && w.allowed(p, p.Actor.User(), account.DefineRole{Role: "as-new", Like: r.Like, Gives: c.Gives})
	}, anything},
	{"a changed role is compared only for its holders", func(w *fixture, p account.Proposal) bool {
		c, _, ok := w.changed(p)
		return ok && !slices.ContainsFunc(w.users(), func(id usher.UserID) bool { return w.holds(id, c.Role) })
	}, anything},
	{"a changed role counts for its author", func(w *fixture, p account.Proposal) bool {
		c, r, ok := w.changed(p)
		if !ok || !w.holds(p.Actor.User(), c.Role) {
			return false
		}
		out, err := w.proposeAsHost(p)
		if err != nil {
			return false
		}
		then := *w
		then.state = out.Next
		return then.allowed(p, p.Actor.User(), account.DefineRole{Role: "as-new", Like: r.Like, Gives: c.Gives})
	}, anything},
}

// allowed reports whether a user may send commands at the time and with the facts of a proposal.
func (w *fixture) allowed(p account.Proposal, by usher.UserID, commands ...account.Command) bool {
	p.Actor, p.Commands = account.AsUser(by), commands
	_, err := w.state.Propose(w.policy, p)
	return err == nil
}

// changed returns the command of a proposal that is change-role with new rules, and the role.
func (w *fixture) changed(p account.Proposal) (c account.ChangeRole, r policy.CustomRole, ok bool) {
	if c, ok = p.Commands[0].(account.ChangeRole); !ok || len(p.Commands) > 1 {
		return c, r, false
	}
	list := w.state.CustomRoles()
	at := slices.IndexFunc(list, func(r policy.CustomRole) bool { return r.Name == c.Role })
	return c, list[max(at, 0)], at >= 0 && c.Gives != nil
}

// holds reports whether a user holds a role in any place.
func (w *fixture) holds(id usher.UserID, name role.Name) bool {
	u := w.find(id)
	on := func(m policy.Membership) bool { return slices.Contains(m.Roles, name) }
	return u.Role == name || slices.Contains(u.Beside, name) || slices.ContainsFunc(u.Teams, on) || slices.ContainsFunc(u.Outside, on)
}
