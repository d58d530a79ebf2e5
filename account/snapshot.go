package account

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// SnapshotFormat is the number of the format in which snapshots are written. One of an
// older format is not read: it lacks what the journal has to be replayed for.
const SnapshotFormat = 2

// A snapshot is the magic, the number of its format, the body, and the CRC-32C of
// all that before it.
const (
	snapshotMagic = "usher\x00state"
	snapshotHead  = len(snapshotMagic) + 1
	snapshotTail  = crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrOlder is wrapped where a snapshot was written by an earlier version of this
// package, in a format that this one does not read. The journal has all that it had.
var ErrOlder = errors.New("written in an older format")

var (
	errNoSnapshot = errors.New("it is no snapshot")
	errDamaged    = errors.New("it is damaged: the checksum is another one")
)

// Encode returns the state as a snapshot: the same bytes for the same state,
// however it came about.
func (s *State) Encode() []byte {
	w := snapshotWriter{buf: make([]byte, 0, 1024+20*s.users.Len())}
	w.buf = append(w.buf, snapshotMagic...)
	w.buf = append(w.buf, SnapshotFormat)
	w.text(string(s.account))
	w.buf = binary.AppendUvarint(w.buf, s.version)
	w.buf = append(w.buf, s.hash[:]...)
	w.bool(s.chained)
	w.time(s.time)
	w.bool(s.deleted)
	w.text(string(s.owner))
	w.text(string(s.unique))
	w.plan(s.planned())
	w.pools(s)
	w.keys(s.keys)
	w.users(sorted(s.users.All(), s.users.Len()))
	return binary.LittleEndian.AppendUint32(w.buf, crc32.Checksum(w.buf, castagnoli))
}

// DecodeState reads a snapshot. It is a copy of what the journal says, made to be
// read fast: one that cannot be read is no loss, and the journal is replayed. The
// error is a [*CorruptError]; a state that Apply could not have made is one, too.
func DecodeState(data []byte) (*State, error) {
	s := &State{members: &memberIndexOnce{}}
	if err := s.decode(data); err != nil {
		return nil, &CorruptError{Op: "read snapshot", Account: s.account, Version: s.version, Err: err}
	}
	return s, nil
}

func (s *State) decode(data []byte) error {
	switch {
	case !strings.HasPrefix(string(data[:min(len(data), len(snapshotMagic))]), snapshotMagic) || len(data) < snapshotHead+snapshotTail:
		return errNoSnapshot
	case data[snapshotHead-1] > SnapshotFormat:
		return printable.Errorf("%w: %d, and this version of the library reads up to %d", ErrNewer, data[snapshotHead-1], SnapshotFormat)
	case data[snapshotHead-1] == 0:
		return errors.New("formats count from 1")
	case data[snapshotHead-1] < SnapshotFormat:
		return printable.Errorf("%w: %d, and this version of the library reads %d", ErrOlder, data[snapshotHead-1], SnapshotFormat)
	}
	body := data[:len(data)-snapshotTail]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(data[len(body):]) {
		return errDamaged
	}
	r := snapshotReader{data: body, at: snapshotHead}
	r.state(s)
	return r.err
}
