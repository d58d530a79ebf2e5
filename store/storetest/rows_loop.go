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
	bodySentence = "The body of a loop may call the store, append to the account that the loop reads, and break."
	doneSentence = "If its context is done when a call begins, the call does nothing and returns the context's error. The same applies to a loop over an iterator."
)

var loopRows = []row{
	{
		Name:     "LoopError",
		Sentence: "An error ends a loop: the iterator yields it once, with the zero value.",
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
				break // the range statement panics if the iterator goes on
			}
		},
	},
	{
		Name:     "LoopBody",
		Sentence: bodySentence,
		check: func(p *probe) {
			p.fill("acme", 3)
			p.fill("other", 3)
			if p.userData != nil {
				p.append("acme", 4, dataOf("acme", 4), record("mia", "Mia"), record("max", "Max"))
				p.wantNil(p.userData.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(1, 0)}, {User: "max", At: time.Unix(2, 0)}}), "SaveLastActive")
			} else {
				p.append("acme", 4, dataOf("acme", 4))
			}
			version := uint64(4)
			for name, loop := range p.loops(p.ctx, "acme") {
				rounds := 0
				for _, err := range loop {
					p.wantNil(err, "%s", name)
					version++
					if p.userData != nil {
						p.append("acme", version, dataOf("acme", version), record("max", "Max"))
						p.wantNil(p.userData.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(int64(version), 0)}}), "SaveLastActive in %s", name)
						p.wantSame(p.record("acme", "mia"), "Mia", "Record in %s", name)
					} else {
						p.append("acme", version, dataOf("acme", version))
					}
					p.save("acme", version, "state")
					p.wantSame(p.snapshot("acme").Version, version, "Snapshot in %s", name)
					p.wantFilled(p.commits("acme", 0), "acme", 1, version)
					p.wantSame(p.accounts("acme"), "[other]", "Accounts in %s", name)
					p.erase(usher.AccountID(fmt.Sprint("gone", version)))
					if rounds++; rounds == 50 {
						p.Fatalf("%s: does not end while its body appends", name)
					}
				}
				if rounds == 0 {
					p.Errorf("%s: yields nothing", name)
				}
			}
		},
	},
	{
		Name:     "LoopNested",
		Sentence: bodySentence,
		check: func(p *probe) {
			p.fill("acme", many)
			version := uint64(many)
			if p.userData != nil {
				version++
				p.append("acme", version, dataOf("acme", version), record("mia", "Mia"), record("max", "Max"))
				p.saveLastActive("acme", at("mia", noon), at("max", noon))
			}
			p.append("other", 1, "one")
			for outerName, outer := range p.loops(p.ctx, "acme") {
				for innerName, inner := range p.loops(p.ctx, "acme") {
					calls, first := 0, true
					for _, err := range outer {
						p.wantNil(err, "%s", outerName)
						if !first {
							continue // goes on to the next pages of the store
						}
						first = false
						for _, err := range inner {
							p.wantNil(err, "%s in %s", innerName, outerName)
							if calls++; calls%100 == 1 {
								version++
								p.append("acme", version, dataOf("acme", version))
								p.everyCall("acme", version)
							}
						}
					}
					if calls == 0 {
						p.Errorf("%s in %s yields nothing", innerName, outerName)
					}
				}
			}
			p.wantFilled(p.commits("acme", 0), "acme", 1, version)
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
						p.wantNil(err, "%s", name)
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
		Sentence: "An iterator may be used again: each loop starts from the beginning.",
		check: func(p *probe) {
			loop, accounts := p.store.Commits(p.ctx, "acme", 1), p.store.Accounts(p.ctx, "acme")
			p.wantSame(len(collect(p, loop, "Commits")), 0, "number of Commits before the first")
			p.fill("acme", 5)
			p.wantFilled(collect(p, loop, "Commits"), "acme", 2, 5)
			for range loop {
				break
			}
			p.append("acme", 6, dataOf("acme", 6))
			p.wantFilled(collect(p, loop, "Commits, for the fourth time"), "acme", 2, 6)
			p.wantSame(collect(p, accounts, "Accounts"), "[]", "Accounts")
			p.append("b", 1, "one")
			p.wantSame(collect(p, accounts, "Accounts"), "[b]", "Accounts, after b has begun")
			p.append("c", 1, "one")
			p.wantSame(collect(p, accounts, "Accounts"), "[b c]", "Accounts, after c has begun")
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
			p.wantError(p.store.Append(late, "acme", entry(4, "four")), context.DeadlineExceeded, "Append after the deadline")
			calls := map[string]error{
				"Append":       p.store.Append(ctx, "acme", entry(4, "four")),
				"SaveSnapshot": p.store.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 3}),
				"Erase":        p.store.Erase(ctx, "acme"),
			}
			_, calls["Snapshot"] = p.store.Snapshot(ctx, "acme")
			for name, loop := range loops {
				_, calls[name] = failure(loop)
			}
			if p.userData != nil {
				calls["SaveLastActive"] = p.userData.SaveLastActive(ctx, "acme", []store.LastActive{{User: "mia", At: time.Unix(1, 0)}})
				_, calls["Record"] = p.userData.Record(ctx, "acme", "mia")
			}
			if p.watcher != nil {
				_, calls["Watch"] = failure(p.watcher.Watch(ctx))
			}
			if p.confirmer != nil {
				_, calls["Confirm"] = p.confirmer.Confirm(ctx)
			}
			if p.versioned != nil {
				_, calls["Versions"] = p.versioned.Versions(ctx, []usher.AccountID{"acme"})
			}
			if p.transactor != nil {
				calls["InTx"] = p.transactor.InTx(ctx, func(store.Tx) error {
					p.Errorf("InTx with a context that is done calls f")
					return nil
				})
			}
			for name, err := range calls {
				p.wantError(err, context.Canceled, "%s with a context that is done", name)
			}
			p.wantFilled(p.commits("acme", 0), "acme", 1, 3)
			p.wantSame(p.snapshot("acme").Version, 1, "version of the Snapshot")
			if p.userData != nil {
				p.wantSame(collect(p, p.userData.LastActiveTimes(p.ctx, "acme", ""), "LastActiveTimes"), "[]", "LastActiveTimes")
			}
		},
	},
	{
		Name:     "DoneLater",
		Sentence: "If its context is done later, a call may stop with the context's error.",
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
				p.Errorf("Commits, canceled at the first: %d of %d commits and error %v", len(read), many, err)
			}
			p.append("acme", many+1, "one more")
		},
	},
}

