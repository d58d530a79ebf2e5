package ceilingproof_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// fixture is a policy with an account in which users send commands.
type fixture struct {
	*policies // without roles of the account
	drawing
	seed    uint64
	propose proposeFunc
	mutants []mutant             // counted if they allow what is rightly rejected
	quick   bool                 // rejections that break no promise are not classified
	defined map[string]*policies // with the roles of the account, by their definitions
}

// proposeFunc accepts or rejects a proposal. It is account.State.Propose, or a mutant of it.
type proposeFunc func(*fixture, account.Proposal) (account.Outcome, error)

func proposeReal(w *fixture, p account.Proposal) (account.Outcome, error) {
	return w.state.Propose(w.policy, p)
}

// drawFixture draws a fixture from a seed.
func drawFixture(t *testing.T, seed uint64) *fixture {
	t.Helper()
	d := newDice(seed)
	l, err := newPolicies(drawPolicy(d, d.chance(15)))
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	state, err := open(l.policy, drawAccount(d, l.doc))
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, l.doc.Print())
	}
	draws := drawing{dice: d, state: state, at: noon, fresh: new(int), beside: besideIn(l.doc), outside: outsideIn(l.doc)}
	return &fixture{policies: l, drawing: draws, seed: seed, propose: proposeReal, defined: map[string]*policies{}}
}

// next draws a proposal of an active user, if there is one, mostly of a user who may send it.
func (w *fixture) next() (p account.Proposal, ok bool) {
	var actors []usher.UserID
	for _, id := range w.users() {
		if w.find(id).Status == usher.Active {
			actors = append(actors, id)
		}
	}
	if len(actors) == 0 {
		return p, false
	}
	w.at = w.at.Add(pick(w.dice, 0, time.Minute, 10*time.Minute, 40*time.Minute)) // sometimes a grant ends
	p = w.proposal(pick(w.dice, actors...))
	for range 3 {
		if _, err := proposeReal(w, p); !errors.Is(err, account.CodeDenied) {
			break
		}
		p.Actor = account.AsUser(pick(w.dice, actors...))
	}
	return p, true
}

// proposeAsHost repeats a proposal as the host, which is exempt from the ceiling.
func (w *fixture) proposeAsHost(p account.Proposal) (account.Outcome, error) {
	p.Actor = account.AsHost("again")
	return w.state.Propose(w.policy, p)
}

func (w *fixture) effectOf(p account.Proposal, after *account.State) *effect {
	before := w.state.At(w.policy, p.Time) // what is due by then is not an effect of the commands
	d := &effect{policies: w.policiesOf(after), had: w.policiesOf(before), before: before, after: after, proposal: p, actor: p.Actor.User()}
	d.follow()
	return d
}

// step sends a proposal, and keeps the next state. It returns the effect, and the breach if it
// broke the promise.
func (w *fixture) step(p account.Proposal, seen counts) (*effect, *breach, error) {
	out, err := w.propose(w, p)
	was := w.effectOf(p, out.Next)
	kind := was.kind()
	seen.count(kind, sent)
	switch {
	case err == nil && len(out.Changes) > 0:
		seen.count(kind, done)
		b := was.check()
		if b != nil {
			seen.count(kind, broken)
			seen.count(kind+": "+was.verb(b), b.how)
		}
		w.state = out.Next
		return was, b, nil
	case errors.Is(err, account.CodeEscalation):
		seen.count(kind, escalated)
		if out, err := w.proposeAsHost(p); err == nil && len(out.Changes) > 0 {
			was = w.effectOf(p, out.Next)
			b := was.check()
			switch {
			case b != nil:
				seen.count(kind, justified)
				for _, m := range w.mutants {
					if m.finds(b) && m.open(w, p) {
						seen.count(ofMutants, m.name)
					}
				}
			case w.quick:
				seen.count(kind, unclear)
			case was.intended():
				seen.count(kind, intended)
			default:
				seen.count(kind, needless)
				return was, nil, nil
			}
		}
	case err != nil:
		var refusal *account.Refusal
		if !errors.As(err, &refusal) {
			return nil, nil, fmt.Errorf("%s: %w", describe(p), err)
		}
	}
	return nil, nil, nil
}

func (d *effect) verb(b *breach) string {
	if b.gives {
		return "gives,"
	}
	return "takes,"
}

func describe(p account.Proposal) string {
	text := fmt.Sprintf("%s at %s", p.Actor, p.Time.Format("15:04"))
	if len(p.Context) > 0 {
		text += fmt.Sprintf(" with mfa %t", p.Context["mfa"])
	}
	for _, c := range p.Commands {
		text += fmt.Sprintf("\n    %s %+v", account.NameOf(c), c)
	}
	return text
}
