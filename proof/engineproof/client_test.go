package engineproof_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/engine"
)

// client asks one question after the other.
type client struct {
	*history
	number int
	chance *rand.Rand
	asked  int
	seen   uint64 // the newest version that it was told of
	guess  small  // how the account may stand
}

func (h *history) client(number int) *client {
	return &client{history: h, number: number, guess: founded, chance: rand.New(rand.NewPCG(h.seed, uint64(1+number)))}
}

// turn asks a question; a batch with a key again, until it is known to be done.
func (c *client) turn() {
	if c.chance.IntN(3) == 0 {
		time.Sleep(time.Duration(c.chance.IntN(int(300 * time.Microsecond))))
	}
	if c.chance.IntN(8) == 0 {
		// Whatever is answered says nothing about this account.
		_, _ = c.running[c.somewhere()].View(context.Background(), elsewhere)
	}
	switch n := c.chance.IntN(20); {
	case n < 3:
		c.askUnderKey()
	case n < 12:
		c.ask(c.batch())
	default:
		q := question{what: openDoor + what(c.chance.IntN(3)), whom: who(c.chance.IntN(len(names)))}
		switch c.chance.IntN(4) {
		case 0:
			q.atLeast = c.seen
		case 1:
			q.atLeast = c.newest.Load()
		}
		c.ask(q)
	}
}

// batch draws a batch, rather one that may well change something.
func (c *client) batch() (q question) {
	for range 3 {
		q = question{actor: drawActor(c.chance), deeds: drawDeeds(c.chance)}
		if _, changed, _ := c.guess.after(q.actor, q.deeds); changed {
			break
		}
	}
	return q
}

func (c *client) askUnderKey() {
	batch := c.keyed[c.chance.IntN(len(c.keyed))]
	if c.chance.IntN(8) == 0 {
		batch.request, batch.deeds = "other", []op{{kind: resize, total: 4}}
	}
	if c.chance.IntN(4) == 0 {
		batch.actor = who(c.chance.IntN(2)) // whose key is another one
	}
	for range 3 {
		switch a := c.ask(batch); a.fate {
		case unknown, failed:
		default:
			if c.chance.IntN(3) > 0 {
				return
			}
		}
	}
}

// ask asks a question at one of the engines, and does not always wait for the answer.
func (c *client) ask(q question) *answer {
	q.engine = c.somewhere()
	ctx := context.Background()
	if c.weather != fair && c.chance.IntN(8) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.chance.IntN(int(2*time.Millisecond))))
		defer cancel()
	}
	return c.askAt(ctx, c.doors[q.engine], q)
}

func (c *client) askAt(ctx context.Context, d fault, q question) *answer {
	c.asked++
	q.id, q.client = fmt.Sprintf("%d.%d", c.number, c.asked), c.number
	r := &record{question: &q, call: c.clock.Add(1)}
	r.answer = c.answerTo(ctx, d, &q)
	r.ret = c.clock.Add(1)
	c.keep(r)
	switch r.fate {
	case done, repeated, idle, answered:
		c.seen = max(c.seen, r.answer.version)
		raise(&c.newest, r.answer.version)
		c.guess = c.guess.told(&q, r.answer)
	case failed:
		if !expected(r.err) {
			c.errorf("%v → %v, which nothing explains", r.question, r.answer)
		}
	}
	return r.answer
}

// somewhere is an engine: mostly the client's own.
func (c *client) somewhere() int {
	if c.chance.IntN(4) == 0 {
		return c.chance.IntN(c.engines)
	}
	return c.number % c.engines
}

// settle has each engine find out what it does not know, for which any batch will do, and
// asks it for the account as it is then.
func (c *client) settle() {
	ctx := context.Background()
	for i, d := range c.doors {
		c.surely(ctx, d, question{engine: i, actor: host, deeds: []op{drawDeed(c.chance)}})
	}
	for i, d := range c.doors {
		c.surely(ctx, d, question{engine: i, what: look, atLeast: c.seen})
	}
}

// catchUp waits until engines that watch know all by themselves, for as long as go test lets it.
// That is no part of the history.
func (c *client) catchUp() {
	newest := uint64(len(c.journal()))
	for _, d := range c.doors {
		for {
			v, err := d.View(context.Background(), c.account, 0)
			if err == nil && v.Version() == newest {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// final asks for the account as the store has it.
func (c *client) final() {
	e, err := engine.Open(engine.Options{Policy: loadPolicy(c.t, officeText), Store: c.store})
	require.NoError(c.t, err)
	defer e.Close()
	c.surely(context.Background(), front{e}, question{engine: c.engines, what: look, newest: true})
}

// surely asks where nothing goes wrong any more. A reading that began before may still fail.
func (c *client) surely(ctx context.Context, d fault, q question) {
	var a *answer
	for range 5 {
		if a = c.askAt(ctx, d, q); a.fate != failed {
			break
		}
	}
	if a.fate == failed || a.fate == unknown {
		c.errorf("%v → %v, without a fault", &q, a)
	}
}
