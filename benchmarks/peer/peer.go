// Package peer says what is asked of every library that is compared. An adapter is a
// Peer, in a package of its own under peers.
package peer

import "github.com/usher-go/usher/benchmarks/world"

// Peer answers questions about one company by the rules of OnceHub's user types, the
// preset oncehub. Ask, Actions and Editable may be called by many goroutines at the
// same time; Load and SetRole are called while nothing else is.
type Peer interface {
	// Load reads the company's users, once.
	Load(w *world.World) error

	// Ask answers one question.
	Ask(q *world.Question) (bool, error)

	// SetRole makes a user an administrator or a member, which holds for every
	// question after it has returned.
	SetRole(user, role string) error

	// Actions returns everything that a user may do on a calendar.
	Actions(user string, on *world.Calendar) (world.Actions, error)

	// Editable returns those of some calendars that a user may edit, in their order.
	Editable(user string, page []*world.Calendar) ([]*world.Calendar, error)
}

// Preparer is a Peer that reads from a database of its own. Prepare fills that, before
// Load. The time and the heap that this takes are reported apart.
type Preparer interface {
	Prepare(w *world.World) error
}
