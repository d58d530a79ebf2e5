package policytest

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/seat"
)

// World is the account of a test file as its policy sees it; it is the
// policy.Facts of the file's questions. The zero World has no users.
type World struct {
	account policy.Account
	users   map[usher.UserID]*policy.User
	order   []usher.UserID
	pools   map[seat.PoolName]seat.Pool
	fields  []FieldDefinition
	values  map[usher.UserID][]FieldValue
}

// User returns a user, or nil where the account has none with the id.
func (w *World) User(id usher.UserID) (*policy.User, error) { return w.users[id], nil }

// Account returns the teams and the settings.
func (w *World) Account() (*policy.Account, error) { return &w.account, nil }

// Users returns the ids of all users, in the order of the file.
func (w *World) Users() []usher.UserID { return slices.Clone(w.order) }

// Pool returns how many seats were bought and how many are held, with those that
// a role requires.
func (w *World) Pool(name seat.PoolName) seat.Pool { return w.pools[name] }

// Fields returns the custom fields, in the order of the file.
func (w *World) Fields() []FieldDefinition { return slices.Clone(w.fields) }

// Values returns what a user has in custom fields, in the order of the file.
func (w *World) Values(id usher.UserID) []FieldValue { return slices.Clone(w.values[id]) }
