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
		switch {
		case held && r.SeatIn(kind.Name) == role.SeatNone:
			visit(seatMisfit(seatNotAllowed, kind.Name, "the role %s holds no seat in %s", r.Name))
		case held && !kind.Holds.Has(u.Status):
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
