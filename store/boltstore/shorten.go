package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// The first call of Shorten creates the bucket shortened. Earlier versions of this package ignore it,
// and report the deleted commits of an account as missing.

// Shorten implements store.Shortener. It deletes all commits in one transaction.
func (s *Store) Shorten(ctx context.Context, account usher.AccountID, upTo uint64, seal []byte) error {
	return wrap("shorten", account, upTo, s.shorten(ctx, account, upTo, seal))
}

func (s *Store) shorten(ctx context.Context, account usher.AccountID, upTo uint64, seal []byte) error {
	if err := checkCall(ctx, account); err != nil {
		return err
	}
	key, seal := accountKey(account), bytes.Clone(seal)
	return s.write(ctx, &write{exclusive: true, apply: func(t *tables) error {
		last, err := t.lastVersion(key)
		if err != nil {
			return err
		}
		snapshot, err := t.snapshot(key, last)
		if err != nil {
			return err
		}
		before, err := t.shortened(key)
		if err != nil {
			return err
		}
		if err := store.CheckShorten(upTo, seal, snapshot.Version); err != nil || upTo <= before.UpTo {
			return err
		}
		if err := t.deleteCommits(key, before.UpTo, upTo); err != nil {
			return err
		}
		return t.putShortened(key, upTo, seal)
	}})
}

// deleteCommits deletes the commits of an account after a version, up to another one.
func (t *tables) deleteCommits(account []byte, after, upTo uint64) error {
	var keys [][]byte // deleting the current key moves a cursor
	c := t.bucket(commitBucket).Cursor()
	key, _ := c.Seek(versionKey(account, after+1))
	for version := after + 1; version <= upTo; version++ {
		if !bytes.Equal(key, versionKey(account, version)) {
			return printable.Errorf("%w: commit %d is missing", ErrDamaged, version)
		}
		keys = append(keys, bytes.Clone(key))
		key, _ = c.Next()
	}
	for _, key := range keys {
		if err := t.delete(commitBucket, key); err != nil {
			return err
		}
	}
	return nil
}

func (t *tables) putShortened(account []byte, upTo uint64, seal []byte) error {
	if t.bucket(shortenedBucket) == nil {
		if _, err := t.tx.CreateBucket(shortenedBucket); err != nil {
			return err
		}
	}
	return t.put(shortenedBucket, account, withChecksum(account, append(binary.BigEndian.AppendUint64(nil, upTo), seal...)))
}

// shortened returns which commits of an account Shorten has deleted. The zero value stands for none.
func (t *tables) shortened(account []byte) (of store.ShortenedError, err error) {
	b := t.bucket(shortenedBucket)
	if b == nil {
		return of, nil
	}
	value := b.Get(account)
	if value == nil {
		return of, nil
	}
	data, err := verifiedData(account, value)
	if err == nil && len(data) < 8 {
		err = errWrongContent
	}
	if err != nil {
		return of, err
	}
	return store.ShortenedError{UpTo: binary.BigEndian.Uint64(data), Seal: data[8:]}, nil
}

// checkShortened returns a store.ShortenedError if commits after a version were deleted.
func (t *tables) checkShortened(account []byte, after uint64) error {
	of, err := t.shortened(account)
	if err == nil && after < of.UpTo {
		err = &of
	}
	return err
}
