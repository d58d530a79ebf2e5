package cli

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/usher-go/usher/store/boltstore"
)

// boltMagic is in the first page of a bolt file, after the page header.
const (
	boltMagic    = 0xED0CDAED
	boltMagicEnd = 20
)

// isBolt reports whether a file is a bolt file. It reads the content, not the name, and returns
// false for a file that it cannot read.
func isBolt(path string) bool {
	head := make([]byte, boltMagicEnd)
	if !readHead(path, head) {
		return false
	}
	magic := head[boltMagicEnd-4:]
	return binary.LittleEndian.Uint32(magic) == boltMagic || binary.BigEndian.Uint32(magic) == boltMagic
}

// readHead reads the first bytes of a file, and reports whether it has that many.
func readHead(path string, into []byte) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = io.ReadFull(f, into)
	return err == nil
}

// openBolt opens a bolt file.
func openBolt(arg string, n storeName, a access) (*handle, error) {
	info, err := os.Stat(n.place)
	isNew := errors.Is(err, fs.ErrNotExist) && a == creates
	switch {
	case isNew:
	case err != nil:
		return nil, openError(arg, err)
	case info.IsDir():
		return nil, &unreadable{arg, "this is a directory, not a store file", nil}
	case info.Size() == 0:
		return nil, &unreadable{arg, "this file is empty, so it is not a store; remove it and run usher do --create", nil}
	}
	o := boltstore.Options{ReadOnly: a.onlyReads()}
	if a == glances {
		o.Wait = -1
	}
	s, err := boltstore.Open(n.place, o)
	switch {
	case err == nil:
		return &handle{s, s.Close}, nil
	case isNew:
		return nil, cannotCreate(arg, err)
	case errors.Is(err, boltstore.ErrLocked):
		return nil, &unreadable{arg, "another process has the store open, probably the service; " +
			"only one process at a time can open a store file, so stop that process first, " +
			"or let it write a copy with Store.WriteTo, and read the copy", err}
	case errors.Is(err, boltstore.ErrForeign) && isSQLite(n.place):
		return nil, &unreadable{arg, "this is an SQLite database; write sqlite:" + n.place, err}
	case errors.Is(err, boltstore.ErrForeign) && !isBolt(n.place):
		return nil, &unreadable{arg, "this is not a store; usher do --create and boltstore create stores", err}
	case errors.As(err, new(*fs.PathError)):
		return nil, openError(arg, err)
	default:
		return nil, &unreadable{arg, strings.TrimPrefix(err.Error(), "boltstore: open "+n.place+": "), err}
	}
}

// cannotCreate returns the error for a file that cannot be created.
func cannotCreate(arg string, err error) error {
	reason := err.Error()
	if pathErr := new(fs.PathError); errors.As(err, &pathErr) {
		reason = pathErr.Err.Error()
	}
	return &unreadable{arg, "cannot be created: " + reason, err}
}
