package boltstore

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// The names of the buckets. The package comment describes their contents.
var (
	usherBucket      = []byte("usher")
	commitBucket     = []byte("commits")
	headBucket       = []byte("heads")
	snapshotBucket   = []byte("snapshots")
	recordBucket     = []byte("records")
	lastActiveBucket = []byte("sightings")
	userBucket       = []byte("users")   // user and account
	indexedBucket    = []byte("indexed") // account, with the version; account and user
	shortenedBucket  = []byte("shortened")
	formatKey        = []byte("format")
	indexBuckets     = [][]byte{userBucket, indexedBucket}
	dataBuckets      = [][]byte{commitBucket, headBucket, snapshotBucket, recordBucket, lastActiveBucket}
	castagnoli       = crc32.MakeTable(crc32.Castagnoli)
	errWrongKey      = printable.Errorf("%w: a key of unknown form", ErrDamaged)
	errWrongContent  = printable.Errorf("%w: a value of unknown form", ErrDamaged)
)

const (
	format             = 2
	formatWithoutHeads = 1

	// erasedVersion marks an erased account. It is the version of its last key and of its head.
	erasedVersion = math.MaxUint64

	// maxValue is the maximum length of data: the maximum length of a bbolt value, less the bytes
	// that this package adds.
	maxValue = math.MaxInt32 - 64
)

// accountKey returns the prefix of an account's keys. It has spare capacity for a version.
func accountKey(id usher.AccountID) []byte {
	key := make([]byte, 0, len(id)+2+8)
	for i := range len(id) {
		if key = append(key, id[i]); id[i] == 0 {
			key = append(key, 0xFF)
		}
	}
	return append(key, 0, 1)
}

// afterAccount returns a key that is after all keys of an account, and not after the keys of the
// next account.
func afterAccount(account []byte) []byte {
	key := bytes.Clone(account)
	key[len(key)-1]++
	return key
}

// splitKey returns the account of a key, and the rest of the key. It returns errWrongKey for a key
// without an account.
func splitKey(key []byte) (id usher.AccountID, rest []byte, err error) {
	var b strings.Builder
	for i := 0; i+1 < len(key); i++ {
		b.WriteByte(key[i])
		if key[i] != 0 {
			continue
		}
		switch i++; key[i] {
		case 0xFF:
		case 1:
			return usher.AccountID(b.String()[:b.Len()-1]), key[i+1:], nil
		default:
			return "", nil, errWrongKey
		}
	}
	return "", nil, errWrongKey
}

func versionKey(account []byte, version uint64) []byte {
	key := make([]byte, len(account), len(account)+8)
	copy(key, account)
	return binary.BigEndian.AppendUint64(key, version)
}

func userKey(account []byte, user usher.UserID) []byte {
	return append(account[:len(account):len(account)], user...)
}

// withChecksum returns a copy of data with a checksum, which verifiedData checks. The write may run
// longer than the call, so it must not use the caller's slice.
func withChecksum(key, data []byte) []byte {
	value := make([]byte, len(data), len(data)+4)
	copy(value, data)
	return binary.BigEndian.AppendUint32(value, checksum(key, data))
}

// verifiedData returns a copy of the data in a value of withChecksum. It returns ErrDamaged for a
// wrong checksum.
func verifiedData(key, value []byte) ([]byte, error) {
	if !intact(key, value) {
		return nil, printable.Errorf("%w: the checksum of %q is wrong", ErrDamaged, key)
	}
	return bytes.Clone(value[:len(value)-4]), nil
}

// intact reports whether the checksum of a value is right.
func intact(key, value []byte) bool {
	end := len(value) - 4
	return end >= 0 && binary.BigEndian.Uint32(value[end:]) == checksum(key, value[:end])
}

func checksum(key, data []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, data)
}

// checkSize returns store.ErrInvalid for data that is too long for bbolt.
func checkSize(data []byte) error {
	if len(data) > maxValue {
		return printable.Errorf("%w: %d bytes of data (want at most %d)", store.ErrInvalid, len(data), maxValue)
	}
	return nil
}
