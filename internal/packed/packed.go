// Package packed has the memory layout of a usher.Decision. Package usher reads it, and
// package decision makes it: both convert between usher.Decision and Decision.
package packed

import "time"

// reasonBits is how many bits of an outcome hold the reason.
const reasonBits = 4

// MaxBits is the largest value of the other bits.
const MaxBits = 1<<(64-reasonBits) - 1

// Decision is the answer to a question, in four machine words. The zero Decision has no
// basis, the reason 0 and no time.
type Decision struct {
	basis   any
	outcome uint64 // the reason in the lowest bits, above them what only the basis can read
	at      int64  // nanoseconds since 1970, moved up by one from there on; 0: no time
}

// New returns a Decision. The basis is not nil, the reason is less than 16, the bits are
// at most MaxBits, and at is zero or lies between the years 1678 and 2262.
func New(basis any, reason uint8, bits uint64, at time.Time) Decision {
	return Decision{basis: basis, outcome: bits<<reasonBits | uint64(reason), at: packTime(at)}
}

// On returns d on another basis.
func (d Decision) On(basis any) Decision {
	d.basis = basis
	return d
}

// Basis returns what the decision was made on, or nil.
func (d Decision) Basis() any { return d.basis }

// Reason returns the reason.
func (d Decision) Reason() uint8 { return uint8(d.outcome & (1<<reasonBits - 1)) }

// Bits returns what only the basis can read.
func (d Decision) Bits() uint64 { return d.outcome >> reasonBits }

// Time returns the time in UTC, the zero Time if there is none.
func (d Decision) Time() time.Time {
	switch {
	case d.at == 0:
		return time.Time{}
	case d.at > 0:
		return time.Unix(0, d.at-1).UTC()
	default:
		return time.Unix(0, d.at).UTC()
	}
}

func packTime(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	n := t.UnixNano()
	if n >= 0 {
		n++
	}
	return n
}
