// Package seat counts seats, which are entitlements that a plan sells in a limited number. It
// states in which statuses a user's seat counts, and how many seats are held and left. It
// rejects an assignment when no seat is left.
package seat

import (
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// PoolName is the name of a seat pool in a policy: booking. The zero value names no pool.
type PoolName string

// The errors of a seat pool.
var (
	ErrNoneLeft = errors.New("no seats left")
	ErrInUse    = errors.New("seats in use")
	ErrNegative = errors.New("negative number of seats")
)

// Holds is the set of statuses in which a user's seat counts. The zero value is the empty
// set. In a policy it always contains active.
type Holds uint8

// HoldsIn returns the set of the statuses.
func HoldsIn(statuses ...usher.Status) Holds {
	var h Holds
	for _, s := range statuses {
		h |= 1 << s
	}
	return h
}

// Has reports whether a seat counts in the status.
func (h Holds) Has(s usher.Status) bool { return h&(1<<s) != 0 }

// Kind is a seat pool as a policy declares it.
type Kind struct {
	Name  PoolName
	Holds Holds

	// Over states that fewer seats may be bought than are held. Users then keep their seats, and no
	// further user gets one. Default: a lower number than that of the seats held is rejected.
	Over bool
}

// Pool counts one account's seats of a kind. The zero Pool has no seats. Its methods return
// a changed copy, so a rejected change has no effect.
type Pool struct {
	Total int // seats that were bought
	Held  int // seats that users hold; more than Total during a batch, and if Kind.Over allows it
}

// Left returns the number of seats that are left. It is negative for a pool that holds more
// seats than were bought.
func (p Pool) Left() int { return p.Total - p.Held }

// Excess returns the number of seats that are held beyond those that were bought, 0 if there are
// none.
func (p Pool) Excess() int { return max(0, p.Held-p.Total) }

// Check returns nil if the pool holds at most as many seats as were bought. Otherwise the
// error wraps ErrNoneLeft if more seats are held than in the pool before the change, and
// ErrInUse if fewer are bought. Take applies this rule to a single change, package account
// to a whole batch.
func (p Pool) Check(before Pool) error {
	switch {
	case p.Held <= p.Total:
		return nil
	case p.Held > before.Held:
		return printable.Errorf("%w (%d of %d held)", ErrNoneLeft, before.Held, p.Total)
	}
	return printable.Errorf("%w (%d held, %d requested)", ErrInUse, p.Held, p.Total)
}

// Take returns the pool with n more seats held. The error wraps ErrNoneLeft, or is
// ErrNegative for a negative n.
func (p Pool) Take(n int) (Pool, error) {
	if n < 0 {
		return p, ErrNegative
	}
	next := Pool{Total: p.Total, Held: p.Held + n}
	if err := next.Check(p); err != nil {
		return p, err
	}
	return next, nil
}

// Return returns the pool with n fewer seats held. If n is negative or more than are held,
// the error is ErrNegative.
func (p Pool) Return(n int) (Pool, error) {
	if n < 0 || n > p.Held {
		return p, ErrNegative
	}
	p.Held -= n
	return p, nil
}