// everyCall makes the calls that are not loops, for an account whose last commit has the version.
func (p *probe) everyCall(account usher.AccountID, version uint64) {
	p.Helper()
	p.save(account, version, "state")
	p.wantSame(p.snapshot(account).Version, version, "version of the Snapshot")
	p.wantError(p.tryAppend(account, version, "late"), store.ErrConflict, "Append of version %d again", version)
	if p.userData != nil {
		p.saveLastActive(account, at("mia", noon.Add(time.Duration(version)*time.Second)))
		p.wantSame(p.record(account, "mia"), "Mia", "Record")
	}
	if p.versioned != nil {
		p.wantVersions([]usher.AccountID{account}, version)
	}
	if p.transactor != nil {
		p.wantNil(p.transactor.InTx(p.ctx, func(tx store.Tx) error {
			position, err := tx.Lock(p.ctx, account, store.WriteLock)
			p.wantSame(position.Last, version, "Position.Last")
			return err
		}), "InTx")
	}
}

// loops returns the iterators of the store over an account, by name. Each yields its values as
// text.
func (p *probe) loops(ctx context.Context, account usher.AccountID) map[string]iter.Seq2[string, error] {
	loops := map[string]iter.Seq2[string, error]{
		"Commits":  untyped(p.store.Commits(ctx, account, 0)),
		"Accounts": untyped(p.store.Accounts(ctx, "")),
	}
	if p.userData != nil {
		loops["Records"] = untyped(p.userData.Records(ctx, account, ""))
		loops["LastActiveTimes"] = untyped(p.userData.LastActiveTimes(ctx, account, ""))
	}
	return loops
}

// untyped formats values, the zero value as "".
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
