package storetest

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// pause is how long a row waits for an effect that must not occur.
const pause = 50 * time.Millisecond

var refusedRows = []row{
	{
		Name:     "AppendRefused",
		Sentence: "ErrRefused, which a store may wrap with a reason, means that the store rejects the entry permanently by a rule of its own, such as a quota or a row policy.",
		needs:    needsRefuse,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.suite.Refuse(p, p.store, "acme")
			p.suite.Refuse(p, p.store, "new")
			p.wantError(p.tryAppend("acme", 2, "two"), store.ErrRefused, "Append to an account that the rule rejects")
			p.wantError(p.tryAppend("new", 1, "one"), store.ErrRefused, "Append of the first commit of an account that the rule rejects")
			p.append("other", 1, "one")
			p.wantCommits("acme", "one")
			p.wantSame(p.accounts(""), []usher.AccountID{"acme", "other"}, "Accounts")
		},
	},
	{
		Name:     "RefusedPermanently",
		Sentence: "No call with this entry has stored it, and none will; the caller must not retry.",
		needs:    needsRefuse,
		check: func(p *probe) {
			var before, after []store.Record
			if p.userData != nil {
				before, after = []store.Record{record("mia", "before")}, []store.Record{record("mia", "after")}
			}
			p.append("acme", 1, "one", before...)
			p.suite.Refuse(p, p.store, "acme")
			for range 3 {
				if p.tryAppend("acme", 2, "two", after...) == nil {
					p.Errorf("Append to an account that the rule rejects: no error")
				}
			}
			time.Sleep(pause)
			p.wantCommits("acme", "one")
			if p.userData != nil {
				p.wantRecords("acme", "mia=before")
			}
		},
	},
	{
		Name:     "RefusedLast",
		Sentence: "ErrConflict, ErrGap and ErrErased take precedence over ErrRefused.",
		needs:    needsRefuse,
		check: func(p *probe) {
			for _, account := range []usher.AccountID{"acme", "erased"} {
				p.append(account, 1, "one")
				p.append(account, 2, "two")
				p.suite.Refuse(p, p.store, account)
			}
			p.erase("erased")
			p.wantError(p.tryAppend("acme", 1, "one"), store.ErrConflict, "Append of version 1 again, under the rule")
			p.wantError(p.tryAppend("acme", 2, "two"), store.ErrConflict, "Append of version 2 again, under the rule")
			p.wantError(p.tryAppend("acme", 4, "four"), store.ErrGap, "Append of version 4, the last is 2, under the rule")
			p.wantError(p.tryAppend("erased", 3, "three"), store.ErrErased, "Append to an erased account, under the rule")
		},
	},
}
