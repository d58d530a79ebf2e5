package engineproof_test

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// handle is a store on the data of a history, such as that of one process.
type handle struct {
	store store.UserDataStore
	begin func(context.Context) (*hostTx, error) // begins a transaction of a host; nil if there are none
}

// hostTx is a transaction of a host, as the host and usher see it.
type hostTx struct {
	store.Tx
	commit, rollback func(context.Context) error
}

// inMemory returns a handle on a new memstore.
func inMemory() []handle {
	s := new(memstore.Store)
	return []handle{{store: s, begin: func(context.Context) (*hostTx, error) {
		tx := s.Begin()
		return &hostTx{tx, tx.Commit, func(context.Context) error { return tx.Rollback() }}, nil
	}}}
}

// txEnd is how the transaction with a batch ends. The zero value is for Submit.
type txEnd uint8

const (
	noTx       txEnd = iota // the batch is not in a transaction of a host
	committed               // the host commits
	rolledBack              // the host rolls back, even if the batch was accepted
	unreported              // the host commits, and the result of that is lost
)

var txEndTexts = [...]string{"", " in a transaction", " in a transaction that is rolled back", " in a transaction of unknown outcome"}

// errRolledBack is the error of a batch whose transaction the host rolled back on purpose.
var errRolledBack = errors.New("rolled back")

// submitTx submits a batch in a transaction of the host of an engine.
func (h *history) submitTx(ctx context.Context, d target, q *question, b engine.Batch) *answer {
	tx, err := h.handle(q.engine).begin(ctx)
	if err != nil {
		return &answer{err: err}
	}
	if h.broken.wrapTx != nil {
		h.broken.wrapTx(tx)
	}
	end := context.WithoutCancel(ctx)
	a := answerOf(d.SubmitTx(ctx, tx, b))
	time.Sleep(q.pause)
	switch {
	case a.result == failed || a.result == refused || a.result == reused:
		_ = tx.rollback(end) // an error means that the transaction has ended
		return a
	case a.result == unknown:
		h.errorf("%v → %v: the outcome of a transaction is that of its commit", q, a)
	case q.end == rolledBack:
		if err := tx.rollback(end); err != nil {
			h.errorf("%v: rollback: %v", q, err)
		}
		return &answer{err: errRolledBack}
	}
	if err := tx.commit(end); err != nil {
		h.errorf("%v: commit: %v", q, err)
	}
	if q.end == unreported && a.result == done {
		return &answer{result: unknown, version: a.version, err: errors.New("the result of the commit is lost")}
	}
	return a
}
