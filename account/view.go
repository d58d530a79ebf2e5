package account

import (
	"iter"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// View reads an account at a version, as a directory page shows it. Reading asks no
// permission: whoever shows it checks user.view or audit.view first. A View is
// immutable and may be read by many goroutines. The zero View shows nothing.
//
// What users have in custom fields, and when they were last active, is no part of
// the state: package engine has it.
type View struct {
	state  *State
	policy *policy.Policy
}

// View returns the account as the policy's words describe it. Without a policy it
// shows what the account itself knows.
func (s *State) View(p *policy.Policy) View { return View{s, p} }

var nothing = New("")

func (v View) read() *State {
	if v.state == nil {
		return nothing
	}
	return v.state
}

func (v View) words() *policy.Policy {
	if v.policy == nil {
		return &policy.Policy{}
	}
	return v.policy
}

// ID returns the account's id.
func (v View) ID() usher.AccountID { return v.read().account }

// State returns the account as it is decided on. That of the zero View is an
// account without users.
func (v View) State() *State { return v.read() }

// Version returns the number of the last commit that is seen.
func (v View) Version() uint64 { return v.read().version }

// Time returns when that commit was made.
func (v View) Time() time.Time { return v.read().time }

// Owner returns the user who has the unique role.
func (v View) Owner() usher.UserID { return v.read().owner }

// Len returns how many users the account has, whatever their status.
func (v View) Len() int { return v.read().Users() }

// Member is a user of the account as a View shows them. What it holds must not be
// changed.
type Member struct {
	ID    usher.UserID
	Title string // of the role, for people; "" where the policy has none
	policy.User
}

// Active reports whether the user may use what they hold.
func (m Member) Active() bool { return m.Status == usher.Active }

// HasSeat reports whether the user holds a seat of the pool.
func (m Member) HasSeat(pool seat.PoolName) bool { return slices.Contains(m.Seats, pool) }

// InTeam returns the roles that the user has on a team, and whether the user was
// put in it. Teams below and above play no part.
func (m Member) InTeam(id usher.TeamID) (roles []role.Name, in bool) {
	at, in := teamIndex(&m.User, id)
	if !in {
		return nil, false
	}
	return m.Teams[at].Roles, true
}

// Granted returns the grants that have not ended at the time.
func (m Member) Granted(at time.Time) []policy.Grant {
	var list []policy.Grant
	for _, g := range m.Grants {
		if g.Until.IsZero() || at.Before(g.Until) {
			list = append(list, g)
		}
	}
	return list
}

// User returns a user, and whether there is one with the id.
func (v View) User(id usher.UserID) (Member, bool) {
	u, _ := v.read().User(id)
	if u == nil {
		return Member{}, false
	}
	return v.member(string(id), u), true
}

func (v View) member(id string, u *policy.User) Member {
	r, _ := v.words().Role(u.Role)
	return Member{ID: usher.UserID(id), Title: r.Title, User: *u}
}

// Users yields the users in the order of their ids, bytewise, from the first after
// the one given: the id of a page's last user is the cursor of the next page, also
// in another process and at another version. The first page, wherever it begins,
// costs a pass over all users; going through all n of them costs some n log n.
func (v View) Users(after usher.UserID) iter.Seq[Member] {
	return v.users(after, func(*policy.User) bool { return true })
}

// TeamUsers yields, as Users does, the users who were put in a team, and the cost
// is the same.
func (v View) TeamUsers(id usher.TeamID, after usher.UserID) iter.Seq[Member] {
	return v.users(after, func(u *policy.User) bool {
		_, in := teamIndex(u, id)
		return in
	})
}

// UsersWithin yields, as Users does, the users who belong to a team: who were put
// in it or in one below.
func (v View) UsersWithin(id usher.TeamID, after usher.UserID) iter.Seq[Member] {
	tree := v.tree()
	return v.users(after, func(u *policy.User) bool {
		return slices.ContainsFunc(u.Teams, func(m policy.Membership) bool { return tree.Within(m.Team, id) })
	})
}

func (v View) users(after usher.UserID, keep func(*policy.User) bool) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		for id, u := range inOrder(v.read().users.All(), string(after), keep) {
			if !yield(v.member(id, u)) {
				return
			}
		}
	}
}

// Team is a team as a View shows it. The zero Team is none.
type Team struct {
	ID, Parent usher.TeamID
}

// Teams yields all teams in the order of their ids, as Users does the users.
func (v View) Teams(after usher.TeamID) iter.Seq[Team] {
	return teamsInOrder(v.tree().All(), after)
}

// Children yields, as Teams does, the teams that are one step below another, those
// at the top for "".
func (v View) Children(parent, after usher.TeamID) iter.Seq[Team] {
	return teamsInOrder(func(yield func(id, parent usher.TeamID) bool) {
		for id := range v.tree().Children(parent) {
			if !yield(id, parent) {
				return
			}
		}
	}, after)
}

func teamsInOrder(all iter.Seq2[usher.TeamID, usher.TeamID], after usher.TeamID) iter.Seq[Team] {
	return func(yield func(Team) bool) {
		for id, parent := range inOrder(all, string(after), func(usher.TeamID) bool { return true }) {
			if !yield(Team{usher.TeamID(id), parent}) {
				return
			}
		}
	}
}

// Team returns a team, and whether there is one with the id.
func (v View) Team(id usher.TeamID) (Team, bool) {
	parent, ok := v.read().Team(id)
	if !ok {
		return Team{}, false
	}
	return Team{id, parent}, true
}

func (v View) tree() *team.Tree { return v.read().planned().facts.Teams }
