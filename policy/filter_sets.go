package policy

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

// Lister is an optional interface of Facts that can list the users of the account.
type Lister interface {
	// UsersAfter yields all users in bytewise order of their ids, starting after the given
	// id; "" comes before all. A caller stops after an error.
	UsersAfter(after usher.UserID) iter.Seq2[Listed, error]
}

// Listed is a user with an id.
type Listed struct {
	ID   usher.UserID
	User *User
}

// TeamLister is an optional interface of Facts that find the members of teams faster than
// by listing all users. It takes precedence over Lister.
type TeamLister interface {
	// UsersIn yields the users who are direct members of one of the teams, in any order and
	// possibly more than once. The list already has the teams below.
	UsersIn(teams []usher.TeamID) iter.Seq2[usher.UserID, error]
}

// AheadOfTables is an optional interface of Facts whose users can have left teams without a commit,
// because of a date. While it returns true, a condition in SQL carries the ids of the users in teams:
// tables that follow from commits would select too much.
type AheadOfTables interface {
	AheadOfTables() bool
}

// Owned is an optional interface of Facts that know the holder of the unique role, "" if
// there is none. It takes precedence over Lister.
type Owned interface {
	Owner() usher.UserID
}

// ErrNoLister means that a condition in SQL names users, but the facts cannot list them.
var ErrNoLister = errors.New("the facts cannot list the users of teams; implement policy.TeamLister or policy.Lister")

// teamScope is the reach of team and shared for one user and one role: some teams with all
// teams below, and the users in them.
type teamScope struct {
	subject usher.UserID
	facts   Facts
	tree    *team.Tree
	roots   []usher.TeamID // none of them is below another
	outside bool           // the subject is not a direct member of any of the teams

	users, teams criteria.Set // nil for none
}

