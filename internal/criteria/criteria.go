// Package criteria states which resources of an account a filter selects. Package policy
// derives criteria from its rules, and package filter runs them as a Go predicate or as a
// condition in SQL. A host that calls these packages never sees criteria.
package criteria

import "github.com/usher-go/usher"

// Criteria select resources of one account. The zero Criteria select nothing.
type Criteria struct {
	Account usher.AccountID
	Types   []Type // one for each type of resource that is listed
}

// Type has the criteria for resources of one type. A resource is selected if an alternative of
// each need matches and no alternative of Never does. Without needs, nothing is selected.
type Type struct {
	Name   string
	Needs  [][]Alternative
	Never  []Alternative
	Fields []string // all fields of the type that rules can hide
	Hidden []string // fields that are hidden in every row, whichever alternatives match

	// Admit rejects resources for which a check returns an error. Default: all resources of
	// the type are admitted, except those of another account.
	Admit func(usher.Resource) bool

	// Looks returns the parties and attributes that rules look at, for any subject. A mapping
	// to SQL must have them all, so that what it lacks shows for all users alike. Default:
	// those that the alternatives look at.
	Looks func() (parties, attributes []string)
}

// Alternative matches a resource if its scope and all its tests hold. A value of the resource
// that is unknown matches in no need, and matches in Never.
type Alternative struct {
	Scope Scope
	Tests []Test
	Hides []string // fields; those that all matching alternatives of a need hide are hidden
}

// Scope states which resources an alternative reaches. The zero Scope reaches none.
type Scope struct {
	Reach Reach
	Over  []PartySet // the parties considered; without any, only Any reaches resources
}

// Reach states how the parties of a resource are compared with sets.
type Reach uint8

// How far a scope reaches.
const (
	Any   Reach = iota + 1 // every resource
	Some                   // at least one id of a party is in its set
	Every                  // all ids of the parties are in their sets, and there is at least one
)

// PartySet is a party, and the set that its ids are compared with. A nil set is empty.
type PartySet struct {
	Party string
	Set   Set
}

// Test compares a yes/no fact of the resource: an attribute, or whether a party has an id.
type Test struct {
	Party bool // Name is a party, not an attribute
	Name  string
	Is    bool
}
