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
	err = s.do(ctx, "read record", account, 0, func() error {
		if err := store.CheckUser(user); err != nil {
			return err
		}
		j := s.journal(account, false)
		j.mu.RLock()
		found, erased := j.records[user], j.erased
		j.mu.RUnlock()
		if erased {
			return store.ErrErased
		}
		data = slices.Clone(found)
		return nil
	})
	return data, err
}

// Records implements store.UserDataStore. It sorts all before it yields the first.
func (s *Store) Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	return users(ctx, s, "read records", account, after, func(j *journal) map[usher.UserID][]byte { return j.records },
		func(user usher.UserID, data []byte) store.Record {
			return store.Record{User: user, Data: slices.Clone(data)}
		})
}

// Seen implements store.UserDataStore.
func (s *Store) SaveLastActive(ctx context.Context, account usher.AccountID, sightings []store.LastActive) error {
	return s.do(ctx, "save sightings", account, 0, func() error {
		for _, sighting := range sightings {
			if err := sighting.Check(); err != nil {
				return err
			}
		}
		return s.journal(account, false).seen(sightings)
	})
}

// Sightings implements store.UserDataStore. It sorts all before it yields the first.
func (s *Store) LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return users(ctx, s, "read sightings", account, after, func(j *journal) map[usher.UserID]int64 { return j.sightings },
		func(user usher.UserID, at int64) store.LastActive {
			return store.LastActive{User: user, At: time.UnixMilli(at).UTC()}
		})
}

func (j *journal) seen(sightings []store.LastActive) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.erased:
		return store.ErrErased
	case len(j.commits) == 0:
		return usher.ErrUnknownAccount
	}
	for _, s := range sightings {
		at, known := j.sightings[s.User]
		if known && at >= s.At.UnixMilli() {
			continue
		}
		if j.sightings == nil {
			j.sightings = map[usher.UserID]int64{}
		}
		j.sightings[s.User] = s.At.UnixMilli()
	}
	return nil
}

// users yields what a map of the journal holds, sorted by user.
func users[V, T any](ctx context.Context, s *Store, op string, account usher.AccountID, after usher.UserID,
	pick func(*journal) map[usher.UserID]V, spell func(usher.UserID, V) T,
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
			if !yield(spell(r.user, r.value)) {
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
