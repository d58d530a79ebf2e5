package storetest

import (
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var durableRows = []row{
	{
		Name:     "Durable",
		Sentence: "After a nil error the entry is as durable as the store promises, and every read that begins later returns it.",
		needs:    needsReopen,
		check: func(p *probe) {
			p.fill("acme", 3)
			p.fill("other", 2)
			p.save("acme", 2, "two")
			for round := range uint64(3) {
				p.reopen()
				last := 3 + round
				p.wantFilled(p.commits("acme", 0), "acme", 1, last)
				p.wantFilled(p.commits("other", 0), "other", 1, 2)
				p.wantSame(p.snapshot("acme"), store.Snapshot{Version: 2, Data: []byte("two")}, "Snapshot")
				p.wantSame(p.accounts(""), "[acme other]", "Accounts")
				p.wantError(p.tryAppend("acme", last, "late"), store.ErrConflict, "Append of version %d again", last)
				p.wantError(p.tryAppend("acme", last+2, "far"), store.ErrGap, "Append of version %d, the last is %d", last+2, last)
				p.append("acme", last+1, dataOf("acme", last+1))
			}
		},
	},
	{
		Name:     "DurableMark",
		Sentence: "A mark remains, and the id is never used again.",
		needs:    needsReopen,
		check: func(p *probe) {
			p.fill("acme", 3)
			p.fill("acm", 1)
			p.erase("acme")
			p.erase("never used")
			for range 2 {
				p.reopen()
				for _, account := range []usher.AccountID{"acme", "never used"} {
					p.wantErased(account)
					p.wantError(p.tryAppend(account, 1, "again"), store.ErrErased, "Append to %q", account)
				}
				p.wantFilled(p.commits("acm", 0), "acm", 1, 1)
			}
		},
	},
	{
		Name:     "DurableMany",
		Sentence: "After a nil error the entry is as durable as the store promises, and every read that begins later returns it.",
		needs:    needsReopen,
		check: func(p *probe) {
			p.together(16, func(i int) { p.fill(numbered(i), uint64(i+1)) })
			p.reopen()
			for i := range 16 {
				p.wantFilled(p.commits(numbered(i), 0), numbered(i), 1, uint64(i+1))
			}
		},
	},
	{
		Name:     "DurableRecords",
		Sentence: "The records of an Entry become visible together with its commit: after a read has returned one of them, later reads return all.",
		needs:    needsDurableUserData,
		check: func(p *probe) {
			for i := range uint64(5) {
				p.append("acme", i+1, "data", record("mia", fmt.Sprint("Mia", i)), record(usher.UserID(fmt.Sprint(i)), "data"))
			}
			p.append("acme", 6, "data", record("3", ""))
			p.wantNil(p.userData.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(1, 0)}}), "SaveLastActive")
			p.reopen()
			p.wantRecords("acme", "0=data", "1=data", "2=data", "4=data", "mia=Mia4")
		},
	},
}
