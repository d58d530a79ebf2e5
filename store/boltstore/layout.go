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

// The names of the buckets, as the package's text tells them.
var (
	usherBucket     = []byte("usher")
	commitBucket    = []byte("commits")
	headBucket      = []byte("heads")
	snapshotBucket  = []byte("snapshots")
	recordBucket    = []byte("records")
	sightingBucket  = []byte("sightings")
	formatKey       = []byte("format")
	dataBuckets     = [][]byte{commitBucket, headBucket, snapshotBucket, recordBucket, sightingBucket}
	castagnoli      = crc32.MakeTable(crc32.Castagnoli)
	errWrongKey     = printable.Errorf("%w: a key that this store does not write", ErrDamaged)
	errWrongContent = printable.Errorf("%w: a value that this store did not write", ErrDamaged)
)

const (
	format   = 2
	unsealed = 1 // the format without heads

	// erasedVersion marks an erased account, in the place of its last commit.
	erasedVersion = math.MaxUint64

	// maxValue is what bbolt stores in a value, less what is added here.
	maxValue = math.MaxInt32 - 64
)

// accountKey is how the keys of an account begin.
func accountKey(id usher.AccountID) []byte {
	key := make([]byte, 0, len(id)+2+8) // with room for a version
	for i := range len(id) {
		if key = append(key, id[i]); id[i] == 0 {
			key = append(key, 0xFF)
		}
	}
	return append(key, 0, 1)
}

// afterAccount is where the keys of an account end: those of the next one are not
// before it.
func afterAccount(account []byte) []byte {
	key := bytes.Clone(account)
	key[len(key)-1]++
	return key
}

// splitKey takes a key apart: which account, and what follows.
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

// sealed appends to data the checksum that open asks for. It copies the data, so
// that the caller's slice is free when a write is under way.
func sealed(key, data []byte) []byte {
	value := make([]byte, len(data), len(data)+4)
	copy(value, data)
	return binary.BigEndian.AppendUint32(value, checksum(key, data))
}

// opened returns a copy of the data that was sealed.
func opened(key, value []byte) ([]byte, error) {
	if !intact(key, value) {
		return nil, printable.Errorf("%w: the checksum of %q is wrong", ErrDamaged, key)
	}
	return bytes.Clone(value[:len(value)-4]), nil
}

func intact(key, value []byte) bool {
	end := len(value) - 4
	return end >= 0 && binary.BigEndian.Uint32(value[end:]) == checksum(key, value[:end])
}

func checksum(key, data []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, data)
}

// checkSize refuses data that bbolt has no room for.
func checkSize(data []byte) error {
	if len(data) > maxValue {
		return printable.Errorf("%w: %d bytes of data; at most %d fit", store.ErrInvalid, len(data), maxValue)
	}
	return nil
}
