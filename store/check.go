package store

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// CheckAccount is for those who write a store: it refuses, with ErrInvalid, an id
// that no account can have.
func CheckAccount(id usher.AccountID) error { return checkID("an account", len(id)) }

// CheckUser does the same for the id of a user.
func CheckUser(id usher.UserID) error { return checkID("a user", len(id)) }

// Check is for those who write a store: it refuses, with ErrInvalid, an entry that
// no journal can have.
func (e Entry) Check() error {
	if e.Version == 0 {
		return printable.Errorf("%w: a commit has a version, counted from 1", ErrInvalid)
	}
	for _, r := range e.Records {
		if err := CheckUser(r.User); err != nil {
			return err
		}
	}
	return nil
}

// CheckNext is for those who write a store: it returns ErrConflict or ErrGap unless the entry
// is the next one after the last version of a journal, 0 for an empty one.
func (e Entry) CheckNext(last uint64) error {
	switch {
	case e.Version <= last:
		return printable.Errorf("%w: the last one is %d", ErrConflict, last)
	case e.Version > last+1:
		return printable.Errorf("%w: the last one is %d", ErrGap, last)
	}
	return nil
}

// CheckLast is for those who write a store: it returns ErrGap if the snapshot is newer than the
// last version of a journal, 0 for an empty one.
func (s Snapshot) CheckLast(last uint64) error {
	if s.Version > last {
		return printable.Errorf("%w: the last one is %d", ErrGap, last)
	}
	return nil
}

// Check is for those who write a store: it refuses, with ErrInvalid, a snapshot of
// no version.
func (s Snapshot) Check() error {
	if s.Version == 0 {
		return printable.Errorf("%w: a snapshot has the version of the last commit in it, counted from 1", ErrInvalid)
	}
	return nil
}

// Check is for those who write a Keeper: it refuses, with ErrInvalid, a sighting
// of nobody or at no time.
func (s LastActive) Check() error {
	if err := CheckUser(s.User); err != nil {
		return err
	}
	if s.At.IsZero() || s.At.UTC().Year() < 1 || s.At.UTC().Year() > 9999 {
		return printable.Errorf("%w: %q seen at %s: a time lies between the years 1 and 9999", ErrInvalid, string(s.User), s.At.Format(time.RFC3339))
	}
	return nil
}

func checkID(what string, length int) error {
	switch {
	case length == 0:
		return printable.Errorf("%w: an empty id of %s", ErrInvalid, what)
	case length > MaxID:
		return printable.Errorf("%w: an id of %s with %d bytes; at most %d are allowed", ErrInvalid, what, length, MaxID)
	}
	return nil
}
