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

// The kinds of misfits, in the order in which they are listed.
const (
	unknownRole = iota
	otherUnique
	unknownTeamRole
	unknownPool
	seatNotAllowed
	seatRequired
	roleTooFull
	grantChanged
	grantAgain
	settingAgain
)

// misfit is one thing that keeps a policy from deciding, for all users whom it is about.
type misfit struct {
	rank int    // its kind
	what string // tells it from others of its kind
	text string
}

// fitter holds users against a policy.
type fitter struct {
	policy *policy.Policy
	held   *map[seat.PoolName]seat.Pool
	roles  map[role.Name]role.Role // those of the policy; nil where they are looked up one by one
	pools  []seat.Kind
}

func newFitter(p *policy.Policy, held *map[seat.PoolName]seat.Pool) fitter {
	return fitter{policy: p, held: held, pools: p.Pools()}
}

func (f *fitter) role(name role.Name) (role.Role, bool) {
	if f.roles == nil {
		return f.policy.Role(name)
	}
	r, ok := f.roles[name]
	return r, ok
}

// each visits what keeps the policy from deciding for a user.
func (f *fitter) each(u *policy.User, visit func(misfit)) {
	r, known := f.role(u.Role)
	if known = known && !r.OnTeam; !known {
		visit(lacks(unknownRole, u.Role, "it has no account role %s"))
	}
	for i := range u.Teams {
		for _, name := range u.Teams[i].Roles {
			if t, ok := f.role(name); !ok || !t.OnTeam {
				visit(lacks(unknownTeamRole, name, "it has no team role %s"))
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
	f.seats(u, r, visit)
}

func lacks[T ~string](rank int, name T, format string) misfit {
	return misfit{rank: rank, what: string(name), text: printable.Sprintf(format, name)}
}

func (f *fitter) lacksPool(name seat.PoolName) misfit {
	pool := (*f.held)[name]
	return misfit{rank: unknownPool, what: string(name), text: printable.Sprintf("it has no seat pool %s, of which %d seats were bought and %d are held", name, pool.Total, pool.Held)}
}

func (f *fitter) seats(u *policy.User, r role.Role, visit func(misfit)) {
	for _, kind := range f.pools {
		held := holds(u, kind.Name)
		byRole, byStatus := r.SeatDenied(kind, u.Status)
		switch {
		case held && byRole:
			visit(seatMisfit(seatNotAllowed, kind.Name, "the role %s holds no seat in %s", r.Name))
		case held && byStatus:
			visit(seatMisfit(seatNotAllowed, kind.Name, "a user who is %s holds no seat in %s", u.Status))
		case !held && r.MustHold(kind, u.Status):
			visit(seatMisfit(seatRequired, kind.Name, "the role %s requires a seat in %s", r.Name))
		}
	}
}

func seatMisfit(rank int, pool seat.PoolName, format string, who any) misfit {
	return misfit{rank: rank, what: fmt.Sprint(pool, " ", who), text: printable.Sprintf(format, who, pool)}
}

// user returns a *PolicyMismatchError if the policy cannot decide for a user.
func (f *fitter) user(id usher.AccountID, of usher.UserID, u *policy.User) error {
	var e *PolicyMismatchError
	f.each(u, func(m misfit) {
		if e == nil {
			e = &PolicyMismatchError{Account: id, User: of, Policy: f.policy.Name(), found: map[misfit][]usher.UserID{}}
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

// misfits returns why the policy cannot decide for a user as drafted, nil if it can.
func (q *proposing) misfits(id usher.UserID, u *policy.User) error {
	f := newFitter(q.policy, &q.next.pools)
	if err := f.user(q.next.account, id, u); err != nil {
		return printable.Errorf("%s: %w", Describe(q.command), err)
	}
	return nil
}

// fitsActor refuses all commands of a user for whom the policy cannot decide.
func (q *proposing) fitsActor() error {
	id := q.actor.User()
	u := q.find(id)
	if id == "" || u == nil {
		return nil
	}
	return q.misfits(id, u)
}

// fitsUser refuses commands about a user for whom the policy cannot decide, but those
// that help: the user goes, gets another role, is made inactive, or loses or gets the
// very thing that does not fit. Whatever else they have stays as it is, also what the
// policy does not know.
func (q *proposing) fitsUser(id usher.UserID, u *policy.User) error {
	err := q.misfits(id, u)
	if err == nil || q.helps(u) {
		return nil
	}
	return err
}

// helper is a command that can help a user for whom the policy cannot decide.
type helper interface {
	// helps reports whether the command helps the user.
	helps(*proposing, *policy.User) bool
}

func (q *proposing) helps(u *policy.User) bool {
	c, ok := q.command.(helper)
	return ok && c.helps(q, u)
}

// hasMisfit reports whether one thing of a user does not fit, for the reason of a rank.
func (q *proposing) hasMisfit(u *policy.User, rank int, what string) bool {
	f := newFitter(q.policy, &q.next.pools)
	found := false
	f.each(u, func(m misfit) { found = found || m.rank == rank && m.what == what })
	return found
}
