package storetest

import (
	"context"
	"math"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const usableSentence = "After a rejection the transaction is still usable, as if the call had not been made."

var txRejectedRows = []row{
	{
		Name:     "TxRejected",
		Sentence: usableSentence,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.append("gone", 1, "one")
			p.erase("gone")
			long := usher.AccountID(strings.Repeat("x", store.MaxID+1))
			p.inside(func(x *txProbe) {
				x.add("acme", 2, "two")
				for _, rejected := range []struct {
					account usher.AccountID
					version uint64
					want    error
				}{
					{"acme", 1, store.ErrConflict},
					{"acme", 2, store.ErrConflict},
					{"acme", 4, store.ErrGap},
					{"acme", math.MaxUint64, store.ErrGap},
					{"acme", 0, store.ErrInvalid},
					{"new", 2, store.ErrGap},
					{"gone", 1, store.ErrErased},
					{"gone", 2, store.ErrErased},
					{"", 1, store.ErrInvalid},
					{long, 1, store.ErrInvalid},
				} {
					var records []store.Record
					if p.userData != nil {
						records = []store.Record{record("mia", "rejected")}
					}
					p.wantError(x.tryAdd(rejected.account, rejected.version, "rejected", records...), rejected.want,
						"Tx.Append of version %d to %q", rejected.version, shortened(rejected.account))
				}
				x.sees("acme", "one", "two")
				x.sees("new")
				x.add("acme", 3, "three")
				x.add("new", 1, "one")
				if p.userData != nil {
					x.wantSame(x.record("acme", "mia"), "", "Tx.Record")
				}
			})
			p.wantCommits("acme", "one", "two", "three")
			p.wantCommits("new", "one")
			p.wantErased("gone")
			p.wantSame(p.accounts(""), "[acme new]", "Accounts")
			if p.userData != nil {
				p.wantRecords("acme")
			}
		},
	},
	{
		Name:     "TxErased",
		Sentence: "For an erased account, Lock returns ErrErased.",
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.erase("acme")
			p.erase("never used")
			p.inside(func(x *txProbe) {
				for _, account := range []usher.AccountID{"acme", "never used"} {
					for _, mode := range []store.LockMode{store.NoLock, store.ShareLock, store.WriteLock} {
						position, err := x.tx.Lock(p.ctx, account, mode)
						p.wantError(err, store.ErrErased, "Tx.Lock(%q, mode %d)", account, mode)
						p.wantSame(position, store.Position{}, "the position beside the error")
					}
					_, err := failure(x.tx.Commits(p.ctx, account, 0))
					p.wantError(err, store.ErrErased, "Tx.Commits(%q)", account)
					snapshot, err := x.tx.Snapshot(p.ctx, account)
					p.wantError(err, store.ErrErased, "Tx.Snapshot(%q)", account)
					p.wantSame(snapshot, store.Snapshot{}, "the snapshot beside the error")
					if p.userData != nil {
						_, err = x.tx.Record(p.ctx, account, "mia")
						p.wantError(err, store.ErrErased, "Tx.Record(%q)", account)
					}
				}
				x.add("other", 1, "one")
			})
			p.wantCommits("other", "one")
		},
	},
	{
		Name:     "TxDone",
		Sentence: txDataSentence,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			done, cancel := context.WithCancel(p.ctx)
			cancel()
			p.inside(func(x *txProbe) {
				x.add("acme", 2, "two")
				errs := map[string]error{"Append": x.tx.Append(done, "acme", entry(3, "three"))}
				_, errs["Lock"] = x.tx.Lock(done, "acme", store.WriteLock)
				_, errs["Snapshot"] = x.tx.Snapshot(done, "acme")
				_, errs["Commits"] = failure(x.tx.Commits(done, "acme", 0))
				if p.userData != nil {
					_, errs["Record"] = x.tx.Record(done, "acme", "mia")
				}
				for name, err := range errs {
					p.wantError(err, context.Canceled, "Tx.%s with a context that is done", name)
				}
				x.sees("acme", "one", "two")
			})
			p.wantCommits("acme", "one", "two")
		},
	},
	{
		Name: "TxBroken",
		Sentence: "ErrRetry means that the transaction is lost, because of a concurrent transaction or an earlier error of one of its statements: " +
			"the host must roll it back, and may run it again from its beginning. Only a Tx returns it.",
		needs: needsBreak,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			x := p.begin()
			defer x.end()
			x.add("acme", 2, "lost")
			p.suite.host.Break(p, x.tx)
			for range 2 {
				errs := map[string]error{"Append": x.tryAdd("acme", 3, "lost")}
				_, errs["Lock"] = x.tx.Lock(p.ctx, "acme", store.WriteLock)
				_, errs["Commits"] = failure(x.tx.Commits(p.ctx, "acme", 0))
				_, errs["Snapshot"] = x.tx.Snapshot(p.ctx, "acme")
				if p.userData != nil {
					_, errs["Record"] = x.tx.Record(p.ctx, "acme", "mia")
				}
				for name, err := range errs {
					p.wantError(err, store.ErrRetry, "Tx.%s in a lost transaction", name)
				}
			}
		},
	},
	{
		Name:     "TxRunAgain",
		Sentence: "After ErrRetry the transaction is lost: the host must roll it back, and may run it again from its beginning.",
		needs:    needsBreak,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			for range 3 {
				x := p.begin()
				x.add("acme", 2, "lost")
				p.suite.host.Break(p, x.tx)
				p.wantError(x.tryAdd("acme", 3, "lost"), store.ErrRetry, "Tx.Append in a lost transaction")
				x.rollback()
				p.wantCommits("acme", "one")
			}
			p.inside(func(x *txProbe) { x.add("acme", 2, "two") })
			p.wantCommits("acme", "one", "two")
		},
	},
}
