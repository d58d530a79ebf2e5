// Package store says what a journal's home must do. It keeps the commits of each
// account in order, gives a version to the first who asks for it, and hands back
// what it was given; what a commit means is not its business.
//
// Store is what every home can do. Keeper and Watcher are upgrades, found by type
// assertion. Package storetest holds a store to each sentence written here.
package store

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
)

// Store keeps the journals of many accounts. Its methods may be called by many
// goroutines at the same time.
//
// An id may hold any bytes, NUL and broken UTF-8 among them, and ids that differ
// in a byte have nothing in common. An id that is empty, or longer than MaxID
// bytes, is refused with ErrInvalid.
//
// Commits, snapshots and records of 10 MiB are taken by every store. What is too
// large for one is refused with ErrInvalid. Nil and empty data are the same.
//
// A store neither changes nor keeps a slice that it was given, once the call has
// returned. A slice that it hands out belongs to the caller, who may keep and
// change it.
//
// A call whose context is done when it begins does nothing, and returns the
// context's error. A loop over an iterator is such a call. One whose context is
// done later may stop with that error.
//
// An error ends a loop: it comes once, with a zero value. The body of a loop may
// call the store, append to the account that is read, and break off. An iterator
// may be looped over again, and begins anew.
type Store interface {
	// Append adds an entry to the account's journal, all of it or nothing. Its
	// version is one more than that of the last commit, and 1 in an account that
	// has none. After a nil error the entry is as durable as the store promises,
	// and every read that begins later sees it.
	//
	// ErrConflict says that there already is a commit of that version: somebody
	// was first. ErrGap says that commits would be missing before it. ErrErased
	// says that the account was erased. A version of 0 is refused with ErrInvalid,
	// and records with ErrNoUserData by a store that is no Keeper. All these mean
	// that the call stored nothing.
	//
	// ErrRefused, which a store may wrap with its reason, says that it rejects the
	// entry for good, by a rule of its own such as a quota or a row policy. No call
	// with this entry has stored it, and none will; the caller does not retry. A
	// conflict, a gap and an erased account are reported first. A store that cannot
	// tell whether an earlier call stored the entry, or will, returns another error.
	//
	// Of many that append the same version at the same time, one gets nil. Entries
	// that are refused never make others fail.
	//
	// After any other error nobody knows whether the entry is stored, or will be in
	// a moment; reading that it is not there proves nothing. The caller appends the
	// same bytes again, until it gets nil, or ErrConflict and reads who was first.
	Append(ctx context.Context, account usher.AccountID, e Entry) error

	// Commits yields the commits with a version greater than after, ascending and
	// without a gap, up to the last one there was when the loop began. An account
	// without commits yields none. An erased one yields ErrErased; if it is erased
	// during the loop, that goes on to its end or stops with ErrErased.
	Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[Commit, error]

	// SaveSnapshot keeps data as the state after the commit of a version. A
	// snapshot older than the one that is kept is ignored, without an error; one of
	// the same version replaces it, so that a damaged one can be mended. A version
	// past the last commit is refused with ErrGap, a version of 0 with ErrInvalid.
	// SaveSnapshot to an erased account is refused with ErrErased.
	SaveSnapshot(ctx context.Context, account usher.AccountID, s Snapshot) error

	// Snapshot returns the snapshot that is kept, the zero Snapshot if there is
	// none, and ErrErased for an erased account.
	Snapshot(ctx context.Context, account usher.AccountID) (Snapshot, error)

	// Accounts yields the ids of the accounts that have commits and come after the
	// one given, sorted by their bytes; "" comes before all. Erased accounts are
	// not among them. Accounts that begin or are erased during the loop may be
	// among them or not.
	Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error]

	// Erase removes all that the store has of an account: commits, snapshot,
	// records and sightings. What stays is a mark, and the id is never used again.
	// Erasing it again is no error. Erasing an account that has no commits marks it
	// too, so that an Append under way cannot bring it to life; whoever erases
	// must be sure of the id.
	Erase(ctx context.Context, account usher.AccountID) error
}

// MaxID is how many bytes the id of an account or a user may have.
const MaxID = 1024

// Commit is one numbered entry of an account's journal. Versions count from 1.
type Commit struct {
	Version uint64
	Data    []byte
}

// Snapshot is the state of an account after the commit of a version. The zero
// Snapshot stands for none: no commit is part of it.
type Snapshot struct {
	Version uint64
	Data    []byte
}

// Entry is what one Append stores: a commit, and for a Keeper the records that
// change with it.
type Entry struct {
	Commit
	Records []Record
}
