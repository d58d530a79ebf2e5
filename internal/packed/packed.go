// Package packed defines the memory layout of usher.Decision. Package usher reads it and
// package decision makes it: both convert between usher.Decision and Decision.
package packed

import "time"

// reasonBits is the number of bits of an outcome that contain the reason.
const reasonBits = 4

// MaxBits is the largest value of the other bits of an outcome.
const MaxBits = 1<<(64-reasonBits) - 1

// Decision is the result of a check, in four machine words. The zero Decision has no basis,
// the reason 0 and no time.
type Decision struct {
	basis   any
	outcome uint64 // the reason in the lowest bits, the bits for the basis above
	at      int64  // nanoseconds since 1970, plus 1 if not negative; 0: no time
}

// New returns a Decision. The basis must not be nil, the reason must be less than 16, the
// bits must be at most MaxBits, and at must be zero or lie between the years 1678 and 2262.
func New(basis any, reason uint8, bits uint64, at time.Time) Decision {
	return Decision{basis: basis, outcome: bits<<reasonBits | uint64(reason), at: packTime(at)}
}

// On returns d with another basis.
func (d Decision) On(basis any) Decision {
	d.basis = basis
	return d
}

// Basis returns the basis, or nil for the zero Decision.
func (d Decision) Basis() any { return d.basis }

// Reason returns the reason.
func (d Decision) Reason() uint8 { return uint8(d.outcome & (1<<reasonBits - 1)) }

// Bits returns the bits that only the basis interprets.
func (d Decision) Bits() uint64 { return d.outcome >> reasonBits }

// Time returns the time in UTC, or the zero Time if the decision has none.
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
