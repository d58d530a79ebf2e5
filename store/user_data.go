package store

import (
	"context"
	"iter"
	"time"

	"github.com/usher-go/usher"
)

// Keeper is a Store that keeps personal data beside the journal, where it can be
// erased: a record for each user, and when the user was last seen. What is said of
// a Store holds for it too.
type UserDataStore interface {
	Store

	// Record returns the user's record, nil if there is none, and ErrErased for an
	// erased account. The records of an Entry appear together with its commit:
	// whoever sees the one sees the others. They are written in their order, and
	// each replaces what the user had. One without data erases the user's record,
	// and the sighting with it.
	Record(ctx context.Context, account usher.AccountID, user usher.UserID) ([]byte, error)

	// Records yields the records of the users who come after the one given, sorted
	// by the bytes of their ids, and ErrErased for an erased account.
	Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[Record, error]

	// Seen keeps when users were last seen. Of two times for one user the later
	// stays, in whatever order they come. Every read that begins after a nil error
	// sees them, but a crash may lose the latest. After an error some may be kept;
	// giving them again does no harm. A sighting needs no record, and one given
	// after the user was erased is kept again.
	//
	// An account that has no commits is refused with usher.ErrUnknownAccount, an
	// erased one with ErrErased, a zero time or one past the year 9999 with
	// ErrInvalid.
	SaveLastActive(ctx context.Context, account usher.AccountID, sightings []LastActive) error

	// Sightings yields the sightings of the users who come after the one given,
	// sorted by the bytes of their ids, and ErrErased for an erased account.
	LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[LastActive, error]
}

// Record is the personal data of one user.
type Record struct {
	User usher.UserID
	Data []byte
}

// Sighting says when a user was last seen. A store keeps whole milliseconds, the
// rest is cut off, and hands the time out in UTC.
type LastActive struct {
	User usher.UserID
	At   time.Time
}
