// Package storearchive reads journals whose first commits are in a store.Archive, for programs that read
// a store without an engine, such as those of storefeed and storecopy.
package storearchive

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/archived"
	"github.com/usher-go/usher/store"
)

// Reader returns a store that reads the commits that s has deleted from an archive, and otherwise calls
// s. What the archive returns is verified with the seal that s keeps, so Commits yields the commits as
// they were stored, or an error. The result is a store.UserDataStore, and lists erased accounts for package storecopy,
// if s does so. It has no other optional interface, so it must not be the store of an engine, whose
// Options.Archive has the same effect.
func Reader(s store.Store, a store.Archive) store.Store {
	r := reader{s, a}
	userData, hasUserData := s.(store.UserDataStore)
	erased, listsErased := s.(erasedLister)
	switch {
	case hasUserData && listsErased:
		return struct {
			reader
			userDataStore
			erasedLister
		}{r, userData, erased}
	case hasUserData:
		return struct {
			reader
			userDataStore
		}{r, userData}
	case listsErased:
		return struct {
			reader
			erasedLister
		}{r, erased}
	}
	return r
}

type reader struct {
	store.Store
	archive store.Archive
}

// Commits implements store.Store.
func (r reader) Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return archived.Commits(ctx, r.Store, r.archive, account, after)
}

// userDataStore has the methods of a store.UserDataStore that a store.Store does not have.
type userDataStore interface {
	Record(ctx context.Context, account usher.AccountID, user usher.UserID) ([]byte, error)
	Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error]
	SaveLastActive(ctx context.Context, account usher.AccountID, times []store.LastActive) error
	LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error]
}

// erasedLister is storecopy.ErasedLister.
type erasedLister interface {
	ErasedAccounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error]
}
