package storetest

import (
	"context"
	"time"

	"github.com/usher-go/usher"
)

const watchSentence = "Watch yields the ids of accounts that may have new commits or were erased, whichever process changed them."

var watchRows = []row{
	{
		Name:     "WatchBegins",
		Sentence: `The first value is "", which stands for any account: it shows that watching has begun, so that a caller that reads afterwards misses no change.`,
		needs:    needsWatcher,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			for range 3 {
				for id, err := range p.watcher.Watch(p.ctx) {
					p.wantNil(err, "Watch")
					p.wantSame(id, "", "the first id")
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
		Sentence: `A store that finds changes by polling yields the ids of the changed accounts, since a caller may have to read every account after "".`,
		needs:    needsWatcher,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.yielded("acme", "new commits, although they are few", func(n int) { p.append("acme", uint64(n+1), "more") },
				func(id usher.AccountID) bool { return id == "acme" })
		},
	},
	{
		Name:     "WatchSlowly",
		Sentence: "A slow loop body does not delay Append.",
		needs:    needsWatcher,
		check: func(p *probe) {
			for id, err := range p.watcher.Watch(p.ctx) {
				p.wantNil(err, "Watch")
				p.wantSame(id, "", "the first id")
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

// hinted changes the account until a watcher yields it or "".
func (p *probe) hinted(account usher.AccountID, how string, change func(n int)) {
	p.yielded(account, how, change, func(id usher.AccountID) bool { return id == account || id == "" })
}

// yielded changes the account until a watcher yields a hint for it. One change is not enough, since
// a hint may be lost.
func (p *probe) yielded(account usher.AccountID, how string, change func(n int), hint func(usher.AccountID) bool) {
	watching, yielded := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	go func() {
		defer close(yielded)
		first := true
		for id, err := range p.watcher.Watch(ctx) {
			switch {
			case err != nil:
				p.Errorf("Watch: %v", err)
				return
			case first:
				first = false
				close(watching)
			case hint(id):
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
