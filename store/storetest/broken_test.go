package storetest_test

import (
	"bytes"
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// broken is a store with one fault: the functions that are not nil replace methods of plain.
type broken struct {
	*plain
	append         func(*plain, context.Context, usher.AccountID, store.Entry) error
	commits        func(*plain, context.Context, usher.AccountID, uint64) iter.Seq2[store.Commit, error]
	save           func(*plain, context.Context, usher.AccountID, store.Snapshot) error
	accounts       func(*plain, context.Context, usher.AccountID) iter.Seq2[usher.AccountID, error]
	erase          func(*plain, context.Context, usher.AccountID) error
	record         func(*plain, context.Context, usher.AccountID, usher.UserID) ([]byte, error)
	saveLastActive func(*plain, context.Context, usher.AccountID, []store.LastActive) error
	reopen         func(*plain)
}

func (b broken) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if b.append != nil {
		return b.append(b.plain, ctx, id, e)
	}
	return b.plain.Append(ctx, id, e)
}

func (b broken) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	if b.commits != nil {
		return b.commits(b.plain, ctx, id, after)
	}
	return b.plain.Commits(ctx, id, after)
}

func (b broken) SaveSnapshot(ctx context.Context, id usher.AccountID, s store.Snapshot) error {
	if b.save != nil {
		return b.save(b.plain, ctx, id, s)
	}
	return b.plain.SaveSnapshot(ctx, id, s)
}

func (b broken) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	if b.accounts != nil {
		return b.accounts(b.plain, ctx, after)
	}
	return b.plain.Accounts(ctx, after)
}

func (b broken) Erase(ctx context.Context, id usher.AccountID) error {
	if b.erase != nil {
		return b.erase(b.plain, ctx, id)
	}
	return b.plain.Erase(ctx, id)
}

func (b broken) Record(ctx context.Context, id usher.AccountID, user usher.UserID) ([]byte, error) {
	if b.record != nil {
		return b.record(b.plain, ctx, id, user)
	}
	return b.plain.Record(ctx, id, user)
}

func (b broken) SaveLastActive(ctx context.Context, id usher.AccountID, s []store.LastActive) error {
	if b.saveLastActive != nil {
		return b.saveLastActive(b.plain, ctx, id, s)
	}
	return b.plain.SaveLastActive(ctx, id, s)
}

func (p *plain) commitsOf(id usher.AccountID) []store.Commit {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.accounts[id]; a != nil {
		return a.commits
	}
	return nil
}

func (p *plain) isErased(id usher.AccountID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accounts[id] != nil && p.accounts[id].erased
}

func (p *plain) putRecords(ctx context.Context, id usher.AccountID, records []store.Record) error {
	return p.with(ctx, id, func(a *plainAccount) error {
		for _, r := range records {
			a.records[r.User] = store.Record{User: r.User, Data: bytes.Clone(r.Data)}
			if len(r.Data) == 0 {
				delete(a.records, r.User)
				delete(a.lastActive, r.User)
			}
		}
		return nil
	})
}

func gather[T any](loop iter.Seq2[T, error]) (all []T, err error) {
	for v, err := range loop {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}
