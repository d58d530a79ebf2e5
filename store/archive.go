package store

import (
	"context"
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Archive is a place outside of a store, which the host application provides, for the beginnings of
// journals: a folder, or a bucket of an object store. It keeps objects by account and name. Its methods
// may be called concurrently, also by several processes. Package filearchive implements it in files.
//
// Objects contain personal data: ids of users, and notes of commits. What reads them verifies them, so an
// Archive need not.
type Archive interface {
	// Save stores an object durably before it returns nil. An object does not change: if the name
	// exists with the same data, Save returns nil, and with other data ErrOtherObject. A name for which
	// CheckObject returns an error is ErrInvalid. After any other error the object may be stored, as a
	// whole, or not; the caller retries. For an erased account, Save returns ErrErased.
	Save(ctx context.Context, account usher.AccountID, name string, data []byte) error

	// Load returns the data of an object. It returns ErrNoObject if there is none, and ErrErased for an
	// erased account.
	Load(ctx context.Context, account usher.AccountID, name string) ([]byte, error)

	// Erase removes all objects of an account. A mark remains, so that a concurrent Save cannot bring
	// an object back. Erasing an erased account, or one without objects, returns nil. After an error,
	// a repeated call removes the rest. Before Erase removes an object, it makes Load return ErrErased
	// for it: until then Load returns the object, also if Erase is stopped.
	Erase(ctx context.Context, account usher.AccountID) error
}

// Errors of an Archive.
var (
	ErrNoObject    = errors.New("the archive has no such object")
	ErrOtherObject = errors.New("the archive has another object of this name")
)

// ErrArchiveDamaged is the error of what reads an Archive, for an object that is missing or is not what was
// saved.
var ErrArchiveDamaged = errors.New("the archive is damaged")

// MaxObjectName is the maximum length of the name of an object, in bytes.
const MaxObjectName = 128

// CheckObject returns ErrInvalid unless CheckAccount returns nil and the name of an object has 1 to
// MaxObjectName of the characters a to z, 0 to 9 and "-". It is for implementations of Archive.
func CheckObject(account usher.AccountID, name string) error {
	if err := CheckAccount(account); err != nil {
		return err
	}
	valid := name != "" && len(name) <= MaxObjectName
	for i := range len(name) {
		c := name[i]
		valid = valid && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
	}
	if !valid {
		return printable.Errorf("%w: the name of the object is %q (want 1 to %d of the characters a to z, 0 to 9 and -)", ErrInvalid, name, MaxObjectName)
	}
	return nil
}
