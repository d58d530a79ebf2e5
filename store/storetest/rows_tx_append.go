package storetest

import (
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const (
	ownSentence    = "Reads see the transaction's own commits."
	othersSentence = "Others see them after the transaction has committed."
	txDataSentence = "The contract of Store applies to a Tx too, except where it says otherwise."
)

var txAppendRows = []row{
	{
		Name:     "TxSeesOwn",
		Sentence: ownSentence,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.inside(func(x *txProbe) {
				x.sees("acme", "one")
				x.sees("new")
				x.add("acme", 2, "two")
				x.sees("acme", "one", "two")
				x.add("acme", 3, "three")
				x.sees("acme", "one", "two", "three")
				x.add("new", 1, "one")
				x.sees("new", "one")
				x.wantSame(len(collect(p, x.tx.Commits(p.ctx, "acme", 2), "Tx.Commits")), 1, "number of Tx.Commits(after 2)")
				x.wantSame(len(collect(p, x.tx.Commits(p.ctx, "acme", 3), "Tx.Commits")), 0, "number of Tx.Commits(after 3)")
			})
			p.wantCommits("acme", "one", "two", "three")
		},
	},
	{
		Name:     "TxOthersSee",
		Sentence: othersSentence,
		check: func(p *probe) {
			other := p.second()
			p.append("acme", 1, "one")
			p.inside(func(x *txProbe) {
				x.add("acme", 2, "two")
				x.add("new", 1, "one")
				for _, outside := range []*probe{p, other} {
					outside.wantCommits("acme", "one")
					outside.wantCommits("new")
					outside.wantSame(outside.accounts(""), "[acme]", "Accounts")
					if p.versioned != nil {
						outside.wantVersions([]usher.AccountID{"acme", "new"}, 1, 0)
					}
				}
			})
			for _, outside := range []*probe{other, p} {
				outside.wantCommits("acme", "one", "two")
				outside.wantCommits("new", "one")
				outside.wantSame(outside.accounts(""), "[acme new]", "Accounts")
				if p.versioned != nil {
					outside.wantVersions([]usher.AccountID{"acme", "new"}, 2, 1)
				}
			}
		},
	},
	{
		Name:     "TxTogether",
		Sentence: "Tx reads and writes journals inside a transaction of the host application, so that usher's changes and the host's own rows are committed together, or neither.",
		check: func(p *probe) {
			for i := range 20 {
				x := p.begin()
				for j := range 5 {
					x.add(numbered(5*i+j), 1, "one")
					x.add(numbered(5*i+j), 2, "two")
				}
				if i%2 == 0 {
					x.commit()
				} else {
					x.rollback()
				}
			}
			var want []usher.AccountID
			for i := range 100 {
				if i/5%2 == 0 {
					p.wantCommits(numbered(i), "one", "two")
					want = append(want, numbered(i))
				} else {
					p.wantCommits(numbered(i))
				}
			}
			p.wantSame(p.accounts(""), want, "Accounts")
		},
	},
	{
		Name:     "TxAppend",
		Sentence: "Append does what Store.Append does.",
		check: func(p *probe) {
			last := uint64(0)
			for round := range uint64(10) {
				p.inside(func(x *txProbe) {
					for range round%3 + 1 {
						last++
						x.add("acme", last, dataOf("acme", last))
					}
				})
				last++
				p.append("acme", last, dataOf("acme", last))
				p.wantFilled(p.commits("acme", 0), "acme", 1, last)
			}
		},
	},
	{
		Name:     "TxStored",
		Sentence: "The entry is stored when the transaction commits.",
		check: func(p *probe) {
			data := make([]byte, 10<<20)
			for i := range data {
				data[i] = byte(i * i >> 8)
			}
			p.inside(func(x *txProbe) {
				x.add("acme", 1, string(data))
				x.add("acme", 2, "")
				x.add("a\x00\xff", 1, "\x00\xff")
			})
			p.wantCommits("acme", string(data), "")
			p.wantCommits("a\x00\xff", "\x00\xff")
		},
	},
	{
		Name:     "TxSlices",
		Sentence: txDataSentence,
		check: func(p *probe) {
			p.inside(func(x *txProbe) {
				data := []byte("one")
				p.wantNil(x.tx.Append(p.ctx, "acme", store.Entry{Commit: store.Commit{Version: 1, Data: data}}), "Tx.Append")
				copy(data, "two")
				for range 2 {
					for _, c := range collect(p, x.tx.Commits(p.ctx, "acme", 0), "Tx.Commits") {
						p.wantSame(string(c.Data), "one", "data of the commit")
						copy(c.Data, "six")
					}
				}
			})
			p.wantCommits("acme", "one")
		},
	},
	{
		Name:     "TxRecord",
		Sentence: "Record does what UserDataStore.Record does.",
		needs:    needsUserData,
		check: func(p *probe) {
			other := p.second()
			p.append("acme", 1, "one", record("mia", "Mia"), record("max", "Max"))
			p.saveLastActive("acme", at("max", noon))
			change := func(x *txProbe) {
				x.wantSame(x.record("acme", "mia"), "Mia", "Tx.Record of mia")
				x.add("acme", 2, "two", record("mia", "first"), record("mia", "second"), record("max", ""))
				x.add("acme", 3, "three", record("ann", "Ann"))
				x.wantSame(x.record("acme", "mia"), "second", "Tx.Record of mia, changed")
				x.wantSame(x.record("acme", "ann"), "Ann", "Tx.Record of ann, added")
				data, err := x.tx.Record(p.ctx, "acme", "max")
				p.wantNil(err, "Tx.Record of max")
				if data != nil {
					p.Errorf("Tx.Record of max, deleted = %q, want nil", data)
				}
				other.wantRecords("acme", "max=Max", "mia=Mia")
			}
			x := p.begin()
			defer x.end()
			change(x)
			x.rollback()
			p.wantRecords("acme", "max=Max", "mia=Mia")
			p.wantSame(p.lastActive("acme", ""), []store.LastActive{at("max", noon)}, "LastActiveTimes after the rollback")
			p.inside(change)
			p.wantRecords("acme", "ann=Ann", "mia=second")
			p.wantSame(p.lastActive("acme", ""), "[]", "LastActiveTimes after the commit")
		},
	},
	{
		Name:     "TxNoRecord",
		Sentence: "A store that is not a UserDataStore returns ErrNoUserData.",
		needs:    needsNoUserData,
		check: func(p *probe) {
			p.inside(func(x *txProbe) {
				x.add("acme", 1, "one")
				_, err := x.tx.Record(p.ctx, "acme", "mia")
				p.wantError(err, store.ErrNoUserData, "Tx.Record")
				p.wantError(x.tryAdd("acme", 2, "two", record("mia", "Mia")), store.ErrNoUserData, "Tx.Append with a record")
			})
			p.wantCommits("acme", "one")
		},
	},
	{
		Name:     "TxWatch",
		Sentence: watchSentence,
		needs:    needsWatcher,
		check: func(p *probe) {
			last := uint64(0)
			p.yielded("acme", "new commits of transactions", func(int) {
				p.inside(func(x *txProbe) {
					last++
					x.add("acme", last, fmt.Sprint("commit ", last))
				})
			}, func(h store.Hint) bool { return h.Account == "acme" })
		},
	},
}
