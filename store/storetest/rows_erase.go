package storetest

import (
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var eraseRows = []row{
	{
		Name:     "EraseRemoves",
		Sentence: "Erase removes all data of an account: commits, snapshot, records and last-active times.",
		check: func(p *probe) {
			p.fill("acme", many)
			p.save("acme", 10, "ten")
			p.fill("acm", 2)
			p.save("acm", 2, "kept")
			p.fill("acmee", 2)
			if p.userData != nil {
				p.append("acme", many+1, "", record("mia", "Mia"))
				p.append("acm", 3, dataOf("acm", 3), record("emia", "another Mia"))
				p.wantNil(p.userData.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(1, 0)}}), "SaveLastActive")
			}
			p.erase("acme")
			p.wantErased("acme")
			p.wantFilled(p.commits("acm", 0)[:2], "acm", 1, 2)
			p.wantFilled(p.commits("acmee", 0), "acmee", 1, 2)
			p.wantSame(p.snapshot("acm").Data, []byte("kept"), "Snapshot of another account")
			if p.userData != nil {
				p.wantRecords("acm", "emia=another Mia")
			}
		},
	},
	{
		Name:     "EraseMark",
		Sentence: "A mark remains, and the id is never used again.",
		check: func(p *probe) {
			p.fill("acme", 2)
			p.erase("acme")
			for range 3 {
				p.wantError(p.tryAppend("acme", 1, "again"), store.ErrErased, "Append of version 1")
				p.wantErased("acme")
			}
		},
	},
	{
		Name:     "EraseAgain",
		Sentence: "Erasing an erased account returns nil.",
		check: func(p *probe) {
			p.fill("acme", 2)
			for range 3 {
				p.erase("acme")
			}
			p.together(16, func(int) { p.erase("acme") })
			p.wantErased("acme")
		},
	},
	{
		Name: "EraseUnknown",
		Sentence: "Erasing an account without commits marks it too, so that a concurrent Append cannot create it; " +
			"callers must therefore be sure of the id.",
		check: func(p *probe) {
			p.erase("acme")
			p.wantError(p.tryAppend("acme", 1, "one"), store.ErrErased, "Append of version 1")
			p.wantErased("acme")
		},
	},
	{
		Name: "EraseTogether",
		Sentence: "Erasing an account without commits marks it too, so that a concurrent Append cannot create it; " +
			"callers must therefore be sure of the id.",
		check: func(p *probe) {
			for range 10 {
				p.together(16, func(i int) {
					account := numbered(i / 4)
					if i%4 == 0 {
						p.erase(account)
						p.wantErased(account)
						return
					}
					for version := uint64(1); version <= 5; version++ {
						err := p.tryAppend(account, version, "data")
						switch {
						case errors.Is(err, store.ErrErased):
							return
						case err != nil && !errors.Is(err, store.ErrConflict):
							p.Fatalf("Append of version %d while the account is erased: %v", version, err)
						}
					}
				})
			}
			p.wantSame(p.accounts(""), "[]", "Accounts")
		},
	},
}

// wantErased reports a failure unless every method returns ErrErased for the account.
func (p *probe) wantErased(account usher.AccountID) {
	p.Helper()
	_, err := failure(p.store.Commits(p.ctx, account, 0))
	p.wantError(err, store.ErrErased, "Commits(%q)", account)
	_, err = p.store.Snapshot(p.ctx, account)
	p.wantError(err, store.ErrErased, "Snapshot(%q)", account)
	for id, err := range p.store.Accounts(p.ctx, "") {
		p.wantNil(err, "Accounts")
		if id == account {
			p.Errorf("Accounts yields %q", id)
		}
	}
	if p.userData == nil {
		return
	}
	data, err := p.userData.Record(p.ctx, account, "mia")
	p.wantError(err, store.ErrErased, "Record(%q)", account)
	p.wantSame(data, "[]", "data beside the error of Record(%q)", account)
	_, err = failure(p.userData.Records(p.ctx, account, ""))
	p.wantError(err, store.ErrErased, "Records(%q)", account)
	_, err = failure(p.userData.LastActiveTimes(p.ctx, account, ""))
	p.wantError(err, store.ErrErased, "LastActiveTimes(%q)", account)
	err = p.userData.SaveLastActive(p.ctx, account, []store.LastActive{{User: "mia", At: time.Unix(1, 0)}})
	p.wantError(err, store.ErrErased, "SaveLastActive(%q)", account)
}
