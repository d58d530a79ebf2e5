package storetest

import (
	"fmt"
	"math"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var appendRows = []row{
	{
		Name:     "AppendWhole",
		Sentence: "Append adds an entry to the account's journal, all of it or nothing.",
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.wantCommits("acme", "one")
			if p.keeper == nil {
				return
			}
			p.append("acme", 2, "two", record("mia", "Mia"), record("max", "Max"))
			p.wantCommits("acme", "one", "two")
			p.wantRecords("acme", "max=Max", "mia=Mia")
		},
	},
	{
		Name:     "AppendInOrder",
		Sentence: "Its version is one more than that of the last commit, and 1 in an account that has none.",
		check: func(p *probe) {
			for version := uint64(1); version <= 20; version++ {
				p.append("acme", version, dataOf("acme", version))
				p.append("other", version, dataOf("other", version))
			}
			p.wantFilled(p.commits("acme", 0), "acme", 1, 20)
			p.wantFilled(p.commits("other", 0), "other", 1, 20)
		},
	},
	{
		Name:     "AppendVisible",
		Sentence: "After a nil error the entry is as durable as the store promises, and every read that begins later sees it.",
		check: func(p *probe) {
			for version := uint64(1); version <= 30; version++ {
				p.append("acme", version, dataOf("acme", version))
				p.wantFilled(p.commits("acme", 0), "acme", 1, version)
				p.wantFilled(p.commits("acme", version-1), "acme", version, version)
				p.same(p.accounts(""), []usher.AccountID{"acme"}, "Accounts")
				if p.keeper != nil {
					user := usher.UserID(fmt.Sprint("user", version))
					p.append(usher.AccountID(user), 1, "", record(user, "data"))
					p.same(p.record(usher.AccountID(user), user), "data", "Record(%q)", user)
					p.erase(usher.AccountID(user))
				}
			}
		},
	},
	{
		Name:     "AppendConflict",
		Sentence: "ErrConflict says that there already is a commit of that version: somebody was first.",
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.refused(p.tryAppend("acme", 1, "another"), store.ErrConflict, "Append of version 1 again")
			p.refused(p.tryAppend("acme", 1, "one"), store.ErrConflict, "Append of the same bytes again")
			p.append("acme", 2, "two")
			p.append("acme", 3, "three")
			for version := uint64(1); version <= 3; version++ {
				p.refused(p.tryAppend("acme", version, "late"), store.ErrConflict, "Append of version %d, the last is 3", version)
			}
			p.wantCommits("acme", "one", "two", "three")
		},
	},
	{
		Name:     "AppendGap",
		Sentence: "ErrGap says that commits would be missing before it.",
		check: func(p *probe) {
			for _, version := range []uint64{2, 3, math.MaxUint64 - 1, math.MaxUint64} {
				p.refused(p.tryAppend("acme", version, "far"), store.ErrGap, "Append of version %d to no commits", version)
			}
			p.append("acme", 1, "one")
			for _, version := range []uint64{3, 1000, math.MaxUint64 - 1, math.MaxUint64} {
				p.refused(p.tryAppend("acme", version, "far"), store.ErrGap, "Append of version %d, the last is 1", version)
			}
			p.wantCommits("acme", "one")
			p.append("acme", 2, "two")
		},
	},
	{
		Name:     "AppendErased",
		Sentence: "ErrErased says that the account was erased.",
		check: func(p *probe) {
			p.fill("acme", 3)
			p.erase("acme")
			for _, version := range []uint64{1, 3, 4, 5} {
				p.refused(p.tryAppend("acme", version, "late"), store.ErrErased, "Append of version %d, the last was 3", version)
			}
		},
	},
	{
		Name:     "AppendZero",
		Sentence: "A version of 0 is refused with ErrInvalid",
		check: func(p *probe) {
			p.refused(p.tryAppend("acme", 0, "zero"), store.ErrInvalid, "Append of version 0 to no commits")
			p.append("acme", 1, "one")
			p.refused(p.tryAppend("acme", 0, "zero"), store.ErrInvalid, "Append of version 0, the last is 1")
			p.wantCommits("acme", "one")
		},
	},
	{
		Name:     "AppendNoKeeper",
		Sentence: "and records with ErrNoKeeper by a store that is no Keeper.",
		needs:    noKeeper,
		check: func(p *probe) {
			p.refused(p.tryAppend("acme", 1, "one", record("mia", "Mia")), store.ErrNoUserData, "Append with a record")
			p.refused(p.tryAppend("acme", 1, "one", record("mia", "")), store.ErrNoUserData, "Append that erases a record")
			p.wantCommits("acme")
		},
	},
	{
		Name:     "RefusedStoresNothing",
		Sentence: "All these mean that the call stored nothing.",
		check: func(p *probe) {
			var before, after []store.Record
			p.append("erased", 1, "one")
			p.erase("erased")
			if p.keeper != nil {
				before = []store.Record{record("mia", "before")}
				after = []store.Record{record("mia", "after"), record("max", "after")}
			}
			p.append("acme", 1, "one", before...)
			for _, version := range []uint64{0, 1, 3} {
				if p.tryAppend("acme", version, "refused", after...) == nil {
					p.Errorf("Append of version %d after 1: no error", version)
				}
			}
			for _, account := range []usher.AccountID{"erased", ""} {
				if p.tryAppend(account, 1, "refused", after...) == nil {
					p.Errorf("Append to %q: no error", account)
				}
			}
			if p.tryAppend("new", 2, "refused", after...) == nil {
				p.Errorf("Append of version 2 to no commits: no error")
			}
			p.wantCommits("acme", "one")
			p.wantCommits("new")
			p.same(p.accounts(""), []usher.AccountID{"acme"}, "Accounts")
			if p.keeper != nil {
				p.wantRecords("acme", "mia=before")
				p.wantRecords("new")
			}
		},
	},
}
