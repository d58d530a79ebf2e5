package account

import (
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

var (
	seatAssign   = permission.MustParse("seat.assign")
	seatUnassign = permission.MustParse("seat.unassign")
)

// AssignSeat gives a user a seat. Requires seat.assign on {user}.
type AssignSeat struct {
	User usher.UserID
	Pool seat.PoolName
}

func (c AssignSeat) asks(*proposing) requirement { return needs(seatAssign, of(c.User)) }

func (c AssignSeat) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	kind, err := q.pool(c.Pool)
	if err != nil || holds(u, c.Pool) {
		return err
	}
	if _, err := q.roleOf(c.User, u); err != nil {
		return err
	}
	switch rule, by := q.policy.SeatRule(u, c.Pool); {
	case !kind.Holds.Has(u.Status):
		return q.refuse(CodeInactive, "%s is %s, and so cannot hold a seat in %s", c.User, u.Status, c.Pool)
	case rule == role.SeatNone:
		return q.refuse(CodeSeatNotAllowed, "%s has the role %s, which cannot hold a seat in %s%s", c.User, by, c.Pool, q.unlessByTeamRole(c.Pool))
	}
	return q.emit(SeatAssigned(c))
}

func (c AssignSeat) helps(q *proposing, u *policy.User) bool {
	return q.hasSeatMismatch(u, c.Pool, seatRequired)
}

func (c AssignSeat) describe() string { return word(c.User) + " " + word(c.Pool) }

// UnassignSeat takes a user's seat away. Requires seat.unassign on {user}.
type UnassignSeat struct {
	User usher.UserID
	Pool seat.PoolName
}

func (c UnassignSeat) asks(*proposing) requirement { return needs(seatUnassign, of(c.User)) }

func (c UnassignSeat) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	if _, known := q.policy.Pool(c.Pool); !known && holds(u, c.Pool) {
		if err := q.checkRank(c.User, u); err != nil {
			return err
		}
		return q.emit(SeatUnassigned(c)) // the policy lacks the pool
	}
	kind, err := q.pool(c.Pool)
	if err != nil || !holds(u, c.Pool) {
		return err
	}
	if _, err := q.roleOf(c.User, u); err != nil {
		return err
	}
	if rule, by := q.policy.SeatRule(u, c.Pool); rule == role.SeatRequired && kind.Holds.Has(u.Status) {
		releases := "set-role"
		if by != u.Role {
			releases = "unset-team-role"
		}
		return q.refuse(CodeSeatRequired, "%s has the role %s, which requires a seat in %s; %s or set-status releases it", c.User, by, c.Pool, releases)
	}
	changed := *u
	changed.Seats = slices.DeleteFunc(slices.Clone(u.Seats), func(held seat.PoolName) bool { return held == c.Pool })
	if err := q.checkTakes(c.User, u, &changed); err != nil {
		return err
	}
	return q.emit(SeatUnassigned(c))
}

func (c UnassignSeat) helps(q *proposing, u *policy.User) bool {
	return q.hasMismatch(u, unknownPool, string(c.Pool)) || q.hasSeatMismatch(u, c.Pool, seatNotAllowed)
}

func (c UnassignSeat) describe() string { return word(c.User) + " " + word(c.Pool) }

// SeatAssigned gives a user a seat.
type SeatAssigned struct {
	User usher.UserID  `json:"user"`
	Pool seat.PoolName `json:"pool"`
}

func (c SeatAssigned) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	if err != nil {
		return err
	}
	if u.Kind == usher.ServiceAccount {
		return printable.Errorf("%s is a service account, and holds no seat", c.User)
	}
	at, held := slices.BinarySearch(u.Seats, c.Pool)
	if held || c.Pool == "" {
		return printable.Errorf("%s already holds a seat in %s", c.User, c.Pool)
	}
	pool := d.next.pools[c.Pool]
	pool.Held++ // compared with the total after all changes
	d.setPool(c.Pool, pool)
	changed := *u
	changed.Seats = slices.Insert(slices.Clone(u.Seats), at, c.Pool)
	d.put(c.User, changed)
	return nil
}

func (c SeatAssigned) describe() string { return word(c.User) + " gets a seat in " + word(c.Pool) }

// SeatUnassigned takes a user's seat away.
type SeatUnassigned struct {
	User usher.UserID  `json:"user"`
	Pool seat.PoolName `json:"pool"`
}

func (c SeatUnassigned) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	if err != nil {
		return err
	}
	at, held := slices.BinarySearch(u.Seats, c.Pool)
	if !held {
		return printable.Errorf("%s holds no seat in %s", c.User, c.Pool)
	}
	pool, err := d.next.pools[c.Pool].Return(1)
	if err != nil {
		return printable.Errorf("%s: %w", c.Pool, err)
	}
	d.setPool(c.Pool, pool)
	changed := *u
	changed.Seats = without(u.Seats, at)
	d.put(c.User, changed)
	return nil
}

func (c SeatUnassigned) describe() string { return word(c.User) + " loses the seat in " + word(c.Pool) }

// keptSeats returns the seats that a user had before a change and has after it.
func (q *proposing) keptSeats(before, after *policy.User) []seat.PoolName {
	seats := q.policy.SeatsAfter(before, after)
	return slices.DeleteFunc(slices.Clone(before.Seats), func(name seat.PoolName) bool { return !slices.Contains(seats, name) })
}

// releaseSeats releases the seats that a user loses by a change, as policy.SeatsAfter states.
func (q *proposing) releaseSeats(id usher.UserID, before, after *policy.User) error {
	kept := q.keptSeats(before, after)
	for _, name := range before.Seats {
		if slices.Contains(kept, name) {
			continue
		}
		if err := q.emit(SeatUnassigned{User: id, Pool: name}); err != nil {
			return err
		}
	}
	return nil
}

// takeSeats gives a user the seats that the roles require after a change. checkCounts then checks
// the batch against the seats bought.
func (q *proposing) takeSeats(id usher.UserID, before, after *policy.User) error {
	if q.seatless {
		return nil
	}
	seats := q.policy.SeatsAfter(before, after)
	for _, kind := range q.policy.Pools() {
		if !slices.Contains(seats, kind.Name) || holds(before, kind.Name) {
			continue
		}
		if err := q.emit(SeatAssigned{User: id, Pool: kind.Name}); err != nil {
			return err
		}
	}
	return nil
}

// unlessByTeamRole returns the clause that names the team roles with a seat of the pool, or "".
func (q *proposing) unlessByTeamRole(pool seat.PoolName) string {
	var names []string
	for _, r := range q.policy.Roles() {
		if r.OnTeam && r.SeatIn(pool) != role.SeatNone {
			names = append(names, string(r.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; a holder of the team role " + strings.Join(names, " or ") + " can"
}

// hasSeatMismatch reports whether a user has a mismatch of a kind that is about a seat of the
// pool.
func (q *proposing) hasSeatMismatch(u *policy.User, pool seat.PoolName, rank int) bool {
	kind, known := q.policy.Pool(pool)
	if !q.knowsRole(u) || !known {
		return false
	}
	f := fitter{policy: q.policy, pools: []seat.Kind{kind}}
	found := false
	f.seats(u, func(m mismatch) { found = found || m.kind == rank })
	return found
}

func holds(u *policy.User, pool seat.PoolName) bool {
	_, held := slices.BinarySearch(u.Seats, pool)
	return held
}
