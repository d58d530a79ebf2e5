package natsstore

import (
	"encoding/binary"
	"maps"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher/internal/printable"
)

// keyring has the keys of an account's records and last-active times: one, or two while the data is
// encrypted anew. To erase what is personal of a user, all that remains is encrypted with a new key,
// and the old one is erased.
type keyring struct {
	seq    uint64 // of its message; 0 if it is not stored yet
	keys   map[uint64]*sealer
	secret map[uint64][]byte
	newest uint64 // the number of the key for what is written
}

// parseKeyring parses the message of a keyring: for each key its number in eight bytes, and the key.
func parseKeyring(m message) (*keyring, error) {
	r := &keyring{seq: m.seq, keys: map[uint64]*sealer{}, secret: map[uint64][]byte{}}
	if len(m.data) == 0 || len(m.data)%(8+keySize) != 0 {
		return nil, damaged("message %d has %d bytes (want personal keys of %d bytes each)", m.seq, len(m.data), 8+keySize)
	}
	for one := range slices.Chunk(m.data, 8+keySize) {
		if err := r.add(binary.BigEndian.Uint64(one), one[8:]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *keyring) add(epoch uint64, secret []byte) error {
	k, err := newSealer(secret)
	if err != nil {
		return err
	}
	r.keys[epoch], r.secret[epoch] = k, secret
	r.newest = max(r.newest, epoch)
	return nil
}

// newKeyring returns a keyring with one key.
func newKeyring() (*keyring, error) {
	r := &keyring{keys: map[uint64]*sealer{}, secret: map[uint64][]byte{}}
	return r, r.add(1, newKey())
}

// with returns a copy with a new key.
func (r *keyring) with() (*keyring, error) {
	next := &keyring{keys: maps.Clone(r.keys), secret: maps.Clone(r.secret), newest: r.newest}
	return next, next.add(r.newest+1, newKey())
}

// only returns a copy with only the newest key.
func (r *keyring) only() (*keyring, error) {
	next := &keyring{keys: map[uint64]*sealer{}, secret: map[uint64][]byte{}}
	return next, next.add(r.newest, r.secret[r.newest])
}

// message returns the message of the keyring on a subject. The server rejects it unless the message of
// the keyring before has the sequence expected.
func (r *keyring) message(subject string, expected uint64) *nats.Msg {
	var data []byte
	for _, epoch := range slices.Sorted(maps.Keys(r.secret)) {
		data = binary.BigEndian.AppendUint64(data, epoch)
		data = append(data, r.secret[epoch]...)
	}
	m := newMessage(subject, data)
	expect(m, subject, expected)
	return m
}

// seal encrypts with the newest key. It returns the headers of the message too.
func (r *keyring) seal(data []byte, label string) (sealed []byte, header, value string) {
	return r.keys[r.newest].seal(data, label), headerEpoch, strconv.FormatUint(r.newest, 10)
}

// open decrypts the data of a message.
func (r *keyring) open(m message, sealed []byte, label string) ([]byte, error) {
	epoch, err := m.number(headerEpoch)
	if err != nil {
		return nil, err
	}
	k := r.keys[epoch]
	if k == nil {
		return nil, printable.Errorf("message %d: %s: the personal key %d is missing: %w", m.seq, label, epoch, errChanged)
	}
	return k.open(sealed, label)
}

// keyring returns the keyring of a view that includes its subject; nil if there is none.
func (v view) keyring(subject string) (*keyring, error) {
	m, found := v.found[subject]
	if !found {
		return nil, nil
	}
	return parseKeyring(m)
}

// epoch returns the header of what is encrypted with the newest key.
func (r *keyring) epoch() string { return strconv.FormatUint(r.newest, 10) }
