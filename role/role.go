// Package role defines roles: the named columns of a policy. A user holds a role in the
// account, beside that role, on a team, or on a single resource. The package states how a role is held, which roles it includes and
// which seats it uses. Package policy states what a role permits.
package role

import (
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/seat"
)

// Name is the name of a role in a policy. The zero value names no role; checks of a user
// with it are errors.
type Name string

// Everyone is the name in a cell of a policy for all users of the account. It is not a
// role, and a role cannot have this name.
const Everyone Name = "everyone"

// Visitor is the name in a cell of a policy for every requester: users of the account in any
// status, users who are not in the account, and callers who are not logged in. It is not a
// role, and a role cannot have this name.
const Visitor Name = "visitor"

// Custom is the name of the cells of a policy that list the rules among which the author of an
// account's own role chooses. It is not a role, and a role cannot have this name.
const Custom Name = "custom"

// IsCellWord reports whether the name is Everyone, Visitor or Custom, which name cells of a
// policy but no role.
func (n Name) IsCellWord() bool { return n == Everyone || n == Visitor || n == Custom }

// Role is a role as a policy declares it. The zero Role is an account role without a name,
// which policies do not contain.
type Role struct {
	Name  Name
	Title string // for display; may be empty

	// Includes lists roles of the same kind whose rules this role also has; an account role may
	// also include roles beside. The rules keep the Requires of those roles. Nothing else is
	// included, in particular no seat.
	Includes []Name

	// Requires lists conditions that must hold for the rules of the role. Those of an
	// account role apply to every rule that allows its holder something: rules of the role,
	// of roles beside, of team roles, of everyone, and grants. Those of a team role or of a
	// role beside apply to the rules of that role. A role that includes this one has them on
	// the included rules.
	Requires []string

	// OnTeam states that it is a team role: a member of a team holds it on that team.
	// Default: an account role.
	OnTeam bool

	// Outside states of a team role that also users who are not in a team can hold it on the
	// team. Default: only members can.
	Outside bool

	// Beside states that users hold the role in addition to their account role, in any number.
	// Of the fields below, such a role has only All, AtLeast and AtMost. Default: an account
	// role, of which each user has exactly one.
	Beside bool

	// OnResource is the type of resource on which users and teams hold the role: calendar, for
	// the editors of single calendars. Of the other fields, such a role has only Title, Includes
	// (roles held on the same type) and Requires. Default: "", another kind of role.
	OnResource string

	// Of the fields below, a team role has only Seats, AtLeast and AtMost.

	Unique      bool // exactly one user of the account holds it
	HandsOverTo Name // the new role of the holder after a transfer of the unique role
	Default     bool // the role of new users, unless the command names another
	All         bool // the role has every permission on every resource

	NoTeamRoles bool // users with the role hold no team roles
	NoGrants    bool // users with the role have no grants

	// Seats states for each pool whether users with the role can or must hold a seat. The rule
	// of a user is the strongest among those of the account role and the team roles that the
	// user holds. Default for a pool: SeatNone.
	Seats map[seat.PoolName]Seat

	// The bounds of the number of holders. Those of a team role apply to each team.
	AtLeast int // the minimum number of active holders, of this role or a role that includes it; 0: no minimum
	AtMost  int // the maximum number of users with the role; 0: no maximum
}

// OfAccount reports whether it is an account role, of which each user has exactly one: neither a
// team role, nor a role beside, nor a role on resources. The result for the zero Role is true.
func (r Role) OfAccount() bool { return !r.OnTeam && !r.Beside && r.OnResource == "" }

// SeatIn returns the seat rule of the role for a pool. It is SeatNone for a pool that Seats
// lacks, so the zero Role never holds a seat.
func (r Role) SeatIn(pool seat.PoolName) Seat {
	if s, ok := r.Seats[pool]; ok {
		return s
	}
	return SeatNone
}

// SeatDenied reports whether the role, the status or both prevent a user from holding a
// seat of the pool. If both results are false, the user may hold one.
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

// Seat is the rule of a role for the seats of a pool.
type Seat uint8

// The seat rules. The zero value is SeatOptional.
const (
	SeatOptional Seat = iota // users with the role may hold a seat
	SeatRequired             // users with the role must hold a seat
	SeatNone                 // users with the role cannot hold a seat
)

// StrongerThan reports whether a rule prevails over another one of the same user: required over
// optional, and optional over none.
func (s Seat) StrongerThan(other Seat) bool { return s.strength() > other.strength() }

func (s Seat) strength() int {
	switch s {
	case SeatRequired:
		return 2
	case SeatOptional:
		return 1
	}
	return 0
}

var seatNames = [...]string{"optional", "required", "none"}

// ParseSeat returns the rule "optional", "required" or "none".
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
