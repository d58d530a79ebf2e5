// Package boltstore keeps journals in one file of the host's disk: no server, one
// process, many accounts. It is a store.Store and a Keeper. A call that has
// returned nil is on the disk; Append, SaveSnapshot, Seen and Erase of many
// goroutines share a sync.
//
// It is no Watcher, since nobody but the process that has the file open can change
// it. What a read shows may be a moment ahead of the sync that makes it durable.
//
// # The file
//
// It is a bbolt file, and the tools for those can look into it. Six buckets:
//
//	usher       format → "2"
//	commits     ACCOUNT VERSION → data, checksum
//	heads       ACCOUNT → version of the last commit, SHA-256 of its data, checksum
//	snapshots   ACCOUNT → version, data, checksum
//	records     ACCOUNT user → data, checksum
//	sightings   ACCOUNT user → milliseconds since 1970
//
// ACCOUNT is the account's id, each NUL byte in it followed by 0xFF, and then the
// bytes 0x00 0x01: so keys sort as the ids do, and none is the beginning of
// another. Versions and times are eight bytes, the highest first. VERSION
// 0xFFFFFFFFFFFFFFFF marks an erased account, among the commits and in its head. A
// checksum is the CRC-32C of key and data, four bytes. A user's id stands as it is.
//
// Format 1 has no heads. Open gives them to a file that it opens to write.
//
// # Damage
//
// A file that was cut off, or in which a bit flipped, leaves accounts as they were or
// makes reading them ErrDamaged; it makes none an older one. Open looks at the two pages
// from which bbolt begins to read, at the branches of the trees and at the list of free
// pages. Each call then holds the last commit of the account against its head, and each
// commit against its checksum; that commits follow on each other, the Engine verifies.
// An account that is ErrDamaged takes no commits, and the others go on. Restore the file
// from a backup, or Erase the account.
//
// Checksums are no secrets: who can write to the file can also replace it by an earlier
// copy of itself, or rewrite an account from its beginning. Only a head that was noted
// elsewhere shows that: see "usher log --verify --head". So Open rejects a file that
// other users of the system can write to. Records and sightings are no part of a chain:
// one that is missing is not noticed.
//
// What was erased can stay readable in free pages of the file until they are used
// again; "bbolt compact" writes a file without them.
package boltstore

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var _ store.UserDataStore = (*Store)(nil)

// What can be wrong with a file.
var (
	ErrLocked  = errors.New("another process has it open")
	ErrForeign = errors.New("not a file of this store")
	ErrNewer   = errors.New("written by a newer version of this store")
	ErrDamaged = errors.New("the file is damaged")
	ErrExposed = errors.New("other users of the system can change it")
)

// Options say how a file is opened. The zero value is right for a server.
type Options struct {
	// Mode is that of a file that Open makes, before the umask. Zero means 0600:
	// journals tell who may do what. A mode that lets others than the owner write is
	// ErrExposed.
	Mode fs.FileMode

	// Wait is how long Open waits for another process to let go of the file. Zero
	// means a second, less than zero not at all.
	Wait time.Duration

	// ReadOnly opens a file that exists to look at it; many may do so at the same
	// time, but none beside a process that has it open to write. Whatever would
	// change it returns store.ErrReadOnly.
	ReadOnly bool
}

// Store is an open file. Its methods may be called by many goroutines at the same
// time.
type Store struct {
	file   *file
	writer *writer // nil where the file is open for reading only
	closed sync.Once
}

// Close waits for what is being written and closes the file; calls that come later
// return store.ErrClosed. Closing again does nothing. A loop that is under way
// ends with store.ErrClosed when it comes to read on.
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

// write has the writer do something.
func (s *Store) write(ctx context.Context, w *write) error {
	if s.writer == nil {
		return store.ErrReadOnly
	}
	return s.writer.do(ctx, w)
}

// read lets f look at one state of the file, as file.view does.
func (s *Store) read(f func(*tables) error) error {
	return s.file.view(func(tx *bbolt.Tx) error { return f(&tables{tx: tx, sealed: s.file.sealed}) })
}

// begin refuses what no store needs to be asked for.
func begin(ctx context.Context, account usher.AccountID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return store.CheckAccount(account)
}

// wrap says in an error what was asked for.
func wrap(op string, account usher.AccountID, version uint64, err error) error {
	if err == nil {
		return nil
	}
	return &store.Error{Op: op, Account: account, Version: version, Err: err}
}
