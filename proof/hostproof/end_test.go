package hostproof_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/usher-go/usher/store"
)

// ending is a way to end a transaction.
type ending struct {
	name   string
	weight int
	server bool // only where a connection can be cut
	end    func(*attempt, context.Context) (outcome, error)
}

var endings = []ending{
	{name: "commit", weight: 8, end: (*attempt).commit},
	{name: "roll back and give up", weight: 1, end: (*attempt).giveUp},
	{name: "roll back and retry", weight: 1, end: (*attempt).rollBack},
	{name: "a statement fails", weight: 1, end: (*attempt).breakStatement},
	{name: "COMMIT fails", weight: 1, end: (*attempt).failAtCommit},
	{name: "the answer to COMMIT is lost", weight: 2, end: (*attempt).loseAnswer},
	{name: "cut before COMMIT", weight: 1, server: true, end: (*attempt).cutBefore},
	{name: "COMMIT is lost", weight: 1, server: true, end: (*attempt).loseRequest},
	{name: "cut during COMMIT", weight: 2, server: true, end: (*attempt).cutDuring},
	{name: "the server's process ends", weight: 1, server: true, end: (*attempt).terminate},
}

// end ends the transaction in a random way.
func (a *attempt) end(ctx context.Context) (outcome, error) {
	e := a.nextEnding(a.random)
	o, err := e.end(a, ctx)
	if err == nil {
		a.seen.add("end: " + e.name)
	}
	return o, err
}

// nextEnding draws an ending without replacement, so that each one occurs.
func (w *world) nextEnding(random *rand.Rand) ending {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.deck) == 0 {
		for _, e := range endings {
			if !e.server || w.kind.isPostgres() {
				w.deck = append(w.deck, slices.Repeat([]ending{e}, e.weight)...)
			}
		}
		random.Shuffle(len(w.deck), func(i, j int) { w.deck[i], w.deck[j] = w.deck[j], w.deck[i] })
	}
	e := w.deck[len(w.deck)-1]
	w.deck = w.deck[:len(w.deck)-1]
	return e
}

// send sends a COMMIT that may succeed.
func (a *attempt) send(ctx context.Context) error {
	for _, m := range a.members() {
		a.hidden.show(m)
	}
	return a.tx.commit(ctx)
}

// commit commits. After an error without an answer of the server, the host does not know whether it
// has.
func (a *attempt) commit(ctx context.Context) (outcome, error) {
	err := a.send(ctx)
	if err == nil {
		return stored, nil
	}
	if isSerialization(err) {
		a.seen.add("COMMIT: serialization failure")
		return again, nil
	}
	return a.unknown(), err
}

// unknown returns the outcome of an attempt whose COMMIT has no answer.
func (a *attempt) unknown() outcome {
	if a.fault.assumesNone {
		return absent
	}
	a.unsure = true
	return again
}

// giveUp rolls back for good, unless an earlier COMMIT may have succeeded.
func (a *attempt) giveUp(ctx context.Context) (outcome, error) {
	if a.unsure {
		return a.rollBack(ctx)
	}
	return absent, a.tx.rollback(ctx)
}

func (a *attempt) rollBack(ctx context.Context) (outcome, error) {
	return again, a.tx.rollback(ctx)
}

// breakStatement runs a statement after which the transaction is lost, and another batch.
func (a *attempt) breakStatement(ctx context.Context) (outcome, error) {
	if err := a.tx.exec(ctx, a.kind.broken); err == nil {
		return again, errors.New("the statement did not fail")
	}
	_, err := a.in.engine.SubmitTx(ctx, a.tx.usher, a.batches(a.accounts[0])[0])
	if !errors.Is(err, store.ErrRetry) {
		a.findings.add("errors", "after a statement that failed: %v (want ErrRetry)", err)
	}
	return again, nil
}

// failAtCommit makes the COMMIT fail. The changes stay hidden.
func (a *attempt) failAtCommit(ctx context.Context) (outcome, error) {
	if err := a.tx.exec(ctx, "INSERT INTO visits VALUES (7)"); err != nil {
		return again, err
	}
	if err := a.tx.commit(ctx); err == nil {
		a.findings.add("errors", "job %s: a COMMIT that must fail did not", a.key)
	}
	return again, nil
}

// loseAnswer commits, and the host does not learn of it.
func (a *attempt) loseAnswer(ctx context.Context) (outcome, error) {
	if a.tx.wire == nil {
		if err := a.send(ctx); err != nil {
			return again, err
		}
		a.surely = true
		return a.unknown(), nil
	}
	a.cut = true
	a.tx.wire.fault.Store(loseAnswer)
	if err := a.send(ctx); err == nil {
		return again, errors.New("the answer was not lost")
	}
	a.surely = a.surely || a.tx.wire.answered.Load()
	return a.unknown(), nil
}

// cutBefore cuts the connection. The changes stay hidden.
func (a *attempt) cutBefore(context.Context) (outcome, error) {
	a.cut = true
	_ = a.tx.wire.Close()
	return again, nil
}

// loseRequest cuts the connection before the COMMIT is sent. The changes stay hidden, but the host
// does not know that nothing is stored.
func (a *attempt) loseRequest(ctx context.Context) (outcome, error) {
	a.cut = true
	a.tx.wire.fault.Store(loseRequest)
	if err := a.tx.commit(ctx); err == nil {
		return again, errors.New("the request was not lost")
	}
	return a.unknown(), nil
}

// cutDuring cuts the connection while the server commits.
func (a *attempt) cutDuring(ctx context.Context) (outcome, error) {
	a.cut = true
	a.tx.wire.delay.Store(a.random.Int64N(int64(time.Millisecond)))
	a.tx.wire.fault.Store(cutDuring)
	if err := a.send(ctx); err != nil {
		return a.unknown(), nil
	}
	a.tx.discard()
	return stored, nil
}

// terminate ends the process of the server before the COMMIT is sent, or while it is.
func (a *attempt) terminate(ctx context.Context) (outcome, error) {
	db, err := a.kind.admin(a.address)
	if err != nil {
		return again, err
	}
	defer db.Close()
	a.cut = true
	if _, err := db.ExecContext(ctx, "SELECT pg_terminate_backend($1)", int64(a.tx.pid)); err != nil {
		return again, err
	}
	if err := a.send(ctx); err != nil {
		return a.unknown(), nil
	}
	return stored, nil
}
