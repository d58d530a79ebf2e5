// Package decision makes decisions. It is for programs that implement usher.Authorizer
// themselves; handlers read a usher.Decision and do not need this package.
package decision

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/packed"
)

// MaxBits is the largest value of the bits that a Decision carries for its Basis.
const MaxBits uint64 = packed.MaxBits

// Basis describes the decisions that were made on it: on a policy, or on a version of an
// account. Its type must be comparable, like a pointer. Concurrent use must be safe.
type Basis interface {
	// Detail describes a decision with this reason and these bits, which only the
	// Basis can read. The same arguments must always give the same result.
	Detail(reason usher.Reason, bits uint64) usher.Detail
}

// New returns a decision with a reason. Bits are passed to Basis.Detail, where they say
// which rule decided, for instance. At is the time for which it was decided, zero if
// time played no part; it must lie between the years 1678 and 2262.
//
// New fails closed: it returns the zero Decision, which denies, if basis is nil, if
// there is no such reason, or if bits are larger than MaxBits. It does not allocate.
func New(basis Basis, reason usher.Reason, bits uint64, at time.Time) usher.Decision {
	if basis == nil || reason > usher.ReasonNoPermission || bits > MaxBits {
		return usher.Decision{}
	}
	return usher.Decision(packed.New(basis, uint8(reason), bits, at))
}

// On returns the same decision on another Basis, for an Authorizer that wraps another
// one and knows more, such as the version of the account. The Basis must describe the
// decision as the one before does. If it is nil, or d is the zero Decision, On returns
// the zero Decision.
func On(d usher.Decision, basis Basis) usher.Decision {
	old := packed.Decision(d)
	if old.Basis() == nil || basis == nil {
		return usher.Decision{}
	}
	if j, ok := old.Basis().(*joint); ok {
		basis = Join(basis, j.granted...)
	}
	return usher.Decision(old.On(basis))
}

// Join returns a Basis for one decision on several permissions, all of which were
// granted, with these bits. It describes the decision as basis does, but with all the
// fields that any of them hides. On keeps this when it changes the Basis. Of a nil Basis
// it is nil.
func Join(basis Basis, granted ...uint64) Basis {
	if basis == nil {
		return nil
	}
	return &joint{basis, granted}
}

type joint struct {
	basis   Basis
	granted []uint64
}

func (j *joint) Detail(reason usher.Reason, bits uint64) usher.Detail {
	d := j.basis.Detail(reason, bits)
	d.Hidden = slices.Clone(d.Hidden)
	for _, granted := range j.granted {
		d.Hidden = append(d.Hidden, j.basis.Detail(usher.ReasonGranted, granted).Hidden...)
	}
	slices.Sort(d.Hidden)
	d.Hidden = slices.Compact(d.Hidden)
	return d
}
