package policytest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// coverQuestion marks the rules that match a question of a scenario. One that nobody
// can answer fails as a step, and reaches none.
func (p *player) coverQuestion(r usher.Request) {
	if view, err := p.engine.View(p.ctx, worldAccount); err == nil {
		_ = p.cover.reach(view.State(), r)
	}
}

// coverBatch marks the rules that match what a user's commands ask, each on the state
// that those before it leave.
func (p *player) coverBatch(b *engine.Batch) {
	view, err := p.engine.View(p.ctx, worldAccount)
	if err != nil || b.Actor.User() == "" {
		return
	}
	begun := view.State()
	state := begun
	for i, c := range b.Commands {
		if r, ok := state.RequestFor(b.Actor.User(), c); ok {
			r.Context, r.Time = b.Context, b.Time
			_ = p.cover.reach(state, r)
		}
		o, err := begun.Propose(p.suite.policy, account.Proposal{Actor: b.Actor, Context: b.Context, Time: b.Time, Commands: b.Commands[:i+1]})
		if err != nil {
			return // those behind it are not asked about
		}
		state = o.Next
	}
}
