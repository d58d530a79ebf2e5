package storetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const rollBackSentence = "If f returns an error or panics, InTx rolls back, and returns the error of f or goes on with the panic."

var inTxRows = []row{
	{
		Name:     "InTxCommits",
		Sentence: "InTx begins a transaction, calls f once, and commits if f returns nil.",
		needs:    needsTransactor,
		check: func(p *probe) {
			p.fill("acme", 2)
			calls := 0
			p.inTx(func(tx store.Tx) error {
				calls++
				position, err := tx.Lock(p.ctx, "acme", store.WriteLock)
				p.wantNil(err, "Lock")
				p.wantSame(position.Last, 2, "Position.Last")
				p.wantNil(tx.Append(p.ctx, "acme", entry(3, dataOf("acme", 3))), "Append")
				return tx.Append(p.ctx, "other", entry(1, dataOf("other", 1)))
			})
			p.wantSame(calls, 1, "number of calls of f")
			p.wantFilled(p.commits("acme", 0), "acme", 1, 3)
			p.wantFilled(p.commits("other", 0), "other", 1, 1)
			p.wantSame(p.accounts(""), "[acme other]", "Accounts")
			p.append("acme", 4, dataOf("acme", 4))
			p.inTx(func(store.Tx) error { return nil })
			p.wantFilled(p.commits("acme", 0), "acme", 1, 4)
		},
	},
	{
		Name:     "InTxRollsBack",
		Sentence: rollBackSentence,
		needs:    needsTransactor,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			own := errors.New("an error of f")
			for i, want := range []error{own, store.ErrConflict, fmt.Errorf("wrapped: %w", store.ErrNotStored), context.Canceled} {
				err := p.transactor.InTx(p.ctx, func(tx store.Tx) error {
					p.wantNil(tx.Append(p.ctx, "acme", entry(2, "rolled back")), "Append")
					p.wantNil(tx.Append(p.ctx, "new", entry(1, "rolled back")), "Append")
					return want
				})
				p.wantError(err, want, "InTx, f returns error %d", i)
			}
			err := p.transactor.InTx(p.ctx, func(tx store.Tx) error { return tx.Append(p.ctx, "acme", entry(1, "late")) })
			p.wantError(err, store.ErrConflict, "InTx, f returns the error of Append")
			p.wantCommits("acme", "one")
			p.wantCommits("new")
			p.append("acme", 2, "two")
			p.wantCommits("acme", "one", "two")
			p.wantSame(p.accounts(""), "[acme]", "Accounts")
		},
	},
	{
		Name:     "InTxPanics",
		Sentence: rollBackSentence,
		needs:    needsTransactor,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			for range 3 {
				p.wantSame(panicOf(func() {
					_ = p.transactor.InTx(p.ctx, func(tx store.Tx) error {
						p.wantNil(tx.Append(p.ctx, "acme", entry(2, "rolled back")), "Append")
						panic("a panic of f")
					})
				}), "a panic of f", "the panic of InTx")
			}
			p.wantCommits("acme", "one")
			p.append("acme", 2, "two")
			p.wantCommits("acme", "one", "two")
		},
	},
	{
		Name:     "InTxCommitFails",
		Sentence: "If the commit fails, IsRejected reports whether the transaction has certainly stored nothing.",
		needs:    needsTransactor,
		check: func(p *probe) {
			last := uint64(0)
			for i := range 20 {
				ctx, cancel := context.WithCancel(p.ctx)
				data := fmt.Sprint("try ", i)
				err := p.transactor.InTx(ctx, func(tx store.Tx) error {
					p.wantNil(tx.Append(p.ctx, "acme", entry(last+1, data)), "Append")
					cancel()
					return nil
				})
				cancel()
				stored := p.commits("acme", last)
				switch {
				case err == nil && (len(stored) != 1 || string(stored[0].Data) != data):
					p.Fatalf("InTx without an error has stored %v, want the commit", stored)
				case store.IsRejected(err) && len(stored) != 0:
					p.Fatalf("InTx has stored %v, although its error %v is a rejection", stored, err)
				}
				last += uint64(len(stored))
			}
			p.append("acme", last+1, "the next")
		},
	},
	{
		Name:     "InTxMany",
		Sentence: "Transactor is a Store that can run a transaction of its own.",
		needs:    needsTransactor,
		check: func(p *probe) {
			const writers, each = 8, 10
			handles := []*probe{p, p.second()}
			p.together(writers, func(i int) {
				h := handles[i%len(handles)]
				for range each {
					for { // until the transaction is stored
						err := h.transactor.InTx(p.ctx, func(tx store.Tx) error {
							position, err := tx.Lock(p.ctx, "acme", store.WriteLock)
							if err != nil {
								return err
							}
							return tx.Append(p.ctx, "acme", entry(position.Last+1, dataOf("acme", position.Last+1)))
						})
						if err == nil {
							break
						}
						if !store.IsRejected(err) || p.Failed() {
							p.Fatalf("InTx of one of %d: error %v, want none or a rejection", writers, err)
						}
					}
				}
			})
			p.wantFilled(p.commits("acme", 0), "acme", 1, writers*each)
		},
	},
}

func (p *probe) inTx(f func(store.Tx) error) {
	p.Helper()
	p.wantNil(p.transactor.InTx(p.ctx, f), "InTx")
}

// panicOf returns the value of the panic of f, nil if it does not panic.
func panicOf(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// holding runs f while a transaction holds the account in the mode, through the second handle if
// there is one. The transaction is rolled back afterwards.
func (p *probe) holding(account usher.AccountID, mode store.LockMode, f func()) {
	holder := p.second()
	over := errors.New("the transaction is over")
	held, release, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer p.recover()
		err := holder.transactor.InTx(p.ctx, func(tx store.Tx) error {
			_, err := tx.Lock(p.ctx, account, mode)
			p.wantNil(err, "Lock(%q)", account)
			close(held)
			<-release
			return over
		})
		p.wantError(err, over, "InTx")
	}()
	defer func() {
		close(release)
		<-ended
	}()
	select {
	case <-held:
		f()
	case <-ended:
	}
}
