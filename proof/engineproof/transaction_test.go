package engineproof_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// errLost is the error of a batch whose transaction has an unknown outcome.
var errLost = errors.New("the result of the commit is lost")

// submit submits a batch, in a transaction of the host unless end is noTx. It waits before it ends
// the transaction.
func (h handle) submit(ctx context.Context, d target, end txEnd, pause time.Duration, b engine.Batch) *answer {
	if end == noTx {
		return answerOf(d.Submit(ctx, b))
	}
	tx, err := h.begin(ctx)
	if err != nil {
		return &answer{err: err}
	}
	a := answerOf(d.SubmitTx(ctx, tx, b))
	time.Sleep(pause)
	ctx = context.WithoutCancel(ctx)
	if a.result == failed || a.result == refused || a.result == reused || a.result == unknown {
		_ = tx.rollback(ctx) // an error means that the transaction has ended
		return a
	}
	if end == rolledBack {
		return &answer{err: cmp.Or(tx.rollback(ctx), errRolledBack)}
	}
	if err := tx.commit(ctx); err != nil {
		return &answer{result: unknown, version: a.version, err: fmt.Errorf("%w: %w", errLost, err)}
	}
	if end == unreported && a.result == done {
		return &answer{result: unknown, version: a.version, err: errLost}
	}
	return a
}
