package natsstore

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher"
)

// The records of an account are in a tree of buckets, so that the number of subjects, which the
// servers have in memory, stays far below that of users. The root is the bucket "-". A bucket that is
// larger than splitSize is divided into up to 16 below it, by the next hexadecimal digit of the hash of
// the user's id: "-.3" and then "-.3.f". Its own message then only shows that it is divided.
const (
	root        = "-"
	shortenedAt = "s" // no bucket: see shorten.go
	splitSize   = 64 << 10
	maxDepth    = 6
)

// bucket is a bucket of records.
type bucket struct {
	path    string
	seq     uint64 // of its last message; 0 if it is not stored
	epoch   string
	records map[usher.UserID][]byte
}

// pathOf returns the bucket at a depth in which the user would be; the root has depth 0.
func pathOf(user usher.UserID, depth int) string {
	sum := sha256.Sum256([]byte(user))
	digits := hex.EncodeToString(sum[:])
	path := root
	for i := range depth {
		path += "." + digits[i:i+1]
	}
	return path
}

func depthOf(path string) int { return strings.Count(path, ".") }

// bucketSubject returns the subject of a bucket, or a filter for a path with wildcards.
func (p *partition) bucketSubject(account usher.AccountID, path string) string {
	return p.subject(kindRecords, account) + "." + path
}

// pathsTo returns the subjects of all buckets in which the users may be.
func (p *partition) pathsTo(account usher.AccountID, users ...usher.UserID) []string {
	all := map[string]bool{}
	for _, user := range users {
		for depth := range maxDepth + 1 {
			all[p.bucketSubject(account, pathOf(user, depth))] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func bucketLabel(path string) string { return "records " + path }

// parseBucket decodes a bucket: for each user the length and bytes of the id, and those of the data.
func parseBucket(path string, m message, data []byte) (*bucket, error) {
	b := &bucket{path: path, seq: m.seq, epoch: m.header.Get(headerEpoch), records: map[usher.UserID][]byte{}}
	for len(data) > 0 {
		var user, record []byte
		var ok bool
		if user, data, ok = cutBytes(data); ok {
			record, data, ok = cutBytes(data)
		}
		if !ok {
			return nil, damaged("message %d: the records end early", m.seq)
		}
		b.records[usher.UserID(user)] = record
	}
	return b, nil
}

// encode encodes the records, in the order of the ids.
func (b *bucket) encode() []byte {
	var data []byte
	for _, user := range slices.Sorted(maps.Keys(b.records)) {
		data = appendBytes(data, []byte(user))
		data = appendBytes(data, b.records[user])
	}
	return data
}

func appendBytes(to, data []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(data))), data...)
}

func cutBytes(from []byte) (data, rest []byte, ok bool) {
	n, size := binary.Uvarint(from)
	if size <= 0 || n > uint64(len(from)-size) {
		return nil, nil, false
	}
	from = from[size:]
	return slices.Clone(from[:n]), from[n:], true
}

// messages returns the messages that store a changed bucket, and all 16 below it if it is larger than
// size and divided. The server rejects them if the bucket was replaced meanwhile.
//
// Where a keyring is stored, so is the root, and below a divided bucket all buckets are. Each write
// therefore replaces a bucket, and is rejected if that was encrypted with another key meanwhile.
func (b *bucket) messages(p *partition, account usher.AccountID, keys *keyring, size int) []*nats.Msg {
	all := b.divided(p, account, keys, max(size, splitSize))
	expect(all[0], p.bucketSubject(account, b.path), b.seq)
	return all
}

func (b *bucket) divided(p *partition, account usher.AccountID, keys *keyring, size int) []*nats.Msg {
	subject, data := p.bucketSubject(account, b.path), b.encode()
	if len(data) <= size || len(b.records) < 2 || depthOf(b.path) == maxDepth {
		sealed, header, value := keys.seal(data, bucketLabel(b.path))
		all := inParts(subject, sealed, header, value)
		all[0].Header[headerRollup] = []string{"sub"} // the bucket before is purged
		return all
	}
	all := []*nats.Msg{newMessage(subject, nil, headerSplit, "1", headerRollup, "sub")}
	below := map[string]*bucket{}
	for _, digit := range hexDigits {
		path := b.path + "." + string(digit)
		below[path] = &bucket{path: path, records: map[usher.UserID][]byte{}}
	}
	for user, data := range b.records {
		below[pathOf(user, depthOf(b.path)+1)].records[user] = data
	}
	for _, path := range slices.Sorted(maps.Keys(below)) {
		all = append(all, below[path].divided(p, account, keys, size)...)
	}
	return all
}

const hexDigits = "0123456789abcdef"
