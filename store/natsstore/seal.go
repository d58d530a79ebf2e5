package natsstore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"

	"github.com/usher-go/usher/internal/printable"
)

// keySize is the size of a key of AES-256.
const keySize = 32

// sealer encrypts data with a key. To erase the data, the key is erased: the servers keep bytes of
// messages that were purged or replaced, but a deletion by sequence overwrites them at once.
type sealer struct{ gcm cipher.AEAD }

// newKey returns a random key.
func newKey() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	return key
}

func newSealer(key []byte) (*sealer, error) {
	if len(key) != keySize {
		return nil, damaged("a key has %d bytes (want %d)", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &sealer{gcm}, nil
}

// seal encrypts data. The label states what it is; open needs the same.
func (k *sealer) seal(data []byte, label string) []byte {
	return k.gcm.Seal(nil, nil, data, []byte(label))
}

func (k *sealer) open(sealed []byte, label string) ([]byte, error) {
	data, err := k.gcm.Open(nil, nil, sealed, []byte(label))
	if err != nil {
		return nil, damaged("%s: %w", label, printable.Error(err))
	}
	return data, nil
}
