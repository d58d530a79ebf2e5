package policy

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// Facts provides the facts of one account that a decision needs. The engine implements it
// over its snapshots; a host application with its own tables of users, roles and teams
// implements it over those. The policy reads results, and does not change or keep them.
// Results must not change during a decision.
//
// The methods take no context. A Facts is a value for one or more checks of one request
// to the host application; it holds the account id and the context of database queries. Facts of a [filter.Filter] must stay valid
// as long as the filter.
//
// A decision calls User for the subject once, and Account at most once. It calls User for
// each other user among the parties once for each kind of rule that looks at their teams,
// so Facts that query a database should cache results. Explain and WhoMay make many
// decisions, with as many calls.
//
// An error fails the decision, which denies. Concurrent decisions call the methods
// concurrently.
type Facts interface {
	// User returns the user with the id, or nil without an error if the account has no
	// such user. It is called for the subject, and for users among the parties of the
	// resource if a rule looks at their teams. It is never called with an empty id, which
	// refers to no user.
	User(id usher.UserID) (*User, error)

	// Account returns the facts of the account as a whole. It is called if a rule looks
	// at nested teams or at a setting. A nil result without an error is an error.
	Account() (*Account, error)
}

// Clock is an optional interface of Facts. Now is called only if a request has no time and a
// grant with an end is relevant.
type Clock interface {
	Now() time.Time
}

// Account has the facts of an account as a whole. The zero Account has no nested teams, and
// all settings have their defaults.
type Account struct {
	Teams    *team.Tree      // teams that it lacks are at the top; nil: all teams are
	Settings map[string]bool // settings that it lacks have their defaults
}

// User has the facts of a user. Many users may share the slices. The zero User is not
// active, and is denied everything.
type User struct {
	Status usher.Status
	Role   role.Name
	Teams  []Membership
	Seats  []seat.PoolName
	Grants []Grant

	// Beside lists the roles that the user holds beside the account role. A role that the
	// policy does not declare as such a role gives nothing.
	Beside []role.Name

	// Outside are the teams on which the user has roles without being in them. The user does
	// not belong to these teams: only the rules of these roles look at them. A role that the
	// policy does not declare with outside: true gives nothing there.
	Outside []Membership
}

// Membership is the membership of a user in a team, with the user's roles on that team. A
// role that the policy does not declare as a team role gives nothing.
type Membership struct {
	Team  usher.TeamID
	Roles []role.Name
}

// Grant is a permission, a bundle or a feature that a user has in addition to roles. A
// grant with a name that the policy lacks gives nothing.
type Grant struct {
	Name  string
	Until time.Time // the grant is valid before this time; zero: it has no end
}
