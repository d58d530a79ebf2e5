// Package seat counts what a plan sells. It says in which statuses a user's seat
// counts, how many seats are taken and left, and it refuses one too many.
package seat

import (
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// PoolName names a seat pool of a policy: booking. The zero value names none.
type PoolName string

// What can be wrong with a seat.
var (
	ErrNoneLeft = errors.New("no seats left")
	ErrInUse    = errors.New("seats in use")
	ErrNegative = errors.New("a number of seats is not below zero")
)

// Holds is the set of statuses in which a user's seat counts. The zero value is
// the empty set; a policy's always has active.
type Holds uint8

// HoldsIn makes the set of the statuses given.
func HoldsIn(statuses ...usher.Status) Holds {
	var h Holds
	for _, s := range statuses {
		h |= 1 << s
	}
	return h
}

// Has reports whether a seat is held in the status.
func (h Holds) Has(s usher.Status) bool { return h&(1<<s) != 0 }

// Kind is a seat pool as a policy declares it.
type Kind struct {
	Name  PoolName
	Holds Holds
}

// Pool counts one account's seats of a kind. The zero Pool has none to give. Its
// methods return a changed copy, so a refused change leaves nothing behind.
type Pool struct {
	Total int // bought
	Held  int // taken; more than Total only while a batch is being worked out
}

// Left returns how many can still be taken. It is below zero for a pool that holds
// more seats than were bought.
func (p Pool) Left() int { return p.Total - p.Held }

// Check returns nil if no more seats are held than bought. Otherwise the error wraps
// ErrNoneLeft if more seats are held than in the pool as it was before, and ErrInUse if fewer
// are bought. Take applies this rule to a single change, package account to what a whole batch
// leaves.
func (p Pool) Check(before Pool) error {
	switch {
	case p.Held <= p.Total:
		return nil
	case p.Held > before.Held:
		return printable.Errorf("%w (%d of %d held)", ErrNoneLeft, before.Held, p.Total)
	}
	return printable.Errorf("%w (%d held, %d asked for)", ErrInUse, p.Held, p.Total)
}

// Take returns the pool with n more seats held. The error wraps ErrNoneLeft.
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

// Return returns the pool with n fewer seats held. Returning more than are held
// is ErrNegative.
func (p Pool) Return(n int) (Pool, error) {
	if n < 0 || n > p.Held {
		return p, ErrNegative
	}
	p.Held -= n
	return p, nil
}
