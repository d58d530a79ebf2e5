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

// ErrPolicyMismatch is the sentinel of [PolicyMismatchError] and of
// engine.PolicyMismatchError.
var ErrPolicyMismatch = errors.New("the policy does not fit the account")

// PolicyMismatchError reports why a policy cannot decide for an account, or for some of its
// users: the policy lacks roles or seat pools in use, or its roles do not allow the seats, team roles
// or grants that users have. errors.Is finds ErrPolicyMismatch in it.
type PolicyMismatchError struct {
	Account usher.AccountID
	User    usher.UserID // the user, if the error is about one user; otherwise ""
	Policy  string       // the name of the policy
	Reasons []string     // "it has no account role coach (ann, bea and 10 more)"

	// Whole reports that the policy decides for no user of the account, because its unique
	// role is another one than that of the account. Otherwise it decides for all users that no
	// reason is about.
	Whole bool

	found map[mismatch][]usher.UserID
}

// Error returns the reasons in one line.
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

// Mismatches yields each mismatch behind Reasons, once for each user it is about, or once
// with "" if it is not about single users. The text identifies the mismatch: it is the same
// in every error, whichever users are concerned.
func (e *PolicyMismatchError) Mismatches() iter.Seq2[string, usher.UserID] {
	return func(yield func(string, usher.UserID) bool) {
		for m, ids := range e.found {
			for _, id := range ids {
				if !yield(fmt.Sprint(m.kind, " ", m.key), id) {
					return
				}
			}
		}
	}
}

// Fits returns a [*PolicyMismatchError] if the policy cannot decide for all users of the
// account: it lacks an account role, a team role or a seat pool in use; another role is the
// unique one; a role does not allow a seat that its users hold, or requires one that they
// lack; users have team roles or grants that their role cannot have, or a team role outside a team
// that only its members can have; or more users have a role, in the account or on a team, than its
// at-most. Otherwise it returns nil. A grant, a
// setting, a field or a role on a resource with a name that the policy lacks fits: it is kept, and gives
// nothing.
// Every policy fits an account that does not exist.
//
// A policy without a unique role fits an account that has an owner; the next commit then ends
// the ownership. A policy with a unique role fits an account without an owner if exactly one
// user has the role; the next commit then makes that user the owner. If several users have it,
// the policy does not decide for them. Fits also reports a policy under which no user holds
// the unique role, or no active user the first role with at-least of a policy without a unique
// role; that prevents no decision.
//
// Fits takes time in proportion to the number of users.
func (s *State) Fits(p *policy.Policy) error { return s.fits(p, func(*fitCheck) {}) }

// FitsAfter is Fits for a policy that replaces another one. It also reports grants in effect
// at a time that change their meaning: the name is a permission, a bundle or a feature of p,
// and another of these, or nothing, in the policy before. And it reports stored settings and roles on
// resources of p that the policy before lacks, roles that the account defines and only the policy before
// could have, and rules of such roles that only one of the policies offers. If before is nil, FitsAfter is Fits.
func (s *State) FitsAfter(before, p *policy.Policy, at time.Time) error {
	return s.fits(p, func(f *fitCheck) {
		if before != nil {
			f.revived(before, at)
			f.revivedRolesOn(before)
			f.customRoles(before)
		}
	})
}

func (s *State) fits(p *policy.Policy, also func(*fitCheck)) error {
	if !s.Exists() {
		return nil
	}
	p = s.Policy(p)
	if err := s.checkWhole(p); err != nil {
		return err
	}
	f := fitCheck{state: s, fitter: newFitter(p, s), found: map[mismatch][]usher.UserID{}}
	f.roles = map[role.Name]role.Role{}
	for _, r := range p.Roles() {
		f.roles[r.Name] = r
	}
	for _, b := range p.Bounds() {
		// It concerns no single user: a bound rejects only what increases the violation.
		if n := s.holders().all(p, b); b.AtMost > 0 && n > b.AtMost {
			f.add(mismatch{roleTooFull, string(b.Role), printable.Sprintf("at most %s may have the role %s, but %d have it", users(b.AtMost), b.Role, n)}, "")
		}
	}
	f.holders()
	for _, name := range slices.Sorted(maps.Keys(s.pools)) {
		if _, ok := p.Pool(name); !ok && s.pools[name].Held == 0 {
			f.add(f.lacksPool(name), "")
		}
	}
	onTeams, bounds := boundMoves{}, p.TeamBounds()
	for id, u := range s.all() {
		f.each(u, func(m mismatch) { f.add(m, usher.UserID(id)) })
		onTeams.add(bounds, u, 1)
	}
	for at, n := range onTeams {
		if b := bounds[at.bound]; b.AtMost > 0 && n.all > b.AtMost {
			f.add(mismatch{roleTooFull, printable.Sprintf("%s on %s", b.Role, at.team), printable.Sprintf("at most %s may have the role %s on the team %s, but %d have it", users(b.AtMost), b.Role, at.team, n.all)}, "")
		}
	}
	also(&f)
	return f.err()
}

