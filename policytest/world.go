package policytest

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// World is the example account of a test file. It implements policy.Facts, so a policy can
// decide on it. It is immutable and safe for concurrent use. The zero World has no users.
type World struct {
	seed  account.Seed
	state *account.State
	order []usher.UserID
}

var emptyState = account.New("empty")

// State returns the state of the account after its first commit, which imports it.
func (w *World) State() *account.State {
	if w.state == nil {
		return emptyState
	}
	return w.state
}

// Contents returns the account as the seed of an account.Import. Callers must not change
// it.
func (w *World) Contents() account.Seed { return w.seed }

// User returns a user, or nil for an unknown id. The error is always nil.
func (w *World) User(id usher.UserID) (*policy.User, error) { return w.State().User(id) }

// Account returns the teams and the settings. The error is always nil.
func (w *World) Account() (*policy.Account, error) { return w.State().Account() }

// Users returns the ids of all users, in the order of the file.
func (w *World) Users() []usher.UserID { return slices.Clone(w.order) }

// Pool returns the number of bought and held seats of a pool. Held seats include those
// that a role requires. For an unknown name it returns the zero Pool.
func (w *World) Pool(name seat.PoolName) seat.Pool { return w.State().Pool(name) }

// Fields returns the custom fields, in the order of the file.
func (w *World) Fields() []account.Field { return w.State().Fields() }

// Values returns a user's values of custom fields, including archived fields, by the name
// of the field.
func (w *World) Values(id usher.UserID) map[string]account.Value {
	return maps.Clone(w.seed.Values[id])
}
