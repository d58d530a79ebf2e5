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

// sealedRecord is a record as it will stand in the file; a nil value erases it.
type sealedRecord struct{ key, value []byte }

func sealRecords(account []byte, records []store.Record) (all []sealedRecord, size int, err error) {
	for _, r := range records {
		if err := checkSize(r.Data); err != nil {
			return nil, 0, err
		}
		s := sealedRecord{key: userKey(account, r.User)}
		if len(r.Data) > 0 {
			s.value = sealed(s.key, r.Data)
		}
		all = append(all, s)
		size += len(s.key) + len(s.value)
	}
	return all, size, nil
}

func (t *tables) putRecords(records []sealedRecord) error {
	for _, r := range records {
		if r.value != nil {
			if err := t.put(recordBucket, r.key, r.value); err != nil {
				return err
			}
			continue
		}
		if err := errors.Join(t.delete(recordBucket, r.key), t.delete(sightingBucket, r.key)); err != nil {
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
	if err := cmp.Or(begin(ctx, account), store.CheckUser(user)); err != nil {
		return nil, err
	}
	prefix := accountKey(account)
	err = s.read(func(t *tables) error {
		if err := t.living(prefix); err != nil {
			return err
		}
		key := userKey(prefix, user)
		value := t.bucket(recordBucket).Get(key)
		if value == nil {
			return nil
		}
		data, err = opened(key, value)
		return err
	})
	return data, err
}

// Records implements store.UserDataStore.
func (s *Store) Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	return byUser(ctx, s, "read records", recordBucket, account, after, func(key, value []byte, user usher.UserID) (store.Record, error) {
		data, err := opened(key, value)
		return store.Record{User: user, Data: data}, err
	})
}

// Seen implements store.UserDataStore. After nil the sightings are on the disk, so a crash
// loses none.
func (s *Store) SaveLastActive(ctx context.Context, account usher.AccountID, sightings []store.LastActive) error {
	return wrap("save sightings", account, 0, s.seen(ctx, account, sightings))
}

func (s *Store) seen(ctx context.Context, account usher.AccountID, sightings []store.LastActive) error {
	if err := begin(ctx, account); err != nil {
		return err
	}
	type seen struct {
		key []byte
		at  int64
	}
	prefix := accountKey(account)
	all := make([]seen, 0, len(sightings))
	size := 0
	for _, sighting := range sightings {
		if err := sighting.Check(); err != nil {
			return err
		}
		key := userKey(prefix, sighting.User)
		all = append(all, seen{key, sighting.At.UnixMilli()})
		size += len(key) + 8
	}
	return s.write(ctx, &write{bytes: size, apply: func(t *tables) error {
		last, err := t.last(prefix)
		switch {
		case err != nil:
			return err
		case last == 0:
			return usher.ErrUnknownAccount
		}
		for _, s := range all {
			if old := t.bucket(sightingBucket).Get(s.key); old != nil {
				// One that cannot be read is replaced.
				if at, err := millis(old); err == nil && at >= s.at {
					continue
				}
			}
			if err := t.put(sightingBucket, s.key, binary.BigEndian.AppendUint64(nil, uint64(s.at))); err != nil {
				return err
			}
		}
		return nil
	}})
}

// Sightings implements store.UserDataStore.
func (s *Store) LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return byUser(ctx, s, "read sightings", sightingBucket, account, after, func(_, value []byte, user usher.UserID) (store.LastActive, error) {
		at, err := millis(value)
		return store.LastActive{User: user, At: time.UnixMilli(at).UTC()}, err
	})
}
