package memstore

import "time"

// WithLockTimeout returns a store whose calls wait for locks only this long.
func WithLockTimeout(d time.Duration) *Store { return &Store{shorter: d} }
