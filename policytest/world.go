package policytest

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// World is the account of a test file as its policy sees it; it is the
// policy.Facts of the file's questions. The zero World has no users.
type World struct {
	contents account.Seed
	state    *account.State
	order    []usher.UserID
}

var nobody = account.New("nobody")

// State returns the account as its first commit leaves it.
func (w *World) State() *account.State {
	if w.state == nil {
		return nobody
	}
	return w.state
}

// Contents returns the account as the file spells it out, for an account.Import.
// What it returns must not be changed.
func (w *World) Contents() account.Seed { return w.contents }

// User returns a user, or nil where the account has none with the id.
func (w *World) User(id usher.UserID) (*policy.User, error) { return w.State().User(id) }

// Account returns the teams and the settings.
func (w *World) Account() (*policy.Account, error) { return w.State().Account() }

// Users returns the ids of all users, in the order of the file.
func (w *World) Users() []usher.UserID { return slices.Clone(w.order) }

// Pool returns how many seats were bought and how many are held, with those that
// a role requires.
func (w *World) Pool(name seat.PoolName) seat.Pool { return w.State().Pool(name) }

// Fields returns the custom fields, in the order of the file.
func (w *World) Fields() []account.Field { return w.State().Fields() }

// Values returns what a user has in custom fields, archived ones too, by the
// field's name.
func (w *World) Values(id usher.UserID) map[string]account.Value {
	return maps.Clone(w.contents.Values[id])
}
