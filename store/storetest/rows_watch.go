package storetest

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const watchSentence = "Watch yields hints for accounts that may have new commits or were erased, whichever process changed them."

var watchRows = []row{
	{
		Name:     "WatchBegins",
		Sentence: `The first value is the zero Hint, which stands for any account: it shows that watching has begun, so that a caller that reads afterwards misses no change.`,
		needs:    needsWatcher,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			for range 3 {
				for hint, err := range p.watcher.Watch(p.ctx) {
					p.wantNil(err, "Watch")
					p.wantSame(hint, store.Hint{}, "the first hint")
					break
				}
			}
		},
	},
	{
		Name:     "WatchCommits",
		Sentence: watchSentence,
		needs:    needsWatcher,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.hinted("acme", "new commits", func(n int) { p.append("acme", uint64(n+1), "more") })
		},
	},
	{
		Name:     "WatchErased",
		Sentence: watchSentence,
		needs:    needsWatcher,
		check: func(p *probe) {
			p.hinted("never used", "being erased", func(int) { p.erase("never used") })
		},
	},
	{
		Name:     "WatchNames",
		Sentence: "A store that finds changes by polling yields hints for the changed accounts, since a caller may have to read every account after the zero Hint.",
		needs:    needsWatcher,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.yielded("acme", "new commits, although they are few", func(n int) { p.append("acme", uint64(n+1), "more") },
				func(h store.Hint) bool { return h.Account == "acme" })
		},
	},
	{
		Name:     "WatchVersion",
		Sentence: "Version is the version of a commit of the account.",
		needs:    needsWatcher,
		check: func(p *probe) {
			var appended atomic.Uint64
			p.yielded("acme", "new commits", func(n int) {
				appended.Store(uint64(n))
				p.append("acme", uint64(n), "more")
			}, func(h store.Hint) bool {
				if last := appended.Load(); h.Account == "acme" && h.Version > last {
					p.Errorf("a hint has version %d, and the last commit has %d", h.Version, last)
				}
				return h.Mark == 0
			})
		},
	},
	{
		Name:     "WatchErasedVersion",
		Sentence: "It is 0 if the store does not know it, or if the account was erased.",
		needs:    needsWatcher,
		check: func(p *probe) {
			p.fill("acme", 3)
			p.yielded("acme", "being erased", func(int) { p.erase("acme") }, func(h store.Hint) bool {
				return h == store.Hint{} || h == store.Hint{Account: "acme"}
			})
		},
	},
	{
		Name:     "WatchSlowly",
		Sentence: "A slow loop body does not delay Append.",
		needs:    needsWatcher,
		check: func(p *probe) {
			for hint, err := range p.watcher.Watch(p.ctx) {
				p.wantNil(err, "Watch")
				p.wantSame(hint, store.Hint{}, "the first hint")
				p.together(8, func(i int) {
					for j := range 400 {
						p.append(numbered(i*1000+j), 1, "one")
					}
				})
				break
			}
		},
	},
	{
		Name:     "WatchEnds",
		Sentence: "The loop ends without an error when the context is done, unless the context was done before the loop; any error ends it too.",
		needs:    needsWatcher,
		check: func(p *probe) {
			ctx, cancel := context.WithCancel(p.ctx)
			defer cancel()
			p.append("acme", 1, "one")
			first := true
			for _, err := range p.watcher.Watch(ctx) {
				p.wantNil(err, "Watch until it is canceled")
				if first {
					first = false
					go cancel()
				}
			}
			_, err := failure(p.watcher.Watch(ctx))
			p.wantError(err, context.Canceled, "Watch with a context that is done")
		},
	},
}

// hinted changes the account until a watcher yields a hint for it, or for any account.
func (p *probe) hinted(account usher.AccountID, how string, change func(n int)) {
	p.yielded(account, how, change, func(h store.Hint) bool { return h.Account == account || h == store.Hint{} })
}

// yielded changes the account until a watcher yields a certain hint. One change is not enough, since
// a hint may be lost.
func (p *probe) yielded(account usher.AccountID, how string, change func(n int), hint func(store.Hint) bool) {
	watching, yielded := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	go func() {
		defer close(yielded)
		first := true
		for h, err := range p.watcher.Watch(ctx) {
			switch {
			case err != nil:
				p.Errorf("Watch: %v", err)
				return
			case first:
				first = false
				close(watching)
			case hint(h):
				return
			}
		}
		p.Errorf("Watch ended before it yielded %q after %s", account, how)
	}()
	select {
	case <-watching:
	case <-yielded:
		return
	}
	for n := 1; ; n++ {
		change(n)
		select {
		case <-yielded:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}
