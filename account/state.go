package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// State is an account at a version. It is immutable and may be read by many
// goroutines; [State.Apply] makes the next one, which shares with it whatever did
// not change. It is the policy.Facts of questions about the account.
//
// [New] makes the State of an account that does not exist yet; the zero State is
// one without an id, to which nothing can be applied.
type State struct {
	users table.Table[*policy.User]

	account usher.AccountID
	version uint64
	time    time.Time
	hash    Hash // of the last commit; zero where it is not known
	chained bool // a commit had a Previous
	deleted bool

	owner  usher.UserID
	unique role.Name

	counts map[role.Name]count
	pools  map[seat.PoolName]seat.Pool
	plan   *plan
	keys   keys

	members *memberIndexOnce // of users; nil before the first commit
}

// count says how many users have an account role.
type count struct {
	all, active int
}

// plan is what is not about single users.
type plan struct {
	facts     policy.Account         // the teams and the settings
	deleted   *table.Table[struct{}] // the ids of teams that were deleted
	fields    []Field                // in their order
	lastField int                    // the highest id
}

var noPlan = &plan{}

// New returns the state of an account before its first commit.
func New(id usher.AccountID) *State { return &State{account: id} }

// ID returns the account's id.
func (s *State) ID() usher.AccountID { return s.account }

// Version returns the number of the last commit, 0 before the first.
func (s *State) Version() uint64 { return s.version }

// Time returns when the last commit was made, in UTC.
func (s *State) Time() time.Time { return s.time }

// Exists reports whether the account was created and not deleted.
func (s *State) Exists() bool { return s.version > 0 && !s.deleted }

// Deleted reports whether the account was deleted. It has no users then.
func (s *State) Deleted() bool { return s.deleted }

// Owner returns the user who has the unique role.
func (s *State) Owner() usher.UserID { return s.owner }

// User returns a user, or nil if the account has none with the id. The error is
// always nil. What it returns must not be changed.
func (s *State) User(id usher.UserID) (*policy.User, error) {
	u, _ := s.users.Find(string(id))
	return u, nil
}

// Account returns the teams and the settings for a decision. The error is always nil.
// What it returns must not be changed.
func (s *State) Account() (*policy.Account, error) { return &s.planned().facts, nil }

// Users returns how many users the account has, whatever their status.
func (s *State) Users() int { return s.users.Len() }

// Pool returns how many seats of a pool were bought and how many are held.
func (s *State) Pool(name seat.PoolName) seat.Pool { return s.pools[name] }

// Setting returns whether a setting is on, and whether it was ever changed: if it
// was not, it has the policy's default.
func (s *State) Setting(name string) (value, changed bool) {
	value, changed = s.planned().facts.Settings[name]
	return value, changed
}

// Fields returns the custom fields in their order, archived ones too.
func (s *State) Fields() []Field { return slices.Clone(s.planned().fields) }

// Field returns the custom field with the name.
func (s *State) Field(name string) (Field, bool) {
	fields := s.planned().fields
	if i := fieldIndex(fields, name); i >= 0 {
		return fields[i], true
	}
	return Field{}, false
}

func fieldIndex(fields []Field, name string) int {
	return slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
}

// Team returns the parent of a team, "" at the top, and whether there is such a
// team.
func (s *State) Team(id usher.TeamID) (parent usher.TeamID, ok bool) {
	return s.planned().facts.Teams.Find(id)
}

func (s *State) planned() *plan {
	if s.plan == nil {
		return noPlan
	}
	return s.plan
}

func (s *State) find(id usher.UserID) *policy.User {
	u, _ := s.users.Find(string(id))
	return u
}
