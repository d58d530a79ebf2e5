package natsstore

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Kinds of subjects. Those of the journal stream:
//
//	b             barriers: a message that shows how far a server is
//	j.ACCOUNT     the commits; after Erase only the tombstone
//	k.ACCOUNT     the key of commits and snapshots
//	q.ACCOUNT     the keys of records and last-active times
//	r.ACCOUNT.-   the root of the tree of records; r.ACCOUNT.-.3.f is a bucket of it
//	r.ACCOUNT.s   up to which version the journal was shortened, with the seal
//	t.ACCOUNT     the log of last-active times
//	d.ACCOUNT     erasures that are not complete
//	x.ACCOUNT     the mark of an erased account
//	u.USER.ACCOUNT a user of the account, for the index; USER is a hash of the id
//	l.ACCOUNT     the index lost the account, and perhaps found it again
//
// Those of the stream of snapshots are sb, s.ACCOUNT and sp.ACCOUNT (parts). Messages of the journal
// stream are republished, without data, with h before their kind.
const (
	kindBarrier      = "b"
	kindCommits      = "j"
	kindKey          = "k"
	kindPersonalKeys = "q"
	kindRecords      = "r"
	kindLastActive   = "t"
	kindUnfinished   = "d"
	kindErased       = "x"
	kindUser         = "u"
	kindLost         = "l"
	kindSnapshot     = "s"
	kindPart         = "sp"
)

// partition has the streams for a share of the accounts.
type partition struct {
	number    int
	prefix    string // of subjects
	journal   *stream
	snapshots *stream
}

// stream is a stream, and the barrier that its readers share.
type stream struct {
	name    string
	barrier string // the subject of barriers
	batches chan struct{}

	mu   sync.Mutex
	next *round // that has not begun
	busy bool   // a goroutine runs the rounds
}

// batchesAtOnce is the number of batches of a Store that a stream receives at the same time. The
// server allows 50 of all clients together.
const batchesAtOnce = 8

func newPartition(name string, number int) *partition {
	prefix := name + "." + strconv.Itoa(number) + "."
	open := func(kind, barrier string) *stream {
		return &stream{
			name:    name + "-" + kind + "-" + strconv.Itoa(number),
			barrier: prefix + barrier,
			batches: make(chan struct{}, batchesAtOnce),
		}
	}
	return &partition{number: number, prefix: prefix, journal: open("journal", "b"), snapshots: open("snapshots", "sb")}
}

// partitionOf returns the partition of an account.
func (s *Store) partitionOf(account usher.AccountID) *partition {
	sum := sha256.Sum256([]byte(account))
	return s.partitions[binary.BigEndian.Uint64(sum[:])%uint64(len(s.partitions))]
}

// idText writes ids as a token of a subject. It keeps the order of bytes, and two ids of 1,024 bytes
// fit into the 4 KiB that a server allows for the first line of a request.
var idText = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

func (p *partition) subject(kind string, account usher.AccountID) string {
	return p.prefix + kind + "." + idText.EncodeToString([]byte(account))
}

// all returns the filter of all subjects of a kind.
func (p *partition) all(kind string) string { return p.prefix + kind + ".*" }

// accountIn returns the account of a subject of a kind.
func (p *partition) accountIn(subject, kind string) (usher.AccountID, error) {
	text, found := strings.CutPrefix(subject, p.prefix+kind+".")
	id, err := idText.DecodeString(text)
	if !found || err != nil {
		return "", damaged("subject %s: want %s and an id in base32hex", printable.Quote(subject), printable.Quote(p.prefix+kind+"."))
	}
	return usher.AccountID(id), nil
}
