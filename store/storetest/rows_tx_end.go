package storetest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const nothingRemains = "The store keeps no state of a Tx: after a rollback, also to a savepoint, nothing of it remains, and the rolled-back versions are free again."

var txEndRows = []row{
	{
		Name:     "TxNeverEnds",
		Sentence: "A Tx never begins, commits or rolls back a transaction.",
		check: func(p *probe) {
			p.append("acme", 1, "one")
			x := p.begin()
			defer x.end()
			x.add("acme", 2, "two")
			for _, err := range []error{x.tryAdd("acme", 1, "late"), x.tryAdd("acme", 9, "far")} {
				if !store.IsRejected(err) {
					p.Errorf("Tx.Append of a wrong version: error %v, want a rejection", err)
				}
			}
			for range 3 {
				x.lock("acme", store.WriteLock, 2, 1)
				x.sees("acme", "one", "two")
				p.second().wantCommits("acme", "one")
			}
			x.rollback()
			p.wantCommits("acme", "one")
		},
	},
	{
		Name:     "TxRollback",
		Sentence: nothingRemains,
		check: func(p *probe) {
			handles := []*probe{p, p.second()}
			p.append("acme", 1, "one")
			want := []string{"one"}
			for i, data := range []string{"two", "three", "four", "five"} {
				version := uint64(i + 2)
				x := p.begin()
				x.lock("acme", store.WriteLock, version-1, version-1)
				x.add("acme", version, "rolled back")
				x.add("acme", version+1, "rolled back too")
				x.add("new", 1, "rolled back")
				x.rollback()
				for _, h := range handles {
					h.wantCommits("acme", want...)
					h.wantCommits("new")
				}
				p.wantError(p.store.SaveSnapshot(p.ctx, "acme", store.Snapshot{Version: version}), store.ErrGap, "SaveSnapshot of a version that was rolled back")
				if want = append(want, data); i%2 == 0 {
					handles[i/2].append("acme", version, data)
				} else {
					p.inside(func(x *txProbe) { x.add("acme", version, data) })
				}
				for _, h := range handles {
					h.wantCommits("acme", want...)
				}
			}
			p.wantSame(p.accounts(""), []usher.AccountID{"acme"}, "Accounts")
		},
	},
	{
		Name:     "TxSavepoint",
		Sentence: nothingRemains,
		needs:    needsSavepoint,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.inside(func(x *txProbe) {
				x.add("acme", 2, "two")
				for range 2 {
					rollback := p.suite.host.Savepoint(p, x.tx)
					x.add("acme", 3, "rolled back")
					x.add("acme", 4, "rolled back too")
					x.add("new", 1, "rolled back")
					x.lock("acme", store.NoLock, 4, 1)
					p.wantNil(rollback(), "rollback to the savepoint")
					x.sees("acme", "one", "two")
					x.sees("new")
					x.lock("acme", store.NoLock, 2, 1)
					x.lock("new", store.NoLock, 0, 0)
				}
				x.add("acme", 3, "three")
				x.sees("acme", "one", "two", "three")
				if p.userData == nil {
					return
				}
				rollback := p.suite.host.Savepoint(p, x.tx)
				x.add("acme", 4, "rolled back", record("mia", "rolled back"))
				p.wantNil(rollback(), "rollback to the savepoint")
				x.wantSame(x.record("acme", "mia"), "", "Tx.Record after the rollback")
			})
			p.wantCommits("acme", "one", "two", "three")
			p.wantCommits("new")
			p.append("acme", 4, "four")
			if p.userData != nil {
				p.wantRecords("acme")
			}
		},
	},
	{
		Name:     "TxSavepointFirst",
		Sentence: nothingRemains,
		needs:    needsSavepoint,
		check: func(p *probe) {
			other := p.second()
			p.append("acme", 1, "one")
			for _, keep := range []bool{true, false} {
				x := p.begin()
				rollback := p.suite.host.Savepoint(p, x.tx)
				x.add("acme", 2, "rolled back")
				p.wantNil(rollback(), "rollback to the savepoint")
				x.lock("acme", store.WriteLock, 1, 1)
				if !keep {
					x.commit()
					break
				}
				x.add("acme", 2, "rolled back with the transaction")
				x.lock("acme", store.WriteLock, 2, 1)
				x.rollback()
			}
			other.wantCommits("acme", "one")
			other.append("acme", 2, "two")
			p.wantCommits("acme", "one", "two")
		},
	},
}
