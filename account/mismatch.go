package account

import (
	"fmt"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// The kinds of mismatches, in the order of the reasons.
const (
	unknownRole = iota
	otherUnique
	sharedUnique
	unknownTeamRole
	unknownRoleBeside
	unknownPool
	seatNotAllowed
	seatRequired
	teamRoleNotAllowed
	outsideNotAllowed
	grantNotAllowed
	roleTooFull
	roleWithoutHolder
	grantChanged
	grantAgain
	settingAgain
	roleOnAgain
	customRoleTaken
	customRoleLost
	customRoleNarrowed
	customRoleAgain
)

// mismatch is one reason why a policy cannot decide for some users.
type mismatch struct {
	kind int
	key  string // distinguishes it from others of its kind
	text string
}

// fitter compares users with a policy.
type fitter struct {
	policy *policy.Policy
	held   *map[seat.PoolName]seat.Pool
	roles  map[role.Name]role.Role // a cache of the policy's roles; nil for single lookups
	pools  []seat.Kind
	shared role.Name   // the unique role of the policy, if the account has no owner and several users have it
	taken  []role.Name // the roles of the account whose names the policy declares itself
}

// newFitter returns a fitter for the users of a state, which may belong to a draft.
func newFitter(p *policy.Policy, s *State) fitter {
	f := fitter{policy: p, held: &s.pools, pools: p.Pools()}
	if unique := p.UniqueRole().Name; s.unique == "" && s.counts[unique].all > 1 {
		f.shared = unique
	}
	for _, r := range s.roles() {
		if _, declared := p.Base().Role(r.Name); declared {
			f.taken = append(f.taken, r.Name)
		}
	}
	return f
}

func (q *proposing) fitter() fitter { return newFitter(q.policy, &q.next) }

func (f *fitter) role(name role.Name) (role.Role, bool) {
	if f.roles == nil {
		return f.policy.Role(name)
	}
	r, ok := f.roles[name]
	return r, ok
}

// each visits the mismatches of a user.
func (f *fitter) each(u *policy.User, visit func(mismatch)) {
	r, known := f.role(u.Role)
	if known = known && r.OfAccount(); !known {
		visit(lacks(unknownRole, u.Role, "it has no account role %s"))
	}
	if f.shared != "" && u.Role == f.shared {
		visit(lacks(sharedUnique, u.Role, "its role %s is unique, but several users have it"))
	}
	for _, name := range f.taken {
		if holdsRole(u, name) {
			visit(lacks(customRoleTaken, name, "it declares a role %s itself, which is another role than the account's own one"))
		}
	}
	for i := range u.Teams {
		for _, name := range u.Teams[i].Roles {
			if t, ok := f.role(name); !ok || !t.OnTeam {
				visit(lacks(unknownTeamRole, name, "it has no team role %s"))
			}
		}
	}
	for _, name := range u.Beside {
		if r, ok := f.role(name); !ok || !r.Beside {
			visit(lacks(unknownRoleBeside, name, "it has no role beside %s"))
		}
	}
	for i := range u.Outside {
		for _, name := range u.Outside[i].Roles {
			switch t, ok := f.role(name); {
			case !ok || !t.OnTeam:
				visit(lacks(unknownTeamRole, name, "it has no team role %s"))
			case !t.Outside:
				visit(lacks(outsideNotAllowed, name, "users outside a team cannot hold the role %s on it"))
			}
		}
	}
	for _, name := range u.Seats {
		if !slices.ContainsFunc(f.pools, func(k seat.Kind) bool { return k.Name == name }) {
			visit(f.lacksPool(name))
		}
	}
	if !known {
		return
	}
	f.seats(u, visit)
	if r.NoTeamRoles && hasTeamRole(u) {
		visit(lacks(teamRoleNotAllowed, r.Name, "the role %s cannot hold team roles"))
	}
	if r.NoGrants && len(u.Grants) > 0 {
		visit(lacks(grantNotAllowed, r.Name, "the role %s cannot have grants"))
	}
}

func hasTeamRole(u *policy.User) bool {
	return len(u.Outside) > 0 || slices.ContainsFunc(u.Teams, func(m policy.Membership) bool { return len(m.Roles) > 0 })
}

func lacks[T ~string](rank int, name T, format string) mismatch {
	return mismatch{kind: rank, key: string(name), text: printable.Sprintf(format, name)}
}

func (f *fitter) lacksPool(name seat.PoolName) mismatch {
	pool := (*f.held)[name]
	return mismatch{kind: unknownPool, key: string(name), text: printable.Sprintf("it has no seat pool %s (%d bought, %d held)", name, pool.Total, pool.Held)}
}

func (f *fitter) seats(u *policy.User, visit func(mismatch)) {
	for _, kind := range f.pools {
		held := holds(u, kind.Name)
		rule, by := f.policy.SeatRule(u, kind.Name)
		byStatus := !kind.Holds.Has(u.Status)
		switch {
		case held && rule == role.SeatNone:
			visit(seatMismatch(seatNotAllowed, kind.Name, "the role %s cannot hold a seat in %s", by))
		case held && byStatus:
			visit(seatMismatch(seatNotAllowed, kind.Name, "a user who is %s cannot hold a seat in %s", u.Status))
		case !held && rule == role.SeatRequired && !byStatus:
			visit(seatMismatch(seatRequired, kind.Name, "the role %s requires a seat in %s", by))
		}
	}
}

func seatMismatch(rank int, pool seat.PoolName, format string, who any) mismatch {
	return mismatch{kind: rank, key: fmt.Sprint(pool, " ", who), text: printable.Sprintf(format, who, pool)}
}

// user returns a *PolicyMismatchError if the policy cannot decide for a user.
func (f *fitter) user(id usher.AccountID, of usher.UserID, u *policy.User) error {
	var e *PolicyMismatchError
	f.each(u, func(m mismatch) {
		if e == nil {
			e = &PolicyMismatchError{Account: id, User: of, Policy: f.policy.Name(), found: map[mismatch][]usher.UserID{}}
		}
		if _, twice := e.found[m]; !twice {
			e.found[m] = []usher.UserID{of}
			e.Reasons = append(e.Reasons, m.text)
		}
	})
	if e == nil {
		return nil
	}
	return e
}

// checkFit returns an error if the policy cannot decide for a user in the draft.
func (q *proposing) checkFit(id usher.UserID, u *policy.User) error {
	f := q.fitter()
	if err := f.user(q.next.account, id, u); err != nil {
		return printable.Errorf("%s: %w", Describe(q.command), err)
	}
	return nil
}

// checkActorFits returns an error for each command of a user that the policy cannot decide
// for.
func (q *proposing) checkActorFits() error {
	id := q.authority
	u := q.find(id)
	if id == "" || u == nil {
		return nil
	}
	return q.checkFit(id, u)
}

// checkUserFits returns an error for a command on a user that the policy cannot decide for.
// It allows the commands that help: they remove the user, set another role, make the user
// inactive, or take or give exactly what does not fit. Everything else of the user stays,
// including names that the policy lacks.
func (q *proposing) checkUserFits(id usher.UserID, u *policy.User) error {
	err := q.checkFit(id, u)
	if err == nil || q.due || q.helps(u) {
		return nil
	}
	return err
}

// helper is a command that can help a user that the policy cannot decide for.
type helper interface {
	// helps reports whether the command helps the user.
	helps(*proposing, *policy.User) bool
}

func (q *proposing) helps(u *policy.User) bool {
	c, ok := q.command.(helper)
	return ok && c.helps(q, u)
}

// hasMismatch reports whether a user has a mismatch of a kind about one thing.
func (q *proposing) hasMismatch(u *policy.User, rank int, what string) bool {
	f := q.fitter()
	found := false
	f.each(u, func(m mismatch) { found = found || m.kind == rank && m.key == what })
	return found
}
