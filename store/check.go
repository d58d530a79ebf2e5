package store

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// CheckAccount returns ErrInvalid if id is empty or longer than MaxID. It and the other checks are
// for implementations of Store.
func CheckAccount(id usher.AccountID) error { return checkID("account", len(id)) }

// CheckUser returns ErrInvalid if id is empty or longer than MaxID.
func CheckUser(id usher.UserID) error { return checkID("user", len(id)) }

// Check returns ErrInvalid if the version of the entry is 0, if it has more than MaxRecords records, or
// if CheckUser returns it for a user of the records or of Users.
func (e Entry) Check() error {
	if n := len(e.Records); n > MaxRecords {
		return printable.Errorf("%w: the entry has %d records (want at most %d; use several entries)", ErrInvalid, n, MaxRecords)
	}
	if e.Version == 0 {
		return printable.Errorf("%w: commit version 0 (want 1 or more)", ErrInvalid)
	}
	for _, r := range e.Records {
		if err := CheckUser(r.User); err != nil {
			return err
		}
	}
	for _, users := range [][]usher.UserID{e.Users.Added, e.Users.Removed} {
		if err := CheckUsers(users); err != nil {
			return err
		}
	}
	return nil
}

// CheckUsers returns ErrInvalid if CheckUser returns it for one of the users.
func CheckUsers(users []usher.UserID) error {
	for _, user := range users {
		if err := CheckUser(user); err != nil {
			return err
		}
	}
	return nil
}

// CheckNext returns ErrConflict if the version of the entry is at most last, the version of the
// last commit, and ErrGap if it is greater than last+1. For a journal without commits, last is 0.
func (e Entry) CheckNext(last uint64) error {
	switch {
	case e.Version <= last:
		return printable.Errorf("%w: the last version is %d", ErrConflict, last)
	case e.Version > last+1:
		return printable.Errorf("%w: the last version is %d", ErrGap, last)
	}
	return nil
}

// CheckLast returns ErrGap if the version of the snapshot is greater than last, the version of the
// last commit. For a journal without commits, last is 0.
func (s Snapshot) CheckLast(last uint64) error {
	if s.Version > last {
		return printable.Errorf("%w: the last version is %d", ErrGap, last)
	}
	return nil
}

// Check returns ErrInvalid if the version of the snapshot is 0.
func (s Snapshot) Check() error {
	if s.Version == 0 {
		return printable.Errorf("%w: snapshot version 0 (want 1 or more)", ErrInvalid)
	}
	return nil
}

// Check returns ErrInvalid if CheckUser returns it for the user, or if the time is zero or not in
// the years 1 to 9999 in UTC.
func (l LastActive) Check() error {
	if err := CheckUser(l.User); err != nil {
		return err
	}
	if l.At.IsZero() || l.At.UTC().Year() < 1 || l.At.UTC().Year() > 9999 {
		return printable.Errorf("%w: %q last active at %s (want a time in the years 1 to 9999)", ErrInvalid, string(l.User), l.At.Format(time.RFC3339))
	}
	return nil
}

func checkID(kind string, length int) error {
	switch {
	case length == 0:
		return printable.Errorf("%w: the %s id is empty", ErrInvalid, kind)
	case length > MaxID:
		return printable.Errorf("%w: the %s id has %d bytes (want at most %d)", ErrInvalid, kind, length, MaxID)
	}
	return nil
}
