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

// file is a bbolt file that may be damaged. bbolt maps it into memory, so reading a damaged or
// truncated file can panic or fault. This must not end the host application.
type file struct {
	db       *bbolt.DB
	hasHeads bool // false for a file of format 1 that is open for reading

	// unreadable is set after a fault at the start of a transaction. bbolt then keeps its locks,
	// and another call would block forever.
	unreadable atomic.Bool
}

// begin starts a transaction. It returns store.ErrClosed after close, and ErrDamaged if the first
// pages cannot be read.
func (f *file) begin(writable bool) (tx *bbolt.Tx, err error) {
	if f.unreadable.Load() {
		return nil, printable.Errorf("%w: its first pages cannot be read", ErrDamaged)
	}
	err = recoverFault(func() (err error) {
		tx, err = f.db.Begin(writable)
		return err
	})
	switch {
	case errors.Is(err, ErrDamaged):
		f.unreadable.Store(true)
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return nil, store.ErrClosed
	}
	return tx, err
}

// view calls look with a read transaction. The transaction and its data are valid until look
// returns. The function must not call code from outside of the package, such as the body of a loop.
func (f *file) view(look func(*bbolt.Tx) error) error {
	tx, err := f.begin(false)
	if err != nil {
		return err
	}
	err = recoverFault(func() error { return look(tx) })
	return errors.Join(err, recoverFault(tx.Rollback))
}

func (f *file) close() error {
	if f.unreadable.Load() {
		return printable.Errorf("%w: it cannot be closed, and stays open until the process ends", ErrDamaged)
	}
	return f.db.Close()
}

// recoverFault calls f, and returns ErrDamaged after a panic or a memory fault.
func recoverFault(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = printable.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return f()
}
