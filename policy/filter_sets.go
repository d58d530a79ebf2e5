package policy

import (
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

// Lister is for Facts that can list the users of the account.
type Lister interface {
	// UsersAfter yields all users in the order of their ids, bytewise, from the
	// first after the one given; "" comes before all. A loop that gets an error
	// ends.
	UsersAfter(after usher.UserID) iter.Seq2[Listed, error]
}

// Listed is a user with the id.
type Listed struct {
	ID   usher.UserID
	User *User
}

// TeamLister is for Facts that find the users of teams faster than by going through
// all. It is asked before a Lister is.
type TeamLister interface {
	// UsersIn yields the users who were put in one of the teams, in any order, and
	// perhaps repeatedly. The teams below others are in the list already.
	UsersIn(teams []usher.TeamID) iter.Seq2[usher.UserID, error]
}

// Owned is for Facts that know who holds the unique role, "" for nobody. They are
// asked before a Lister is.
type Owned interface {
	Owner() usher.UserID
}

// ErrNoLister says that facts cannot list users, and a condition in SQL names some.
var ErrNoLister = errors.New("the facts cannot list the users of teams; implement policy.TeamLister or policy.Lister")

// circle is what "theirs" means for one user and one role: some teams with all below
// them, and the users in them.
type teamScope struct {
	subject usher.UserID
	facts   Facts
	tree    *team.Tree
	roots   []usher.TeamID // none of them within another

	users, teams criteria.Set // nil for none
}

// circle returns the teams on which the user holds a role, or for "" those that they
// were put in.
func (b *filtering) teamScope(held role.Name) *teamScope {
	if c, ok := b.circles[held]; ok {
		return c
	}
	c := &teamScope{subject: b.subject, facts: b.facts, users: b.me}
	b.circles[held] = c
	var on []usher.TeamID
	for i := range b.user.Teams {
		if m := &b.user.Teams[i]; m.Team != "" && (held == "" || slices.Contains(m.Roles, held)) {
			on = append(on, m.Team)
		}
	}
	if len(on) == 0 {
		return c
	}
	if account := b.lookAtAccount(); account != nil {
		c.tree = account.Teams
	}
	slices.Sort(on)
	on = slices.Compact(on)
	for _, id := range on {
		below := func(other usher.TeamID) bool { return other != id && c.tree.Within(id, other) }
		if !slices.ContainsFunc(on, below) {
			c.roots = append(c.roots, id)
		}
	}
	c.users, c.teams = &circleUsers{teamScope: c}, &circleTeams{c}
	return c
}

// belongsTo returns the teams that the user was put in, and those above them.
func (b *filtering) belongsTo() criteria.Set {
	if b.above != nil || len(b.user.Teams) == 0 {
		return b.above
	}
	var tree *team.Tree
	if account := b.lookAtAccount(); account != nil {
		tree = account.Teams
	}
	var ids []string
	for i := range b.user.Teams {
		for id := b.user.Teams[i].Team; id != ""; id = tree.Parent(id) {
			ids = append(ids, string(id))
		}
	}
	b.above = criteria.SetOf(ids...)
	return b.above
}

// has reports whether a team is in the circle.
func (c *teamScope) has(id usher.TeamID) bool {
	return slices.ContainsFunc(c.roots, func(root usher.TeamID) bool { return id == root || c.tree.Within(id, root) })
}

func (c *teamScope) within(other *teamScope) bool {
	return !slices.ContainsFunc(c.roots, func(root usher.TeamID) bool { return !other.has(root) })
}

func (c *teamScope) teamIDs() []usher.TeamID {
	ids := slices.Clone(c.roots)
	for _, root := range c.roots {
		ids = slices.AppendSeq(ids, c.tree.Below(root))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// circleTeams are the teams of a circle.
type circleTeams struct{ *teamScope }

func (s *circleTeams) Has(id string) (bool, error) { return s.has(usher.TeamID(id)), nil }

func (s *circleTeams) IDs() ([]string, error) { return texts(s.teamIDs()), nil }

func (s *circleTeams) Within(other criteria.Set) bool {
	o, ok := other.(*circleTeams)
	return ok && s.within(o.teamScope)
}

// circleUsers are who asks, and the users in the teams of a circle.
type circleUsers struct {
	*teamScope
	listed listed
}

func (s *circleUsers) Has(id string) (bool, error) {
	if id == "" || id == string(s.subject) {
		return id != "", nil
	}
	user, err := s.facts.User(usher.UserID(id))
	if err != nil || user == nil {
		return false, err
	}
	return s.putIn(user), nil
}

func (s *circleUsers) putIn(user *User) bool {
	return slices.ContainsFunc(user.Teams, func(m Membership) bool { return s.has(m.Team) })
}

func (s *circleUsers) Within(other criteria.Set) bool {
	o, ok := other.(*circleUsers)
	return ok && s.within(o.teamScope)
}

func (s *circleUsers) IDs() ([]string, error) {
	return s.listed.once(func() ([]usher.UserID, error) {
		ids := []usher.UserID{s.subject}
		if f, ok := s.facts.(TeamLister); ok {
			for id, err := range f.UsersIn(s.teamIDs()) {
				if err != nil {
					return nil, err
				}
				ids = append(ids, id)
			}
			return ids, nil
		}
		return usersThat(s.facts, ids, s.putIn)
	})
}

// holders are the users with the unique role.
type holders struct {
	p      *Policy
	facts  Facts
	listed listed
}

func (s *holders) Has(id string) (bool, error) {
	if id == "" {
		return false, nil // the account has no holder, or Owned does not know them
	}
	user, err := s.facts.User(usher.UserID(id))
	return err == nil && user != nil && s.is(user), err
}

func (s *holders) is(user *User) bool { return s.p.roleIndex(user.Role) == s.p.unique }

func (s *holders) Within(other criteria.Set) bool { return s == other }

func (s *holders) IDs() ([]string, error) {
	return s.listed.once(func() ([]usher.UserID, error) {
		if f, ok := s.facts.(Owned); ok {
			owner := f.Owner()
			if is, err := s.Has(string(owner)); is || err != nil {
				return []usher.UserID{owner}, err
			}
		}
		return usersThat(s.facts, nil, s.is)
	})
}

// usersThat appends the users for whom keep holds.
func usersThat(f Facts, ids []usher.UserID, keep func(*User) bool) ([]usher.UserID, error) {
	all, ok := f.(Lister)
	if !ok {
		return nil, ErrNoLister
	}
	for u, err := range all.UsersAfter("") {
		if err != nil {
			return nil, err
		}
		if u.User != nil && keep(u.User) {
			ids = append(ids, u.ID)
		}
	}
	return ids, nil
}

// listed remembers a list that takes long to make, unless that failed.
type listed struct {
	mu   sync.Mutex
	done bool
	ids  []string
}

func (l *listed) once(list func() ([]usher.UserID, error)) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.done {
		ids, err := list()
		if err != nil {
			return nil, err
		}
		l.ids, l.done = texts(ids), true
	}
	return l.ids, nil
}

func texts[ID ~string](ids []ID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}
