package storetest

import (
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// The rows of secondRows repeat sentences for two handles on the same data, as two processes have
// them.
var secondRows = []row{
	{
		Name:     "SecondReads",
		Sentence: "After a nil error the entry is as durable as the store promises, and every read that begins later returns it.",
		needs:    needsSecond,
		check: func(p *probe) {
			writer, reader := p, p.second()
			for version := uint64(1); version <= 20; version++ {
				account := usher.AccountID(fmt.Sprint("account", version))
				writer.append("acme", version, dataOf("acme", version))
				reader.wantFilled(reader.commits("acme", 0), "acme", 1, version)
				writer.save("acme", version, "state")
				reader.wantSame(reader.snapshot("acme").Version, version, "version of the Snapshot")
				writer.append(account, 1, "one")
				reader.wantSame(reader.accounts("account"), []usher.AccountID{account, "acme"}, "Accounts")
				if p.versioned != nil {
					reader.wantVersions([]usher.AccountID{"acme", account}, version, 1)
				}
				if p.userData != nil {
					user := usher.UserID(fmt.Sprint("user", version))
					writer.append(account, 2, "two", record(user, "data"))
					reader.wantSame(reader.record(account, user), "data", "Record(%q)", user)
					writer.saveLastActive(account, at(user, noon))
					reader.wantSame(reader.lastActive(account, ""), []store.LastActive{at(user, noon)}, "LastActiveTimes")
				}
				writer.erase(account)
				reader.wantErased(account)
				writer, reader = reader, writer
			}
		},
	},
	{
		Name:     "SecondRejects",
		Sentence: "The version must be that of the last commit plus one, or 1 if the account has no commits.",
		needs:    needsSecond,
		check: func(p *probe) {
			one, other := p, p.second()
			for version := uint64(1); version <= 20; version++ {
				one.append("acme", version, dataOf("acme", version))
				p.wantError(other.tryAppend("acme", version, "late"), store.ErrConflict, "Append of version %d again", version)
				p.wantError(other.tryAppend("acme", version+2, "far"), store.ErrGap, "Append of version %d after %d", version+2, version)
				p.wantError(other.store.SaveSnapshot(p.ctx, "acme", store.Snapshot{Version: version + 1}), store.ErrGap, "SaveSnapshot of version %d, the last is %d", version+1, version)
				one, other = other, one
			}
			p.wantFilled(other.commits("acme", 0), "acme", 1, 20)
		},
	},
	{
		Name:     "SecondErases",
		Sentence: "A mark remains, and the id is never used again.",
		needs:    needsSecond,
		check: func(p *probe) {
			one, other := p, p.second()
			one.fill("acme", 3)
			other.wantFilled(other.commits("acme", 0), "acme", 1, 3)
			other.save("acme", 3, "three")
			one.erase("acme")
			one.erase("never used")
			for _, account := range []usher.AccountID{"acme", "never used"} {
				other.wantErased(account)
				p.wantError(other.tryAppend(account, 1, "again"), store.ErrErased, "Append of version 1 to %q", account)
				p.wantError(other.tryAppend(account, 4, "late"), store.ErrErased, "Append of version 4 to %q", account)
				other.erase(account)
			}
		},
	},
	{
		Name:     "SecondOneWins",
		Sentence: "Of concurrent calls with the same version, one returns nil.",
		needs:    needsSecond,
		check: func(p *probe) {
			handles := []*probe{p, p.second()}
			for version := uint64(1); version <= 10; version++ {
				var won [32]bool
				p.together(len(won), func(i int) {
					err := handles[i%2].tryAppend("acme", version, fmt.Sprint(i))
					won[i] = err == nil
					if err != nil {
						p.wantError(err, store.ErrConflict, "Append of version %d by one of %d, through two handles", version, len(won))
					}
				})
				var winners []string
				for i, w := range won {
					if w {
						winners = append(winners, fmt.Sprint(i))
					}
				}
				for _, h := range handles {
					stored := h.commits("acme", version-1)
					if len(winners) != 1 || len(stored) != 1 || string(stored[0].Data) != winners[0] {
						p.Fatalf("version %d: nil for %q, want exactly one; stored: %v", version, winners, stored)
					}
				}
			}
		},
	},
	{
		Name:     "SecondEraseBeside",
		Sentence: eraseSentence,
		needs:    needsSecond,
		check:    func(p *probe) { p.eraseBeside(p.second()) },
	},
	{
		Name:     "SecondOlder",
		Sentence: olderSentence,
		needs:    needsSecond,
		check: func(p *probe) {
			one, other := p, p.second()
			one.fill("acme", 3)
			for version := uint64(2); version <= 3; version++ {
				one.save("acme", version, "newer")
				other.save("acme", version-1, "older")
				one.wantSame(one.snapshot("acme"), store.Snapshot{Version: version, Data: []byte("newer")}, "Snapshot")
				one, other = other, one
			}
		},
	},
	{
		Name:     "SecondWatch",
		Sentence: watchSentence,
		needs:    needsSecondWatcher,
		check: func(p *probe) {
			other := p.second()
			other.append("acme", 1, "one")
			p.hinted("acme", "new commits through another handle", func(n int) { other.append("acme", uint64(n+1), "more") })
			p.hinted("never used", "being erased through another handle", func(int) { other.erase("never used") })
		},
	},
}
