package account

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// UnfitError lists why a policy cannot decide for an account: roles and pools in
// use that it lacks, and what its roles no longer allow.
type UnfitError struct {
	Account usher.AccountID
	Policy  string   // its name
	Reasons []string // the role coach, which 12 users have (ann, bea, …), is no account role of it
}

// Error returns the reasons, joined.
func (e *UnfitError) Error() string {
	name := "the policy"
	if e.Policy != "" {
		name += " " + word(e.Policy)
	}
	reasons := make([]string, len(e.Reasons))
	for i, reason := range e.Reasons {
		reasons[i] = printable.Text(reason)
	}
	return name + " does not fit account " + word(e.Account) + ": " + strings.Join(reasons, "; ")
}

// Fits returns an [*UnfitError] if the account cannot be under the policy as it
// stands: an account role, a team role or a seat pool in use is gone, another role
// is the unique one, or a role holds seats that it may not have or lacks one that
// it requires, or is held by more users than it may. A grant, a setting or a field
// of a name that the policy lacks fits: it is kept, and gives nothing. An account
// that does not exist fits every policy.
//
// It takes a pass over all users.
func (s *State) Fits(p *policy.Policy) error {
	if !s.Exists() {
		return nil
	}
	f := fitting{state: s, policy: p, found: map[misfit][]usher.UserID{}}
	if p == nil || p.UniqueRole().Name == "" {
		return &UnfitError{Account: s.account, Reasons: []string{"it has no roles"}}
	}
	if unique := p.UniqueRole().Name; unique != s.unique {
		f.add(misfit{1, printable.Sprintf("its unique role is %s, and that of the account is %s", unique, s.unique)}, s.owner)
	}
	for _, name := range slices.Sorted(maps.Keys(s.counts)) {
		r, _ := p.Role(name)
		if n := s.counts[name].all; r.AtMost > 0 && n > r.AtMost {
			f.add(misfit{6, printable.Sprintf("at most %s may have the role %s, and %d do", users(r.AtMost), name, n)}, "")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.pools)) {
		if _, ok := p.Pool(name); !ok {
			f.add(misfit{3, printable.Sprintf("it has no seat pool %s, of which %d seats were bought and %d are held", name, s.pools[name].Total, s.pools[name].Held)}, "")
		}
	}
	f.users()
	return f.err()
}

// misfit is one thing that does not fit, for all users whom it is about.
type misfit struct {
	rank int // the order of kinds
	text string
}

type fitting struct {
	state  *State
	policy *policy.Policy
	found  map[misfit][]usher.UserID
}

// manyNamed is how many users a reason names.
const manyNamed = 3

func (f *fitting) add(m misfit, id usher.UserID) { f.found[m] = append(f.found[m], id) }

func (f *fitting) users() {
	roles := map[role.Name]role.Role{}
	for _, r := range f.policy.Roles() {
		roles[r.Name] = r
	}
	pools := f.policy.Pools()
	for id, u := range f.state.users.All() {
		id := usher.UserID(id)
		r, ok := roles[u.Role]
		if !ok || r.OnTeam {
			f.add(misfit{0, printable.Sprintf("it has no account role %s", u.Role)}, id)
			continue
		}
		for i := range u.Teams {
			for _, name := range u.Teams[i].Roles {
				if t, ok := roles[name]; !ok || !t.OnTeam {
					f.add(misfit{2, printable.Sprintf("it has no team role %s", name)}, id)
				}
			}
		}
		f.seats(id, u, r, pools)
	}
}

func (f *fitting) seats(id usher.UserID, u *policy.User, r role.Role, pools []seat.Kind) {
	for _, kind := range pools {
		held := holds(u, kind.Name)
		switch {
		case held && r.SeatIn(kind.Name) == role.SeatNone:
			f.add(misfit{4, printable.Sprintf("the role %s holds no seat in %s", r.Name, kind.Name)}, id)
		case held && !kind.Holds.Has(u.Status):
			f.add(misfit{4, printable.Sprintf("who is %s holds no seat in %s", u.Status, kind.Name)}, id)
		case !held && r.MustHold(kind, u.Status):
			f.add(misfit{5, printable.Sprintf("the role %s requires a seat in %s", r.Name, kind.Name)}, id)
		}
	}
}

func (f *fitting) err() error {
	if len(f.found) == 0 {
		return nil
	}
	e := &UnfitError{Account: f.state.account, Policy: f.policy.Name()}
	order := slices.SortedFunc(maps.Keys(f.found), func(a, b misfit) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.text, b.text))
	})
	for _, m := range order {
		e.Reasons = append(e.Reasons, m.text+concerned(f.found[m]))
	}
	return e
}

// concerned names the users whom a reason is about: " (ann, bea)", " (ann, bea,
// cas and 9 more)".
func concerned(ids []usher.UserID) string {
	slices.Sort(ids)
	if ids[0] == "" {
		return ""
	}
	names := make([]string, 0, manyNamed)
	for _, id := range ids[:min(len(ids), manyNamed)] {
		names = append(names, word(id))
	}
	text := strings.Join(names, ", ")
	if more := len(ids) - len(names); more > 0 {
		text += printable.Sprintf(" and %d more", more)
	}
	return " (" + text + ")"
}
