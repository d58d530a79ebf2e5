package ceilingproof_test

import (
	"maps"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

const (
	acting   = "acting"    // the fact that no request states
	onBehalf = "on-behalf" // the condition on it; in the policies of the oracle, a fact that requests state
)

// follow finds out which commands ran, and on whose behalf: the commands of a request run as those of the
// user who approves it.
func (d *effect) follow() {
	if d.proposal.Actor.OnBehalf() != "" {
		d.path = "on behalf"
	}
	if len(d.proposal.Commands) != 1 {
		return
	}
	if c, ok := d.proposal.Commands[0].(account.Approve); ok {
		if r, ok := d.before.Request(c.Request); ok {
			d.path, d.proposal.Commands = "approve", r.Commands
		}
	}
}

// ofEachActor returns the effect, and for commands on behalf of a user also as an effect of the user who acts.
func (d *effect) ofEachActor() []*effect {
	by := d.proposal.Actor.OnBehalf()
	if by == "" || d.actor != d.proposal.Actor.User() {
		return []*effect{d}
	}
	e := *d
	e.actor = by
	return []*effect{d, &e}
}

// sentContext returns the facts of the request with which the commands were sent.
func (d *effect) sentContext() usher.Context {
	if len(d.tests[onBehalf]) == 0 {
		return d.proposal.Context
	}
	sent := usher.Context{onBehalf: d.proposal.Actor.OnBehalf() != ""}
	maps.Copy(sent, d.proposal.Context)
	return sent
}
