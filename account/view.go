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

// View is a read-only view of an account at a version, for directory pages. It checks no
// permissions: before you show it, check user.view or audit.view. A View is immutable and
// safe for concurrent use. The zero View is an account without data.
//
// The values of custom fields and the times of the users' last activity are not part of the
// state; package engine has them.
type View struct {
	state  *State
	policy *policy.Policy
}

// View returns a view of the state, with titles, pools and settings of the policy, and with the
// roles that the account defines. With a nil policy it contains only what the account stores.
func (s *State) View(p *policy.Policy) View { return View{s, s.Policy(p)} }

var emptyState = New("")

func (v View) read() *State {
	if v.state == nil {
		return emptyState
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

// State returns the state that the View reads. For the zero View it is a State without users.
func (v View) State() *State { return v.read() }

// Policy returns the policy of the View, with the roles that the account defines; or nil if it
// has none.
func (v View) Policy() *policy.Policy { return v.policy }

// Version returns the version of the last commit in the View.
func (v View) Version() uint64 { return v.read().version }

// Time returns the time of the last commit in the View.
func (v View) Time() time.Time { return v.read().time }

// Owner returns the user who has the unique role of the View's policy, or of the commits if the
// View has no policy. It returns "" if the account does not exist, if the policy has no unique
// role, and if not exactly one user has it.
func (v View) Owner() usher.UserID {
	if v.policy == nil {
		return v.read().owner
	}
	return v.read().ownerUnder(v.policy.UniqueRole().Name)
}

// Len returns the number of users, whatever their status.
func (v View) Len() int { return v.read().Users() }

// Member is a user of the account in a View. The caller must not change the slices in it.
type Member struct {
	ID    usher.UserID
	Title string // of the role, for display; "" if the policy has none
	policy.User
}

// Active reports whether the user's status is active.
func (m Member) Active() bool { return m.Status == usher.Active }

// Service reports whether the user is a service account.
func (m Member) Service() bool { return m.Kind == usher.ServiceAccount }

// HasSeat reports whether the user holds a seat of the pool.
func (m Member) HasSeat(pool seat.PoolName) bool { return slices.Contains(m.Seats, pool) }

// InTeam returns the roles that the user has on a team, and whether the user was put in the
// team. Membership of teams below and above does not count.
func (m Member) InTeam(id usher.TeamID) (roles []role.Name, in bool) {
	at, in := teamIndex(&m.User, id)
	if !in {
		return nil, false
	}
	return m.Teams[at].Roles, true
}

// RolesOutside returns the roles that the user has on a team without being in it.
func (m Member) RolesOutside(id usher.TeamID) []role.Name { return outsideRoles(&m.User, id) }

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

// User returns the user with an id, and whether the user exists.
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

// Users yields the users in the bytewise order of their ids, starting after the given id. The
// id of a page's last user is the cursor of the next page, also in another process and at
// another version. The first page of an iteration takes a pass over all users, wherever it
// starts. An iteration over all n users takes time in proportion to n log n.
func (v View) Users(after usher.UserID) iter.Seq[Member] {
	return v.users(after, func(string, *policy.User) bool { return true })
}

// TeamUsers yields the users who were put in a team. Order, cursor and cost are those of
// Users.
func (v View) TeamUsers(id usher.TeamID, after usher.UserID) iter.Seq[Member] {
	return v.users(after, func(_ string, u *policy.User) bool {
		_, in := teamIndex(u, id)
		return in
	})
}

// UsersWithin yields the users who were put in a team or in a team below it. Order, cursor
// and cost are those of Users.
func (v View) UsersWithin(id usher.TeamID, after usher.UserID) iter.Seq[Member] {
	tree := v.tree()
	return v.users(after, func(_ string, u *policy.User) bool {
		return slices.ContainsFunc(u.Teams, func(m policy.Membership) bool { return tree.Within(m.Team, id) })
	})
}

// UsersWhere yields the users that keep accepts. Order, cursor and cost are those of Users, and
// the iteration sorts only the users that keep accepts. Keep is called more than once for a user.
func (v View) UsersWhere(after usher.UserID, keep func(Member) bool) iter.Seq[Member] {
	return v.users(after, func(id string, u *policy.User) bool { return keep(v.member(id, u)) })
}

// Invitations yields the invited users: those whose id is a key of the host application's, and
// those who are users of it already. Order, cursor and cost are those of Users.
func (v View) Invitations(after usher.UserID) iter.Seq[Member] {
	return v.users(after, func(_ string, u *policy.User) bool { return u.Status == usher.Invited })
}

// ServiceAccounts yields the users that are service accounts. Order, cursor and cost are those of Users.
func (v View) ServiceAccounts(after usher.UserID) iter.Seq[Member] {
	return v.users(after, func(_ string, u *policy.User) bool { return u.Kind == usher.ServiceAccount })
}

// People yields the users that are not service accounts. Order, cursor and cost are those of Users.
func (v View) People(after usher.UserID) iter.Seq[Member] {
	return v.users(after, func(_ string, u *policy.User) bool { return u.Kind != usher.ServiceAccount })
}

// AllUsers yields all users in no order. For a caller that needs all of them it is faster than
// Users.
func (v View) AllUsers() iter.Seq[Member] {
	return func(yield func(Member) bool) {
		for id, u := range v.read().all() {
			if !yield(v.member(id, u)) {
				return
			}
		}
	}
}

func (v View) users(after usher.UserID, keep func(string, *policy.User) bool) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		for id, u := range inOrder(v.read().all(), string(after), keep) {
			if !yield(v.member(id, u)) {
				return
			}
		}
	}
}

// Team is a team in a View. The zero Team is not a team.
type Team struct {
	ID, Parent usher.TeamID
}

// Teams yields all teams. Order, cursor and cost are those of Users.
func (v View) Teams(after usher.TeamID) iter.Seq[Team] {
	return teamsInOrder(v.tree().All(), after)
}

// Children yields the teams directly below a team, or the teams at the top for "". Order and
// cursor are those of Users.
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
		for id, parent := range inOrder(all, string(after), func(_, _ usher.TeamID) bool { return true }) {
			if !yield(Team{usher.TeamID(id), parent}) {
				return
			}
		}
	}
}

// Team returns the team with an id, and whether the team exists.
func (v View) Team(id usher.TeamID) (Team, bool) {
	parent, ok := v.read().Team(id)
	if !ok {
		return Team{}, false
	}
	return Team{id, parent}, true
}

func (v View) tree() *team.Tree { return v.read().currentConfig().facts.Teams }
