// Package peer defines the interface of every compared library. Each adapter is a Peer, in
// a package of its own under peers.
package peer

import "github.com/usher-go/usher/benchmarks/world"

// Peer answers questions about one company by the rules of the preset oncehub. Ask, Actions
// and Editable must be safe for concurrent use. Load and SetRole are never called
// concurrently with other methods.
type Peer interface {
	// Load reads the users of the company. It is called once.
	Load(w *world.World) error

	// Ask answers one question.
	Ask(q *world.Question) (bool, error)

	// SetRole makes a user an administrator or a member. The change must apply to every
	// question after SetRole has returned.
	SetRole(user, role string) error

	// Actions returns all actions that a user may do on a calendar.
	Actions(user string, on *world.Calendar) (world.Actions, error)

	// Editable returns the calendars that a user may edit, in the given order.
	Editable(user string, page []*world.Calendar) ([]*world.Calendar, error)
}

// Preparer is a Peer with a database of its own. Prepare fills the database before Load.
// Its time and heap are reported separately.
type Preparer interface {
	Prepare(w *world.World) error
}

// Caller is a Peer with more forms of calls. It answers as Ask does. SetRole may be called
// concurrently with other methods.
type Caller interface {
	Peer

	// AskArguments answers one question with a call that takes its arguments one by one.
	AskArguments(q *world.Question) (bool, error)

	// AskVisit answers several questions of one user, and writes the answers to allowed.
	AskVisit(list []world.Question, allowed []bool) error

	// AskBatch answers questions of several users, and writes the answers to allowed.
	AskBatch(list []world.Question, allowed []bool) error
}