// holders adds a mismatch if no user holds the role that an account needs a holder of: the unique
// role, or an active user with the first role with at-least. It prevents no decision, but only
// the host can give the role.
func (f *fitCheck) holders() {
	unique := f.policy.UniqueRole().Name
	if unique != "" && f.state.unique == "" && f.state.counts[unique].all == 0 {
		f.add(mismatch{roleWithoutHolder, string(unique), printable.Sprintf("its unique role is %s, but no user has it", unique)}, "")
	}
	if b, ok := neededHolder(f.policy); ok && f.state.holders().active(f.policy, b) == 0 {
		f.add(mismatch{roleWithoutHolder, string(b.Role), printable.Sprintf("at least %s must be active with the role %s%s, but none is", users(b.AtLeast), b.Role, including(b))}, "")
	}
}

// checkWhole returns an error if a policy cannot decide for any user of an account that
// exists.
func (s *State) checkWhole(p *policy.Policy) error {
	if p == nil || len(p.Roles()) == 0 {
		return &PolicyMismatchError{Account: s.account, Whole: true, Reasons: []string{"it has no roles"}}
	}
	if unique := p.UniqueRole().Name; unique != "" && s.unique != "" && unique != s.unique {
		m := mismatch{kind: otherUnique, key: string(unique), text: printable.Sprintf("its unique role is %s, but the account has %s", unique, s.unique)}
		f := fitCheck{state: s, fitter: fitter{policy: p}, found: map[mismatch][]usher.UserID{m: {s.owner}}}
		err := f.err().(*PolicyMismatchError)
		err.Whole = true
		return err
	}
	return nil
}

// FitsUser returns a [*PolicyMismatchError] if the policy cannot decide for a user of the
// account, because of a mismatch that is about the user or about the whole account. Otherwise
// it returns nil. Every policy fits a user who is not in the account, and an account that
// does not exist.
func (s *State) FitsUser(p *policy.Policy, id usher.UserID) error {
	if !s.Exists() {
		return nil
	}
	if err := s.checkWhole(p); err != nil {
		return err
	}
	u := s.find(id)
	if u == nil {
		return nil
	}
	f := newFitter(s.Policy(p), s)
	return f.user(s.account, id, u)
}

type fitCheck struct {
	fitter
	state *State
	found map[mismatch][]usher.UserID
}

// maxNamed is how many users a reason names.
const maxNamed = 3

// add adds a mismatch of a user once, though a user can have it on several teams.
func (f *fitCheck) add(m mismatch, id usher.UserID) {
	if ids := f.found[m]; len(ids) == 0 || ids[len(ids)-1] != id {
		f.found[m] = append(ids, id)
	}
}

// revived adds the grants and settings that the policy before lacks or understands as
// something else.
func (f *fitCheck) revived(before *policy.Policy, at time.Time) {
	kinds := map[string]mismatch{} // by the name of the grant; zero if nothing changes
	for id, u := range f.state.all() {
		for i := range u.Grants {
			g := &u.Grants[i]
			m, known := kinds[g.Name]
			if !known {
				m = revivedGrant(g.Name, before.Grant(g.Name), f.policy.Grant(g.Name))
				kinds[g.Name] = m
			}
			if m != (mismatch{}) && (g.Until.IsZero() || at.Before(g.Until)) {
				f.add(m, usher.UserID(id))
			}
		}
	}
	for name, value := range f.state.currentConfig().facts.Settings {
		_, had := before.Setting(name)
		if _, has := f.policy.Setting(name); has && !had {
			f.add(mismatch{kind: settingAgain, key: fmt.Sprint(name, " ", value), text: printable.Sprintf("the setting %s, which is stored as %t, becomes effective again", name, value)}, "")
		}
	}
}

