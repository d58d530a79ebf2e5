package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/mirror"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/storecopy"
)

// access is what a command does with a store.
type access uint8

// The kinds of access.
const (
	reads   access = iota
	glances        // reads, for a completion: does not wait
	writes
	creates // writes, and creates a missing bolt file
	mirrors // writes, and begins to keep the tables of members
)

func (a access) onlyReads() bool { return a == reads || a == glances }

// withMembers opens a store in a database. The store keeps the tables of members if it did so
// before, or if the access says so.
func withMembers[S any](a access, open func(members bool) (S, error)) (S, error) {
	s, err := open(a == mirrors)
	if errors.Is(err, mirror.ErrInUse) {
		return open(true)
	}
	return s, err
}

// handle is an open store. Of its methods, only close is its own.
type handle struct {
	store.Store
	close func() error
}

// openStore opens the store that an argument names, to read it with --archive. The error is a
// usageError or an *unreadable. The caller must close the store.
func (r *run) openStore(ctx context.Context, arg string, a access) (*handle, error) {
	h, err := r.openBare(ctx, arg, a)
	if err != nil || a != reads {
		return h, err
	}
	return r.withArchive(h)
}

func (r *run) openBare(ctx context.Context, arg string, a access) (*handle, error) {
	n, err := parseStore(r.original(arg))
	if err != nil {
		return nil, err
	}
	switch n.kind {
	case sqliteKind:
		return openSQLite(ctx, arg, n, a)
	case postgresKind:
		return openPostgres(ctx, arg, n, a)
	}
	return openBolt(arg, n, a)
}

// refuseStore returns the error with which a command ends that cannot open a store.
func (r *run) refuseStore(arg string, err error) error {
	if errors.As(err, new(usageError)) {
		return err
	}
	return r.refuse(arg, err)
}

// readOnly is a store in a database, of which a command only reads. It is not a store.Watcher, so an
// engine does not watch it.
type readOnly struct{ listedStore }

// listedStore is what a command uses of a store that it reads.
type listedStore interface {
	store.UserDataStore
	storecopy.ErasedLister
}

func (readOnly) Append(context.Context, usher.AccountID, store.Entry) error { return store.ErrReadOnly }

func (readOnly) Erase(context.Context, usher.AccountID) error { return store.ErrReadOnly }

func (readOnly) SaveSnapshot(context.Context, usher.AccountID, store.Snapshot) error {
	return store.ErrReadOnly
}

func (readOnly) SaveLastActive(context.Context, usher.AccountID, []store.LastActive) error {
	return store.ErrReadOnly
}

// maxListed is how many accounts or users are listed for a suggestion or a shell.
const maxListed = 1000

// accountsOf returns the ids of the first accounts of a store.
func accountsOf(ctx context.Context, s store.Store) (ids []string, err error) {
	for id, err := range s.Accounts(ctx, "") {
		if err != nil {
			return nil, err
		}
		if ids = append(ids, string(id)); len(ids) == maxListed {
			break
		}
	}
	return ids, nil
}

// missingAccount returns the error for an account that a store does not have. It reports
// whether the account was deleted, erased, or never created.
func missingAccount(ctx context.Context, path string, s store.Store, id usher.AccountID) error {
	for _, err := range s.Commits(ctx, id, 0) {
		switch {
		case errors.Is(err, store.ErrErased):
			return wrongUsage("%s: the account %q was erased, so its journal no longer exists", printable.Text(path), id)
		case err != nil && !errors.Is(err, store.ErrShortened):
			return err
		}
		return wrongUsage("%s: the account %q was deleted; usher log shows its journal, and explain --at VERSION uses an earlier version", printable.Text(path), id)
	}
	ids, err := accountsOf(ctx, s)
	if err != nil {
		return err
	}
	hint := suggest.DidYouMean(string(id), ids)
	if hint == "" {
		hint = "; the accounts are " + firstN(ids, "")
	}
	if len(ids) == 0 {
		hint = "; it has no accounts"
	}
	return wrongUsage("%s has no account %q%s", printable.Text(path), id, printable.Text(hint))
}

// needAccount returns the error for a missing --account, with the accounts of the store.
func needAccount(ctx context.Context, what, path string, s store.Store) error {
	ids, err := accountsOf(ctx, s)
	if err != nil {
		return err
	}
	return wrongUsage("%s needs an account: --account ACCOUNT; the accounts in %s: %s", what, printable.Text(path), printable.Text(firstN(ids, "none")))
}

// firstN lists the first names as a sentence does, or returns none if there are none.
func firstN(names []string, none string) string {
	const few = 8
	switch n := len(names); {
	case n == 0:
		return none
	case n > few:
		return strings.Join(names[:few], ", ") + " and others"
	default:
		return andList(names)
	}
}
