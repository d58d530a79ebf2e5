package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Policy is a compiled policy. It is immutable and safe for concurrent use. A nil Policy
// and the zero Policy have no permissions: every check returns an error, which denies.
type Policy struct {
	file, name, title string
	digest            string
	warnings          []syntax.Problem

	pools      []seat.Kind
	features   []string
	settings   map[string]bool // name to default
	contexts   map[string]bool
	attributes map[string]bool
	conditions []condition

	settingTitles map[string]string                // settings with a title only
	settingAsks   map[string]permission.Permission // what a change asks for; zero if only the host can change the setting
	permTitles    map[int]string                   // by permission index

	roles     []compiledRole // account roles and team roles, in the order of the file
	held      []heldRole     // the fields of each role that decisions read
	onType    []roleOnType   // by role; nil: no role is held on resources
	roleTable nameTable
	unique    int // the index of the unique role; -1: none
	bounds    []Bound

	teamBounds []Bound
	teamSeats  bool // a team role has seats

	resources     []resource
	resourceTable nameTable
	perms         []perm
	bundles       []bundle
	permTable     permTable // permissions and bundles by name

	written  []writtenRule
	rules    []rule
	ceilings ceilingTable
	classes  *classTable

	custom customKind
}

type condition struct {
	name string
	kind syntax.ConditionKind
	of   string
	role int // of OnGives and OnHas: the index of the role

	title string // what a user needs; "": none
}

type compiledRole struct {
	role.Role
	guard   uint64 // the literals that it requires, valid for any resource
	closure []reached
	pos     syntax.Pos
}

// heldRole is separate from compiledRole to keep the roles close together in memory.
type heldRole struct {
	guard        uint64
	onTeam       bool
	outside      bool // a team role that users outside the team can hold
	beside       bool
	notOfAccount bool // onTeam, beside or onResource
}

// reached is a role whose rules another role has through includes.
type reached struct {
	role  int
	guard uint64 // what all roles on the path require, including both ends
}

type resource struct {
	index      int // in Policy.resources
	name       string
	parties    []party
	fields     []string // sorted
	groups     map[string]uint64
	literals   []literal
	perms      []int              // in the order of the file
	atoms      map[atomKey]uint64 // the scopes of its rules
	in         *resource          // what contains it, itself for a tree; nil: nothing
	holdsRoles bool               // users and teams hold roles on resources of the type
	joins      [][]term           // the joined scopes of its rules, each sorted and without duplicates

	joinIndex map[joinKey]uint16
}

// party is a party of users or of teams. A party of users and teams is two adjacent entries
// with one name, the users first.
type party struct {
	name  string
	teams bool
	both  bool // it is one of two entries
}

func (p *party) kind() syntax.PartyKind {
	switch {
	case p.both:
		return syntax.OfBoth
	case p.teams:
		return syntax.OfTeams
	}
	return syntax.OfUsers
}

// literal is a condition or its negation. The first literals of each resource are those
// that roles require.
type literal struct {
	condition int
	not       bool
}

type perm struct {
	name        permission.Permission
	index       int
	pos         syntax.Pos
	resource    int
	res         *resource // the same resource
	protection  protection
	builtIn     int32  // the rule that describes the protection
	never       []rule // sorted by rank, like all lists here
	byRole      [][]rule
	onResources []int // the roles held on resources that have rules for it
	everyone    []rule
	visitor     []rule
	choices     []choice    // the rules among which the authors of custom roles choose
	grants      []grantRule // by name
}

// grantRule is the rule that a grant of the permission, or of a bundle with it, adds.
type grantRule struct {
	name string
	rule rule
}

type bundle struct {
	name  permission.Permission
	pos   syntax.Pos
	perms []int // in the order of the file, nested bundles expanded
}

// writtenRule is a rule as the file has it.
type writtenRule struct {
	source usher.Source
	who    string // the role or grant
	about  string // the permission as the file names it: calendar.edit, calendar.*, a bundle under never; "" for all
	text   string
	pos    syntax.Pos
	rule   syntax.Rule
}

// rule is a written rule as one role has it.
type rule struct {
	extent
	id      int32 // its index in Policy.rules
	written int32
	rank    uint32 // the order in which decisions name rules of a permission
	perm    uint16
	held    int16  // the role that the user holds; everyone or visitor; -1 for none
	atom    uint64 // the bit under which an evaluation caches the scope; 0: not cached
}
