package usher

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/benchmarks/peer"
	"github.com/usher-go/usher/benchmarks/world"
	"github.com/usher-go/usher/policy"
)

var _ peer.Caller = (*Peer)(nil)

// resource returns the resource of a question.
func resource(q *world.Question) usher.Resource {
	switch {
	case q.Calendar != nil:
		return (*calendar)(q.Calendar)
	case q.Kind == world.SeatAssign:
		return (*seat)(q.Entry)
	case q.Entry != nil:
		return (*user)(q.Entry)
	}
	return nil
}

// AskArguments implements peer.Caller with Engine.Can.
func (p *Peer) AskArguments(q *world.Question) (bool, error) {
	d, err := p.engine.Can(context.Background(), usher.AccountID(q.Account), usher.UserID(q.User), permissions[q.Kind], resource(q))
	return d.Allowed(), err
}

// AskVisit implements peer.Caller with an Asker, which each visit makes.
func (p *Peer) AskVisit(list []world.Question, allowed []bool) error {
	asker, err := p.engine.As(context.Background(), usher.AccountID(list[0].Account), usher.UserID(list[0].User), nil)
	if err != nil {
		return err
	}
	for i := range list {
		d, err := asker.Check(permissions[list[i].Kind], resource(&list[i]))
		if err != nil {
			return err
		}
		allowed[i] = d.Allowed()
	}
	return nil
}

// batch is the number of questions for which AskBatch has room.
const batch = 16

// AskBatch implements peer.Caller with CheckAll. A batch has at most 16 questions.
func (p *Peer) AskBatch(list []world.Question, allowed []bool) error {
	var requests [batch]usher.Request
	var room [batch]policy.Checked
	for i := range list {
		q := &list[i]
		requests[i].Subject, requests[i].Permission, requests[i].Resource = usher.UserID(q.User), permissions[q.Kind], resource(q)
	}
	for i, c := range p.engine.CheckAll(context.Background(), p.account, room[:0], requests[:len(list)]) {
		if c.Err != nil {
			return c.Err
		}
		allowed[i] = c.Decision.Allowed()
	}
	return nil
}