// revivedRolesOn adds the roles on resources that the policy before lacks.
func (f *fitCheck) revivedRolesOn(before *policy.Policy) {
	if len(f.state.on) == 0 {
		return
	}
	isHeld := func(p *policy.Policy, name role.Name, on string) bool {
		r, ok := p.Role(name)
		return ok && r.OnResource == on
	}
	for held := range f.state.View(f.policy).AllRolesOn() {
		for _, name := range held.Roles {
			if on := held.On.Type; !isHeld(f.policy, name, on) || isHeld(before, name, on) {
				continue
			}
			text := printable.Sprintf("the role %s, held on %s, becomes effective again", name, held.On.Type)
			if held.Team != "" {
				text += " for the team " + word(held.Team)
			}
			f.add(mismatch{roleOnAgain, printable.Sprintf("%s %s %s", name, held.On.Type, held.Team), text}, held.User)
		}
	}
}

// customRoles adds the choices of the account's own roles that only one of the two policies offers, and
// the roles that only the policy before could have. That prevents no decision by itself:
// a role without a choice does not give it, and the holders of a lost role have mismatches of their own.
func (f *fitCheck) customRoles(before *policy.Policy) {
	roles := f.state.roles()
	had, has := before.CustomFaults(roles), f.policy.CustomFaults(roles)
	covers := func(faults []policy.CustomFault, fault policy.CustomFault) bool {
		return slices.ContainsFunc(faults, func(o policy.CustomFault) bool {
			return o.Role == fault.Role && (o.Choice == policy.Choice{} || o.Choice == fault.Choice)
		})
	}
	for _, fault := range had {
		if fault.Choice != (policy.Choice{}) && !covers(has, fault) {
			what := fault.Choice.Permission.String() + ": " + fault.Choice.Rule
			f.add(mismatch{customRoleAgain, string(fault.Role) + " " + what, printable.Sprintf("the account's own role %s gives %s again, which the policy before does not offer", fault.Role, what)}, "")
		}
	}
	for _, fault := range has {
		switch lost := fault.Choice == (policy.Choice{}); {
		case covers(had, fault):
		case lost:
			f.add(mismatch{customRoleLost, string(fault.Role), printable.Sprintf("it cannot have the account's own role %s: %s", fault.Role, fault.Text)}, "")
		default:
			what := fault.Choice.Permission.String() + ": " + fault.Choice.Rule
			f.add(mismatch{customRoleNarrowed, string(fault.Role) + " " + what, printable.Sprintf("the account's own role %s loses %s, which it does not offer", fault.Role, what)}, "")
		}
	}
}

func revivedGrant(name string, before, after policy.GrantKind) mismatch {
	switch {
	case before == after || after == 0:
		return mismatch{}
	case before == 0:
		return mismatch{kind: grantAgain, key: name + " " + after.String(), text: printable.Sprintf("grants of %s become effective again, as grants of a %s", name, after)}
	}
	return mismatch{kind: grantChanged, key: name + " " + after.String(), text: printable.Sprintf("%s is a %s, but was a %s when it was granted", name, after, before)}
}

func (f *fitCheck) err() error {
	if len(f.found) == 0 {
		return nil
	}
	e := &PolicyMismatchError{Account: f.state.account, Policy: f.policy.Name(), found: f.found}
	order := slices.SortedFunc(maps.Keys(f.found), func(a, b mismatch) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.text, b.text))
	})
	for _, m := range order {
		e.Reasons = append(e.Reasons, m.text+listUsers(f.found[m]))
	}
	return e
}

// listUsers returns the users that a reason is about: " (ann, bea)" or " (ann, bea, cas and 9
// more)". It returns "" for a reason that is about no user.
func listUsers(ids []usher.UserID) string {
	slices.Sort(ids)
	if len(ids) == 0 || ids[0] == "" {
		return ""
	}
	names := make([]string, 0, maxNamed)
	for _, id := range ids[:min(len(ids), maxNamed)] {
		names = append(names, word(id))
	}
	text := strings.Join(names, ", ")
	if more := len(ids) - len(names); more > 0 {
		text += printable.Sprintf(" and %d more", more)
	}
	return " (" + text + ")"
}
