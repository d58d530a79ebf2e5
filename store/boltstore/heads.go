package boltstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// head is what the file says of an account beside its commits: the version of the
// last one, and the SHA-256 of its data. It is written in the transaction of the commit,
// into pages of its own, so that damage to either shows. The zero head is that of an
// account without commits.
type head struct {
	version uint64 // erasedVersion for an erased account
	hash    [sha256.Size]byte
}

func headOf(version uint64, data []byte) head { return head{version, sha256.Sum256(data)} }

// erasedHead marks an erased account, beside the mark among the commits.
var erasedHead = head{version: erasedVersion}

func (h head) seal(account []byte) []byte {
	return sealed(account, append(binary.BigEndian.AppendUint64(nil, h.version), h.hash[:]...))
}

// head returns what the file says of an account.
func (t *tables) head(account []byte) (h head, err error) {
	value := t.bucket(headBucket).Get(account)
	if value == nil {
		return head{}, nil
	}
	data, err := opened(account, value)
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

// last returns the version of the account's last commit, 0 if it has none, and
// store.ErrErased if it was erased. It is ErrDamaged unless the account's head says the
// same. It must not follow a delete of commits in the same transaction: bbolt does not
// step back over a page that has become empty.
func (t *tables) last(account []byte) (uint64, error) {
	h, err := t.checkedHead(account)
	return h.version, err
}

func (t *tables) checkedHead(account []byte) (head, error) {
	found, err := t.lastCommit(account)
	h := head{version: found}
	if err == nil && t.sealed {
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
	return head{}, printable.Errorf("%w: %s, and %s; restore the file from a backup", ErrDamaged, spelled("the account's head says that", h.version), spelled("among the commits", found))
}

func spelled(where string, version uint64) string {
	switch version {
	case 0:
		return where + " there are none"
	case erasedVersion:
		return where + " it was erased"
	}
	return printable.Sprintf("%s the last one is %d", where, version)
}

// lastCommit returns the version of the last key among the account's commits, 0 if there
// is none.
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

// living returns store.ErrErased if the account was erased.
func (t *tables) living(account []byte) error {
	_, err := t.last(account)
	return err
}

// sealAll writes the heads of all accounts into a file that has none.
func (t *tables) sealAll() error {
	c := t.bucket(commitBucket).Cursor()
	var from []byte
	for key, _ := c.First(); key != nil; {
		_, version, err := splitKey(key)
		if err != nil || len(version) != 8 || bytes.Compare(key, from) < 0 {
			return printable.Errorf("%w: among the commits is the key %q", errWrongKey, key)
		}
		account := slices.Clone(key[:len(key)-8])
		last, err := t.lastCommit(account)
		if err != nil {
			return err
		}
		h := erasedHead
		if last != erasedVersion {
			// A checksum that is wrong is found out when the commit is read.
			value := t.bucket(commitBucket).Get(versionKey(account, last))
			h = headOf(last, value[:max(len(value)-4, 0)])
		}
		if err := t.put(headBucket, account, h.seal(account)); err != nil {
			return err
		}
		from = afterAccount(account)
		key, _ = c.Seek(from)
	}
	return nil
}
