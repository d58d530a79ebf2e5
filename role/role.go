// Package role says what a role is: a named column of a policy, held in the
// account or on a team. It knows how a role is held, what it includes and which
// seats go with it; what a role may do, package policy says.
package role

import (
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/seat"
)

// Name is the name of a role in a policy. The zero value names no role, and no
// question about a user with it is answered.
type Name string

// Everyone stands in a cell for all users of the account. It is no role, and no
// role may have its name.
const Everyone Name = "everyone"

// Role is a role as a policy declares it. The zero Role is an account role
// without a name, which no policy has.
type Role struct {
	Name  Name
	Title string // for people; may be empty

	// Includes names roles of the same kind, whose rules this one has too. What they
	// require comes along, for the rules that come from them; nothing else of theirs
	// does, least of all the seat.
	Includes []Name

	// Requires names conditions without which the role is worth nothing. One of an
	// account role is added to every rule by which its holder may do something: those
	// of the role, of team roles, of everyone, and grants. One of a team role is added
	// to the rules of that role. Where another role includes this one, it is added to
	// the rules that come from here.
	Requires []string

	// OnTeam makes it a team role, held on a team by a member of it. All
	// fields below are for account roles.
	OnTeam bool

	Unique      bool // exactly one user of the account holds it
	HandsOverTo Name // what the holder of the unique role becomes at a transfer
	Default     bool // a new user gets it, if nothing else is said
	All         bool // every permission, on any resource

	// Seats says how the role goes with a seat of each pool. A pool that is not in it
	// is one of which the role never holds a seat.
	Seats map[seat.PoolName]Seat

	AtLeast int // so many active holders stay, of this role or of one that includes it; 0: no bound
	AtMost  int // so many users hold it at the most; 0: no bound
}

// SeatIn returns how the role goes with a seat of a pool. It is SeatNone for a pool
// that Seats lacks, so the zero Role never holds a seat.
func (r Role) SeatIn(pool seat.PoolName) Seat {
	if s, ok := r.Seats[pool]; ok {
		return s
	}
	return SeatNone
}

// SeatDenied reports what keeps a user with the role, in the status, from a seat of the
// pool: the role, the status or both. If neither does, the user may hold one.
func (r Role) SeatDenied(pool seat.Kind, status usher.Status) (byRole, byStatus bool) {
	return r.SeatIn(pool.Name) == SeatNone, !pool.Holds.Has(status)
}

// MayHold reports whether a user with the role, in the status, may hold a seat of
// the pool.
func (r Role) MayHold(pool seat.Kind, status usher.Status) bool {
	byRole, byStatus := r.SeatDenied(pool, status)
	return !byRole && !byStatus
}

// MustHold reports whether a user with the role, in the status, must hold a seat of
// the pool.
func (r Role) MustHold(pool seat.Kind, status usher.Status) bool {
	return r.SeatIn(pool.Name) == SeatRequired && pool.Holds.Has(status)
}

// Seat says how a role goes with a paid seat of a pool.
type Seat uint8

// How a role goes with a seat. The zero value leaves it open.
const (
	SeatOptional Seat = iota // may be given one
	SeatRequired             // takes one, and cannot be held without
	SeatNone                 // never holds one
)

var seatNames = [...]string{"optional", "required", "none"}

// ParseSeat reads "optional", "required" or "none".
func ParseSeat(s string) (Seat, error) {
	for i, name := range seatNames {
		if name == s {
			return Seat(i), nil
		}
	}
	return 0, printable.Errorf("%q is not a seat rule (want required, optional or none)", s)
}

// String returns "optional", "required" or "none".
func (s Seat) String() string {
	if int(s) < len(seatNames) {
		return seatNames[s]
	}
	return fmt.Sprintf("Seat(%d)", uint8(s))
}
