package ceilingproof_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// mutant is a ceiling with a hole. It allows some proposals that the real ceiling rejects as
// escalation, by sending them as the host.
type mutant struct {
	name  string
	open  func(*fixture, account.Proposal) bool // whether the hole applies
	finds func(*breach) bool                    // whether a breach proves that the mutant was found
}

// propose opens the hole. Permissions and everything else are still checked.
func (m mutant) propose(w *fixture, p account.Proposal) (account.Outcome, error) {
	out, err := proposeReal(w, p)
	if errors.Is(err, account.CodeEscalation) && m.open(w, p) {
		return w.proposeAsHost(p)
	}
	return out, err
}

func anything(*breach) bool { return true }

// laterOf returns a mutant that ignores what is scheduled: it allows a kind of command if the ceiling
// allows it without its term, in an account that schedules nothing.
func laterOf(kind string) mutant {
	return mutant{kind + " later", func(w *fixture, p account.Proposal) bool {
		return w.effectOf(p, w.state).kind() == kind
	}, func(b *breach) bool { return strings.HasPrefix(b.how, "scheduled, ") }}
}

// without returns a mutant that has no ceiling for a kind of command. A breach that gives, or one
// that takes, must show it.
func without(kind string, gives bool) mutant {
	name := kind + " takes"
	if gives {
		name = kind + " gives"
	}
	open := func(w *fixture, p account.Proposal) bool {
		return w.effectOf(p, w.state).kind() == kind
	}
	return mutant{name, open, func(b *breach) bool { return b.gives == gives }}
}

// simplified returns a mutant that compares rules under a simpler policy.
func simplified(name string, simplify func(*syntax.Document)) mutant {
	return mutant{name, func(w *fixture, p account.Proposal) bool {
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

// overprivileged returns a mutant that compares rules as if the actor had more.
func overprivileged(name string, more func(*fixture, account.Proposal) []account.Command) mutant {
	return mutant{name, func(w *fixture, p account.Proposal) bool {
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

// withoutConditions removes the tests of the named conditions from rules and prohibitions.
func withoutConditions(names ...string) func(*syntax.Document) {
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
	without("admit-user", true),
	without("invite", true),
	without("revoke-invitation", false),
	without("set-role", true),
	without("set-team-role", true),
	without("move-team", true),
	without("give-grant", true),
	without("give-grant, ending sooner", true),
	without("revoke-grant", true),
	without("set-role", false),
	without("set-role-beside", true),
	without("cancel", true),
	laterOf("set-role"),
	laterOf("set-role-beside"),
	laterOf("set-team-role"),
	without("unset-role-beside", false),
	without("unset-team-role", false),
	without("unset-team-role", true), // by a rule with not team
	without("remove-from-team", false),
	without("delete-team", false),
	without("move-team", false),
	without("give-grant", false),
	without("give-grant, ending sooner", false),
	without("revoke-grant", false),
	without("set-status", false),
	without("remove-user", false),
	without("unassign-seat", false),

	// rules are compared without some part
	simplified("never rules", func(d *syntax.Document) { d.Never = nil }),
	simplified("scopes", eachRule(func(r *syntax.Rule) { r.Scope = syntax.ScopeAny })),
	simplified("joined scopes", eachRule(func(r *syntax.Rule) { r.And = nil })),
	simplified("scopes with not", eachRule(func(r *syntax.Rule) {
		r.And = slices.DeleteFunc(slices.Clone(r.And), func(t syntax.Term) bool { return t.Not })
	})),
	simplified("or above", func(d *syntax.Document) { // a scope that looks above counts like one that does not
		eachRule(func(r *syntax.Rule) {
			r.Above = false
			for i := range r.And {
				r.And[i].Above = false
			}
		})(d)
		for i := range d.Resources { // as may name a party that only a container has
			if d.Resources[i].In.Text != "" && d.Resources[i].Name.Text == "item" {
				d.Resources[i].Parties = append(slices.Clone(d.Resources[i].Parties), syntax.Party{Name: syntax.Name{Text: "reader"}})
			}
		}
	}),
	simplified("as", eachRule(func(r *syntax.Rule) { r.As = nil })),
	simplified("hiding", eachRule(func(r *syntax.Rule) { r.Hiding = nil })),
	simplified("conditions on features", withoutConditions("chat", "trial")),
	simplified("conditions on seats", withoutConditions("seated")),
	simplified("conditions on settings", withoutConditions("open")),
	simplified("conditions on requests", withoutConditions("mfa")),
	simplified("conditions on resources", withoutConditions("locked", "teamed")),
	simplified("conditions on roles", withoutConditions("admins-item")),
	simplified("what roles require", func(d *syntax.Document) {
		for i := range d.Roles {
			d.Roles[i].Requires = nil
		}
	}),

	// the actor has more than in the account
	overprivileged("ends of the actor's grants", func(w *fixture, p account.Proposal) (more []account.Command) {
		for _, g := range w.find(p.Actor.User()).Grants {
			if g.Until.After(p.Time) {
				more = append(more, account.GiveGrant{User: p.Actor.User(), Grant: g.Name})
			}
		}
		return more
	}),
	overprivileged("ends of all grants", func(w *fixture, _ account.Proposal) (more []account.Command) {
		for _, id := range w.users() {
			for _, g := range w.find(id).Grants {
				more = append(more, account.GiveGrant{User: id, Grant: g.Name})
			}
		}
		return more
	}),
	overprivileged("the actor's roles beside", func(w *fixture, p account.Proposal) (more []account.Command) {
		for _, r := range w.beside {
			more = append(more, account.SetRoleBeside{User: p.Actor.User(), Role: r})
		}
		return more
	}),
	overprivileged("the actor's features", func(_ *fixture, p account.Proposal) (more []account.Command) {
		for _, f := range []string{"chat", "trial"} {
			more = append(more, account.GiveGrant{User: p.Actor.User(), Grant: f})
		}
		return more
	}),
	overprivileged("the teams of the actor's team roles", func(w *fixture, p account.Proposal) (more []account.Command) {
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

// TestMutants opens one hole after another in the ceiling. The oracle must find each in four times
// the fixtures of a run, since some holes show in few policies.
func TestMutants(t *testing.T) {
	worlds := 4 * max(*worldsFlag, fullRun)
	for _, m := range mutants[:raced.Part(len(mutants), 1)] {
		t.Run(m.name, func(t *testing.T) {
			for i := range worlds {
				w := drawFixture(t, *seedFlag+uint64(i))
				for range commandsOfAWorld {
					p, ok := w.next()
					if !ok {
						break
					}
					_, refused := proposeReal(w, p)
					if out, err := m.propose(w, p); err == nil && refused != nil {
						if b := w.effectOf(p, out.Next).check(); b != nil && m.finds(b) {
							t.Logf("seed %d: %s\n%s", w.seed, describe(p), b)
							return
						}
					}
					if refused == nil {
						out, _ := proposeReal(w, p)
						w.state = out.Next
					}
				}
			}
			t.Errorf("no promise was broken in %d fixtures", worlds)
		})
	}
}