// teamScope returns the scope of the teams on which the user holds a role, in the team or
// outside it, or for "" of the
// teams that the user is a direct member of.
func (b *filtering) teamScope(held role.Name) *teamScope {
	if c, ok := b.teamScopes[held]; ok {
		return c
	}
	c := &teamScope{subject: b.subject, facts: b.facts, users: b.me}
	b.teamScopes[held] = c
	var on []usher.TeamID
	for i := range b.user.Teams {
		if m := &b.user.Teams[i]; m.Team != "" && (held == "" || slices.Contains(m.Roles, held)) {
			on = append(on, m.Team)
		}
	}
	if held != "" && b.p.outsideIndex(held) >= 0 {
		for i := range b.user.Outside {
			if m := &b.user.Outside[i]; m.Team != "" && slices.Contains(m.Roles, held) {
				on = append(on, m.Team)
			}
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
	c.outside = !c.isMember(b.user)
	c.users, c.teams = &scopeUsers{teamScope: c}, &scopeTeams{c}
	return c
}

// belongsTo returns the teams that the user is a direct member of, and the teams above.
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

// has reports whether a team is in the scope.
func (c *teamScope) has(id usher.TeamID) bool {
	return slices.ContainsFunc(c.roots, func(root usher.TeamID) bool { return id == root || c.tree.Within(id, root) })
}

// isMember reports whether a user is a direct member of a team in the scope.
func (c *teamScope) isMember(user *User) bool {
	return slices.ContainsFunc(user.Teams, func(m Membership) bool { return c.has(m.Team) })
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

// scopeTeams is the set of the teams of a scope.
type scopeTeams struct{ *teamScope }

func (s *scopeTeams) Has(id string) (bool, error) { return s.has(usher.TeamID(id)), nil }

func (s *scopeTeams) IDs() ([]string, error) { return texts(s.teamIDs()), nil }

func (s *scopeTeams) Within(other criteria.Set) bool {
	o, ok := other.(*scopeTeams)
	return ok && s.within(o.teamScope)
}

// scopeUsers is the set of the subject and of the users in the teams of a scope.
type scopeUsers struct {
	*teamScope
	listed lazyList
	more   atomic.Int64 // a number of users that the set is known to have at least
}

func (s *scopeUsers) Has(id string) (bool, error) {
	if id == "" || id == string(s.subject) {
		return id != "", nil
	}
	user, err := s.facts.User(usher.UserID(id))
	if err != nil || user == nil {
		return false, err
	}
	return s.isMember(user), nil
}

func (s *scopeUsers) Within(other criteria.Set) bool {
	o, ok := other.(*scopeUsers)
	return ok && s.within(o.teamScope)
}

// Teams implements criteria.Members.
func (s *scopeUsers) Teams() []string { return texts(s.teamIDs()) }

// Others implements criteria.Members.
func (s *scopeUsers) Others() []string {
	if s.outside {
		return []string{string(s.subject)}
	}
	return nil
}

// MoreThan implements criteria.Members. It stops after n+1 users if the facts are a TeamLister. While the
// facts are AheadOfTables, the caller must not read tables, and so the result is false.
func (s *scopeUsers) MoreThan(n int) (bool, error) {
	if f, ok := s.facts.(AheadOfTables); ok && f.AheadOfTables() {
		return false, nil
	}
	f, ok := s.facts.(TeamLister)
	if !ok || s.listed.known() {
		ids, err := s.IDs()
		return len(ids) > n, err
	}
	if s.more.Load() > int64(n) {
		return true, nil
	}
	seen := map[usher.UserID]bool{s.subject: true}
	for id, err := range f.UsersIn(s.teamIDs()) {
		if err != nil {
			return false, err
		}
		if seen[id] = true; len(seen) > n {
			s.more.Store(int64(len(seen)))
			return true, nil
		}
	}
	_, err := s.listed.once(func() ([]string, error) { return texts(slices.Collect(maps.Keys(seen))), nil })
	return false, err
}

func (s *scopeUsers) IDs() ([]string, error) {
	return s.listed.once(func() ([]string, error) {
		ids := []usher.UserID{s.subject}
		if f, ok := s.facts.(TeamLister); ok {
			for id, err := range f.UsersIn(s.teamIDs()) {
				if err != nil {
					return nil, err
				}
				ids = append(ids, id)
			}
			slices.Sort(ids)
			return texts(slices.Compact(ids)), nil
		}
		ids, err := usersThat(s.facts, ids, s.isMember)
		slices.Sort(ids)
		return texts(slices.Compact(ids)), err
	})
}

// roleHolders is the set of the users with an account role, or a role beside it.
type roleHolders struct {
	p      *Policy
	facts  Facts
	role   int
	listed lazyList
}

// roleHolders returns the set of the users with a role.
func (b *filtering) roleHolders(role int) criteria.Set {
	s, ok := b.holders[role]
	if !ok {
		s = &roleHolders{p: b.p, facts: b.facts, role: role}
		if b.holders == nil {
			b.holders = map[int]*roleHolders{}
		}
		b.holders[role] = s
	}
	return s
}

func (s *roleHolders) Has(id string) (bool, error) {
	if id == "" {
		return false, nil // the account has no holder, or Owned does not know one
	}
	user, err := s.facts.User(usher.UserID(id))
	return err == nil && user != nil && s.is(user), err
}

func (s *roleHolders) is(user *User) bool { return user.holds(s.p.roles[s.role].Name) }

func (s *roleHolders) Within(other criteria.Set) bool { return s == other }

func (s *roleHolders) IDs() ([]string, error) {
	return s.listed.once(func() ([]string, error) {
		if f, ok := s.facts.(Owned); ok && s.role == s.p.unique {
			owner := f.Owner()
			if is, err := s.Has(string(owner)); is || err != nil {
				return []string{string(owner)}, err
			}
		}
		ids, err := usersThat(s.facts, nil, s.is)
		return texts(ids), err
	})
}

// usersThat appends the users that keep accepts.
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

// lazyList computes a list once and caches it, except after an error.
type lazyList struct {
	mu   sync.Mutex
	done bool
	ids  []string
}

func (l *lazyList) once(list func() ([]string, error)) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.done {
		ids, err := list()
		if err != nil {
			return nil, err
		}
		l.ids, l.done = ids, true
	}
	return l.ids, nil
}

// known reports whether the list is cached.
func (l *lazyList) known() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done
}

func texts[ID ~string](ids []ID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}
