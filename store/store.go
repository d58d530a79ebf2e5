// Package store defines the storage interface for account journals. A journal is a list of commits
// with consecutive versions. Its commits do not change, and a store does not interpret their data.
//
// Writers use optimistic concurrency: of concurrent calls of Append with the same version, one
// returns nil and the others return ErrConflict. The caller then reads the new commits, and retries
// with the next version.
//
// Store is the interface that every store implements. UserDataStore, Watcher, Confirmer, Checker,
// Transactor, VersionReader, UserIndex and Shortener are optional: callers find them by type assertion. A store in a
// database can also make a Tx from a transaction of the host application. Package storetest tests a
// store against each sentence of this contract.
//
// # Erasing
//
// After Erase returns nil, and after an entry has deleted a record, no call returns the data any more.
// storetest tests this for every store, and reads the tables of databases too. What remains on disks
// depends on the store:
//
//   - memstore has no disk.
//   - boltstore leaves the bytes in free pages of the file, until bbolt uses them again or "bbolt
//     compact" has written a new file. Nothing bounds the time.
//   - sqlstore on SQLite leaves them in free pages until SQLite uses them again or VACUUM has run,
//     unless the setting secure_delete is on.
//   - pgstore, and sqlstore on PostgreSQL, leave them in dead rows until a vacuum, and in the
//     write-ahead log, in replicas and in archives as long as the server keeps these.
//   - natsstore encrypts the data, and deletes the keys: in the streams when Erase returns nil or, if a
//     server is down, when it is back; in the logs of the servers within minutes. The encrypted bytes
//     remain, and so does the id of the account. The hashes of its users' ids go after the keys. Its tests
//     search the files of all servers for the data, the keys and the hashes.
//
// Backups contain what was erased later, in every store. Engine.Erase also erases what an Archive has of
// the account.
package store

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
)

// Store stores the journals of many accounts. Its methods may be called concurrently.
//
// An id may contain any bytes, including NUL and invalid UTF-8. Ids that differ in one byte are
// independent. For an id that is empty or longer than MaxID bytes, a call returns ErrInvalid.
//
// Every store accepts commits, snapshots and records of up to 10 MiB, with any bytes. For data that
// is too large for it, a store returns ErrInvalid. Nil and empty data are the same.
//
// A store does not change the slices that it receives, and does not use them after the call
// returns. The caller owns the slices that a store returns, and may keep and change them.
//
// If its context is done when a call begins, the call does nothing and returns the context's error.
// The same applies to a loop over an iterator. If its context is done later, a call may stop with
// the context's error.
//
// An error ends a loop: the iterator yields it once, with the zero value. The body of a loop may
// call the store, append to the account that the loop reads, and break. An iterator may be used
// again: each loop starts from the beginning.
type Store interface {
	// Append adds an entry to the account's journal, either completely or not at all. The version
	// must be that of the last commit plus one, or 1 if the account has no commits. After a nil
	// error the entry is as durable as the store promises, and every read that begins later
	// returns it.
	//
	// ErrConflict means that a commit with this version exists: another writer was first. ErrGap
	// means that commits before this version are missing. ErrErased means that the account was
	// erased. For version 0, Append returns ErrInvalid, and for more than MaxRecords records too.
	// For an entry with records, a store that is not a UserDataStore returns ErrNoUserData.
	// ErrNotStored means that the call gave up before it stored anything, for example because it
	// waited too long for a lock; a retry may succeed. After each of these errors, this call has
	// stored nothing.
	//
	// ErrRefused, which a store may wrap with a reason, means that the store rejects the entry
	// permanently by a rule of its own, such as a quota or a row policy. No call with this entry
	// has stored it, and none will; the caller must not retry. ErrConflict, ErrGap and ErrErased
	// take precedence over ErrRefused. A store that does not know whether an earlier call stored
	// the entry, or will store it, returns another error.
	//
	// Of concurrent calls with the same version, one returns nil. A rejected entry never makes
	// another entry fail.
	//
	// After any other error the outcome is unknown: the entry may be stored, now or in a moment,
	// even if a read does not return it. The caller retries with the same bytes until Append
	// returns nil or ErrConflict; after ErrConflict, a read returns the entry that is stored.
	Append(ctx context.Context, account usher.AccountID, e Entry) error

	// Commits yields the commits with a version greater than after, in ascending order and without
	// a gap, up to the last commit when the loop began. An account without commits yields none. An
	// erased account yields ErrErased. If the account is erased during the loop, the loop goes on
	// to its end or stops with ErrErased.
	Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[Commit, error]

	// SaveSnapshot stores data as the state after the commit of a version. A snapshot older than
	// the stored one is ignored, without an error. A snapshot of the same version replaces the
	// stored one, so that a damaged snapshot can be repaired. For a version after the last commit,
	// SaveSnapshot returns ErrGap, and for version 0 ErrInvalid. For an erased account,
	// SaveSnapshot returns ErrErased.
	SaveSnapshot(ctx context.Context, account usher.AccountID, s Snapshot) error

	// Snapshot returns the stored snapshot, the zero Snapshot if there is none, and ErrErased for
	// an erased account.
	Snapshot(ctx context.Context, account usher.AccountID) (Snapshot, error)

	// Accounts yields the ids of the accounts that have commits and whose id is greater than after,
	// sorted by their bytes; "" is less than all ids. It does not yield erased accounts. It may or
	// may not yield accounts that get their first commit or are erased during the loop.
	Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error]

	// Erase removes all data of an account: commits, snapshot, records and last-active times. A
	// mark remains, and the id is never used again. Erasing an erased account returns nil. Erasing
	// an account without commits marks it too, so that a concurrent Append cannot create it;
	// callers must therefore be sure of the id.
	Erase(ctx context.Context, account usher.AccountID) error
}

// MaxID is the maximum length of the id of an account or a user, in bytes.
const MaxID = 1024

// MaxRecords is the maximum number of records of an Entry.
const MaxRecords = 1_000_000

// Commit is one entry of an account's journal. Versions count from 1.
type Commit struct {
	Version uint64
	Data    []byte
}

// Snapshot is the state of an account after the commit of a version. The zero Snapshot stands for
// none: it contains no commit.
type Snapshot struct {
	Version uint64
	Data    []byte
}

// Entry is what one Append stores: a commit and, in a UserDataStore, the records that change with
// it, and which users of the account the commit adds and removes.
type Entry struct {
	Commit
	Records []Record
	Users   Users
}
