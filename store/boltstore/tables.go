package boltstore

import "go.etcd.io/bbolt"

// tables gives access to the buckets of the file in one transaction.
type tables struct {
	tx       *bbolt.Tx
	hasHeads bool // false for format 1
	changes  int  // number of calls of put and delete
}

// commitFill is the fill rate of a page of commits that bbolt splits. New commits come after all
// other commits of their account, so free space in the page would stay empty.
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
