package policy

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// Facts is what a decision needs to know of one account. The engine implements it
// over its snapshots; a host that keeps users, roles and teams in tables of its
// own implements it over those. What it returns is read, never changed or kept,
// and must not change while a question is being decided.
//
// The methods have no context, since facts are cheap to make: a host makes a value
// for one question, or for those of one request, which holds the account's id and the
// context with which it asks its database. Facts that a [filter.Filter] keeps must
// last as long as that.
//
// A decision asks for the subject once, and for the account at most once. Other users
// among the parties it asks for once for each kind of rule that looks at their teams,
// so that facts which go to a database do well to remember their answers. Explain and
// WhoMay decide many times, and ask as often.
//
// An error makes the question an error, which denies. If questions are asked at
// the same time, so are the methods.
type Facts interface {
	// User returns the user with the id, or nil without an error if the account
	// has none. It is called for who asks, and for users among the parties of
	// the resource when a rule looks at their teams; never with an empty id, which
	// refers to no user.
	User(id usher.UserID) (*User, error)

	// Account returns what concerns the account as a whole. It is called when a
	// rule looks at teams that nest, or at a setting; nil is an error.
	Account() (*Account, error)
}

// Clock is for Facts that can tell the time. It is asked when a request has none,
// and then only if a grant that ends plays a part.
type Clock interface {
	Now() time.Time
}

// Account is what a decision may need to know of an account as a whole. The zero
// Account has no nested teams, and all settings at their defaults.
type Account struct {
	Teams    *team.Tree      // may be nil, or lack teams, where none is below another
	Settings map[string]bool // those not listed have their default
}

// User is what a decision may need to know of a user. Many users may share the
// slices. The zero User is not active, so is denied everything.
type User struct {
	Status usher.Status
	Role   role.Name
	Teams  []Membership
	Seats  []seat.PoolName
	Grants []Grant
}

// Membership puts a user in a team, with the team roles held there. A role that
// the policy does not declare as a team role gives nothing.
type Membership struct {
	Team  usher.TeamID
	Roles []role.Name
}

// Grant is a permission, a bundle or a feature that a user holds besides the
// roles. One whose name the policy does not know gives nothing.
type Grant struct {
	Name  string
	Until time.Time // it holds while the time is before this; zero: for good
}
