package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// boltMagic is in the first page of a bolt file, after the page header.
const (
	boltMagic    = 0xED0CDAED
	boltMagicEnd = 20
)

// isStore reports whether a file is a store. It reads the content, not the name, and
// returns false for a file that it cannot read.
func isStore(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [boltMagicEnd]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return false
	}
	magic := head[boltMagicEnd-4:]
	return binary.LittleEndian.Uint32(magic) == boltMagic || binary.BigEndian.Uint32(magic) == boltMagic
}

// openStore opens an existing store file. The error is an *unreadable.
func openStore(path string, o boltstore.Options) (*boltstore.Store, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, openError(path, err)
	case info.IsDir():
		return nil, &unreadable{path, "this is a directory, not a store file", nil}
	case info.Size() == 0:
		return nil, &unreadable{path, "this file is empty, so it is not a store; remove it and run usher do --create", nil}
	}
	s, err := boltstore.Open(path, o)
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, boltstore.ErrLocked):
		return nil, &unreadable{path, "another process has the store open, probably the service; " +
			"only one process at a time can open a store file, so stop that process first", err}
	case errors.Is(err, boltstore.ErrForeign) && !isStore(path):
		return nil, &unreadable{path, "this is not a store; usher do --create and boltstore create stores", err}
	case errors.As(err, new(*fs.PathError)):
		return nil, openError(path, err)
	default:
		return nil, &unreadable{path, strings.TrimPrefix(err.Error(), "boltstore: open "+path+": "), err}
	}
}

// readStore opens a store file read-only.
func readStore(path string) (*boltstore.Store, error) {
	return openStore(path, boltstore.Options{ReadOnly: true})
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
		case err != nil:
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
		hint = "; the accounts are " + firstN(ids, "none")
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
