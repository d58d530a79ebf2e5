package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// A page that is read in one transaction has at most so many items, or so many
// bytes and one item. Between pages the file is free: the body of a loop may take
// its time, or write.
const (
	pageLength = 256
	pageBytes  = 1 << 20
)

// inPages makes an iterator of something that returns page after page, the last
// one empty. Begin is called for each loop.
func inPages[T any](ctx context.Context, op string, account usher.AccountID, begin func() func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		read := begin()
		for {
			var page []T
			err := ctx.Err()
			if err == nil {
				page, err = read()
			}
			if err != nil {
				var zero T
				yield(zero, wrap(op, account, 0, err))
				return
			}
			if len(page) == 0 {
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}

// Commits implements store.Store.
func (s *Store) Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return inPages(ctx, "read commits", account, func() func() ([]store.Commit, error) {
		prefix, end, after := accountKey(account), head{}, after
		return func() (page []store.Commit, err error) {
			if err := store.CheckAccount(account); err != nil {
				return nil, err
			}
			err = s.read(func(t *tables) error {
				last, err := t.checkedHead(prefix)
				if err != nil {
					return err
				}
				if end.version == 0 {
					end = last
				}
				page, err = t.commits(prefix, after, end)
				return err
			})
			after += uint64(len(page))
			return page, err
		}
	})
}

// commits returns the commits after a version, to the last one at most. One that is
// missing among them is an error, and so is a last one that is not the head's.
func (t *tables) commits(account []byte, after uint64, last head) (page []store.Commit, err error) {
	c := t.bucket(commitBucket).Cursor()
	size, end := 0, last.version
	for version := after + 1; after < end && version <= end && len(page) < pageLength && size < pageBytes; version++ {
		var key, value []byte
		want := versionKey(account, version)
		if page == nil {
			key, value = c.Seek(want)
		} else {
			key, value = c.Next()
		}
		if !bytes.Equal(key, want) {
			return nil, printable.Errorf("%w: commit %d of %d is missing", ErrDamaged, version, end)
		}
		data, err := opened(key, value)
		if err != nil {
			return nil, err
		}
		if version == end && t.sealed && headOf(version, data) != last {
			return nil, printable.Errorf("%w: commit %d is not the one of which the account's head knows; restore the file from a backup", ErrDamaged, version)
		}
		page = append(page, store.Commit{Version: version, Data: data})
		size += len(data)
	}
	return page, nil
}

// byUser makes an iterator of what a bucket holds of an account's users.
func byUser[T any](ctx context.Context, s *Store, op string, bucket []byte, account usher.AccountID, after usher.UserID,
	spell func(key, value []byte, user usher.UserID) (T, error),
) iter.Seq2[T, error] {
	return inPages(ctx, op, account, func() func() ([]T, error) {
		prefix := accountKey(account)
		from := userKey(prefix, after)
		return func() (page []T, err error) {
			if err := store.CheckAccount(account); err != nil {
				return nil, err
			}
			err = s.read(func(t *tables) error {
				if err := t.living(prefix); err != nil {
					return err
				}
				size := 0
				c := t.bucket(bucket).Cursor()
				key, value := c.Seek(from)
				if bytes.Equal(key, from) {
					key, value = c.Next()
				}
				for ; bytes.HasPrefix(key, prefix) && len(page) < pageLength && size < pageBytes; key, value = c.Next() {
					if bytes.Compare(key, from) <= 0 {
						return errWrongKey // the keys are not in order, and the loop would have no end
					}
					v, err := spell(key, value, usher.UserID(key[len(prefix):]))
					if err != nil {
						return err
					}
					page = append(page, v)
					size += len(value)
					from = bytes.Clone(key)
				}
				return nil
			})
			return page, err
		}
	})
}

// deletePrefix deletes all keys that begin so. It collects them first, since a
// cursor loses its place when what it stands on goes.
func (t *tables) deletePrefix(bucket, prefix []byte) error {
	var keys [][]byte
	c := t.bucket(bucket).Cursor()
	for key, _ := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
		keys = append(keys, bytes.Clone(key))
	}
	for _, key := range keys {
		if err := t.delete(bucket, key); err != nil {
			return err
		}
	}
	return nil
}

func millis(value []byte) (int64, error) {
	if len(value) != 8 {
		return 0, errWrongContent
	}
	return int64(binary.BigEndian.Uint64(value)), nil
}
