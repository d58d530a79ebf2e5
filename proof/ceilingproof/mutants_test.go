package ceilingproof_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// mutant is a ceiling with a hole. It lets some proposals through that the real one refuses as
// escalation, as the host would send them.
type mutant struct {
	name  string
	open  func(*world, account.Proposal) bool // whether the hole is here
	finds func(*breach) bool                  // whether it is what the mutant must be found by
}

// door opens the hole: permission and everything else are still checked.
func (m mutant) door(w *world, p account.Proposal) (account.Outcome, error) {
	out, err := usual(w, p)
	if errors.Is(err, account.CodeEscalation) && m.open(w, p) {
		return w.host(p)
	}
	return out, err
}

func anything(*breach) bool { return true }

// without is a mutant that has no ceiling for a kind of command. It must be found by something that is
// given, or by something that is taken.
func without(kind string, gives bool) mutant {
	name := kind + " takes"
	if gives {
		name = kind + " gives"
	}
	open := func(w *world, p account.Proposal) bool {
		return w.deal(p, w.state).kind() == kind
	}
	return mutant{name, open, func(b *breach) bool { return b.gives == gives }}
}

// blind is a mutant that compares rules under a simpler policy.
func blind(name string, simplify func(*syntax.Document)) mutant {
	return mutant{name, func(w *world, p account.Proposal) bool {
		doc := clone(w.doc)
		simplify(doc)
		simpler, err := policy.Compile(doc)
		if err != nil {
			return false
		}
		_, err = w.state.Propose(simpler, p)
		return err == nil
	}, anything}
}

// careless is a mutant that compares rules as if the actor had more.
func careless(name string, more func(*world, account.Proposal) []account.Command) mutant {
	return mutant{name, func(w *world, p account.Proposal) bool {
		out, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsHost("mutant"), Time: p.Time, Commands: more(w, p)})
		if err != nil {
			return false
		}
		_, err = out.Next.Propose(w.policy, p)
		return err == nil
	}, anything}
}

func eachRule(do func(*syntax.Rule)) func(*syntax.Document) {
	return func(d *syntax.Document) {
		eachPermission(d, func(p *syntax.Permission) {
			for _, c := range p.Cells {
				for i := range c.Rules {
					do(&c.Rules[i])
				}
			}
		})
	}
}

// forget drops the tests of conditions that report names, from rules and prohibitions.
func forget(names ...string) func(*syntax.Document) {
	drop := func(r *syntax.Rule) {
		r.If = slices.DeleteFunc(slices.Clone(r.If), func(t syntax.Test) bool { return slices.Contains(names, t.Name.Text) })
	}
	return func(d *syntax.Document) {
		eachRule(drop)(d)
		for i := range d.Roles {
			d.Roles[i].Requires = slices.DeleteFunc(d.Roles[i].Requires, func(n syntax.Name) bool { return slices.Contains(names, n.Text) })
		}
	}
}

var mutants = []mutant{
	// no ceiling for a kind of command
	without("add-user", true),
	without("set-role", true),
	without("set-team-role", true),
	without("move-team", true),
	without("give-grant", true),
	without("give-grant, ending sooner", true),
	without("revoke-grant", true),
	without("set-role", false),
	without("unset-team-role", false),
	without("remove-from-team", false),
	without("delete-team", false),
	without("move-team", false),
	without("give-grant", false),
	without("give-grant, ending sooner", false),
	without("revoke-grant", false),
	without("set-status", false),
	without("remove-user", false),
	without("unassign-seat", false),

	// rules are compared without a part of them
	blind("never rules", func(d *syntax.Document) { d.Never = nil }),
	blind("scopes", eachRule(func(r *syntax.Rule) { r.Scope = syntax.ScopeAny })),
	blind("as", eachRule(func(r *syntax.Rule) { r.As = nil })),
	blind("hiding", eachRule(func(r *syntax.Rule) { r.Hiding = nil })),
	blind("conditions on features", forget("chat", "trial")),
	blind("conditions on seats", forget("seated")),
	blind("conditions on settings", forget("open")),
	blind("conditions on requests", forget("mfa")),
	blind("conditions on resources", forget("locked", "teamed")),
	blind("what roles require", func(d *syntax.Document) {
		for i := range d.Roles {
			d.Roles[i].Requires = nil
		}
	}),

	// the actor counts as having more
	careless("ends of the actor's grants", func(w *world, p account.Proposal) (more []account.Command) {
		for _, g := range w.find(p.Actor.User()).Grants {
			if g.Until.After(p.Time) {
				more = append(more, account.GiveGrant{User: p.Actor.User(), Grant: g.Name})
			}
		}
		return more
	}),
	careless("ends of all grants", func(w *world, _ account.Proposal) (more []account.Command) {
		for _, id := range w.users() {
			for _, g := range w.find(id).Grants {
				more = append(more, account.GiveGrant{User: id, Grant: g.Name})
			}
		}
		return more
	}),
	careless("the actor's features", func(_ *world, p account.Proposal) (more []account.Command) {
		for _, f := range []string{"chat", "trial"} {
			more = append(more, account.GiveGrant{User: p.Actor.User(), Grant: f})
		}
		return more
	}),
	careless("the teams of the actor's team roles", func(w *world, p account.Proposal) (more []account.Command) {
		id := p.Actor.User()
		for _, m := range w.find(id).Teams {
			for _, r := range m.Roles {
				for _, t := range w.teams() {
					more = append(more, account.AddToTeam{User: id, Team: t}, account.SetTeamRole{User: id, Team: t, Role: r})
				}
			}
		}
		return more
	}),
}

// TestMutants opens one hole after another in the ceiling. The oracle finds each in the worlds of a
// default run.
func TestMutants(t *testing.T) {
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			for i := range *worldsFlag {
				w := drawWorld(t, *seedFlag+uint64(i))
				for range commandsOfAWorld {
					p, ok := w.next()
					if !ok {
						break
					}
					_, refused := usual(w, p)
					if out, err := m.door(w, p); err == nil && refused != nil {
						if b := w.deal(p, out.Next).judge(); b != nil && m.finds(b) {
							t.Logf("world %d: %s\n%s", w.seed, describe(p), b)
							return
						}
					}
					if refused == nil {
						out, _ := usual(w, p)
						w.state = out.Next
					}
				}
			}
			t.Errorf("no promise was broken in %d worlds", *worldsFlag)
		})
	}
}
