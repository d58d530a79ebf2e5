package storetest

import (
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/store"
)

const eraseSentence = "Erase removes all data of an account: commits, snapshot, records and last-active times."

var eraseRows = []row{
	{
		Name:     "EraseRemoves",
		Sentence: eraseSentence,
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
	{
		Name:     "EraseBeside",
		Sentence: eraseSentence,
		check:    func(p *probe) { p.eraseBeside(p) },
	},
}

// eraseBeside erases many accounts while other calls change them, through the handle other. Each of
// these calls is repeated until it returns ErrErased, so that one of them runs during each Erase.
func (p *probe) eraseBeside(other *probe) {
	const atOnce, changes = 8, 3
	n := raced.Part(160, 40)
	for first := 0; first < n; first += atOnce {
		var changing [atOnce]sync.WaitGroup // until each change has been made once
		for i := range changing {
			changing[i].Add(changes)
			p.append(numbered(first+i), 1, "one")
		}
		p.together(atOnce*(changes+1), func(i int) {
			account, begun := numbered(first+i%atOnce), &changing[i%atOnce]
			switch i / atOnce {
			case 0:
				begun.Wait()
				time.Sleep(time.Duration(first/atOnce%10) * 100 * time.Microsecond) // at various moments of the other calls
				p.eraseBusy(account)
			case 1:
				other.untilErased(begun, "SaveSnapshot", func(int) error {
					return other.store.SaveSnapshot(p.ctx, account, store.Snapshot{Version: 1, Data: []byte("state")})
				})
			case 2:
				other.untilErased(begun, "Append", func(n int) error {
					var records []store.Record
					if p.userData != nil {
						records = []store.Record{record("mia", "Mia")}
					}
					return other.tryAppend(account, uint64(n+2), "more", records...)
				})
			default:
				other.untilErased(begun, "SaveLastActive", func(n int) error {
					if p.userData == nil {
						_, err := other.store.Snapshot(p.ctx, account)
						return err
					}
					return other.userData.SaveLastActive(p.ctx, account, []store.LastActive{at("mia", noon.Add(time.Duration(n)*time.Second))})
				})
			}
		})
	}
	for i := range n {
		p.wantErasedData(numbered(i))
		other.wantErasedData(numbered(i))
		if p.suite.Remains != nil {
			p.wantSame(p.suite.Remains(p, p.store, numbered(i)), "", "Remains(%q)", numbered(i))
		}
	}
	p.wantSame(p.accounts(""), "[]", "Accounts")
}

// eraseBusy erases an account that others change all the time, so that the store may give up waiting.
func (p *probe) eraseBusy(account usher.AccountID) {
	p.Helper()
	err := p.store.Erase(p.ctx, account)
	for errors.Is(err, store.ErrNotStored) && !p.Failed() {
		err = p.store.Erase(p.ctx, account)
	}
	p.wantNil(err, "Erase(%q)", account)
}

// untilErased repeats a call until it returns ErrErased. Any other rejection is only possible
// because the call gave up waiting.
func (p *probe) untilErased(begun *sync.WaitGroup, what string, call func(n int) error) {
	first := sync.OnceFunc(begun.Done)
	defer first()
	for n := 0; !p.Failed(); {
		switch err := call(n); {
		case err == nil:
			n++
			first()
			runtime.Gosched() // a store in memory never waits, and would delay Erase
		case errors.Is(err, store.ErrErased):
			return
		case !errors.Is(err, store.ErrNotStored):
			p.Fatalf("%s while the account is erased: %v", what, err)
		}
	}
}

// wantErased reports a failure unless every method returns ErrErased for the account.
func (p *probe) wantErased(account usher.AccountID) {
	p.Helper()
	p.wantErasedData(account)
	for id, err := range p.store.Accounts(p.ctx, "") {
		p.wantNil(err, "Accounts")
		if id == account {
			p.Errorf("Accounts yields %q", id)
		}
	}
	if p.userData != nil {
		err := p.userData.SaveLastActive(p.ctx, account, []store.LastActive{{User: "mia", At: time.Unix(1, 0)}})
		p.wantError(err, store.ErrErased, "SaveLastActive(%q)", account)
	}
}

// wantErasedData reports a failure unless every method that reads the account returns ErrErased.
func (p *probe) wantErasedData(account usher.AccountID) {
	p.Helper()
	_, err := failure(p.store.Commits(p.ctx, account, 0))
	p.wantError(err, store.ErrErased, "Commits(%q)", account)
	snapshot, err := p.store.Snapshot(p.ctx, account)
	p.wantError(err, store.ErrErased, "Snapshot(%q)", account)
	p.wantSame(snapshot, store.Snapshot{}, "Snapshot(%q) beside the error", account)
	if p.versioned != nil {
		p.wantVersions([]usher.AccountID{account}, store.Erased)
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
}
