package storetest_test

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

func (p *plain) Record(ctx context.Context, id usher.AccountID, user usher.UserID) (data []byte, err error) {
	if err := store.CheckUser(user); err != nil {
		return nil, err
	}
	err = p.with(ctx, id, func(a *plainAccount) error {
		data = bytes.Clone(a.records[user].Data)
		return nil
	})
	return data, err
}

func (p *plain) Records(ctx context.Context, id usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	return list(func() (all []store.Record, err error) {
		err = p.with(ctx, id, func(a *plainAccount) error {
			for _, user := range slices.Sorted(maps.Keys(a.records)) {
				if user > after {
					all = append(all, store.Record{User: user, Data: bytes.Clone(a.records[user].Data)})
				}
			}
			return nil
		})
		return all, err
	})
}

func (p *plain) SaveLastActive(ctx context.Context, id usher.AccountID, lastActive []store.LastActive) error {
	return p.with(ctx, id, func(a *plainAccount) error {
		if len(a.commits) == 0 {
			return usher.ErrUnknownAccount
		}
		for _, s := range lastActive {
			if err := s.Check(); err != nil {
				return err
			}
			s.At = time.UnixMilli(s.At.UnixMilli()).UTC()
			if known, ok := a.lastActive[s.User]; !ok || known.At.Before(s.At) {
				a.lastActive[s.User] = s
			}
		}
		return nil
	})
}

func (p *plain) LastActiveTimes(ctx context.Context, id usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return list(func() (all []store.LastActive, err error) {
		err = p.with(ctx, id, func(a *plainAccount) error {
			for _, user := range slices.Sorted(maps.Keys(a.lastActive)) {
				if user > after {
					all = append(all, a.lastActive[user])
				}
			}
			return nil
		})
		return all, err
	})
}
