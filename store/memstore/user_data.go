package memstore

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Record implements store.UserDataStore.
func (s *Store) Record(ctx context.Context, account usher.AccountID, user usher.UserID) (data []byte, err error) {
	err = do(ctx, "read record", account, 0, func() error {
		data, err = s.journal(account, false).record(user)
		return err
	})
	return data, err
}

// Records implements store.UserDataStore. It sorts all of them before it yields the first one.
func (s *Store) Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	return users(ctx, s, "read records", account, after, func(j *journal) map[usher.UserID][]byte { return j.records },
		func(user usher.UserID, data []byte) store.Record {
			return store.Record{User: user, Data: slices.Clone(data)}
		})
}

// SaveLastActive implements store.UserDataStore.
func (s *Store) SaveLastActive(ctx context.Context, account usher.AccountID, times []store.LastActive) error {
	return do(ctx, "save last-active times", account, 0, func() error {
		for _, t := range times {
			if err := t.Check(); err != nil {
				return err
			}
		}
		return s.journal(account, false).saveLastActive(times)
	})
}

// LastActiveTimes implements store.UserDataStore. It sorts all of them before it yields the first
// one.
func (s *Store) LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return users(ctx, s, "read last-active times", account, after, func(j *journal) map[usher.UserID]int64 { return j.lastActive },
		func(user usher.UserID, at int64) store.LastActive {
			return store.LastActive{User: user, At: time.UnixMilli(at).UTC()}
		})
}

func (j *journal) saveLastActive(times []store.LastActive) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.erased:
		return store.ErrErased
	case j.last() == 0:
		return usher.ErrUnknownAccount
	}
	for _, s := range times {
		at, known := j.lastActive[s.User]
		if known && at >= s.At.UnixMilli() {
			continue
		}
		if j.lastActive == nil {
			j.lastActive = map[usher.UserID]int64{}
		}
		j.lastActive[s.User] = s.At.UnixMilli()
	}
	return nil
}

// users returns an iterator over the entries of a map of the journal, sorted by user. The function
// item makes a value from an entry.
func users[V, T any](ctx context.Context, s *Store, op string, account usher.AccountID, after usher.UserID,
	pick func(*journal) map[usher.UserID]V, item func(usher.UserID, V) T,
) iter.Seq2[T, error] {
	return loop(ctx, op, account, func(yield func(T) bool) error {
		if err := store.CheckAccount(account); err != nil {
			return err
		}
		rows, err := sorted(s.journal(account, false), after, pick)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !yield(item(r.user, r.value)) {
				return nil
			}
		}
		return nil
	})
}

type row[V any] struct {
	user  usher.UserID
	value V
}

// sorted returns the entries of a map of the journal whose user is greater than after.
func sorted[V any](j *journal, after usher.UserID, pick func(*journal) map[usher.UserID]V) ([]row[V], error) {
	j.mu.RLock()
	erased := j.erased
	var rows []row[V]
	for user, value := range pick(j) {
		if user > after {
			rows = append(rows, row[V]{user, value})
		}
	}
	j.mu.RUnlock()
	if erased {
		return nil, store.ErrErased
	}
	slices.SortFunc(rows, func(a, b row[V]) int { return cmp.Compare(a.user, b.user) })
	return rows, nil
}
