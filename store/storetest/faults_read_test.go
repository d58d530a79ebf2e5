package storetest_test

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var readFaults = []fault{
	{
		name: "returns its own slices",
		rows: "ReturnedSlices",
		store: broken{commits: func(p *plain, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return list(func() (all []store.Commit, err error) {
				err = p.with(ctx, id, func(a *plainAccount) error {
					all = slices.Clone(a.commits[min(after, uint64(len(a.commits))):])
					return nil
				})
				return all, err
			})
		}},
	},
	{
		name:    "yields commits in reverse order",
		rows:    "AppendConflict AppendInOrder AppendVisible AppendWhole BigData CommitsAfter CommitsEnd CommitsErasedMidway DoneBefore DoneLater Durable DurableMany EraseRemoves ReturnedSlices LoopAgain LoopBody LoopBreak LoopNested ManyGoroutines NoData OddAccounts RejectedNeighbours SnapshotKept",
		perhaps: "OneWins RecordsTogether",
		store: broken{commits: func(p *plain, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return list(func() ([]store.Commit, error) {
				all, err := gather(p.Commits(ctx, id, after))
				slices.Reverse(all)
				return all, err
			})
		}},
	},
	{
		name:    "yields the commit with version after too",
		rows:    "AnyData AppendVisible CommitsAfter LoopAgain OneWins",
		perhaps: "ManyGoroutines",
		store: broken{commits: func(p *plain, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return p.Commits(ctx, id, max(after, 1)-1)
		}},
	},
	{
		name: "yields commits that are appended during the loop",
		rows: "CommitsEnd LoopBody",
		store: broken{commits: func(p *plain, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return func(yield func(store.Commit, error) bool) {
				for ended, next := false, after; !ended; {
					ended = true
					for c, err := range p.Commits(ctx, id, next) {
						if ended, next = false, c.Version; !yield(c, err) || err != nil {
							return
						}
					}
				}
			}
		}},
	},
	{
		name: "stops at two hundred commits",
		rows: "CommitsAfter CommitsErasedMidway DoneLater LoopBreak LoopNested",
		store: broken{commits: func(p *plain, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return list(func() ([]store.Commit, error) {
				all, err := gather(p.Commits(ctx, id, after))
				return all[:min(len(all), 200)], err
			})
		}},
	},
	{
		name: "ends a loop without an error when the account is erased",
		rows: "CommitsErasedMidway",
		store: broken{commits: func(p *plain, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return func(yield func(store.Commit, error) bool) {
				all, err := gather(p.Commits(ctx, id, after))
				if err != nil {
					yield(store.Commit{}, err)
					return
				}
				for _, c := range all {
					if p.isErased(id) || !yield(c, nil) {
						return
					}
				}
			}
		}},
	},
	{
		name:  "locks while a loop runs",
		rows:  "CommitsEnd CommitsErasedMidway LoopBody LoopNested",
		hangs: true,
		store: broken{commits: func(p *plain, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return func(yield func(store.Commit, error) bool) {
				all, err := gather(p.Commits(ctx, id, after))
				p.mu.Lock()
				defer p.mu.Unlock()
				for _, c := range all {
					if !yield(c, nil) {
						return
					}
				}
				if err != nil {
					yield(store.Commit{}, err)
				}
			}
		}},
	},
	{
		name:  "leaks a goroutine when a loop breaks",
		rows:  "LoopAgain LoopBreak",
		hangs: true,
		store: broken{commits: func(p *plain, ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
			return func(yield func(store.Commit, error) bool) {
				all, err := gather(p.Commits(ctx, id, after))
				if err != nil {
					yield(store.Commit{}, err)
					return
				}
				ch := make(chan store.Commit)
				go func() {
					defer close(ch)
					for _, c := range all {
						ch <- c
					}
				}()
				for c := range ch {
					if !yield(c, nil) {
						return
					}
				}
			}
		}},
	},
	{
		name: "yields after a break",
		rows: "AccountsSorted",
		store: broken{accounts: func(p *plain, ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
			return func(yield func(usher.AccountID, error) bool) {
				for id, err := range p.Accounts(ctx, after) {
					yield(id, err)
				}
			}
		}},
	},
	{
		name: "sorts accounts without regard to case",
		rows: "OddAccounts",
		store: broken{accounts: func(p *plain, ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
			return list(func() ([]usher.AccountID, error) {
				all, err := gather(p.Accounts(ctx, ""))
				lower := func(id usher.AccountID) string { return strings.ToLower(string(id)) }
				all = slices.DeleteFunc(all, func(id usher.AccountID) bool { return lower(id) <= lower(after) })
				slices.SortStableFunc(all, func(a, b usher.AccountID) int { return strings.Compare(lower(a), lower(b)) })
				return all, err
			})
		}},
	},
	{
		name: "keeps the snapshot of the latest call",
		rows: "SnapshotOlder SnapshotOlderTogether",
		store: broken{save: func(p *plain, ctx context.Context, id usher.AccountID, s store.Snapshot) error {
			if err := p.SaveSnapshot(ctx, id, s); err != nil {
				return err
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.accounts[id].snapshot = store.Snapshot{Version: s.Version, Data: bytes.Clone(s.Data)}
			return nil
		}},
	},
	{
		name: "keeps the first snapshot of a version",
		rows: "SnapshotSame",
		store: broken{save: func(p *plain, ctx context.Context, id usher.AccountID, s store.Snapshot) error {
			if known, err := p.Snapshot(ctx, id); err == nil && known.Version == s.Version && s.Version > 0 {
				return nil
			}
			return p.SaveSnapshot(ctx, id, s)
		}},
	},
	{
		name: "forgets the mark of an erased account",
		rows: "AppendErased CommitsErased EraseAgain EraseBeside EraseMark EraseRemoves EraseTogether EraseUnknown LoopError OddAccounts RecordKept RecordsSorted RejectedNeighbours RejectedStoresNothing LastActiveRejected LastActiveSorted SnapshotErased SnapshotNone DurableMark",
		store: broken{erase: func(p *plain, ctx context.Context, id usher.AccountID) error {
			err := p.Erase(ctx, id)
			if err == nil {
				p.mu.Lock()
				defer p.mu.Unlock()
				delete(p.accounts, id)
			}
			return err
		}},
	},
	{
		name: "does not mark an erased account without commits",
		rows: "EraseUnknown DurableMark",

		perhaps: "EraseTogether", // if the erasure comes before the first commit
		store: broken{erase: func(p *plain, ctx context.Context, id usher.AccountID) error {
			if len(p.commitsOf(id)) == 0 && ctx.Err() == nil {
				return store.CheckAccount(id)
			}
			return p.Erase(ctx, id)
		}},
	},
	{
		name: "erases all accounts with the same prefix",
		rows: "EraseRemoves OddAccounts",
		store: broken{erase: func(p *plain, ctx context.Context, id usher.AccountID) error {
			if err := p.Erase(ctx, id); err != nil {
				return err
			}
			p.mu.Lock()
			others := slices.Collect(maps.Keys(p.accounts))
			p.mu.Unlock()
			for _, other := range others {
				if strings.HasPrefix(string(other), string(id)) {
					if err := p.Erase(ctx, other); err != nil {
						return err
					}
				}
			}
			return nil
		}},
	},
}
