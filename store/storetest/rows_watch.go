package storetest

import (
	"context"
	"time"

	"github.com/usher-go/usher"
)

var watchRows = []row{
	{
		Name:     "WatchBegins",
		Sentence: `The first that it yields is "", which stands for any account: from then on it watches, so that nothing falls between reading and watching.`,
		needs:    aWatcher,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			for range 3 {
				for id, err := range p.watcher.Watch(p.ctx) {
					p.ok(err, "Watch")
					p.same(id, "", "the first id")
					break
				}
			}
		},
	},
	{
		Name:     "WatchCommits",
		Sentence: "Watch yields the ids of accounts that may have new commits or were erased, whoever changed them.",
		needs:    aWatcher,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.hinted("acme", "new commits", func(n int) { p.append("acme", uint64(n+1), "more") })
		},
	},
	{
		Name:     "WatchErased",
		Sentence: "Watch yields the ids of accounts that may have new commits or were erased, whoever changed them.",
		needs:    aWatcher,
		check: func(p *probe) {
			p.hinted("never used", "being erased", func(int) { p.erase("never used") })
		},
	},
	{
		Name:     "WatchSlowly",
		Sentence: "A body that is slow holds up no Append.",
		needs:    aWatcher,
		check: func(p *probe) {
			for id, err := range p.watcher.Watch(p.ctx) {
				p.ok(err, "Watch")
				p.same(id, "", "the first id")
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
		Sentence: "The loop ends without an error when the context is done, unless it was done before; any error ends it too.",
		needs:    aWatcher,
		check: func(p *probe) {
			ctx, cancel := context.WithCancel(p.ctx)
			defer cancel()
			p.append("acme", 1, "one")
			first := true
			for _, err := range p.watcher.Watch(ctx) {
				p.ok(err, "Watch until it is cancelled")
				if first {
					first = false
					go cancel()
				}
			}
			_, err := failure(p.watcher.Watch(ctx))
			p.refused(err, context.Canceled, "Watch with a context that is done")
		},
	},
}

// hinted changes the account until a watcher hears of it: a hint may be lost, so one
// change proves nothing.
func (p *probe) hinted(account usher.AccountID, how string, change func(n int)) {
	watching, heard := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	go func() {
		defer close(heard)
		first := true
		for id, err := range p.watcher.Watch(ctx) {
			switch {
			case err != nil:
				p.Errorf("Watch: %v", err)
				return
			case first:
				first = false
				close(watching)
			case id == account || id == "":
				return
			}
		}
		p.Errorf("Watch ended before it told of %s", how)
	}()
	select {
	case <-watching:
	case <-heard:
		return
	}
	for n := 1; ; n++ {
		change(n)
		select {
		case <-heard:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}
