package store

import (
	"context"
	"iter"
	"time"

	"github.com/usher-go/usher"
)

// UserDataStore is a Store that also stores personal data, outside of the journal so that it can be
// erased: a record for each user, and the time when the user was last active. The contract of Store
// applies to it too.
type UserDataStore interface {
	Store

	// Record returns the user's record, nil if there is none, and ErrErased for an erased account.
	// The records of an Entry become visible together with its commit: after a read has returned
	// one of them, later reads return all. Records are written in order, and each replaces the
	// user's previous record. A record without data deletes the user's record and last-active time.
	Record(ctx context.Context, account usher.AccountID, user usher.UserID) ([]byte, error)

	// Records yields the records of the users whose id is greater than after, sorted by the bytes
	// of the ids, and ErrErased for an erased account.
	Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[Record, error]

	// SaveLastActive stores when users were last active. Of two times for one user the later one is
	// stored, in whatever order the calls come. Every read that begins after a nil error returns
	// the times, but a crash may lose the latest. After an error for which IsRejected returns false,
	// some times may be stored; saving them again is safe. A user needs no record, and a time that
	// is saved after the user's record was deleted is stored.
	//
	// For an account without commits, SaveLastActive returns usher.ErrUnknownAccount, for an erased
	// account ErrErased, and for a zero time or a time after the year 9999 ErrInvalid.
	SaveLastActive(ctx context.Context, account usher.AccountID, times []LastActive) error

	// LastActiveTimes yields the last-active times of the users whose id is greater than after,
	// sorted by the bytes of the ids, and ErrErased for an erased account.
	LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[LastActive, error]
}

// Record is the personal data of one user.
type Record struct {
	User usher.UserID
	Data []byte
}

// LastActive is the time when a user was last active. A store truncates it to milliseconds, and
// returns it in UTC.
type LastActive struct {
	User usher.UserID
	At   time.Time
}
