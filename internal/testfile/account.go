package testfile

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// Account is the account that a file is about.
type Account struct {
	Pos      syntax.Pos
	Settings []Flag
	Seats    []SeatTotal
	Teams    []Team
	Fields   []FieldDefinition
	Users    []User
}

// SeatTotal says how many seats of a pool were bought.
type SeatTotal struct {
	Pool  syntax.Name // its key under seats
	Total int         // its value
}

// Team is a group of users: an entry of teams.
type Team struct {
	ID     syntax.Name // its key
	Parent syntax.Name // zero for none
}

// User is a user of an account: an entry of users.
type User struct {
	ID     syntax.Name  // its key
	Role   syntax.Name  // zero where the file says none
	Status usher.Status // zero where the file says none
	Teams  []Membership
	Seats  []syntax.Name // pools
	Grants []Grant
	Fields []FieldValue
}

// Membership puts a user in a team, with the team roles held there. Roles is nil
// where the file lists teams and says nothing of roles.
type Membership struct {
	Team  syntax.Name
	Roles []syntax.Name
}

// Grant is what a user holds besides the roles.
type Grant struct {
	Name  syntax.Name // grant, where the file writes {grant: …, until: …}
	Until time.Time   // zero for good
}
