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
		Sentence: "Append adds an entry to the account's journal, either completely or not at all.",
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.wantCommits("acme", "one")
			if p.userData == nil {
				return
			}
			p.append("acme", 2, "two", record("mia", "Mia"), record("max", "Max"))
			p.wantCommits("acme", "one", "two")
			p.wantRecords("acme", "max=Max", "mia=Mia")
		},
	},
	{
		Name:     "AppendInOrder",
		Sentence: "The version must be that of the last commit plus one, or 1 if the account has no commits.",
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
		Sentence: "After a nil error the entry is as durable as the store promises, and every read that begins later returns it.",
		check: func(p *probe) {
			for version := uint64(1); version <= 30; version++ {
				p.append("acme", version, dataOf("acme", version))
				p.wantFilled(p.commits("acme", 0), "acme", 1, version)
				p.wantFilled(p.commits("acme", version-1), "acme", version, version)
				p.wantSame(p.accounts(""), []usher.AccountID{"acme"}, "Accounts")
				if p.userData != nil {
					user := usher.UserID(fmt.Sprint("user", version))
					p.append(usher.AccountID(user), 1, "", record(user, "data"))
					p.wantSame(p.record(usher.AccountID(user), user), "data", "Record(%q)", user)
					p.erase(usher.AccountID(user))
				}
			}
		},
	},
	{
		Name:     "AppendConflict",
		Sentence: "ErrConflict means that a commit with this version exists: another writer was first.",
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.wantError(p.tryAppend("acme", 1, "another"), store.ErrConflict, "Append of version 1 again")
			p.wantError(p.tryAppend("acme", 1, "one"), store.ErrConflict, "Append of the same bytes again")
			p.append("acme", 2, "two")
			p.append("acme", 3, "three")
			for version := uint64(1); version <= 3; version++ {
				p.wantError(p.tryAppend("acme", version, "late"), store.ErrConflict, "Append of version %d, the last is 3", version)
			}
			p.wantCommits("acme", "one", "two", "three")
		},
	},
	{
		Name:     "AppendGap",
		Sentence: "ErrGap means that commits before this version are missing.",
		check: func(p *probe) {
			for _, version := range []uint64{2, 3, math.MaxUint64 - 1, math.MaxUint64} {
				p.wantError(p.tryAppend("acme", version, "far"), store.ErrGap, "Append of version %d to no commits", version)
			}
			p.append("acme", 1, "one")
			for _, version := range []uint64{3, 1000, math.MaxUint64 - 1, math.MaxUint64} {
				p.wantError(p.tryAppend("acme", version, "far"), store.ErrGap, "Append of version %d, the last is 1", version)
			}
			p.wantCommits("acme", "one")
			p.append("acme", 2, "two")
		},
	},
	{
		Name:     "AppendErased",
		Sentence: "ErrErased means that the account was erased.",
		check: func(p *probe) {
			p.fill("acme", 3)
			p.erase("acme")
			for _, version := range []uint64{1, 3, 4, 5} {
				p.wantError(p.tryAppend("acme", version, "late"), store.ErrErased, "Append of version %d, the last was 3", version)
			}
		},
	},
	{
		Name:     "AppendZero",
		Sentence: "For version 0, Append returns ErrInvalid, and for more than MaxRecords records too.",
		check: func(p *probe) {
			p.wantError(p.tryAppend("acme", 0, "zero"), store.ErrInvalid, "Append of version 0 to no commits")
			p.append("acme", 1, "one")
			p.wantError(p.tryAppend("acme", 0, "zero"), store.ErrInvalid, "Append of version 0, the last is 1")
			if p.userData != nil {
				many := make([]store.Record, store.MaxRecords+1)
				for i := range many {
					many[i].User = "mia"
				}
				p.wantError(p.store.Append(p.ctx, "acme", store.Entry{Commit: entry(2, "two").Commit, Records: many}), store.ErrInvalid, "Append of %d records", len(many))
			}
			p.wantCommits("acme", "one")
		},
	},
	{
		Name:     "AppendNoUserData",
		Sentence: "For an entry with records, a store that is not a UserDataStore returns ErrNoUserData.",
		needs:    needsNoUserData,
		check: func(p *probe) {
			p.wantError(p.tryAppend("acme", 1, "one", record("mia", "Mia")), store.ErrNoUserData, "Append with a record")
			p.wantError(p.tryAppend("acme", 1, "one", record("mia", "")), store.ErrNoUserData, "Append that erases a record")
			p.wantCommits("acme")
		},
	},
	{
		Name:     "RejectedStoresNothing",
		Sentence: "After each of these errors, this call has stored nothing.",
		check: func(p *probe) {
			var before, after []store.Record
			p.append("erased", 1, "one")
			p.erase("erased")
			if p.userData != nil {
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
			p.wantSame(p.accounts(""), []usher.AccountID{"acme"}, "Accounts")
			if p.userData != nil {
				p.wantRecords("acme", "mia=before")
				p.wantRecords("new")
			}
		},
	},
}
