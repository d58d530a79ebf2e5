package ceilingproof_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// world is a policy with an account in which users send commands.
type world struct {
	*laws
	drawing
	seed uint64
	door door
}

// door lets a proposal through or refuses it: account.State.Propose, or a mutant of it.
type door func(*world, account.Proposal) (account.Outcome, error)

func usual(w *world, p account.Proposal) (account.Outcome, error) {
	return w.state.Propose(w.policy, p)
}

// drawWorld draws a world from a seed.
func drawWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	d := newDice(seed)
	l, err := newLaws(drawPolicy(d, d.chance(15)))
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	state, err := open(l.policy, drawAccount(d, l.doc))
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, l.doc.Print())
	}
	return &world{laws: l, drawing: drawing{dice: d, state: state, at: noon, fresh: new(int)}, seed: seed, door: usual}
}

// next draws a proposal of an active user, if there is one: most often of a user who may send it.
func (w *world) next() (p account.Proposal, ok bool) {
	var actors []usher.UserID
	for _, id := range w.users() {
		if w.find(id).Status == usher.Active {
			actors = append(actors, id)
		}
	}
	if len(actors) == 0 {
		return p, false
	}
	w.at = w.at.Add(pick(w.dice, 0, time.Minute, 10*time.Minute, 40*time.Minute)) // now and then a grant ends
	p = w.proposal(pick(w.dice, actors...))
	for range 3 {
		if _, err := usual(w, p); !errors.Is(err, account.CodeDenied) {
			break
		}
		p.Actor = account.AsUser(pick(w.dice, actors...))
	}
	return p, true
}

// host repeats a proposal as the host, which no ceiling stops.
func (w *world) host(p account.Proposal) (account.Outcome, error) {
	p.Actor = account.AsHost("again")
	return w.state.Propose(w.policy, p)
}

func (w *world) deal(p account.Proposal, after *account.State) *deal {
	return &deal{laws: w.laws, before: w.state, after: after, proposal: p, actor: p.Actor.User()}
}

// step sends a proposal, and goes on with what it did. It returns the deal and the breach if it broke
// the promise.
func (w *world) step(p account.Proposal, seen tally) (*deal, *breach, error) {
	out, err := w.door(w, p)
	was := w.deal(p, out.Next)
	kind := was.kind()
	seen.count(kind, sent)
	switch {
	case err == nil && len(out.Changes) > 0:
		seen.count(kind, done)
		b := was.judge()
		if b != nil {
			seen.count(kind, broken)
			seen.count(kind+": "+was.verb(b), b.how)
		}
		w.state = out.Next
		return was, b, nil
	case errors.Is(err, account.CodeEscalation):
		seen.count(kind, escalated)
		if out, err := w.host(p); err == nil && len(out.Changes) > 0 {
			was = w.deal(p, out.Next)
			switch {
			case was.judge() != nil:
				seen.count(kind, justified)
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

func (d *deal) verb(b *breach) string {
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
