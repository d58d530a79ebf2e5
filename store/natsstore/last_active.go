package natsstore

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// The last-active times of an account are a log, so that saving a few of them is a short message.
// Readers fold it: the latest time of a user counts, and an entry that forgets a user removes the
// times before it. From time to time the log is replaced by what it amounts to.

// foldAfter is the number of messages after which a log is replaced.
const foldAfter = 64

const lastActiveLabel = "last-active times"

// sighting is an entry of the log.
type sighting struct {
	user   usher.UserID
	millis int64
	forget bool
}

// SaveLastActive implements store.UserDataStore.
func (s *Store) SaveLastActive(ctx context.Context, account usher.AccountID, times []store.LastActive) error {
	return s.call(ctx, "save last-active times", account, 0, func() error {
		if err := store.CheckAccount(account); err != nil {
			return err
		}
		entries := make([]sighting, len(times))
		for i, t := range times {
			if err := t.Check(); err != nil {
				return err
			}
			entries[i] = sighting{user: t.User, millis: t.At.UnixMilli()}
		}
		sent := false
		for _, some := range inLogs(entries) {
			if err := s.saveSightings(ctx, account, some, &sent); err != nil {
				return err
			}
		}
		if len(entries) == 0 {
			return s.saveSightings(ctx, account, nil, &sent)
		}
		return nil
	})
}

// inLogs divides entries so that each message has at most partSize bytes.
func inLogs(entries []sighting) (all [][]sighting) {
	for len(entries) > 0 {
		n, size := 0, 0
		for n < len(entries) && size < partSize-store.MaxID-32 {
			size += len(entries[n].user) + 16
			n++
		}
		all, entries = append(all, entries[:n]), entries[n:]
	}
	return all
}

// saveSightings appends a message to the log. The server rejects it if the account was erased, or has
// another personal key, meanwhile. It sets sent if a message of the call was stored, or may be.
func (s *Store) saveSightings(ctx context.Context, account usher.AccountID, entries []sighting, sent *bool) error {
	p := s.partitionOf(account)
	keysSubject := p.subject(kindPersonalKeys, account)
	known := s.heads.get(account)
	keys := known.personal
	if known.version == 0 || known.erased {
		keys = nil
	}
	t := s.tries(ctx)
	for {
		if keys == nil || len(entries) == 0 {
			v, err := s.look(ctx, account, keysSubject)
			if err != nil {
				return err
			}
			if err := v.living(); err != nil {
				return err
			}
			if v.version == 0 {
				return usher.ErrUnknownAccount
			}
			if len(entries) == 0 {
				return nil
			}
			if keys, err = v.keyring(keysSubject); err != nil {
				return err
			}
		}
		messages, err := s.sightingMessages(p, account, keys, entries)
		if err != nil {
			return err
		}
		_, err = s.publish(ctx, p.journal, messages...)
		*sent = *sent || err == nil || unclear(err)
		if err == nil {
			s.saved(account, keys)
			return nil
		}
		if keys = nil; !*sent {
			err = errors.Join(store.ErrNotStored, err)
		}
		if err := t.again(err); err != nil {
			return err
		}
	}
}

func (s *Store) sightingMessages(p *partition, account usher.AccountID, keys *keyring, entries []sighting) (all []*nats.Msg, err error) {
	keysSubject, fence, expected := p.subject(kindPersonalKeys, account), "", uint64(0)
	if keys == nil { // the first personal data of the account
		if keys, err = newKeyring(); err != nil {
			return nil, err
		}
		empty := &bucket{path: root}
		all = append(all, keys.message(keysSubject, 0))
		all = append(all, empty.messages(p, account, keys, 0)...)
		fence = p.subject(kindErased, account)
	} else {
		fence, expected = keysSubject, keys.seq
	}
	m := logMessage(p, account, keys, entries)
	expect(m, fence, expected)
	return append(all, m), nil
}

func logMessage(p *partition, account usher.AccountID, keys *keyring, entries []sighting) *nats.Msg {
	sealed, header, value := keys.seal(encodeSightings(entries), lastActiveLabel)
	return newMessage(p.subject(kindLastActive, account), sealed, header, value)
}

// saved counts the messages of a log since it was last folded.
func (s *Store) saved(account usher.AccountID, keys *keyring) {
	fold := false
	s.heads.update(account, func(k *known) {
		if keys != nil && keys.seq > 0 {
			k.personal = keys
		}
		if k.sightings++; k.sightings >= foldAfter {
			k.sightings, fold = 0, true
		}
	})
	if fold {
		s.foldSoon(account)
	}
}

// forget returns the messages that remove the last-active times of users, and mark the account as one
// with an erasure that is not complete.
func (s *Store) forget(p *partition, account usher.AccountID, keys *keyring, users map[usher.UserID]bool) (all []*nats.Msg) {
	var entries []sighting
	for _, user := range slices.Sorted(maps.Keys(users)) {
		entries = append(entries, sighting{user: user, forget: true})
	}
	for i, some := range inLogs(entries) {
		m := logMessage(p, account, keys, some)
		if i == 0 {
			expect(m, p.subject(kindPersonalKeys, account), keys.seq)
		}
		all = append(all, m)
	}
	return append(all, newMessage(p.subject(kindUnfinished, account), nil))
}

