package filter

import "github.com/usher-go/usher"

// Terms spell a Filter out. They are for those who decide, as package policy does;
// hosts get their filters from there. The zero Terms select nothing.
type Terms struct {
	Account usher.AccountID
	Lists   []List // one for each type of resource that is listed
}

// List says which resources of one type are selected: those for which a way of each
// need matches, and none of Never. Without needs, nothing is.
type List struct {
	Type   string
	Needs  [][]Way
	Never  []Way
	Fields []string // all fields of the type that rules can hide
	Hidden []string // what is hidden in every row, whatever the ways

	// Admit refuses resources that no check would be made of. Nil admits all that
	// are of the type and not of another account.
	Admit func(usher.Resource) bool

	// Looks returns the parties and attributes that rules look at, whoever asks. A
	// mapping to SQL must have them all, so that what it lacks does not show for
	// some users only. Nil stands for those that the ways look at.
	Looks func() (parties, attributes []string)
}

// Way is one way to be selected. It matches where its scope and all its tests hold.
// What is not known of a resource holds for no way of a need, and for each of Never.
type Way struct {
	Scope Scope
	Tests []Test
	Hides []string // fields; what is hidden is what all matching ways of a need hide
}

// Scope says which resources a way reaches. The zero Scope reaches none.
type Scope struct {
	Reach Reach
	Over  []Side // the parties considered; without any, only Any reaches
}

// Reach says how the parties of a resource are held against sets.
type Reach uint8

// How far a scope reaches.
const (
	Any   Reach = iota + 1 // every resource
	Some                   // one in a party is in its set
	Every                  // all in the parties are in their sets, and there is one
)

// Side is a party, and the set that it is held against. A nil set is empty.
type Side struct {
	Party string
	Set   Set
}

// Test asks for a yes/no fact of the resource: an attribute, or whether there is
// anybody in a party.
type Test struct {
	Party bool // Name is a party, not an attribute
	Name  string
	Is    bool
}

// Set is a set of ids. It may be asked by many goroutines at the same time, and is
// compared by ==, so it is implemented on a pointer.
type Set interface {
	// Has reports whether an id is in the set. It is not called with an empty id,
	// which is in no set.
	Has(id string) (bool, error)

	// IDs returns all ids, in any order; what it returns is not changed, and an
	// empty id in it is left out. It may take long, and is asked only when a
	// condition in SQL needs it.
	IDs() ([]string, error)

	// Within reports whether all ids are also in the other set. It may say no
	// where that takes long to find out.
	Within(other Set) bool
}
