package natsstore

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// A snapshot is in a stream of its own, so that a large one does not delay commits. If it is too large
// for one message, its parts are stored first, and then the message with the list of them. The stream
// cannot reject a snapshot of an account that was erased meanwhile; thus the mark is read afterwards.

// headerSequence is where the commit of the snapshot ends in the journal stream.
const headerSequence = "Q"

func snapshotLabel(version uint64) string { return "snapshot " + strconv.FormatUint(version, 10) }

// SaveSnapshot implements store.Store.
func (s *Store) SaveSnapshot(ctx context.Context, account usher.AccountID, snapshot store.Snapshot) error {
	return s.call(ctx, "save snapshot", account, snapshot.Version, func() error {
		if err := errors.Join(store.CheckAccount(account), snapshot.Check()); err != nil {
			return err
		}
		v, err := s.look(ctx, account)
		if err != nil {
			return err
		}
		if err := v.living(); err != nil {
			return err
		}
		if err := snapshot.CheckLast(v.version); err != nil {
			return err
		}
		if err := s.saveSnapshot(ctx, account, snapshot, v.key); err != nil {
			return err
		}
		if v, err = s.look(ctx, account); err != nil {
			return err
		}
		if v.erased {
			if err := s.purgeSnapshots(ctx, s.partitionOf(account), account); err != nil {
				return err
			}
		}
		return v.living()
	})
}

// saveSnapshot saves a snapshot unless a later one is stored.
func (s *Store) saveSnapshot(ctx context.Context, account usher.AccountID, snapshot store.Snapshot, key *sealer) error {
	p := s.partitionOf(account)
	subject := p.subject(kindSnapshot, account)
	sealed := key.seal(snapshot.Data, snapshotLabel(snapshot.Version))
	t := s.tries(ctx)
	for {
		found, err := s.last(ctx, p.snapshots, subject)
		if err != nil {
			return err
		}
		before, exists := found[subject]
		if exists {
			version, err := before.number(headerVersion)
			if err != nil {
				return err
			}
			if version > snapshot.Version {
				return nil
			}
		}
		m := newMessage(subject, sealed, headerVersion, strconv.FormatUint(snapshot.Version, 10), headerRollup, "sub")
		if seq := s.sequenceOf(account, snapshot.Version); seq > 0 {
			m.Header[headerSequence] = []string{strconv.FormatUint(seq, 10)}
		}
		var parts []uint64
		if len(sealed) > partSize {
			if parts, err = s.saveParts(ctx, p, account, sealed); err == nil {
				m.Data = encodeParts(parts)
				m.Header[headerPart] = []string{strconv.Itoa(len(parts))}
			}
		}
		if err == nil {
			expect(m, subject, before.seq)
			if _, err = s.publish(ctx, p.snapshots, m); err == nil {
				return s.purgeParts(ctx, p, account, parts, before)
			}
		}
		if err := t.again(err); err != nil {
			return err
		}
	}
}

// sequenceOf returns where the commit of a version ends, or 0 if that is not in memory.
func (s *Store) sequenceOf(account usher.AccountID, version uint64) uint64 {
	known := s.heads.get(account)
	for _, m := range known.marks {
		if m.version == version {
			return m.seq
		}
	}
	return 0
}

// saveParts stores the parts of a snapshot, and returns their sequences.
func (s *Store) saveParts(ctx context.Context, p *partition, account usher.AccountID, sealed []byte) (seqs []uint64, err error) {
	subject := p.subject(kindPart, account)
	for begin := 0; begin < len(sealed); begin += partSize {
		seq, err := s.publish(ctx, p.snapshots, newMessage(subject, sealed[begin:min(begin+partSize, len(sealed))]))
		if err != nil {
			return nil, err
		}
		seqs = append(seqs, seq)
	}
	return seqs, nil
}

// purgeParts removes the parts of earlier snapshots, and those that an interrupted call left. A
// concurrent call whose parts are removed too is rejected, because it expects another message.
func (s *Store) purgeParts(ctx context.Context, p *partition, account usher.AccountID, parts []uint64, before message) error {
	subject := p.subject(kindPart, account)
	switch {
	case len(parts) > 0:
		return s.purge(ctx, p.snapshots, subject, parts[0])
	case before.header.Get(headerPart) != "":
		return s.purge(ctx, p.snapshots, subject, before.seq)
	}
	return nil
}

