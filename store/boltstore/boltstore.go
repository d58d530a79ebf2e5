// Package boltstore stores the journals of many accounts in one local file. It needs no server.
// While a process has the file open for writing, no other process can open it. Its Store is a
// store.UserDataStore, a store.VersionReader, a store.UserIndex and a store.Shortener.
//
// When Append, SaveSnapshot, SaveLastActive or Erase returns nil, the data is on the disk.
// Concurrent calls share a sync. A read may return data shortly before the sync that makes it
// durable.
//
// Store is not a store.Watcher, since only the process that has the file open can change it.
//
// # The file
//
// The file is a bbolt file, and the tools of bbolt can read it. It has up to nine buckets:
//
//	usher       format → "2"
//	commits     ACCOUNT VERSION → data, checksum
//	heads       ACCOUNT → version of the last commit, SHA-256 of its data, checksum
//	snapshots   ACCOUNT → version, data, checksum
//	records     ACCOUNT user → data, checksum
//	sightings   ACCOUNT user → last-active time in milliseconds since 1970, UTC
//	users       USER account → checksum
//	indexed     ACCOUNT → version of the account in users, checksum; ACCOUNT user → checksum
//	shortened   ACCOUNT → version of the last commit that Shorten deleted, seal, checksum
//
// ACCOUNT is the account's id, with 0xFF added after each NUL byte, and then the bytes 0x00 0x01.
// Keys therefore sort like ids, and no account's key is a prefix of another's. Versions and times
// are eight bytes in big-endian order. VERSION 0xFFFFFFFFFFFFFFFF marks an erased account, in the
// commits and in the heads. A checksum is the CRC-32C of key and data, in four big-endian bytes.
// The id of a user is stored unchanged, except as USER, which is written like ACCOUNT.
//
// The buckets users and indexed are the index of a store.UserIndex. The first entry that states its
// users creates them, and versions of this package from before the index ignore them.
//
// The first Shorten creates the bucket shortened. Versions of this package from before it return
// ErrDamaged for the commits that were deleted.
//
// Format 1 has no heads. Open adds them to a file that it opens for writing.
//
// # Damage
//
// After a file was truncated or a bit flipped, a call returns the data of an account unchanged or
// ErrDamaged, and never an older state of the account. Open checks the two meta pages, the branches
// of the trees and the list of free pages. Each later call compares the account's last commit with
// its head, and verifies the checksum of each commit that it reads. The Engine verifies the hash
// chain of the commits. For a damaged account, Append returns ErrDamaged; other accounts still
// work. Restore the file from a backup, or Erase the account.
//
// Checksums do not protect against tampering. A user with write access to the file can replace it
// with an older copy, or rewrite an account from its first commit. Only a head that was noted
// elsewhere detects this: see "usher log --verify --head". Open therefore rejects a file that other
// users of the system can write to. Records and last-active times are not part of a hash chain: if
// one is missing, no error occurs.
//
// Erased data can stay readable in free pages of the file until bbolt reuses them. The command
// "bbolt compact" writes a file without free pages.
package boltstore

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var (
	_ store.UserDataStore = (*Store)(nil)
	_ store.VersionReader = (*Store)(nil)
	_ store.UserIndex     = (*Store)(nil)
	_ store.Shortener     = (*Store)(nil)
)

// Errors of Open. Every other method may return ErrDamaged too.
var (
	ErrLocked  = errors.New("another process has it open")
	ErrForeign = errors.New("not a file of this store")
	ErrNewer   = errors.New("written by a newer version of this store")
	ErrDamaged = errors.New("the file is damaged")
	ErrExposed = errors.New("other users of the system can change it")
)

// Options configures Open. The zero value is right for a server.
type Options struct {
	// Mode is the mode of a file that Open creates, before the umask. For a mode with write access
	// for group or others, Open returns ErrExposed. Default: 0600, since a journal contains the
	// permissions of users.
	Mode fs.FileMode

	// Wait is how long Open waits until another process has closed the file. A negative Wait means
	// not to wait. Default: one second.
	Wait time.Duration

	// ReadOnly opens an existing file for reading. Several processes may do so at the same time,
	// but not while a process has the file open for writing. Methods that change data return
	// store.ErrReadOnly. Default: Open creates a missing file, and opens it for reading and
	// writing.
	ReadOnly bool
}

// Store is an open file. Only Open returns a usable Store. Its methods may be called concurrently.
type Store struct {
	file   *file
	writer *writer // nil with Options.ReadOnly
	closed sync.Once

	// Counts of the entries without Users, with the one so far, and at a time when the index had all
	// accounts.
	lostUsers, noneLost atomic.Int64
}

// Close waits for pending writes and closes the file. Later calls return store.ErrClosed, and a
// running loop yields it when it reads the next batch. Calling Close again returns nil.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		if s.writer != nil {
			s.writer.close()
		}
		err = s.file.close()
	})
	return err
}

// write passes w to the writer and returns its outcome.
func (s *Store) write(ctx context.Context, w *write) error {
	if s.writer == nil {
		return store.ErrReadOnly
	}
	return s.writer.do(ctx, w)
}

// read calls f with a consistent state of the file. See file.view.
func (s *Store) read(f func(*tables) error) error {
	return s.file.view(func(tx *bbolt.Tx) error { return f(&tables{tx: tx, hasHeads: s.file.hasHeads}) })
}

// checkCall returns the context's error, or store.ErrInvalid for an invalid account id.
func checkCall(ctx context.Context, account usher.AccountID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return store.CheckAccount(account)
}

// wrap wraps an error in a store.Error. It returns nil for nil.
func wrap(op string, account usher.AccountID, version uint64, err error) error {
	if err == nil {
		return nil
	}
	return &store.Error{Op: op, Account: account, Version: version, Err: err}
}
