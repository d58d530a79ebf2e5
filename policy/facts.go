package policy

import (
	"iter"
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
// A decision calls User for the subject once, and Account at most once. It calls User at most for
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

// Forecaster is an optional interface of Facts that know what will change. Explain of an [Asker]
// calls it for a request that is allowed, which then has a time. AllowedUntil returns the time from which on the
// request is no longer allowed, the zero time if nothing known ends it. After an error, the
// explanation states no end.
type Forecaster interface {
	AllowedUntil(r usher.Request) (time.Time, error)
}

// ResourceRoles is an optional interface of Facts: the roles that users and teams hold on
// single resources, such as editor on one calendar. Without it, no user holds such a role. A
// policy without such roles never calls the methods.
//
// A role counts only for an active user of the account, and only if the policy declares it with
// held-on and the type of the resource. Names of other roles give nothing. The role of a team is
// held by the users who belong to it: the direct members of the team and of the teams below.
//
// A check calls UserRolesOn once, and TeamRolesOn once for each team to which the subject
// belongs, for the resource of the request and, if a rule has the scope "here or above", for its
// containers. It does not call them for a resource without an id. So the methods must not scan,
// and should not allocate. The names may be in any order, and must not change during a decision.
// An error fails the decision, which denies.
type ResourceRoles interface {
	// UserRolesOn returns the roles that a user holds directly on a resource.
	UserRolesOn(user usher.UserID, on usher.Ref) ([]role.Name, error)

	// TeamRolesOn returns the roles that a team holds directly on a resource.
	TeamRolesOn(team usher.TeamID, on usher.Ref) ([]role.Name, error)
}

// ResourceRoleLister is an optional interface of Facts that are ResourceRoles: it lists the
// resources on which a user or a team holds roles. A condition in SQL and a Summary need it.
// The facts of a filter without it match rows in Go only.
type ResourceRoleLister interface {
	// UserResources yields the resources of a type on which a user holds roles directly, each
	// once, in any order.
	UserResources(user usher.UserID, resourceType string) iter.Seq2[RolesOn, error]

	// TeamResources yields the resources of a type on which a team holds roles directly, each
	// once, in any order.
	TeamResources(team usher.TeamID, resourceType string) iter.Seq2[RolesOn, error]
}

// RolesOn are the roles that a user or a team holds on one resource.
type RolesOn struct {
	ID    string // of the resource, not ""
	Roles []role.Name
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

	// Kind is "" for a person, or usher.ServiceAccount. Decisions do not depend on it.
	Kind usher.UserKind
}

// Counts reports whether the user counts for the least number of active users of a role: an active
// user who is a person.
func (u *User) Counts() bool { return u.Status == usher.Active && u.Kind != usher.ServiceAccount }

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
