package account

import (
	"iter"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// State is an account at a version. It is immutable and safe for concurrent use.
// [State.Apply] returns the next State, which shares everything unchanged with it. A State is
// the policy.Facts of checks on the account.
//
// [New] returns the State of an account that does not exist yet. The zero State has no
// account id, and no commit can be applied to it.
type State struct {
	users table.Table[*policy.Record]

	account usher.AccountID
	version uint64
	time    time.Time
	hash    Hash // of the last commit; zero if unknown
	chained bool // a commit had a Previous
	created bool // and not deleted
	deleted bool

	owner  usher.UserID // the holder of the unique role; "": no role is unique
	unique role.Name

	counts map[role.Name]count
	beside *table.Table[besideCount] // of users with roles beside the account role
	pools  map[seat.PoolName]seat.Pool
	config *config
	keys   keys
	on     resourceRoles // the roles on single resources; nil: none

	schedule *schedule // what takes effect later; nil: nothing was ever scheduled
	due      *dueSoFar // what took effect since the last commit; nil: nothing
	requests *requests // nil before the first one

	members *memberIndexOnce // of users; nil before the first commit
}

// count is how many users have an account role. Users who have only requested to join count
// apart, so that requests cannot fill a role.
type count struct {
	all, active, requested int
}

// add returns the count with n more users in a status.
func (c count) add(status usher.Status, n int) count {
	switch status {
	case usher.Requested:
		c.requested += n
		return c
	case usher.Active:
		c.active += n
	}
	c.all += n
	return c
}

// config is the data that does not belong to single users.
type config struct {
	facts     policy.Account         // the teams and the settings
	deleted   *table.Table[struct{}] // the ids of deleted teams
	fields    []Field                // in their order
	lastField int                    // the highest id so far
	custom    *customRoles           // nil: the account defines no roles
}

var emptyConfig = &config{}

// New returns the state of an account before its first commit.
func New(id usher.AccountID) *State { return &State{account: id} }

// ID returns the account's id.
func (s *State) ID() usher.AccountID { return s.account }

// Version returns the version of the last commit, or 0 before the first commit.
func (s *State) Version() uint64 { return s.version }

// Time returns the time of the last commit, in UTC. It is zero before the first commit.
func (s *State) Time() time.Time { return s.time }

// Exists reports whether the account was created and not deleted.
func (s *State) Exists() bool { return s.version > 0 && !s.deleted }

// Deleted reports whether the account was deleted. A deleted account has no users.
func (s *State) Deleted() bool { return s.deleted }

// Owner returns the user who has the unique role, as the commits so far state. It returns "" if
// the account does not exist, and if they were made under a policy without a unique role.
// [View.Owner] returns the owner under the policy of the View.
func (s *State) Owner() usher.UserID { return s.owner }

// User returns a user, or nil if the account has no user with the id. The error is always
// nil. The caller must not change the result.
func (s *State) User(id usher.UserID) (*policy.User, error) {
	return s.find(id), nil
}

// Account returns the teams and the settings. The error is always nil. The caller must not
// change the result.
func (s *State) Account() (*policy.Account, error) { return &s.currentConfig().facts, nil }

// Users returns the number of users, whatever their status.
func (s *State) Users() int { return s.users.Len() }

// Pool returns how many seats of a pool are bought and how many are held. It is zero for an
// unknown pool.
func (s *State) Pool(name seat.PoolName) seat.Pool { return s.pools[name] }

// Setting returns the stored value of a setting, and whether one is stored. A setting without
// a stored value has the policy's default.
func (s *State) Setting(name string) (value, changed bool) {
	value, changed = s.currentConfig().facts.Settings[name]
	return value, changed
}

// Fields returns the custom fields in their order, including archived ones.
func (s *State) Fields() []Field { return slices.Clone(s.currentConfig().fields) }

// Field returns the custom field with a name, and whether it exists.
func (s *State) Field(name string) (Field, bool) {
	fields := s.currentConfig().fields
	if i := fieldIndex(fields, name); i >= 0 {
		return fields[i], true
	}
	return Field{}, false
}

func fieldIndex(fields []Field, name string) int {
	return slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
}

// Team returns the parent of a team, "" for a team at the top, and whether the team exists.
func (s *State) Team(id usher.TeamID) (parent usher.TeamID, ok bool) {
	return s.currentConfig().facts.Teams.Find(id)
}

func (s *State) currentConfig() *config {
	if s.config == nil {
		return emptyConfig
	}
	return s.config
}

func (s *State) find(id usher.UserID) *policy.User {
	r, _ := s.users.Find(string(id))
	return r.User()
}

// all yields the users.
func (s *State) all() iter.Seq2[string, *policy.User] { return usersIn(s.users.All()) }

// usersIn yields the users of records.
func usersIn(records iter.Seq2[string, *policy.Record]) iter.Seq2[string, *policy.User] {
	return func(yield func(string, *policy.User) bool) {
		for id, r := range records {
			if !yield(id, r.User()) {
				return
			}
		}
	}
}

// Bind returns a policy bound to the facts of the state's account, of which the users are those of the
// state. A check of the Binding reads the number of the user's class in the user's record; see
// policy.Record.
func (s *State) Bind(p *policy.Policy, f policy.Facts, basis decision.Basis) *policy.Binding {
	return p.BindRecords(f, &s.users, s.account, basis)
}
