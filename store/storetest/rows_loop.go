package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const (
	bodySentence = "The body of a loop may call the store, append to the account that is read, and break off."
	doneSentence = "A call whose context is done when it begins does nothing, and returns the context's error. A loop over an iterator is such a call."
)

var loopRows = []row{
	{
		Name:     "LoopError",
		Sentence: "An error ends a loop: it comes once, with a zero value.",
		check: func(p *probe) {
			p.fill("acme", 3)
			p.erase("acme")
			ctx, cancel := context.WithCancel(p.ctx)
			loops := p.loops(ctx, "acme")
			cancel()
			loops["Commits of an erased account"] = untyped(p.store.Commits(p.ctx, "acme", 0))
			for name, loop := range loops {
				errs, others := 0, 0
				for v, err := range loop {
					switch {
					case err == nil:
						others++
					case v != "":
						p.Errorf("%s: %s beside the error %v, want the zero value", name, v, err)
						errs++
					default:
						errs++
					}
				}
				if errs != 1 || others != 0 {
					p.Errorf("%s: %d errors and %d values, want 1 error", name, errs, others)
				}
			}
			for range loops["Commits of an erased account"] {
				break // an iterator that goes on after this panics
			}
		},
	},
	{
		Name:     "LoopBody",
		Sentence: bodySentence,
		check: func(p *probe) {
			p.fill("acme", 3)
			p.fill("other", 3)
			if p.keeper != nil {
				p.append("acme", 4, dataOf("acme", 4), record("mia", "Mia"), record("max", "Max"))
				p.ok(p.keeper.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(1, 0)}, {User: "max", At: time.Unix(2, 0)}}), "Seen")
			} else {
				p.append("acme", 4, dataOf("acme", 4))
			}
			version := uint64(4)
			for name, loop := range p.loops(p.ctx, "acme") {
				rounds := 0
				for _, err := range loop {
					p.ok(err, "%s", name)
					version++
					if p.keeper != nil {
						p.append("acme", version, dataOf("acme", version), record("max", "Max"))
						p.ok(p.keeper.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(int64(version), 0)}}), "Seen in %s", name)
						p.same(p.record("acme", "mia"), "Mia", "Record in %s", name)
					} else {
						p.append("acme", version, dataOf("acme", version))
					}
					p.save("acme", version, "state")
					p.same(p.snapshot("acme").Version, version, "Snapshot in %s", name)
					p.wantFilled(p.commits("acme", 0), "acme", 1, version)
					p.same(p.accounts("acme"), "[other]", "Accounts in %s", name)
					p.erase(usher.AccountID(fmt.Sprint("gone", version)))
					if rounds++; rounds == 50 {
						p.Fatalf("%s: goes on for ever with what its body appends", name)
					}
				}
				if rounds == 0 {
					p.Errorf("%s: nothing to loop over", name)
				}
			}
		},
	},
	{
		Name:     "LoopBreak",
		Sentence: bodySentence,
		check: func(p *probe) {
			p.fill("acme", many)
			version := uint64(many)
			for range 20 {
				for name, loop := range p.loops(p.ctx, "acme") {
					for _, err := range loop {
						p.ok(err, "%s", name)
						break
					}
				}
				version++
				p.append("acme", version, dataOf("acme", version))
			}
			p.wantFilled(p.commits("acme", 0), "acme", 1, version)
		},
	},
	{
		Name:     "LoopAgain",
		Sentence: "An iterator may be looped over again, and begins anew.",
		check: func(p *probe) {
			loop, accounts := p.store.Commits(p.ctx, "acme", 1), p.store.Accounts(p.ctx, "acme")
			p.same(len(collect(p, loop, "Commits")), 0, "number of Commits before the first")
			p.fill("acme", 5)
			p.wantFilled(collect(p, loop, "Commits"), "acme", 2, 5)
			for range loop {
				break
			}
			p.append("acme", 6, dataOf("acme", 6))
			p.wantFilled(collect(p, loop, "Commits, for the fourth time"), "acme", 2, 6)
			p.same(collect(p, accounts, "Accounts"), "[]", "Accounts")
			p.append("b", 1, "one")
			p.same(collect(p, accounts, "Accounts"), "[b]", "Accounts, after b has begun")
			p.append("c", 1, "one")
			p.same(collect(p, accounts, "Accounts"), "[b c]", "Accounts, after c has begun")
		},
	},
	{
		Name:     "DoneBefore",
		Sentence: doneSentence,
		check: func(p *probe) {
			p.fill("acme", 3)
			p.save("acme", 1, "one")
			ctx, cancel := context.WithCancel(p.ctx)
			loops := p.loops(ctx, "acme")
			cancel()
			late, stop := context.WithDeadline(p.ctx, time.Unix(1, 0))
			defer stop()
			p.refused(p.store.Append(late, "acme", entry(4, "four")), context.DeadlineExceeded, "Append past the deadline")
			calls := map[string]error{
				"Append":       p.store.Append(ctx, "acme", entry(4, "four")),
				"SaveSnapshot": p.store.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 3}),
				"Erase":        p.store.Erase(ctx, "acme"),
			}
			_, calls["Snapshot"] = p.store.Snapshot(ctx, "acme")
			for name, loop := range loops {
				_, calls[name] = failure(loop)
			}
			if p.keeper != nil {
				calls["Seen"] = p.keeper.SaveLastActive(ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(1, 0)}})
				_, calls["Record"] = p.keeper.Record(ctx, "acme", "mia")
			}
			if p.watcher != nil {
				_, calls["Watch"] = failure(p.watcher.Watch(ctx))
			}
			for name, err := range calls {
				p.refused(err, context.Canceled, "%s with a context that is done", name)
			}
			p.wantFilled(p.commits("acme", 0), "acme", 1, 3)
			p.same(p.snapshot("acme").Version, 1, "version of the Snapshot")
			if p.keeper != nil {
				p.same(collect(p, p.keeper.LastActiveTimes(p.ctx, "acme", ""), "Sightings"), "[]", "Sightings")
			}
		},
	},
	{
		Name:     "DoneLater",
		Sentence: "One whose context is done later may stop with that error.",
		check: func(p *probe) {
			p.fill("acme", many)
			ctx, cancel := context.WithCancel(p.ctx)
			defer cancel()
			read, err := failure(func(yield func(store.Commit, error) bool) {
				for c, err := range p.store.Commits(ctx, "acme", 0) {
					cancel()
					if !yield(c, err) {
						return
					}
				}
			})
			p.wantFilled(read, "acme", 1, uint64(len(read)))
			if err == nil && len(read) < many || err != nil && !errors.Is(err, context.Canceled) {
				p.Errorf("Commits, cancelled at the first: %d of %d commits and error %v", len(read), many, err)
			}
			p.append("acme", many+1, "one more")
		},
	},
}

// loops are the iterators of the store over an account, by name; each yields its
// values in print.
func (p *probe) loops(ctx context.Context, account usher.AccountID) map[string]iter.Seq2[string, error] {
	loops := map[string]iter.Seq2[string, error]{
		"Commits":  untyped(p.store.Commits(ctx, account, 0)),
		"Accounts": untyped(p.store.Accounts(ctx, "")),
	}
	if p.keeper != nil {
		loops["Records"] = untyped(p.keeper.Records(ctx, account, ""))
		loops["Sightings"] = untyped(p.keeper.LastActiveTimes(ctx, account, ""))
	}
	return loops
}

// untyped prints values, the zero value as "".
func untyped[T any](loop iter.Seq2[T, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for v, err := range loop {
			text := fmt.Sprintf("%+v", v)
			if text == fmt.Sprintf("%+v", *new(T)) {
				text = ""
			}
			if !yield(text, err) {
				return
			}
		}
	}
}
