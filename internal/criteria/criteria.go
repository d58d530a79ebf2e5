// Package criteria states which resources of an account a filter selects. Package policy
// derives criteria from its rules, and package filter writes them as a condition in SQL. A host that calls these packages never sees criteria.
package criteria

import "github.com/usher-go/usher"

// Source is what a filter is made of: a check of single resources, and the criteria, which only
// conditions in SQL need. Its methods are safe for concurrent use.
type Source interface {
	Account() usher.AccountID

	// Types returns the names of the types of resources that may be selected.
	Types() []string

	// Fields returns all fields that rules about these types can hide, in any order.
	Fields() []string

	// Match reports whether a check of the resource, which is not nil, allows. It is false for a
	// resource of another type or account. An error is that of the facts.
	Match(usher.Resource) (bool, error)

	// Masks returns the fields that the check hides, sorted; ok is false if the check denies or fails.
	Masks(usher.Resource) (fields []string, ok bool)

	// Criteria returns the criteria that select the same resources. It may be slow.
	Criteria() (Criteria, error)
}

// Criteria select resources of one account. The zero Criteria select nothing.
type Criteria struct {
	Account usher.AccountID
	Types   []Type // one for each type of resource
}

// Type has the criteria for resources of one type. A resource is selected if an alternative
// of each need matches and no alternative of Never does. Without needs, nothing is
// selected.
type Type struct {
	Name   string
	Needs  [][]Alternative
	Never  []Alternative
	Fields []string // all fields of the type that rules can hide
	Hidden []string // fields that are hidden in every row, whichever alternatives match

	// Looks returns what rules depend on, for any subject. A mapping to SQL must contain all
	// of it, so that a mapping error occurs for every user, not only for some. Default: what
	// the alternatives depend on.
	Looks func() Looks
}

// Looks are the parties and attributes on which rules depend, and the parties of containers, which
// have no sets.
type Looks struct {
	Parties    []Party
	Attributes []string
	Above      []Level // the nearest first
}

// Alternative matches a resource if its scopes and all its tests hold. If a value of the
// resource is unknown, it does not match in a need, and matches in Never.
type Alternative struct {
	Scope Scope
	And   []Scope // further scopes
	Tests []Test
	Hides []string // fields; a field is hidden if all matching alternatives of a need hide it
}

// MaxDepth is the number of containers above a resource that scopes look at. If there are more,
// the containers above are unknown.
const MaxDepth = 16

// Scope states which resources an alternative reaches. The zero Scope reaches none.
type Scope struct {
	Not   bool // it reaches those that it would not reach otherwise, but none if Reach is zero
	Reach Reach
	Over  []PartySet // the parties; without any, only Any reaches resources
	Above []Level    // the containers at which it looks too, the nearest first; it reaches a resource if one level matches
}

// Level states which parties of a container a scope compares.
type Level struct {
	Type   string
	Over   []PartySet
	Repeat bool // for the last level: the containers of this type contain each other
}

// Reach states how a scope compares the parties of a resource with sets.
type Reach uint8

// The kinds of reach. The zero value reaches nothing.
const (
	Any   Reach = iota + 1 // every resource
	Some                   // at least one id of a party is in its set
	Every                  // all ids of the parties are in their sets, and there is at least one
)

// PartySet is a party, and the set with which its ids are compared. A nil set is empty.
type PartySet struct {
	Party string
	Teams bool // the teams of a party of users and teams
	Set   Set
}

// ResourceID stands for a party with one id, that of the resource itself. It is not a name of a
// party in a policy.
const ResourceID = "(id)"

// Party is the users or the teams of a party, or one of the two of a party of users and teams.
type Party struct {
	Name  string
	Teams bool // the teams of a party of users and teams
}

// Test compares a yes/no fact of the resource: an attribute, or whether a party has an id.
type Test struct {
	Party bool // whether Name is a party; otherwise it is an attribute
	Both  bool // the party is one of users and teams: whether it has any of them
	Name  string
	Is    bool
}
