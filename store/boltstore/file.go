package boltstore

import (
	"errors"
	"runtime/debug"
	"sync/atomic"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// file is a bbolt file that may be damaged. It is mapped into memory, so that
// reading what is damaged or cut off can be a fault; that must not end a host that
// has nothing wrong but a disk.
type file struct {
	db     *bbolt.DB
	sealed bool // the accounts have heads; not in a file of an older version that is open for reading only

	// lost is set when a transaction could not even begin. bbolt then holds its
	// locks for ever, and whoever asked it again would wait for them.
	lost atomic.Bool
}

// begin returns store.ErrClosed after close, and ErrDamaged where nothing can be
// read.
func (f *file) begin(writable bool) (tx *bbolt.Tx, err error) {
	if f.lost.Load() {
		return nil, printable.Errorf("%w: not even its first pages can be read", ErrDamaged)
	}
	err = guarded(func() (err error) {
		tx, err = f.db.Begin(writable)
		return err
	})
	switch {
	case errors.Is(err, ErrDamaged):
		f.lost.Store(true)
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return nil, store.ErrClosed
	}
	return tx, err
}

// view lets f look at one state of the file. What it is given is valid until it
// returns; it must not run code of a caller.
func (f *file) view(look func(*bbolt.Tx) error) error {
	tx, err := f.begin(false)
	if err != nil {
		return err
	}
	err = guarded(func() error { return look(tx) })
	return errors.Join(err, guarded(tx.Rollback))
}

func (f *file) close() error {
	if f.lost.Load() {
		return printable.Errorf("%w: it stays open until the process ends", ErrDamaged)
	}
	return f.db.Close()
}

// guarded runs f, and makes an error of a panic or a fault.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = printable.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return f()
}
