package boltstore

import "go.etcd.io/bbolt"

// tables are the buckets of the file in one transaction.
type tables struct {
	tx      *bbolt.Tx
	sealed  bool // there are heads
	changes int  // what was put or deleted so far
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
