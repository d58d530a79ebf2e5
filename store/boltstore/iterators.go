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

// Limits of a page, the batch of items that an iterator reads in one transaction. Between pages no
// transaction is open, so the body of a loop may be slow, and may write.
const (
	pageLength = 256     // items
	pageBytes  = 1 << 20 // bytes; the last item may exceed it
)

// paged returns an iterator over pages. For each loop it calls begin, and then the function that
// begin returns for page after page, until a page is empty.
func paged[T any](ctx context.Context, op string, account usher.AccountID, begin func() func() ([]T, error)) iter.Seq2[T, error] {
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
	return paged(ctx, "read commits", account, func() func() ([]store.Commit, error) {
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
				if err := t.checkShortened(prefix, after); err != nil {
					return err
				}
				page, err = t.commits(prefix, after, end)
				return err
			})
			after += uint64(len(page))
			return page, err
		}
	})
}

// commits returns a page of the commits after a version, up to the one of the head last. It returns
// ErrDamaged if a commit is missing or damaged, or if the last commit does not match the head.
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
		data, err := verifiedData(key, value)
		if err != nil {
			return nil, err
		}
		if version == end && t.hasHeads && headOf(version, data) != last {
			return nil, printable.Errorf("%w: commit %d does not match the account's head; restore the file from a backup", ErrDamaged, version)
		}
		page = append(page, store.Commit{Version: version, Data: data})
		size += len(data)
	}
	return page, nil
}

// byUser returns an iterator over the entries of an account in a bucket, sorted by user. The
// function item makes a value from an entry.
func byUser[T any](ctx context.Context, s *Store, op string, bucket []byte, account usher.AccountID, after usher.UserID,
	item func(key, value []byte, user usher.UserID) (T, error),
) iter.Seq2[T, error] {
	return paged(ctx, op, account, func() func() ([]T, error) {
		prefix := accountKey(account)
		from := userKey(prefix, after)
		return func() (page []T, err error) {
			if err := store.CheckAccount(account); err != nil {
				return nil, err
			}
			err = s.read(func(t *tables) error {
				if err := t.checkNotErased(prefix); err != nil {
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
						return errWrongKey // with unordered keys, the loop would not end
					}
					v, err := item(key, value, usher.UserID(key[len(prefix):]))
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

// deletePrefix deletes all keys with a prefix. It collects them first, since deleting the current
// key moves a cursor.
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

// decodeMillis returns a time in milliseconds since 1970.
func decodeMillis(value []byte) (int64, error) {
	if len(value) != 8 {
		return 0, errWrongContent
	}
	return int64(binary.BigEndian.Uint64(value)), nil
}
