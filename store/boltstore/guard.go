package boltstore

import (
	"fmt"
	"runtime/debug"
)

// guarded runs f, and makes an error of a panic. The file is mapped into memory, so
// where it is damaged or cut off, reading it is a fault; that must not end a host
// that has nothing wrong but a disk.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return f()
}
