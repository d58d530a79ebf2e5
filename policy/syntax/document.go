// Package syntax represents a policy file as written: the document with the position of each
// name, the grammar of its rules, its problems, and its printed form. Package policyfile
// parses a document from YAML, and package policy compiles it. This package does not resolve
// names and makes no decisions.
//
// The types are named after what a file declares. A [Role], for instance, is an entry under
// the key roles; package role has the compiled role.
package syntax

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// FormatVersion is the version of the policy format, the value of the key usher.
const FormatVersion = "1"

// TitleKey is the key of titles. No role can have this name, because a permission has its
// title beside its cells, whose keys are names of roles.
const TitleKey = "title"

// Wildcard is the action whose cells belong to all actions of a resource.
const Wildcard = "*"

// DefaultAsks is the permission that the change of a setting asks for if the setting names none.
const DefaultAsks = "account.configure"

// Document is a policy as written. All lists are in the order of the file. The zero Document
// has no roles and does not compile.
//
// The key of a field in the file is the name of the field in lower case, unless a comment names
// another key. This also holds for the types below.
type Document struct {
	File       string // the file name for messages
	Name       string
	Title      string
	Seats      []SeatPool
	Features   []Name
	Settings   []Setting
	Conditions []Condition
	Roles      []Role
	Custom     *CustomRoles // custom-roles; nil: accounts define no roles
	Bundles    []Bundle
	Resources  []Resource
	Never      []Never

	// Problems are the problems of the parsed file. A document with problems does not
	// compile. Default: nil, no problems.
	Problems *Problems
}

// Name is a name with its position.
type Name struct {
	Text string
	Pos  Pos
}

// SeatPool declares a pool of seats that a plan sells.
type SeatPool struct {
	Name  Name
	Holds []usher.Status // nil: the default, invited and active
	Over  bool           // over: allowed
}

// Setting declares a yes/no switch of an account.
type Setting struct {
	Name      Name
	Title     string // display title, a noun: "Guest booking"
	Default   bool
	SetByHost bool // set-by: host
	Asks      Name // the permission that a change asks for; zero: account.configure
}

// Condition declares a name for a fact that rules can require.
type Condition struct {
	Name  Name
	Title string        // display title, what a user needs: "a booking seat"
	Kind  ConditionKind // its key: seat, feature, setting, context, attribute, party or gives; for OnHas party and has
	Of    Name          // its value: the pool, feature, setting, request fact, attribute, party or role
	Has   Name          // of OnHas: the role, the value of has
}

// ConditionKind is the source of a condition's fact. The zero value is invalid.
type ConditionKind uint8

// The kinds of conditions.
const (
	OnSeat      ConditionKind = iota + 1 // the user holds a seat of the pool
	OnFeature                            // the user has the feature
	OnSetting                            // the account has the setting on
	OnContext                            // a fact of the request is true
	OnAttribute                          // an attribute of the resource is true
	OnParty                              // the resource names at least one id of the party
	OnGives                              // the command of the request gives the role
	OnHas                                // a user of the party has the account role
)

var conditionKinds = [...]string{"", "seat", "feature", "setting", "context", "attribute", "party", "gives", "has"}

// String returns the key of the kind in a policy file, "" for the zero value.
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
	OnResource  Name // held-on, another type of resource than team; zero if absent
	Beside      bool
	BesidePos   Pos
	Unique      bool
	UniquePos   Pos
	HandsOverTo Name // hands-over-to; zero if absent
	Default     bool
	DefaultPos  Pos
	All         bool
	AllPos      Pos
	Seat        role.Seat
	SeatPos     Pos        // zero if absent
	Seats       []RoleSeat // nil if absent
	SeatsPos    Pos        // zero if absent
	AtLeast     int        // at-least; 0 if absent
	AtMost      int        // at-most; 0 if absent
	BoundsPos   Pos        // of at-least or at-most

	NoTeamRoles    bool // team-roles: none
	NoTeamRolesPos Pos
	NoGrants       bool // grants: none
	NoGrantsPos    Pos
	Outside        bool
	OutsidePos     Pos
}

// OfAccount reports whether it is an account role, of which each user has exactly one: neither a
// team role, nor a role beside, nor a role on resources.
func (r *Role) OfAccount() bool { return !r.OnTeam && !r.Beside && r.OnResource.Text == "" }

// SeatSaid reports whether the role has the key seat, the short form of seats.
func (r *Role) SeatSaid() bool { return r.SeatPos != Pos{} || r.Seat != role.SeatOptional }

// RoleSeat is the rule of a role for the seats of one pool.
type RoleSeat struct {
	Pool Name      // its key
	Seat role.Seat // its value
}

// CustomRoles lets accounts define roles of their own. The rules among which the author of such
// a role chooses are cells of the word custom.
type CustomRoles struct {
	Pos     Pos
	Like    []Name // the roles that such a role can be like: a role, or a list of roles
	AtMost  int    // at-most: how many an account may define; 0 if absent
	MostPos Pos    // of at-most
}

// DefaultCustomRoles is the number of roles that an account may define if custom-roles has no
// at-most.
const DefaultCustomRoles = 20

// Bundle declares a set of permissions.
type Bundle struct {
	Name    Name
	Members []Name // its value: permissions and bundles
}

// Resource declares a type of resource, or gives cells to a standard one.
type Resource struct {
	Name        Name
	In          Name // the type of resource that contains it; zero if absent
	Parties     []Party
	Fields      []FieldGroup
	Permissions []Permission
}

// Party declares a relation of a resource to users, to teams, or to both.
type Party struct {
	Name Name
	Kind PartyKind // its value
}

// PartyKind states what a party relates to. The zero value is users.
type PartyKind uint8

// The kinds of parties.
const (
	OfUsers PartyKind = iota
	OfTeams
	OfBoth // users and teams
)

var partyKinds = [...]string{"users", "teams", "[users, teams]"}

// String returns the value in a policy file: "users", "teams" or "[users, teams]"; "" for an
// unknown kind.
func (k PartyKind) String() string {
	if int(k) < len(partyKinds) {
		return partyKinds[k]
	}
	return ""
}

// Users reports whether users can be in such a party.
func (k PartyKind) Users() bool { return k == OfUsers || k == OfBoth }

// Teams reports whether teams can be in such a party.
func (k PartyKind) Teams() bool { return k == OfTeams || k == OfBoth }

// FieldGroup declares a group of fields that rules can hide together.
type FieldGroup struct {
	Name   Name
	Fields []Name // its value
}

// Permission declares an action on a resource, with the rules of each role; or with the
// [Wildcard], rules for all actions of the resource.
type Permission struct {
	Action Name   // its key under permissions: edit, for calendar.edit; or the Wildcard
	Title  string // display title, what it allows: "edit a calendar"
	Cells  []Cell // all other keys of its value
}

// Cell is the list of rules of one permission for one role, for everyone or for visitors; or
// the list of rules among which the author of a custom role chooses.
type Cell struct {
	Who   Name // its key: a role, everyone, visitor or custom
	Rules []Rule
}

// Never forbids a permission, or all permissions of a bundle, on the resources that one of its
// rules matches.
type Never struct {
	Permission Name // its key: a permission or a bundle
	Rules      []Rule
}
