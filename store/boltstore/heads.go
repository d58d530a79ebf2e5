package boltstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// head contains the version of an account's last commit and the SHA-256 of its data. It is written
// in the transaction of the commit, but into a different bucket, so that damage to one of them is
// detected. The zero head is the head of an account without commits.
type head struct {
	version uint64 // erasedVersion for an erased account
	hash    [sha256.Size]byte
}

func headOf(version uint64, data []byte) head { return head{version, sha256.Sum256(data)} }

// erasedHead marks an erased account, together with a mark in the bucket of the commits.
var erasedHead = head{version: erasedVersion}

func (h head) encode(account []byte) []byte {
	return withChecksum(account, append(binary.BigEndian.AppendUint64(nil, h.version), h.hash[:]...))
}

// head returns the stored head of an account, the zero head if there is none.
func (t *tables) head(account []byte) (h head, err error) {
	value := t.bucket(headBucket).Get(account)
	if value == nil {
		return head{}, nil
	}
	data, err := verifiedData(account, value)
	switch {
	case err != nil:
		return head{}, err
	case len(data) != 8+len(h.hash):
		return head{}, errWrongContent
	}
	h.version = binary.BigEndian.Uint64(data)
	copy(h.hash[:], data[8:])
	return h, nil
}

// lastVersion returns the version of the account's last commit, 0 if it has none, and
// store.ErrErased if it was erased. It returns ErrDamaged if the head does not match. It must not
// be called after commits were deleted in the same transaction, since a bbolt cursor does not step
// back over an empty page.
func (t *tables) lastVersion(account []byte) (uint64, error) {
	h, err := t.checkedHead(account)
	return h.version, err
}

// checkedHead returns the head of the account after the checks of lastVersion. In a file without
// heads it returns only the version.
func (t *tables) checkedHead(account []byte) (head, error) {
	found, err := t.lastCommit(account)
	h := head{version: found}
	if err == nil && t.hasHeads {
		h, err = t.head(account)
	}
	switch {
	case err != nil:
		return head{}, err
	case h.version == found && found == erasedVersion:
		return head{}, store.ErrErased
	case h.version == found:
		return h, nil
	}
	return head{}, printable.Errorf("%w: the account's head (%s) does not match its commits (%s); restore the file from a backup", ErrDamaged, describeLast(h.version), describeLast(found))
}

// describeLast describes the last version of an account for an error.
func describeLast(version uint64) string {
	switch version {
	case 0:
		return "no commits"
	case erasedVersion:
		return "erased"
	}
	return printable.Sprintf("last version %d", version)
}

// lastCommit returns the version in the last key of the account's commits, 0 if there is none.
func (t *tables) lastCommit(account []byte) (uint64, error) {
	c := t.bucket(commitBucket).Cursor()
	mark := versionKey(account, erasedVersion)
	key, _ := c.Seek(mark)
	switch {
	case bytes.Equal(key, mark):
		return erasedVersion, nil
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

// checkNotErased returns the error of lastVersion, such as store.ErrErased.
func (t *tables) checkNotErased(account []byte) error {
	_, err := t.lastVersion(account)
	return err
}

// writeHeads writes the heads of all accounts into a file of format 1.
func (t *tables) writeHeads() error {
	c := t.bucket(commitBucket).Cursor()
	var from []byte
	for key, _ := c.First(); key != nil; {
		_, version, err := splitKey(key)
		if err != nil || len(version) != 8 || bytes.Compare(key, from) < 0 {
			return printable.Errorf("%w: the commits contain the key %q", errWrongKey, key)
		}
		account := slices.Clone(key[:len(key)-8])
		last, err := t.lastCommit(account)
		if err != nil {
			return err
		}
		h := erasedHead
		if last != erasedVersion {
			// A wrong checksum is detected when the commit is read.
			value := t.bucket(commitBucket).Get(versionKey(account, last))
			h = headOf(last, value[:max(len(value)-4, 0)])
		}
		if err := t.put(headBucket, account, h.encode(account)); err != nil {
			return err
		}
		from = afterAccount(account)
		key, _ = c.Seek(from)
	}
	return nil
}
