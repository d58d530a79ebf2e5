// Package filearchive is a store.Archive in files: a folder for each account, with a file for each
// object. It can be on a file system that several
// processes share.
//
// The folder contains personal data. New folders can be read only by the user of the process.
package filearchive

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

var _ store.Archive = (*Archive)(nil)

// Archive is a folder of files. Open makes one; the zero Archive returns store.ErrClosed.
//
// The folder of an account has as its name the SHA-256 of the id, so that each id is a valid name. After
// Erase, a file has that name, which is the mark of the account.
type Archive struct{ dir string }

// Open returns the archive in a folder, which it creates if it does not exist.
func Open(dir string) (*Archive, error) {
	if dir == "" {
		return nil, errors.New("filearchive: the name of the folder is empty")
	}
	if err := makeDir(dir); err != nil {
		return nil, printable.Errorf("filearchive: %w", err)
	}
	return &Archive{dir}, nil
}

// makeDir creates a folder and those above it, unless they exist, and makes their names durable.
func makeDir(dir string) error {
	if isFolder(dir) {
		return nil
	}
	if above := filepath.Dir(dir); above != dir {
		if err := makeDir(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !isFolder(dir) {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Save implements store.Archive.
func (a *Archive) Save(ctx context.Context, account usher.AccountID, name string, data []byte) error {
	return a.do(ctx, "save", account, name, func(folder, path string) error {
		if err := a.makeFolder(folder); err != nil {
			return err
		}
		err := write(folder, path, data)
		if err == nil || isErased(folder) {
			return erasedOr(folder, err)
		}
		if errors.Is(err, fs.ErrExist) {
			stored, err := os.ReadFile(path)
			switch {
			case err != nil:
				return err
			case !bytes.Equal(stored, data):
				return printable.Errorf("%w: the file %s", store.ErrOtherObject, path)
			}
			return syncDir(folder) // a crash may have come before that of the call that wrote it
		}
		return err
	})
}

// Load implements store.Archive.
func (a *Archive) Load(ctx context.Context, account usher.AccountID, name string) (data []byte, err error) {
	err = a.do(ctx, "load", account, name, func(folder, path string) (err error) {
		data, err = os.ReadFile(path)
		_, removing := os.Lstat(removed(folder)) // before the mark, which Erase makes before it removes this
		switch {
		case isErased(folder), errors.Is(err, fs.ErrNotExist) && removing == nil:
			data, err = nil, store.ErrErased
		case errors.Is(err, fs.ErrNotExist):
			err = store.ErrNoObject
		}
		return err
	})
	return data, err
}

// Erase implements store.Archive. The disk may still contain the bytes of the removed files.
func (a *Archive) Erase(ctx context.Context, account usher.AccountID) error {
	return a.do(ctx, "erase", account, "erase", func(folder, _ string) error {
		for !isErased(folder) {
			if err := moveAway(folder); err != nil && !errors.Is(err, fs.ErrNotExist) && !isErased(folder) {
				return err
			}
			// A concurrent Save may create the folder again before the mark takes its name.
			mark, err := os.OpenFile(folder, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			switch {
			case err == nil:
				err = errors.Join(mark.Sync(), mark.Close())
			case errors.Is(err, fs.ErrExist):
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
		}
		if err := os.RemoveAll(removed(folder)); err != nil {
			return err
		}
		return syncDir(a.dir)
	})
}

// removed returns the name that the folder of an account has while Erase removes it.
func removed(folder string) string { return folder + ".removed" }

// moveAway gives the folder of an account that name, or moves it into the folder of a call that was stopped.
func moveAway(folder string) error {
	if info, err := os.Lstat(folder); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return printable.Errorf("%s is a symbolic link (want a folder, so that its files can be removed)", folder)
	}
	from := folder + string(filepath.Separator) // so that the mark of a concurrent call stays
	err := os.Rename(from, removed(folder))
	if errors.Is(err, fs.ErrExist) {
		err = os.Rename(from, filepath.Join(removed(folder), rand.Text()))
	}
	return err
}

// do calls f with the folder of an account and the path of an object, and wraps an error.
func (a *Archive) do(ctx context.Context, op string, account usher.AccountID, name string, f func(folder, path string) error) error {
	err := ctx.Err()
	if err == nil && a.dir == "" {
		err = store.ErrClosed
	}
	if err == nil {
		err = store.CheckObject(account, name)
	}
	if err == nil {
		sum := sha256.Sum256([]byte(account))
		folder := filepath.Join(a.dir, hex.EncodeToString(sum[:]))
		err = f(folder, filepath.Join(folder, name))
	}
	if err != nil {
		return &store.Error{Op: op + " in the archive", Account: account, Err: err}
	}
	return nil
}

// makeFolder creates the folder of an account, unless it exists.
func (a *Archive) makeFolder(folder string) error {
	err := os.Mkdir(folder, 0o700)
	switch {
	case isErased(folder):
		return store.ErrErased
	case err != nil && !errors.Is(err, fs.ErrExist):
		return err
	}
	return syncDir(a.dir) // also if it exists: a crash may come before that of the call that made it
}

// isErased reports whether an account has the mark in place of its folder.
func isErased(folder string) bool {
	info, err := os.Lstat(folder)
	return err == nil && info.Mode().IsRegular()
}

// erasedOr returns store.ErrErased if the account was erased meanwhile, and otherwise err.
func erasedOr(folder string, err error) error {
	if isErased(folder) {
		return store.ErrErased
	}
	return err
}

// write writes a file under a name that is not in use, or fs.ErrExist. A crash leaves either the whole
// file or a file with a temporary name.
func write(folder, path string, data []byte) error {
	f, err := os.CreateTemp(folder, ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, err := os.Lstat(path); err == nil { // the file system may have no links
			return fs.ErrExist
		}
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	return syncDir(folder)
}

// synced is called with each folder whose names are made durable, for tests.
var synced = func(dir string) {}

// syncDir makes the names in a folder durable. On Windows it does nothing, since the system does this
// without a call.
func syncDir(dir string) error {
	synced(dir)
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
