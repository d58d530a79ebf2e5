package account

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// SnapshotFormat is the number of the format in which snapshots are written. Snapshots of
// older formats are not read, because they lack data that only a replay of the journal
// provides.
const SnapshotFormat = 4

// A snapshot consists of the magic, the number of its format, the body, and the CRC-32C of
// all bytes before it.
const (
	snapshotMagic = "usher\x00state"
	snapshotHead  = len(snapshotMagic) + 1
	snapshotTail  = crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrOlder is wrapped in the error for a snapshot that an earlier version of this package
// wrote in a format that this version does not read. Replay the journal instead.
var ErrOlder = errors.New("written in an older format")

var (
	errNotSnapshot = errors.New("it is not a snapshot")
	errDamaged     = errors.New("it is damaged: the checksum does not match")
)

// Encode returns the state as a snapshot. Equal states have equal bytes, whatever commits led
// to them. What took effect since the last commit, as [State.At] states, is not part of a snapshot.
func (s *State) Encode() []byte {
	s = s.AtCommit()
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
	w.config(s.currentConfig())
	w.pools(s)
	w.keys(s.keys)
	w.schedule(s.scheduled())
	w.requests(s.requests)
	users := sorted(s.all(), s.users.Len())
	w.users(users)
	w.rolesOn(s.on, users)
	return binary.LittleEndian.AppendUint32(w.buf, crc32.Checksum(w.buf, castagnoli))
}

// DecodeState reads a snapshot. A snapshot is a copy of data in the journal, made for fast
// loading: if it cannot be read, replay the journal. The error is a [*CorruptError], also for
// a state that Apply cannot return.
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
		return errNotSnapshot
	case data[snapshotHead-1] > SnapshotFormat:
		return printable.Errorf("%w: %d, and this version of the library reads up to %d", ErrNewer, data[snapshotHead-1], SnapshotFormat)
	case data[snapshotHead-1] == 0:
		return errors.New("the format must be at least 1, got 0")
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
