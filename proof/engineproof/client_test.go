package engineproof_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
)

// client makes sequential calls.
type client struct {
	*history
	number int
	chance *rand.Rand
	asked  int
	seen   uint64       // the newest version that it got
	guess  modelAccount // the assumed account
}

func (h *history) client(number int) *client {
	return &client{history: h, number: number, guess: initialAccount, chance: rand.New(rand.NewPCG(h.seed, uint64(1+number)))}
}

// turn makes a call. It retries a batch with an idempotency key until its outcome is known.
func (c *client) turn() {
	if c.chance.IntN(3) == 0 {
		time.Sleep(time.Duration(c.chance.IntN(int(300 * time.Microsecond))))
	}
	if c.chance.IntN(8) == 0 {
		// The result does not depend on this account.
		_, _ = c.running[c.pickEngine()].View(context.Background(), elsewhere)
	}
	switch n := c.chance.IntN(20); {
	case n < 3:
		c.askUnderKey()
	case n < 12:
		c.ask(c.batch())
	default:
		q := question{what: openDoor + questionKind(c.chance.IntN(4)), user: modelUser(c.chance.IntN(len(names)))}
		switch c.chance.IntN(4) {
		case 0:
			q.atLeast = c.seen
		case 1:
			q.atLeast = c.newest.Load()
		}
		c.ask(q)
	}
}

// batch draws a batch, preferably one that changes something.
func (c *client) batch() (q question) {
	for range 3 {
		q = question{}
		q.actor, q.ops = drawBatch(c.chance)
		if _, changed, _ := c.guess.after(q.actor, q.ops); changed {
			break
		}
	}
	return q
}

func (c *client) askUnderKey() {
	batch := c.keyed[c.chance.IntN(len(c.keyed))]
	if c.chance.IntN(8) == 0 {
		batch.request, batch.ops = "other", []op{{kind: setTotal, total: 4}}
	}
	if c.chance.IntN(4) == 0 {
		batch.actor = modelUser(c.chance.IntN(2)) // whose key is a different key
	}
	for range 3 {
		switch a := c.ask(batch); a.result {
		case unknown, failed:
		default:
			if c.chance.IntN(3) > 0 {
				return
			}
		}
	}
}

// ask makes a call to one of the engines, sometimes with a short timeout.
func (c *client) ask(q question) *answer {
	q.engine = c.pickEngine()
	ctx := context.Background()
	if q.what == submit && c.transactions {
		q.end, q.pause = c.drawEnd(), time.Duration(c.chance.IntN(3))*200*time.Microsecond
	}
	if c.faultLevel != faultFree && c.chance.IntN(8) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.chance.IntN(int(2*time.Millisecond))))
		defer cancel()
	}
	if q.end == rolledBack {
		c.askAt(ctx, c.targets[q.engine], q)
		q.end = committed
	}
	return c.askAt(ctx, c.targets[q.engine], q)
}

// drawEnd draws how a batch is submitted. A batch that is rolled back is repeated afterwards.
func (c *client) drawEnd() txEnd {
	switch n := c.chance.IntN(12); {
	case n < 6:
		return noTx
	case n < 8:
		return rolledBack
	case n < 9 && c.faultLevel >= fewFaults:
		return unreported
	}
	return committed
}

func (c *client) askAt(ctx context.Context, d target, q question) *answer {
	c.asked++
	q.id, q.client = fmt.Sprintf("%d.%d", c.number, c.asked), c.number
	r := &record{question: &q, call: c.clock.Add(1)}
	r.answer = c.answerTo(ctx, d, &q)
	r.ret = c.clock.Add(1)
	c.keep(r)
	switch r.result {
	case done, repeated, idle, answered:
		c.seen = max(c.seen, r.answer.version)
		raise(&c.newest, r.answer.version)
		c.guess = c.guess.afterAnswer(&q, r.answer)
	case failed:
		if !expected(r.err) {
			c.errorf("%v → %v: unexpected error", r.question, r.answer)
		}
	}
	return r.answer
}

// pickEngine returns an engine, mostly the client's own.
func (c *client) pickEngine() int {
	if c.chance.IntN(4) == 0 {
		return c.chance.IntN(c.engines)
	}
	return c.number % c.engines
}

// settle has each engine resolve its unknown outcomes, which it does for any batch, and then reads
// the account from each engine.
func (c *client) settle() {
	ctx := context.Background()
	for i, d := range c.targets {
		c.askUntilAnswered(ctx, d, question{engine: i, actor: host, ops: []op{drawOp(c.chance)}})
	}
	for i, d := range c.targets {
		c.askUntilAnswered(ctx, d, question{engine: i, what: viewAccount, atLeast: c.seen})
	}
}

// catchUp waits until engines that watch the store have all commits, up to the timeout of go test.
// These reads are not part of the history.
func (c *client) catchUp() {
	newest := uint64(len(c.journal()))
	for _, d := range c.targets {
		for {
			v, err := d.View(context.Background(), c.account, 0)
			if err == nil && v.Version() == newest {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// final reads the account with a new engine.
func (c *client) final() {
	e, err := engine.Open(engine.Options{Policy: loadPolicy(c.t, officeText), Store: c.handle(0).store})
	require.NoError(c.t, err)
	defer e.Close()
	c.askUntilAnswered(context.Background(), engineTarget{e}, question{engine: c.engines, what: viewAccount, newest: true})
}

// askUntilAnswered makes a call when there are no more faults. A load that began before may still
// fail, so it retries a few times, and without a bound while other histories keep the database busy.
func (c *client) askUntilAnswered(ctx context.Context, d target, q question) {
	var a *answer
	for tries := 0; tries < 5; {
		if a = c.askAt(ctx, d, q); a.result != failed {
			break
		}
		if !errors.Is(a.err, store.ErrNotStored) {
			tries++
		}
	}
	if a.result == failed || a.result == unknown {
		c.errorf("%v → %v, without a fault", &q, a)
	}
}
