package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var appendFaults = []fault{
	{
		name: "overwrites a commit",
		rows: "AppendConflict RejectedStoresNothing OneWins RejectedNeighbours Durable LoopNested",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			p.mu.Lock()
			if a := p.accounts[id]; a != nil && !a.erased && e.Version > 0 && e.Version <= uint64(len(a.commits)) {
				a.commits[e.Version-1].Data = bytes.Clone(e.Data)
				p.mu.Unlock()
				return nil
			}
			p.mu.Unlock()
			return p.Append(ctx, id, e)
		}},
	},
	{
		name: "checks the version before it locks",
		rows: "OneWins",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			last := uint64(len(p.commitsOf(id)))
			if e.Version < 6 { // enough to be detected
				time.Sleep(20 * time.Microsecond)
			}
			err := p.Append(ctx, id, e)
			if e.Version == last+1 && errors.Is(err, store.ErrConflict) {
				p.mu.Lock()
				defer p.mu.Unlock()
				if commits := p.accounts[id].commits; last < uint64(len(commits)) { // not erased meanwhile
					commits[last].Data = bytes.Clone(e.Data)
				}
				return nil
			}
			return err
		}},
	},
	{
		name: "accepts a gap",
		rows: "AppendGap RejectedStoresNothing RejectedNeighbours Durable",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			if last := uint64(len(p.commitsOf(id))); e.Version > last+1 && e.Version < last+1000 {
				e.Version = last + 1
			}
			return p.Append(ctx, id, e)
		}},
	},
	{
		name: "returns ErrConflict for a gap",
		rows: "AppendGap RejectedNeighbours Durable",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			err := p.Append(ctx, id, e)
			if errors.Is(err, store.ErrGap) {
				return store.ErrConflict
			}
			return err
		}},
	},
	{
		name: "ignores large data",
		rows: "BigData",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			if len(e.Data) > 1<<20 {
				return nil
			}
			return p.Append(ctx, id, e)
		}},
	},
	{
		name: "keeps the caller's slice",
		rows: "PassedSlices",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			err := p.Append(ctx, id, e)
			if err == nil {
				p.mu.Lock()
				defer p.mu.Unlock()
				if commits := p.accounts[id].commits; e.Version <= uint64(len(commits)) { // not erased meanwhile
					commits[e.Version-1].Data = e.Data
				}
			}
			return err
		}},
	},
	{
		name: "cuts ids off at a NUL",
		rows: "OddAccounts OddUsers",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			if before, _, found := strings.Cut(string(id), "\x00"); found && before != "" {
				id = usher.AccountID(before)
			}
			return p.Append(ctx, id, e)
		}},
	},
	{
		name: "replaces invalid UTF-8 in ids",
		rows: "OddAccounts",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			return p.Append(ctx, usher.AccountID(strings.ToValidUTF8(string(id), "?")), e)
		}},
	},
	{
		name: "accepts an empty id",
		rows: "BadIDs RejectedStoresNothing",
		store: broken{append: func(p *plain, ctx context.Context, id usher.AccountID, e store.Entry) error {
			if id == "" {
				id = "none"
			}
			return p.Append(ctx, id, e)
		}},
	},
	{
		name: "ignores the context",
		rows: "DoneBefore",
		store: broken{
			append: func(p *plain, _ context.Context, id usher.AccountID, e store.Entry) error {
				return p.Append(context.Background(), id, e)
			},
			commits: func(p *plain, _ context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
				return p.Commits(context.Background(), id, after)
			},
		},
	},
}
