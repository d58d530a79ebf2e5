package account

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// ErrPolicyMismatch is the sentinel of [PolicyMismatchError], and of that of package
// engine.
var ErrPolicyMismatch = errors.New("the policy does not fit the account")

// PolicyMismatchError lists why a policy cannot decide for an account, or for some of its users:
// roles and pools in use that it lacks, and what its roles no longer allow. errors.Is
// finds ErrPolicyMismatch in it.
type PolicyMismatchError struct {
	Account usher.AccountID
	User    usher.UserID // whom alone it is about; "" for all of the account
	Policy  string       // its name
	Reasons []string     // it has no account role coach (ann, bea and 10 more)

	// Whole reports that the policy decides for no user of the account, since it makes
	// another role the unique one. Otherwise it decides for all users but those whom a
	// reason is about.
	Whole bool

	found map[misfit][]usher.UserID
}

// Error returns the reasons, joined.
func (e *PolicyMismatchError) Error() string {
	name := "the policy"
	if e.Policy != "" {
		name += " " + word(e.Policy)
	}
	of := "account " + word(e.Account)
	if e.User != "" {
		of = word(e.User) + " of " + of
	}
	reasons := make([]string, len(e.Reasons))
	for i, reason := range e.Reasons {
		reasons[i] = printable.Text(reason)
	}
	return name + " does not fit " + of + ": " + strings.Join(reasons, "; ")
}

// Is makes errors.Is find ErrPolicyMismatch.
func (e *PolicyMismatchError) Is(target error) bool { return target == ErrPolicyMismatch }

// Mismatches yields what Reasons sums up: each kind of mismatch as often as there are
// users whom it is about, or once with "" if there are none. A text is the same for the
// same mismatch in every error about it, also when it concerns more users by then.
func (e *PolicyMismatchError) Mismatches() iter.Seq2[string, usher.UserID] {
	return func(yield func(string, usher.UserID) bool) {
		for m, ids := range e.found {
			for _, id := range ids {
				if !yield(fmt.Sprint(m.rank, " ", m.what), id) {
					return
				}
			}
		}
	}
}

// Fits returns a [*PolicyMismatchError] if the policy cannot decide for all users of the account
// as it stands: an account role, a team role or a seat pool in use is gone, another role
// is the unique one, or a role holds seats that it may not have or lacks one that it
// requires, or is held by more users than it may. A grant, a setting or a field of a name
// that the policy lacks fits: it is kept, and gives nothing. An account that does not
// exist fits every policy.
//
// It takes a pass over all users.
func (s *State) Fits(p *policy.Policy) error { return s.fits(p, func(*fitting) {}) }

// FitsAfter is Fits for a policy that takes the place of another one. It also lists the
// grants that are in use at a time and become something else: whose name is a permission,
// a bundle or a feature of the one policy and another of these of the other, or nothing
// of the policy before; and stored settings that the policy before does not have. Without
// a policy before, it is Fits.
func (s *State) FitsAfter(before, p *policy.Policy, at time.Time) error {
	return s.fits(p, func(f *fitting) {
		if before != nil {
			f.revived(before, at)
		}
	})
}

func (s *State) fits(p *policy.Policy, also func(*fitting)) error {
	if !s.Exists() {
		return nil
	}
	if err := s.fitsWhole(p); err != nil {
		return err
	}
	f := fitting{state: s, fitter: newFitter(p, &s.pools), found: map[misfit][]usher.UserID{}}
	f.roles = map[role.Name]role.Role{}
	for _, r := range p.Roles() {
		f.roles[r.Name] = r
	}
	for _, name := range slices.Sorted(maps.Keys(s.counts)) {
		// No user is kept from anything: a bound refuses only what moves away from it.
		if r, n := f.roles[name], s.counts[name].all; r.AtMost > 0 && n > r.AtMost {
			f.add(misfit{roleTooFull, string(name), printable.Sprintf("at most %s may have the role %s, and %d do", users(r.AtMost), name, n)}, "")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.pools)) {
		if _, ok := p.Pool(name); !ok && s.pools[name].Held == 0 {
			f.add(f.lacksPool(name), "")
		}
	}
	for id, u := range s.users.All() {
		f.each(u, func(m misfit) { f.add(m, usher.UserID(id)) })
	}
	also(&f)
	return f.err()
}

// fitsWhole returns an error if a policy can decide for no user of an account that exists.
func (s *State) fitsWhole(p *policy.Policy) error {
	if p == nil || p.UniqueRole().Name == "" {
		return &PolicyMismatchError{Account: s.account, Whole: true, Reasons: []string{"it has no roles"}}
	}
	if unique := p.UniqueRole().Name; unique != s.unique {
		m := misfit{rank: otherUnique, what: string(unique), text: printable.Sprintf("its unique role is %s, and that of the account is %s", unique, s.unique)}
		f := fitting{state: s, fitter: fitter{policy: p}, found: map[misfit][]usher.UserID{m: {s.owner}}}
		err := f.err().(*PolicyMismatchError)
		err.Whole = true
		return err
	}
	return nil
}

// FitsUser returns a [*PolicyMismatchError] if the policy cannot decide for a user of the account:
// for one of the reasons of Fits that is about that user, or about the whole account. A
// user who is not in the account, and an account that does not exist, fit every policy.
func (s *State) FitsUser(p *policy.Policy, id usher.UserID) error {
	if !s.Exists() {
		return nil
	}
	if err := s.fitsWhole(p); err != nil {
		return err
	}
	u := s.find(id)
	if u == nil {
		return nil
	}
	f := newFitter(p, &s.pools)
	return f.user(s.account, id, u)
}

type fitting struct {
	fitter
	state *State
	found map[misfit][]usher.UserID
}

// manyNamed is how many users a reason names.
const manyNamed = 3

func (f *fitting) add(m misfit, id usher.UserID) { f.found[m] = append(f.found[m], id) }

// revived adds what a policy would bring to life again, or take for something else, that
// the policy before it does not know, or knows as something else.
func (f *fitting) revived(before *policy.Policy, at time.Time) {
	kinds := map[string]misfit{} // of each grant in use, the zero misfit if nothing changes
	for id, u := range f.state.users.All() {
		for i := range u.Grants {
			g := &u.Grants[i]
			m, known := kinds[g.Name]
			if !known {
				m = revivedGrant(g.Name, before.Grant(g.Name), f.policy.Grant(g.Name))
				kinds[g.Name] = m
			}
			if m != (misfit{}) && (g.Until.IsZero() || at.Before(g.Until)) {
				f.add(m, usher.UserID(id))
			}
		}
	}
	for name, value := range f.state.planned().facts.Settings {
		_, had := before.Setting(name)
		if _, has := f.policy.Setting(name); has && !had {
			f.add(misfit{rank: settingAgain, what: fmt.Sprint(name, " ", value), text: printable.Sprintf("the setting %s, which is stored as %t, becomes effective again", name, value)}, "")
		}
	}
}

func revivedGrant(name string, before, after policy.GrantKind) misfit {
	switch {
	case before == after || after == 0:
		return misfit{}
	case before == 0:
		return misfit{rank: grantAgain, what: name + " " + after.String(), text: printable.Sprintf("grants of %s become effective again, as those of a %s", name, after)}
	}
	return misfit{rank: grantChanged, what: name + " " + after.String(), text: printable.Sprintf("%s is a %s, and grants of it were made as those of a %s", name, after, before)}
}

func (f *fitting) err() error {
	if len(f.found) == 0 {
		return nil
	}
	e := &PolicyMismatchError{Account: f.state.account, Policy: f.policy.Name(), found: f.found}
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
