package storetest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var txReadRows = []row{
	{
		Name:     "TxCommits",
		Sentence: "Commits does what Store.Commits does.",
		check: func(p *probe) {
			p.append("acm", 1, "a neighbour")
			p.append("acmee", 1, "a neighbour")
			p.fill("acme", many)
			p.inside(func(x *txProbe) {
				for version := uint64(many + 1); version <= many+5; version++ {
					x.add("acme", version, dataOf("acme", version))
				}
				for _, after := range []uint64{0, 1, 255, 256, many - 1, many, many + 4} {
					p.wantFilled(collect(p, x.tx.Commits(p.ctx, "acme", after), "Tx.Commits(after %d)", after), "acme", after+1, many+5)
				}
				p.wantSame(len(collect(p, x.tx.Commits(p.ctx, "acme", 1<<63), "Tx.Commits")), 0, "number of Tx.Commits(after 1<<63)")
			})
			p.wantFilled(p.commits("acme", 0), "acme", 1, many+5)
		},
	},
	{
		Name:     "TxSnapshot",
		Sentence: "Snapshot does what Store.Snapshot does.",
		check: func(p *probe) {
			p.fill("acme", 2)
			p.inside(func(x *txProbe) {
				for _, account := range []usher.AccountID{"acme", "none"} {
					s, err := x.tx.Snapshot(p.ctx, account)
					p.wantNil(err, "Tx.Snapshot(%q)", account)
					p.wantSame(s, store.Snapshot{}, "Tx.Snapshot(%q), none saved", account)
				}
			})
			p.save("acme", 2, "two")
			p.inside(func(x *txProbe) {
				x.add("acme", 3, "three")
				s, err := x.tx.Snapshot(p.ctx, "acme")
				p.wantNil(err, "Tx.Snapshot")
				p.wantSame(s, store.Snapshot{Version: 2, Data: []byte("two")}, "Tx.Snapshot")
			})
		},
	},
	{
		Name:     "TxLoopBody",
		Sentence: "Like the transaction, it may be used by one goroutine at a time, and by the bodies of its loops.",
		check: func(p *probe) {
			p.fill("acme", many)
			p.save("acme", 1, "state")
			p.inside(func(x *txProbe) {
				version, read := uint64(many), 0
				for c, err := range x.tx.Commits(p.ctx, "acme", 0) {
					p.wantNil(err, "Tx.Commits")
					if read++; c.Version%100 != 1 {
						continue
					}
					version++
					x.add("acme", version, dataOf("acme", version))
					x.lock("acme", store.WriteLock, version, many)
					s, err := x.tx.Snapshot(p.ctx, "acme")
					p.wantNil(err, "Tx.Snapshot in a loop")
					p.wantSame(s.Version, 1, "version of the Snapshot")
					if p.userData != nil {
						x.wantSame(x.record("acme", "mia"), "", "Tx.Record in a loop")
					}
					for range x.tx.Commits(p.ctx, "acme", 0) {
						break
					}
					p.wantFilled(collect(p, x.tx.Commits(p.ctx, "acme", 0), "Tx.Commits in a loop"), "acme", 1, version)
				}
				p.wantSame(read, many, "number of Tx.Commits")
			})
			p.wantFilled(p.commits("acme", 0), "acme", 1, many+many/100)
		},
	},
}
