package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Shortener is a Store that deletes the commits at the beginning of a journal, once they are in an
// Archive. Versions, appends, hints and erasures work as before, and the contract of Store applies to
// it too, except that Commits may yield ErrShortened.
type Shortener interface {
	Store

	// Shorten deletes the commits of an account up to a version, which must be less than that of the
	// stored snapshot, and keeps a seal of up to MaxSeal bytes for the error of Commits. If the
	// commits up to that version are deleted already, nothing changes. Commits are deleted either all
	// or none.
	//
	// For a version that is not less than that of the snapshot, and for an account without a snapshot,
	// Shorten returns ErrNeeded. For an erased account it returns ErrErased, and for version 0 or a
	// seal that is too long ErrInvalid.
	//
	// For a version less than that of the last deleted commit, Commits yields a ShortenedError with
	// the version and the seal of the last call that deleted commits. A loop that runs meanwhile goes
	// on to its end or stops with a ShortenedError, and never leaves out a commit. Erase removes the seal too.
	Shorten(ctx context.Context, account usher.AccountID, upTo uint64, seal []byte) error
}

// MaxSeal is the maximum length of the seal of a Shortener, in bytes.
const MaxSeal = 64

// ErrShortened is matched by a ShortenedError: the commits exist, and are not in the store.
var ErrShortened = errors.New("the journal was shortened")

// ShortenedError is the error of Commits for commits that Shorten deleted. It matches ErrShortened.
type ShortenedError struct {
	UpTo uint64 // the version of the last commit that was deleted
	Seal []byte // what Shorten was called with
}

// Error returns text such as "the journal was shortened: commits 1 to 17 are in an archive".
func (e *ShortenedError) Error() string {
	return fmt.Sprintf("%s: commits 1 to %d are in an archive (want the archive: Options.Archive of the engine, --archive of the command usher)", ErrShortened, e.UpTo)
}

// Is matches ErrShortened.
func (e *ShortenedError) Is(target error) bool { return target == ErrShortened }

// CheckShorten returns the error of Shorten for a version, a seal and the version of the stored
// snapshot, which is 0 if there is none. It is for implementations of Shortener.
func CheckShorten(upTo uint64, seal []byte, snapshot uint64) error {
	switch {
	case upTo == 0:
		return printable.Errorf("%w: shortened up to version 0 (want 1 or more)", ErrInvalid)
	case len(seal) > MaxSeal:
		return printable.Errorf("%w: the seal has %d bytes (want at most %d)", ErrInvalid, len(seal), MaxSeal)
	case snapshot == 0:
		return printable.Errorf("%w: the account has no snapshot", ErrNeeded)
	case upTo >= snapshot:
		return printable.Errorf("%w: the snapshot is of version %d (want to delete up to %d at most)", ErrNeeded, snapshot, snapshot-1)
	}
	return nil
}
