package boltstore

import (
	"errors"
	"io"
)

// WriteTo writes a copy of the file, as it was when the call began, and returns the number of bytes.
// It implements io.WriterTo. No other process can make a copy while this one has the file open. Open
// opens the copy, and detects damage.
//
// Reads go on meanwhile. A write that must make the file larger waits until WriteTo returns, so w
// should be a local file, and must not wait for a write to the store.
func (s *Store) WriteTo(w io.Writer) (n int64, err error) {
	tx, err := s.file.begin(false)
	if err != nil {
		return 0, wrap("write a copy", "", 0, err)
	}
	defer func() {
		err = wrap("write a copy", "", 0, errors.Join(err, recoverFault(tx.Rollback)))
	}()
	return tx.WriteTo(w)
}