// encodeSightings encodes entries: for each the length and bytes of the user's id, and then 0 to
// forget the user, or 1 and the milliseconds since 1970.
func encodeSightings(entries []sighting) (data []byte) {
	for _, e := range entries {
		data = appendBytes(data, []byte(e.user))
		if e.forget {
			data = append(data, 0)
			continue
		}
		data = binary.AppendVarint(append(data, 1), e.millis)
	}
	return data
}

func decodeSightings(data []byte) (entries []sighting, err error) {
	for len(data) > 0 {
		user, rest, ok := cutBytes(data)
		if !ok || len(rest) == 0 {
			return nil, damaged("the log of last-active times ends early")
		}
		e := sighting{user: usher.UserID(user), forget: rest[0] == 0}
		data = rest[1:]
		if !e.forget {
			n := 0
			if e.millis, n = binary.Varint(data); n <= 0 {
				return nil, damaged("the log of last-active times ends early")
			}
			data = data[n:]
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// sightings is a folded log.
type sightings struct {
	millis map[usher.UserID]int64
	count  int    // messages
	end    uint64 // the sequence of the last one; 0 for none
	keys   *keyring
	old    bool // some of it is encrypted with an old key
}

// readSightings reads and folds the log of an account.
func (s *Store) readSightings(ctx context.Context, account usher.AccountID) (folded sightings, err error) {
	err = s.untilSame(ctx, func() error {
		folded, err = s.readSightingsOnce(ctx, account)
		return err
	})
	return folded, err
}

func (s *Store) readSightingsOnce(ctx context.Context, account usher.AccountID) (folded sightings, err error) {
	p := s.partitionOf(account)
	subject, keysSubject := p.subject(kindLastActive, account), p.subject(kindPersonalKeys, account)
	v, err := s.look(ctx, account, subject, keysSubject)
	if err != nil {
		return folded, err
	}
	if err := v.living(); err != nil {
		return folded, err
	}
	folded.millis, folded.end = map[usher.UserID]int64{}, v.found[subject].seq
	if folded.keys, err = v.keyring(keysSubject); err != nil || folded.end == 0 {
		return folded, err
	}
	if folded.keys == nil {
		return folded, damaged("there are last-active times and no personal key")
	}
	t := s.tries(ctx)
	for from := uint64(1); from <= folded.end; {
		page, err := s.page(ctx, p.journal, subject, from, pageSize)
		if err == nil && len(page) == 0 {
			err = errBehind
		}
		if err != nil {
			if err := t.again(err); err != nil {
				return folded, err
			}
			continue
		}
		for _, m := range page {
			if from <= folded.end && m.seq > folded.end {
				return folded, errChanged // the log was replaced
			}
			if from = m.seq + 1; m.seq > folded.end {
				break
			}
			if err := folded.add(m); err != nil {
				return folded, err
			}
		}
	}
	return folded, nil
}

func (f *sightings) add(m message) error {
	data, err := f.keys.open(m, m.data, lastActiveLabel)
	if err != nil {
		return err
	}
	entries, err := decodeSightings(data)
	if err != nil {
		return err
	}
	if m.header.Get(headerReset) != "" {
		clear(f.millis)
		f.count, f.old = 0, false
	}
	epoch, _ := m.number(headerEpoch)
	f.old = f.old || epoch != f.keys.newest
	f.count++
	for _, e := range entries {
		before, found := f.millis[e.user]
		switch {
		case e.forget:
			delete(f.millis, e.user)
		case !found || e.millis > before:
			f.millis[e.user] = e.millis
		}
	}
	return nil
}

// LastActiveTimes implements store.UserDataStore. It reads all times of the account into memory first.
func (s *Store) LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return loop(s, ctx, "read last-active times", account, func() (all []store.LastActive, err error) {
		folded, err := s.readSightings(ctx, account)
		if err != nil {
			return nil, err
		}
		for user, millis := range folded.millis {
			if user > after {
				all = append(all, store.LastActive{User: user, At: time.UnixMilli(millis).UTC()})
			}
		}
		slices.SortFunc(all, func(a, b store.LastActive) int { return strings.Compare(string(a.User), string(b.User)) })
		if folded.count > foldAfter {
			s.foldSoon(account)
		}
		return all, nil
	})
}

// fold replaces the log of an account by what it amounts to, encrypted with the newest key.
func (s *Store) fold(ctx context.Context, account usher.AccountID) error {
	folded, err := s.readSightings(ctx, account)
	if err != nil || folded.end == 0 || folded.count <= 1 && !folded.old {
		return err
	}
	p := s.partitionOf(account)
	var entries []sighting
	for _, user := range slices.Sorted(maps.Keys(folded.millis)) {
		entries = append(entries, sighting{user: user, millis: folded.millis[user]})
	}
	logs := inLogs(entries)
	if len(logs) == 0 {
		logs = [][]sighting{nil}
	}
	var messages []*nats.Msg
	for i, some := range logs {
		m := logMessage(p, account, folded.keys, some)
		if i == 0 {
			m.Header[headerReset] = []string{"1"}
			m.Header[headerRollup] = []string{"sub"}
			expect(m, m.Subject, folded.end)
		}
		messages = append(messages, m)
	}
	_, err = s.publish(ctx, p.journal, messages...)
	return err
}
