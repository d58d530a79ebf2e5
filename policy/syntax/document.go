// Package syntax is a policy file as it is written: the document with the place of each
// name, the grammar of its rules, the problems that are found in it, and its printed form.
// Package policyfile reads a document from YAML, and package policy compiles it. This
// package looks up no names and decides nothing.
//
// The types are named after what a file declares. A [Role] is an entry under the key
// roles, for instance; package role has the role that it is compiled to.
package syntax

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// FormatVersion is the version of the policy format, the value of the key usher.
const FormatVersion = "1"

// TitleKey is the key of titles. No role has that name, because a permission has its title
// beside its cells, which have the names of roles for keys.
const TitleKey = "title"

// Document is a policy as it is written. All lists are in the order of the file.
// The zero Document is a policy without roles, which does not compile.
//
// Fields here and below have the keys of the file for names, in lower case; where the
// key is another, the comment says so.
type Document struct {
	File       string // as messages name it
	Name       string
	Title      string
	Seats      []SeatPool
	Features   []Name
	Settings   []Setting
	Conditions []Condition
	Roles      []Role
	Bundles    []Bundle
	Resources  []Resource
	Never      []Never

	// Problems is what was wrong with the file that the document was read from. A
	// document with problems does not compile. Default: nil, nothing was wrong.
	Problems *Problems
}

// Name is a name with its place.
type Name struct {
	Text string
	Pos  Pos
}

// SeatPool declares a number of seats that a plan sells.
type SeatPool struct {
	Name  Name
	Holds []usher.Status // nil for the default: invited and active
}

// Setting declares a yes/no switch of an account.
type Setting struct {
	Name    Name
	Title   string // for people, a noun: "Guest booking"
	Default bool
}

// Condition names a fact that rules may ask for.
type Condition struct {
	Name  Name
	Title string        // for people, what a user needs: "a booking seat"
	Kind  ConditionKind // its key: seat, feature, setting, context, attribute or party
	Of    Name          // its value: the pool, feature, setting, request fact, attribute or party
}

// ConditionKind says where a condition's fact is known from. The zero value is
// none.
type ConditionKind uint8

// The kinds of conditions.
const (
	OnSeat      ConditionKind = iota + 1 // the user holds a seat of the pool
	OnFeature                            // the user has the feature
	OnSetting                            // the account's switch is on
	OnContext                            // a fact of the request
	OnAttribute                          // an attribute of the resource
	OnParty                              // the resource names at least one of the party
)

var conditionKinds = [...]string{"", "seat", "feature", "setting", "context", "attribute", "party"}

// String returns the key under which a policy file writes the kind, "" for none.
func (k ConditionKind) String() string {
	if int(k) < len(conditionKinds) {
		return conditionKinds[k]
	}
	return ""
}

// Role declares a role.
type Role struct {
	Name        Name
	Title       string
	Includes    []Name
	Requires    []Name
	OnTeam      bool // held-on: team
	Unique      bool
	HandsOverTo Name // hands-over-to; zero where the file says nothing
	Default     bool
	All         bool
	AllPos      Pos
	Seat        role.Seat
	SeatPos     Pos        // zero where the file says nothing
	Seats       []RoleSeat // nil where the file says nothing
	SeatsPos    Pos        // zero where the file says nothing
	AtLeast     int        // at-least; 0 where the file says nothing
	AtMost      int        // at-most; 0 where the file says nothing
	BoundsPos   Pos        // of at-least or at-most
}

// SeatSaid reports whether the role has the short form of seats.
func (r *Role) SeatSaid() bool { return r.SeatPos != Pos{} || r.Seat != role.SeatOptional }

// RoleSeat says how a role goes with a seat of one pool.
type RoleSeat struct {
	Pool Name      // its key
	Seat role.Seat // its value
}

// Bundle declares a set of permissions.
type Bundle struct {
	Name    Name
	Members []Name // its value: permissions and bundles
}

// Resource declares a type of resource, or gives cells to a standard one.
type Resource struct {
	Name        Name
	Parties     []Party
	Fields      []FieldGroup
	Permissions []Permission
}

// Party declares a relation of a resource to users or to teams.
type Party struct {
	Name  Name
	Teams bool // its value: teams, rather than users
}

// FieldGroup names fields of a resource that rules can hide together.
type FieldGroup struct {
	Name   Name
	Fields []Name // its value
}

// Permission declares an action on a resource, with who may do it.
type Permission struct {
	Action Name   // its key under permissions: edit, for calendar.edit
	Title  string // for people, what it allows: "edit a calendar"
	Cells  []Cell // all other keys of its value
}

// Cell holds the rules of one permission for one role, or for everyone.
type Cell struct {
	Who   Name // its key: a role, or everyone
	Rules []Rule
}

// Never forbids a permission wherever a rule matches.
type Never struct {
	Permission Name
	Rules      []Rule
}