func (s *Store) purgeSnapshots(ctx context.Context, p *partition, account usher.AccountID) error {
	return together(
		func() error { return s.purge(ctx, p.snapshots, p.subject(kindSnapshot, account), 0) },
		func() error { return s.purge(ctx, p.snapshots, p.subject(kindPart, account), 0) },
	)
}

func encodeParts(seqs []uint64) (data []byte) {
	for _, seq := range seqs {
		data = binary.BigEndian.AppendUint64(data, seq)
	}
	return data
}

// Snapshot implements store.Store.
func (s *Store) Snapshot(ctx context.Context, account usher.AccountID) (snapshot store.Snapshot, err error) {
	err = s.call(ctx, "read snapshot", account, 0, func() error {
		if err := store.CheckAccount(account); err != nil {
			return err
		}
		return s.untilSame(ctx, func() (err error) {
			snapshot, err = s.readSnapshot(ctx, account)
			return err
		})
	})
	if err != nil {
		return store.Snapshot{}, err
	}
	return snapshot, nil
}

func (s *Store) readSnapshot(ctx context.Context, account usher.AccountID) (snapshot store.Snapshot, err error) {
	p := s.partitionOf(account)
	subject := p.subject(kindSnapshot, account)
	type result struct {
		found map[string]message
		err   error
	}
	stored := make(chan result, 1)
	go func() {
		found, err := s.last(ctx, p.snapshots, subject)
		stored <- result{found, err}
	}()
	v, err := s.look(ctx, account)
	r := <-stored
	if err == nil {
		err = v.living()
	}
	if err == nil {
		err = r.err
	}
	m, found := r.found[subject]
	if err != nil || !found {
		return store.Snapshot{}, err
	}
	if snapshot.Version, err = m.number(headerVersion); err != nil {
		return store.Snapshot{}, err
	}
	switch {
	case snapshot.Version > v.version:
		if v, err = s.look(ctx, account); err != nil { // it may be of a commit after the first look
			return store.Snapshot{}, err
		}
		if err := v.living(); err != nil {
			return store.Snapshot{}, err
		}
		if snapshot.Version > v.version {
			return store.Snapshot{}, printable.Errorf("%w: there is a snapshot of version %d, and the last commit is %d", ErrLost, snapshot.Version, v.version)
		}
	case v.key == nil:
		return store.Snapshot{}, damaged("there is a snapshot of an account without commits")
	}
	sealed, err := s.sealedSnapshot(ctx, p, account, m)
	if err != nil {
		return store.Snapshot{}, err
	}
	if snapshot.Data, err = v.key.open(sealed, snapshotLabel(snapshot.Version)); err != nil {
		return store.Snapshot{}, err
	}
	if seq, err := strconv.ParseUint(m.header.Get(headerSequence), 10, 64); err == nil {
		s.heads.update(account, func(k *known) { k.note(mark{snapshot.Version, seq}) })
	}
	return snapshot, nil
}

// sealedSnapshot returns the data of a snapshot, with its parts if it has any.
func (s *Store) sealedSnapshot(ctx context.Context, p *partition, account usher.AccountID, m message) ([]byte, error) {
	if m.header.Get(headerPart) == "" {
		return m.data, nil
	}
	if len(m.data)%8 != 0 {
		return nil, damaged("message %d: the list of parts has %d bytes (want a multiple of 8)", m.seq, len(m.data))
	}
	var sealed []byte
	t := s.tries(ctx)
	for rest := m.data; len(rest) > 0; {
		want := binary.BigEndian.Uint64(rest)
		page, err := s.page(ctx, p.snapshots, p.subject(kindPart, account), want, len(rest)/8)
		if err == nil && len(page) == 0 {
			err = errBehind
		}
		if err != nil {
			if err := t.again(err); err != nil {
				return nil, err
			}
			continue
		}
		for _, part := range page {
			if len(rest) == 0 {
				break
			}
			want := binary.BigEndian.Uint64(rest)
			switch {
			case part.seq < want: // of a concurrent call that was rejected
			case part.seq > want:
				return nil, errChanged
			default:
				sealed, rest = append(sealed, part.data...), rest[8:]
			}
		}
	}
	return sealed, nil
}
