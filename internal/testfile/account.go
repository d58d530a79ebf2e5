package testfile

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// Account is the example account of a test file.
type Account struct {
	Pos      syntax.Pos
	Settings []Flag
	Seats    []SeatTotal
	Teams    []Team
	Fields   []FieldDefinition
	Roles    []CustomRole
	Users    []User
}

// SeatTotal is the number of bought seats of a pool.
type SeatTotal struct {
	Pool  syntax.Name // its key under seats
	Total int         // its value
}

// Team is a group of users: an entry of teams.
type Team struct {
	ID      syntax.Name // its key
	Parent  syntax.Name // zero for none
	RolesOn []RoleOn
}

// User is a user of an account: an entry of users.
type User struct {
	ID      syntax.Name  // its key
	Role    syntax.Name  // zero if not in the file
	Status  usher.Status // zero if not in the file
	Kind    syntax.Name  // zero for a person
	Beside  []syntax.Name
	Teams   []Membership
	RolesOn []RoleOn
	Outside []Membership  // the teams on which the user has roles without being in them
	Seats   []syntax.Name // pools
	Grants  []Grant
	Fields  []FieldValue
}

// RoleOn is a role that a user or a team holds on a resource: {role: editor, on: {type: calendar, id: c1}}.
type RoleOn struct {
	Role syntax.Name
	On   usher.Ref
	Pos  syntax.Pos // of On
	Type syntax.Pos // of the type of On
}

// Membership is the membership of a user in a team, with the team roles held there.
// Roles is nil if the file lists teams without roles.
type Membership struct {
	Team  syntax.Name
	Roles []syntax.Name
}

// Grant is a permission, a bundle or a feature that a user has in addition to the roles.
type Grant struct {
	Name  syntax.Name // key grant in {grant: …, until: …}
	Until time.Time   // zero for a grant without an end
}
