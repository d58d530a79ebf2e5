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
		Sentence: "Erase removes all that the store has of an account: commits, snapshot, records and sightings.",
		check: func(p *probe) {
			p.fill("acme", many)
			p.save("acme", 10, "ten")
			p.fill("acm", 2)
			p.save("acm", 2, "kept")
			p.fill("acmee", 2)
			if p.keeper != nil {
				p.append("acme", many+1, "", record("mia", "Mia"))
				p.append("acm", 3, dataOf("acm", 3), record("emia", "another Mia"))
				p.ok(p.keeper.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(1, 0)}}), "Seen")
			}
			p.erase("acme")
			p.erased("acme")
			p.wantFilled(p.commits("acm", 0)[:2], "acm", 1, 2)
			p.wantFilled(p.commits("acmee", 0), "acmee", 1, 2)
			p.same(p.snapshot("acm").Data, []byte("kept"), "Snapshot of another account")
			if p.keeper != nil {
				p.wantRecords("acm", "emia=another Mia")
			}
		},
	},
	{
		Name:     "EraseMark",
		Sentence: "What stays is a mark, and the id is never used again.",
		check: func(p *probe) {
			p.fill("acme", 2)
			p.erase("acme")
			for range 3 {
				p.refused(p.tryAppend("acme", 1, "again"), store.ErrErased, "Append of version 1")
				p.erased("acme")
			}
		},
	},
	{
		Name:     "EraseAgain",
		Sentence: "Erasing it again is no error.",
		check: func(p *probe) {
			p.fill("acme", 2)
			for range 3 {
				p.erase("acme")
			}
			p.together(16, func(int) { p.erase("acme") })
			p.erased("acme")
		},
	},
	{
		Name: "EraseUnknown",
		Sentence: "Erasing an account that has no commits marks it too, so that an Append under way cannot bring it to life; " +
			"whoever erases must be sure of the id.",
		check: func(p *probe) {
			p.erase("acme")
			p.refused(p.tryAppend("acme", 1, "one"), store.ErrErased, "Append of version 1")
			p.erased("acme")
		},
	},
	{
		Name: "EraseTogether",
		Sentence: "Erasing an account that has no commits marks it too, so that an Append under way cannot bring it to life; " +
			"whoever erases must be sure of the id.",
		check: func(p *probe) {
			for range 10 {
				p.together(16, func(i int) {
					account := numbered(i / 4)
					if i%4 == 0 {
						p.erase(account)
						p.erased(account)
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
			p.same(p.accounts(""), "[]", "Accounts")
		},
	},
}

// erased wants that every method finds the account erased.
func (p *probe) erased(account usher.AccountID) {
	p.Helper()
	_, err := failure(p.store.Commits(p.ctx, account, 0))
	p.refused(err, store.ErrErased, "Commits(%q)", account)
	_, err = p.store.Snapshot(p.ctx, account)
	p.refused(err, store.ErrErased, "Snapshot(%q)", account)
	for id, err := range p.store.Accounts(p.ctx, "") {
		p.ok(err, "Accounts")
		if id == account {
			p.Errorf("Accounts yields %q", id)
		}
	}
	if p.keeper == nil {
		return
	}
	data, err := p.keeper.Record(p.ctx, account, "mia")
	p.refused(err, store.ErrErased, "Record(%q)", account)
	p.same(data, "[]", "data beside the error of Record(%q)", account)
	_, err = failure(p.keeper.Records(p.ctx, account, ""))
	p.refused(err, store.ErrErased, "Records(%q)", account)
	_, err = failure(p.keeper.LastActiveTimes(p.ctx, account, ""))
	p.refused(err, store.ErrErased, "Sightings(%q)", account)
	err = p.keeper.SaveLastActive(p.ctx, account, []store.LastActive{{User: "mia", At: time.Unix(1, 0)}})
	p.refused(err, store.ErrErased, "Seen(%q)", account)
}
