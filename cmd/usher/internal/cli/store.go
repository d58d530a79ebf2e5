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

// boltMagic stands in the first page of a store file, behind the page's own head.
const (
	boltMagic    = 0xED0CDAED
	boltMagicEnd = 20
)

// isStore reports whether a file is a store, whatever its name. One that cannot be
// read is none.
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

// openStore opens a store file that is there. The error is an *unreadable.
func openStore(path string, o boltstore.Options) (*boltstore.Store, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, lost(path, err)
	case info.IsDir():
		return nil, &unreadable{path, "this is a directory, not a store file", nil}
	case info.Size() == 0:
		return nil, &unreadable{path, "this file is empty, so it is not a store; remove it, and usher do --create makes one", nil}
	}
	s, err := boltstore.Open(path, o)
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, boltstore.ErrLocked):
		return nil, &unreadable{path, "another process has it open, most likely the service that it belongs to, " +
			"and a store file is for one process at a time; stop that one first", err}
	case errors.Is(err, boltstore.ErrForeign) && !isStore(path):
		return nil, &unreadable{path, "this is not a store; usher do --create and boltstore make stores", err}
	case errors.As(err, new(*fs.PathError)):
		return nil, lost(path, err)
	default:
		return nil, &unreadable{path, strings.TrimPrefix(err.Error(), "boltstore: open "+path+": "), err}
	}
}

// readStore opens a store file to look at it.
func readStore(path string) (*boltstore.Store, error) {
	return openStore(path, boltstore.Options{ReadOnly: true})
}

// mostListed is how many accounts or users are listed for a suggestion or a shell.
const mostListed = 1000

// accountsOf returns the ids of the first accounts of a store.
func accountsOf(ctx context.Context, s store.Store) (ids []string, err error) {
	for id, err := range s.Accounts(ctx, "") {
		if err != nil {
			return nil, err
		}
		if ids = append(ids, string(id)); len(ids) == mostListed {
			break
		}
	}
	return ids, nil
}

// missing says why a store lacks an account: it was deleted, erased, or never there.
func missing(ctx context.Context, path string, s store.Store, id usher.AccountID) error {
	for _, err := range s.Commits(ctx, id, 0) {
		switch {
		case errors.Is(err, store.ErrErased):
			return wrongUsage("%s: the account %q was erased, and nothing of it is left", printable.Text(path), id)
		case err != nil:
			return err
		}
		return wrongUsage("%s: the account %q was deleted; usher log shows what happened, and explain --at VERSION looks back", printable.Text(path), id)
	}
	ids, err := accountsOf(ctx, s)
	if err != nil {
		return err
	}
	hint := suggest.DidYouMean(string(id), ids)
	if hint == "" {
		hint = "; it has " + firstN(ids, "none")
	}
	return wrongUsage("%s has no account %q%s", printable.Text(path), id, printable.Text(hint))
}

// needAccount says that an account has to be named, and which there are.
func needAccount(ctx context.Context, what, path string, s store.Store) error {
	ids, err := accountsOf(ctx, s)
	if err != nil {
		return err
	}
	return wrongUsage("%s needs an account: --account ACCOUNT; %s has %s", what, printable.Text(path), printable.Text(firstN(ids, "none")))
}

// some names a few, or says that there are none.
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
