package boltstore

import (
	"bytes"
	"encoding/binary"

	"go.etcd.io/bbolt"

	"github.com/usher-go/usher/store"
)

// tables are the buckets of the file in one transaction.
type tables struct {
	tx      *bbolt.Tx
	changes int // what was put or deleted so far
}

// commitFill is how full a page of commits is left when it is split. Commits come
// after the others of their account, so that more room there would stay empty.
const commitFill = 0.9

func (t *tables) bucket(name []byte) *bbolt.Bucket { return t.tx.Bucket(name) }

func (t *tables) put(bucket, key, value []byte) error {
	t.changes++
	b := t.bucket(bucket)
	if string(bucket) == string(commitBucket) {
		b.FillPercent = commitFill
	}
	return b.Put(key, value)
}

func (t *tables) delete(bucket, key []byte) error {
	t.changes++
	return t.bucket(bucket).Delete(key)
}

// last returns the version of the account's last commit, 0 if it has none, and
// store.ErrErased if it was erased. It must not follow a delete of commits in the
// same transaction: bbolt does not step back over a page that has become empty.
func (t *tables) last(account []byte) (uint64, error) {
	c := t.bucket(commitBucket).Cursor()
	mark := versionKey(account, erasedVersion)
	key, _ := c.Seek(mark)
	switch {
	case bytes.Equal(key, mark):
		return 0, store.ErrErased
	case key == nil:
		key, _ = c.Last()
	default:
		key, _ = c.Prev()
	}
	version, found := bytes.CutPrefix(key, account)
	switch {
	case !found:
		return 0, nil
	case len(version) != 8:
		return 0, errWrongKey
	}
	return binary.BigEndian.Uint64(version), nil
}

// living returns store.ErrErased if the account was erased.
func (t *tables) living(account []byte) error {
	if t.bucket(commitBucket).Get(versionKey(account, erasedVersion)) != nil {
		return store.ErrErased
	}
	return nil
}
