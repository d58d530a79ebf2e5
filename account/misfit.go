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
	rank    int    // its kind
	what    string // tells it from others of its kind
	text    string
	unnamed bool // the text does not name the users
}

// fitter holds users against a policy.
type fitter struct {
	policy *policy.Policy
	counts *map[role.Name]count
	held   *map[seat.PoolName]seat.Pool
	began  *map[role.Name]count    // before the batch; nil: there is none
	roles  map[role.Name]role.Role // those of the policy; nil where they are looked up one by one
	pools  []seat.Kind
}

func newFitter(p *policy.Policy, counts *map[role.Name]count, held *map[seat.PoolName]seat.Pool) fitter {
	return fitter{policy: p, counts: counts, held: held, pools: p.Pools()}
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
	if n := (*f.counts)[r.Name].all; r.AtMost > 0 && n > r.AtMost && (f.began == nil || (*f.began)[r.Name].all > r.AtMost) {
		visit(misfit{roleTooFull, string(r.Name), printable.Sprintf("at most %s may have the role %s, and %d do", users(r.AtMost), r.Name, n), true})
	}
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
			visit(seatMisfit(seatNotAllowed, kind.Name, "who is %s holds no seat in %s", u.Status))
		case !held && r.MustHold(kind, u.Status):
			visit(seatMisfit(seatRequired, kind.Name, "the role %s requires a seat in %s", r.Name))
		}
	}
}

func seatMisfit(rank int, pool seat.PoolName, format string, who any) misfit {
	return misfit{rank: rank, what: fmt.Sprint(pool, " ", who), text: printable.Sprintf(format, who, pool)}
}

// user returns an *UnfitError if the policy cannot decide for a user.
func (f *fitter) user(id usher.AccountID, of usher.UserID, u *policy.User) error {
	var e *UnfitError
	f.each(u, func(m misfit) {
		if e == nil {
			e = &UnfitError{Account: id, User: of, Policy: f.policy.Name(), found: map[misfit][]usher.UserID{}}
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

// fitter holds users as drafted against the policy. A role that has too many holders only
// since the batch began does not count: the batch may yet make room, and checkCounts looks
// at the end of it.
func (q *proposing) fitter() fitter {
	f := newFitter(q.policy, &q.next.counts, &q.next.pools)
	f.began = &q.began.counts
	return f
}

// misfits returns why the policy cannot decide for a user as drafted, nil if it can.
func (q *proposing) misfits(id usher.UserID, u *policy.User) error {
	f := q.fitter()
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

func (q *proposing) helps(u *policy.User) bool {
	f := q.fitter()
	has := func(rank int, what func(misfit) bool) bool {
		found := false
		f.each(u, func(m misfit) { found = found || m.rank == rank && what(m) })
		return found
	}
	switch c := q.command.(type) {
	case RemoveUser, SetRole:
		return true
	case SetStatus:
		return c.Status == usher.Inactive
	case UnsetTeamRole:
		return has(unknownTeamRole, func(m misfit) bool { return m.what == string(c.Role) })
	case RemoveFromTeam:
		at, in := teamIndex(u, c.Team)
		return in && slices.ContainsFunc(u.Teams[at].Roles, func(name role.Name) bool {
			return has(unknownTeamRole, func(m misfit) bool { return m.what == string(name) })
		})
	case UnassignSeat:
		return has(unknownPool, func(m misfit) bool { return m.what == string(c.Pool) }) || q.seatMisfit(u, c.Pool, seatNotAllowed)
	case AssignSeat:
		return q.seatMisfit(u, c.Pool, seatRequired)
	}
	return false
}

// seatMisfit reports whether what does not fit is a seat of the pool.
func (q *proposing) seatMisfit(u *policy.User, pool seat.PoolName, rank int) bool {
	r, ok := q.policy.Role(u.Role)
	kind, known := q.policy.Pool(pool)
	if !ok || r.OnTeam || !known {
		return false
	}
	f := fitter{policy: q.policy, pools: []seat.Kind{kind}}
	found := false
	f.seats(u, r, func(m misfit) { found = found || m.rank == rank })
	return found
}

// knowsRole reports whether the policy has the account role of a user. Of one whose role
// it lacks, it cannot tell how far they reach.
func (q *proposing) knowsRole(u *policy.User) bool {
	r, ok := q.policy.Role(u.Role)
	return ok && !r.OnTeam
}

// known returns a user, or nil for one of whose role the policy knows nothing: all that
// such a user gets is then taken for given.
func (q *proposing) known(u *policy.User) *policy.User {
	if u == nil || !q.knowsRole(u) {
		return nil
	}
	return u
}

// outranksUnknown refuses to touch a user whose rank nobody can tell, but by the host and
// by the holder of the unique role, above whom there is nobody.
func (q *proposing) outranksUnknown(id usher.UserID, u *policy.User) error {
	if q.actor.Host() != "" || q.actor.User() == q.next.owner {
		return nil
	}
	return q.refuse(Escalation, "%s has the role %s, which %s lacks, so %s may reach further than %s; the %s and the host can do it", id, u.Role, q.policyName(), id, q.actor, q.next.unique)
}
