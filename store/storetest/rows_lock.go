package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const (
	notStoredSentence = "ErrNotStored means that the call gave up before it stored anything, for example because it waited too long for a lock; a retry may succeed."

	// waitLimit is longer than a store should wait for a lock. A call that still waits is ended by
	// its context, and its outcome must be definite too.
	waitLimit = 20 * time.Second

	// waitTime is how long a call waits for a lock before its context ends.
	waitTime = 100 * time.Millisecond
)

// The rows of lockRows make calls while a transaction holds an account. The transaction ends after
// the calls, so that a call that waits for it hangs.
var lockRows = []row{
	{
		Name:     "LockedAppend",
		Sentence: notStoredSentence,
		needs:    needsTransactor,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			var want []string
			for i, mode := range []store.LockMode{store.ShareLock, store.WriteLock} {
				version, wait := uint64(i+2), waitTime
				if mode == store.WriteLock {
					wait = waitLimit
				}
				data := fmt.Sprint("commit ", version)
				p.holding("acme", mode, func() {
					ctx, cancel := context.WithTimeout(p.ctx, wait)
					defer cancel()
					p.wantError(p.store.Append(ctx, "acme", entry(version, data)), store.ErrNotStored, "Append of version %d to an account that another transaction holds", version)
				})
				time.Sleep(pause)
				want = append(want, data)
				p.wantCommits("acme", append([]string{"one"}, want[:i]...)...)
				p.append("acme", version, data)
				p.wantCommits("acme", append([]string{"one"}, want...)...)
			}
		},
	},
	{
		Name:     "LockedAppendDone",
		Sentence: notStoredSentence,
		needs:    needsTransactor,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.holding("acme", store.WriteLock, func() {
				for range 3 {
					ctx, cancel := context.WithTimeout(p.ctx, waitTime)
					p.wantError(p.store.Append(ctx, "acme", entry(2, "two")), store.ErrNotStored, "Append, its context ends while it waits for a transaction that holds the account")
					cancel()
				}
			})
			time.Sleep(pause)
			p.wantCommits("acme", "one")
			p.append("acme", 2, "two")
			p.wantCommits("acme", "one", "two")
		},
	},
	{
		Name:     "LockedOthers",
		Sentence: "A call that returns one of these errors has stored nothing.",
		needs:    needsTransactor,
		check: func(p *probe) {
			p.fill("acme", 2)
			var other, snapshot, lastActive error
			p.holding("acme", store.WriteLock, func() {
				ctx, cancel := context.WithTimeout(p.ctx, waitLimit)
				defer cancel()
				short, stop := context.WithTimeout(p.ctx, waitTime)
				defer stop()
				if err := p.store.Erase(short, "acme"); !store.IsRejected(err) {
					p.Errorf("Erase of an account that another transaction holds: error %v, want a rejection", err)
				}
				p.together(3, func(i int) {
					switch {
					case i == 0:
						snapshot = p.store.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 2, Data: []byte("two")})
					case i == 1:
						other = p.store.Append(ctx, "other", entry(1, "one"))
					case p.userData != nil:
						lastActive = p.userData.SaveLastActive(ctx, "acme", []store.LastActive{at("mia", noon)})
					}
				})
			})
			calls := map[string]error{"SaveSnapshot": snapshot, "Append to another account": other}
			stored := map[string]int{
				"SaveSnapshot":              int(p.snapshot("acme").Version) / 2,
				"Append to another account": len(p.commits("other", 0)),
			}
			if p.userData != nil {
				calls["SaveLastActive"] = lastActive
				stored["SaveLastActive"] = len(p.lastActive("acme", ""))
			}
			for name, err := range calls {
				switch {
				case err != nil && !store.IsRejected(err):
					p.Errorf("%s while a transaction holds %q: error %v, want none or a rejection", name, "acme", err)
				case (err == nil) != (stored[name] == 1):
					p.Errorf("%s while a transaction holds %q: error %v, but it has stored %d", name, "acme", err, stored[name])
				}
			}
			p.wantFilled(p.commits("acme", 0), "acme", 1, 2)
			p.save("acme", 2, "two")
			p.erase("acme")
			p.wantErased("acme")
		},
	},
	{
		Name:     "LockedReads",
		Sentence: "Others see them after the transaction has committed.",
		needs:    needsTransactor,
		check: func(p *probe) {
			p.fill("acme", 2)
			p.save("acme", 1, "one")
			p.holding("acme", store.WriteLock, func() {
				reader := p.second()
				reader.wantFilled(reader.commits("acme", 0), "acme", 1, 2)
				reader.wantSame(reader.snapshot("acme").Version, 1, "version of the Snapshot")
				reader.wantSame(reader.accounts(""), "[acme]", "Accounts")
				if p.versioned != nil {
					reader.wantVersions([]usher.AccountID{"acme"}, 2)
				}
				if p.userData != nil {
					reader.wantRecords("acme")
				}
			})
		},
	},
	{
		Name:     "LockedRetry",
		Sentence: "ErrNotStored is temporary: the call gave up before it stored anything, for example because a transaction of another caller held a lock for too long, or because the context ended while the call waited for its turn. A retry may succeed.",
		needs:    needsTransactor,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			result := make(chan error, 1)
			p.holding("acme", store.WriteLock, func() {
				go func() {
					defer p.recover()
					result <- p.tryAppend("acme", 2, "two")
				}()
				time.Sleep(pause)
			})
			if err := <-result; err != nil {
				p.wantError(err, store.ErrNotStored, "Append that waited for a transaction")
				p.wantCommits("acme", "one")
				p.append("acme", 2, "two")
			}
			p.wantCommits("acme", "one", "two")
		},
	},
}
