// Package decision makes decisions. It is for programs that implement usher.Authorizer
// themselves. Handlers read an usher.Decision and do not need this package.
package decision

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/packed"
)

// MaxBits is the largest value of the bits that a Decision stores for its Basis.
const MaxBits uint64 = packed.MaxBits

// Basis describes the decisions that were made with it, for example with one policy or one
// version of an account. Its type must be comparable, such as a pointer. It must be safe
// for concurrent use.
type Basis interface {
	// Detail describes a decision with this reason and these bits. Only the Basis
	// interprets the bits. The same arguments must always return the same result.
	Detail(reason usher.Reason, bits uint64) usher.Detail
}

// New returns a decision with a reason. Basis.Detail gets the bits; they can contain, for
// example, which rule decided. At is the time for which the request was decided, or zero if
// time did not affect the decision. It must lie between the years 1678 and 2262.
//
// New fails closed: it returns the zero Decision, which denies, if basis is nil, reason is
// unknown, or bits exceed MaxBits. It does not allocate.
func New(basis Basis, reason usher.Reason, bits uint64, at time.Time) usher.Decision {
	if basis == nil || reason > usher.ReasonNoPermission || bits > MaxBits {
		return usher.Decision{}
	}
	return usher.Decision(packed.New(basis, uint8(reason), bits, at))
}

// On returns the same decision with another Basis. It is for an Authorizer that wraps
// another one and adds details, such as the version of the account. The new Basis must
// describe the decision as the old one does. If basis is nil or d is the zero Decision, On
// returns the zero Decision.
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

// Join returns a Basis for one decision about several permissions that were all granted
// with these bits. It describes the decision as basis does, but hides every field that any
// of them hides. On keeps this property. If basis is nil, Join returns nil.
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
