package policytest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// coverQuestion records the rules that match a question of a scenario. It ignores errors,
// because the step itself reports them.
func (p *scenarioRun) coverQuestion(r usher.Request) {
	if view, err := p.engine.View(p.ctx, worldAccount); err == nil {
		_ = p.cover.reach(view.Policy(), view.State(), r)
	}
}

// coverBatch records the rules that match the permission checks of a user's commands,
// each on the state after the previous commands.
func (p *scenarioRun) coverBatch(b *engine.Batch) {
	view, err := p.engine.View(p.ctx, worldAccount)
	if err != nil || b.Actor.User() == "" {
		return
	}
	begun := view.State()
	state := begun
	for i, c := range b.Commands {
		if r, ok := state.RequestFor(p.suite.policy, b.Actor.User(), c, b.Resources...); ok {
			r.Context, r.Time, r.By = b.Context, b.Time, b.Actor.OnBehalf()
			_ = p.cover.reach(state.Policy(p.suite.policy), state, r)
		}
		o, err := begun.Propose(p.suite.policy, account.Proposal{Actor: b.Actor, Context: b.Context, Time: b.Time, Commands: b.Commands[:i+1], Resources: b.Resources})
		if err != nil {
			return // the later commands are not checked
		}
		state = o.Next
	}
}
