package sqlstore

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Close ends the loops of Watch. Calls that run go on to their end; later calls return
// store.ErrClosed. Close does not close the database.
func (s *Store) Close() { s.journal.Close() }

// Append implements store.Store.
func (s *Store) Append(ctx context.Context, account usher.AccountID, e store.Entry) error {
	return s.journal.Append(ctx, account, e)
}

// Commits implements store.Store.
func (s *Store) Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return s.journal.Commits(ctx, account, after)
}

// SaveSnapshot implements store.Store.
func (s *Store) SaveSnapshot(ctx context.Context, account usher.AccountID, snapshot store.Snapshot) error {
	return s.journal.SaveSnapshot(ctx, account, snapshot)
}

// Snapshot implements store.Store.
func (s *Store) Snapshot(ctx context.Context, account usher.AccountID) (store.Snapshot, error) {
	return s.journal.Snapshot(ctx, account)
}

// Accounts implements store.Store.
func (s *Store) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.journal.Accounts(ctx, after)
}

// Erase implements store.Store.
func (s *Store) Erase(ctx context.Context, account usher.AccountID) error {
	return s.journal.Erase(ctx, account)
}

// ErasedAccounts yields the ids of erased accounts that are greater than after, sorted by their bytes.
// Package storecopy copies the marks of these accounts with it.
func (s *Store) ErasedAccounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.journal.ErasedAccounts(ctx, after)
}

// Record implements store.UserDataStore.
func (s *Store) Record(ctx context.Context, account usher.AccountID, user usher.UserID) ([]byte, error) {
	return s.journal.Record(ctx, account, user)
}

// Records implements store.UserDataStore.
func (s *Store) Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	return s.journal.Records(ctx, account, after)
}

// SaveLastActive implements store.UserDataStore.
func (s *Store) SaveLastActive(ctx context.Context, account usher.AccountID, times []store.LastActive) error {
	return s.journal.SaveLastActive(ctx, account, times)
}

// LastActiveTimes implements store.UserDataStore.
func (s *Store) LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return s.journal.LastActiveTimes(ctx, account, after)
}

// InTx implements store.Transactor.
func (s *Store) InTx(ctx context.Context, f func(store.Tx) error) error {
	return s.journal.InTx(ctx, f)
}

// Versions implements store.VersionReader.
func (s *Store) Versions(ctx context.Context, accounts []usher.AccountID) ([]uint64, error) {
	return s.journal.Versions(ctx, accounts)
}

// Watch implements store.Watcher, by polling.
func (s *Store) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return s.journal.Watch(ctx)
}

// Confirm implements store.Confirmer. It costs one read of the database for each loop of Watch, however
// many accounts there are.
func (s *Store) Confirm(ctx context.Context) (mark uint64, err error) { return s.journal.Confirm(ctx) }

// AccountsOf implements store.UserIndex.
func (s *Store) AccountsOf(ctx context.Context, user usher.UserID, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.journal.AccountsOf(ctx, user, after)
}

// Unindexed implements store.UserIndex.
func (s *Store) Unindexed(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.journal.Unindexed(ctx, after)
}

// IndexUsers implements store.UserIndex.
func (s *Store) IndexUsers(ctx context.Context, account usher.AccountID, version uint64, users []usher.UserID) error {
	return s.journal.IndexUsers(ctx, account, version, users)
}

// Shorten implements store.Shortener.
func (s *Store) Shorten(ctx context.Context, account usher.AccountID, upTo uint64, seal []byte) error {
	return s.journal.Shorten(ctx, account, upTo, seal)
}
