package boltstore

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// recordWrite is a key and value to write. A nil value deletes the record and the last-active time.
type recordWrite struct{ key, value []byte }

func encodeRecords(account []byte, records []store.Record) (all []recordWrite, size int, err error) {
	for _, r := range records {
		if err := checkSize(r.Data); err != nil {
			return nil, 0, err
		}
		s := recordWrite{key: userKey(account, r.User)}
		if len(r.Data) > 0 {
			s.value = withChecksum(s.key, r.Data)
		}
		all = append(all, s)
		size += len(s.key) + len(s.value)
	}
	return all, size, nil
}

func (t *tables) putRecords(records []recordWrite) error {
	for _, r := range records {
		if r.value != nil {
			if err := t.put(recordBucket, r.key, r.value); err != nil {
				return err
			}
			continue
		}
		if err := errors.Join(t.delete(recordBucket, r.key), t.delete(lastActiveBucket, r.key)); err != nil {
			return err
		}
	}
	return nil
}

// Record implements store.UserDataStore.
func (s *Store) Record(ctx context.Context, account usher.AccountID, user usher.UserID) ([]byte, error) {
	data, err := s.record(ctx, account, user)
	return data, wrap("read record", account, 0, err)
}

func (s *Store) record(ctx context.Context, account usher.AccountID, user usher.UserID) (data []byte, err error) {
	if err := cmp.Or(checkCall(ctx, account), store.CheckUser(user)); err != nil {
		return nil, err
	}
	prefix := accountKey(account)
	err = s.read(func(t *tables) error {
		if err := t.checkNotErased(prefix); err != nil {
			return err
		}
		key := userKey(prefix, user)
		value := t.bucket(recordBucket).Get(key)
		if value == nil {
			return nil
		}
		data, err = verifiedData(key, value)
		return err
	})
	return data, err
}

// Records implements store.UserDataStore.
func (s *Store) Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	return byUser(ctx, s, "read records", recordBucket, account, after, func(key, value []byte, user usher.UserID) (store.Record, error) {
		data, err := verifiedData(key, value)
		return store.Record{User: user, Data: data}, err
	})
}

// SaveLastActive implements store.UserDataStore. When it returns nil, the times are on the disk,
// and a crash does not lose them.
func (s *Store) SaveLastActive(ctx context.Context, account usher.AccountID, times []store.LastActive) error {
	return wrap("save last-active times", account, 0, s.saveLastActive(ctx, account, times))
}

func (s *Store) saveLastActive(ctx context.Context, account usher.AccountID, times []store.LastActive) error {
	if err := checkCall(ctx, account); err != nil {
		return err
	}
	type update struct {
		key []byte
		at  int64
	}
	prefix := accountKey(account)
	all := make([]update, 0, len(times))
	size := 0
	for _, t := range times {
		if err := t.Check(); err != nil {
			return err
		}
		key := userKey(prefix, t.User)
		all = append(all, update{key, t.At.UnixMilli()})
		size += len(key) + 8
	}
	return s.write(ctx, &write{bytes: size, apply: func(t *tables) error {
		last, err := t.lastVersion(prefix)
		switch {
		case err != nil:
			return err
		case last == 0:
			return usher.ErrUnknownAccount
		}
		for _, u := range all {
			if old := t.bucket(lastActiveBucket).Get(u.key); old != nil {
				// A damaged time is replaced.
				if at, err := decodeMillis(old); err == nil && at >= u.at {
					continue
				}
			}
			if err := t.put(lastActiveBucket, u.key, binary.BigEndian.AppendUint64(nil, uint64(u.at))); err != nil {
				return err
			}
		}
		return nil
	}})
}

// LastActiveTimes implements store.UserDataStore.
func (s *Store) LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return byUser(ctx, s, "read last-active times", lastActiveBucket, account, after, func(_, value []byte, user usher.UserID) (store.LastActive, error) {
		at, err := decodeMillis(value)
		return store.LastActive{User: user, At: time.UnixMilli(at).UTC()}, err
	})
}
