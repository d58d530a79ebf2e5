package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const (
	lockSentence  = "With ShareLock or WriteLock it also locks the account until the transaction ends."
	waitsSentence = "It waits for other transactions that have locked the account, and returns ErrNotStored or ErrRetry if that takes too long."
)

var txLockRows = []row{
	{
		Name:     "TxPosition",
		Sentence: "Lock returns the position of an account's journal as the transaction sees it.",
		check: func(p *probe) {
			for _, mode := range []store.LockMode{store.NoLock, store.ShareLock, store.WriteLock} {
				account := numbered(int(mode))
				p.fill(account, 3)
				x := p.begin()
				x.lock(account, mode, 3, 3)
				x.add(account, 4, "four")
				x.lock(account, mode, 4, 3)
				x.add(account, 5, "five")
				x.lock(account, mode, 5, 3)
				x.commit()
				p.inside(func(x *txProbe) { x.lock(account, mode, 5, 5) })
			}
		},
	},
	{
		Name:     "TxCommitted",
		Sentence: "Committed is the version of a commit that others see too. Commits after it may be the transaction's own. A store that does not know it returns 0.",
		needs:    needsConcurrentTx,
		check: func(p *probe) {
			p.fill("acme", 3)
			x, reader := p.begin(), p.begin()
			defer x.end()
			defer reader.end()
			x.add("acme", 4, "four")
			reader.lock("acme", store.NoLock, 3, 3)
			x.add("acme", 5, "five")
			x.lock("acme", store.WriteLock, 5, 3)
			reader.lock("acme", store.NoLock, 3, 3)
			x.commit()
			reader.lock("acme", store.NoLock, 5, 5)
		},
	},
	{
		Name:     "TxNoCommits",
		Sentence: "An account without commits has the zero Position, and Lock cannot lock it.",
		check: func(p *probe) {
			for i, mode := range []store.LockMode{store.NoLock, store.ShareLock, store.WriteLock} {
				account := numbered(i)
				p.inside(func(x *txProbe) {
					x.lock(account, mode, 0, 0)
					if !p.suite.host.OneAtATime {
						p.second().append(account, 1, "one")
						x.lock(account, mode, 1, 1)
						x.add(account, 2, "two")
						return
					}
					x.add(account, 1, "one")
					x.lock(account, mode, 1, 0)
					x.add(account, 2, "two")
				})
				p.wantCommits(account, "one", "two")
			}
			p.inside(func(x *txProbe) { x.lock("locked", store.WriteLock, 0, 0) })
			p.wantSame(p.accounts("account-9"), "[]", "Accounts after an account without commits was locked")
		},
	},
	{
		Name:     "TxLocks",
		Sentence: lockSentence,
		check: func(p *probe) {
			other := p.second()
			p.append("acme", 1, "one")
			for _, mode := range []store.LockMode{store.ShareLock, store.WriteLock} {
				x := p.begin()
				x.lock("acme", mode, 1, 1)
				ctx, cancel := context.WithTimeout(p.ctx, waitTime)
				p.wantError(other.store.Append(ctx, "acme", entry(2, "two")), store.ErrNotStored, "Append while a transaction has locked the account in mode %d", mode)
				cancel()
				x.sees("acme", "one")
				x.rollback()
			}
			other.append("acme", 2, "two")
			p.wantCommits("acme", "one", "two")
		},
	},
	{
		Name:     "TxLockModes",
		Sentence: waitsSentence,
		needs:    needsConcurrentTx,
		check: func(p *probe) {
			modes := []store.LockMode{store.NoLock, store.ShareLock, store.WriteLock}
			p.append("acme", 1, "one")
			for _, first := range modes {
				for _, second := range modes {
					p.lockTwice(first, second, max(first, second) == store.WriteLock && min(first, second) != store.NoLock)
				}
			}
		},
	},
	{
		Name:     "TxAppendLocks",
		Sentence: waitsSentence,
		needs:    needsConcurrentTx,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			x, y := p.begin(), p.begin()
			defer x.end()
			defer y.end()
			x.add("acme", 2, "two")
			ctx, cancel := context.WithTimeout(p.ctx, waitTime)
			defer cancel()
			_, err := y.tx.Lock(ctx, "acme", store.ShareLock)
			if !p.gaveUp(err, "Tx.Lock while another transaction has appended") {
				p.Errorf("Tx.Lock while another transaction has appended: no error, want ErrNotStored or ErrRetry")
			}
			x.commit()
			if errors.Is(err, store.ErrNotStored) {
				y.lock("acme", store.ShareLock, 2, 2)
			}
		},
	},
	{
		Name:     "TxDeadlock",
		Sentence: waitsSentence,
		needs:    needsConcurrentTx,
		check: func(p *probe) {
			accounts := []usher.AccountID{"a", "b"}
			for _, account := range accounts {
				p.append(account, 1, "one")
			}
			xs := []*txProbe{p.begin(), p.begin()}
			for i, x := range xs {
				x.lock(accounts[i], store.WriteLock, 1, 1)
			}
			var locked [2]bool
			p.together(len(xs), func(i int) {
				ctx, cancel := context.WithTimeout(p.ctx, waitLimit)
				defer cancel()
				defer xs[i].end() // releases the other
				_, err := xs[i].tx.Lock(ctx, accounts[1-i], store.WriteLock)
				locked[i] = !p.gaveUp(err, "Tx.Lock in a deadlock")
			})
			if locked[0] && locked[1] {
				p.Errorf("two transactions have locked the same two accounts at the same time")
			}
			for _, account := range accounts {
				p.append(account, 2, "two")
			}
		},
	},
	{
		Name:     "TxCreators",
		Sentence: "Of concurrent calls with the same version, one returns nil.",
		needs:    needsConcurrentTx,
		check: func(p *probe) {
			const creators = 3
			for round := range 10 {
				account := numbered(round)
				var created [creators]bool
				var xs []*txProbe
				for range creators {
					x := p.begin()
					defer x.end()
					x.lock(account, store.WriteLock, 0, 0)
					xs = append(xs, x)
				}
				p.together(creators, func(i int) {
					x := xs[i]
					defer x.end() // releases the others
					err := x.tryAdd(account, 1, "one")
					created[i] = err == nil
					switch {
					case errors.Is(err, store.ErrRetry):
						return
					case err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotStored):
						p.Fatalf("Tx.Append by one of %d creators: error %v, want none, ErrConflict, ErrNotStored or ErrRetry", creators, err)
					}
					x.add(numbered(1000+round*creators+i), 1, "one")
					x.commit()
				})
				n := 0
				for _, c := range created {
					if c {
						n++
					}
				}
				p.wantSame(n, 1, "number of transactions that have created the account")
				p.wantCommits(account, "one")
			}
		},
	},
}

// lockTwice locks an account in two transactions, and checks whether the second waits.
func (p *probe) lockTwice(first, second store.LockMode, waits bool) {
	p.Helper()
	x, y := p.begin(), p.begin()
	defer y.end()
	defer x.end()
	x.lock("acme", first, 1, 1)
	if !waits {
		y.lock("acme", second, 1, 1)
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, waitTime)
	defer cancel()
	_, err := y.tx.Lock(ctx, "acme", second)
	if !p.gaveUp(err, "Tx.Lock of a locked account") {
		p.Errorf("Tx.Lock in mode %d, while another transaction has locked it in mode %d: no error", second, first)
	}
	if errors.Is(err, store.ErrRetry) {
		y.end()
		y = p.begin()
		defer y.end()
	}
	got := make(chan error, 1)
	go func() {
		defer p.recover()
		_, err := y.tx.Lock(p.ctx, "acme", second)
		got <- err
	}()
	time.Sleep(pause / 5)
	x.rollback()
	err = <-got
	p.gaveUp(err, "Tx.Lock that waited until another transaction ended")
}
