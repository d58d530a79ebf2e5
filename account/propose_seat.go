package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

var (
	seatAssign   = permission.MustParse("seat.assign")
	seatUnassign = permission.MustParse("seat.unassign")
	seatPurchase = permission.MustParse("seat.purchase")
)

func (q *proposing) assignSeat(c AssignSeat) error {
	if err := q.may(seatAssign, of(c.User)); err != nil {
		return err
	}
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	kind, err := q.pool(c.Pool)
	if err != nil || holds(u, c.Pool) {
		return err
	}
	r, err := q.roleOf(c.User, u)
	if err != nil {
		return err
	}
	switch byRole, byStatus := r.SeatDenied(kind, u.Status); {
	case byStatus:
		return q.refuse(Inactive, "%s is %s, and holds no seat in %s while so", c.User, u.Status, c.Pool)
	case byRole:
		return q.refuse(SeatNotAllowed, "%s has the role %s, which holds no seat in %s", c.User, r.Name, c.Pool)
	}
	return q.emit(SeatAssigned(c))
}

func (q *proposing) unassignSeat(c UnassignSeat) error {
	if err := q.may(seatUnassign, of(c.User)); err != nil {
		return err
	}
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	if _, known := q.policy.Pool(c.Pool); !known && holds(u, c.Pool) {
		if err := q.checkRank(c.User, u); err != nil {
			return err
		}
		return q.emit(SeatUnassigned(c)) // which the policy lacks by now
	}
	kind, err := q.pool(c.Pool)
	if err != nil || !holds(u, c.Pool) {
		return err
	}
	r, err := q.roleOf(c.User, u)
	if err != nil {
		return err
	}
	if r.MustHold(kind, u.Status) {
		return q.refuse(SeatRequired, "%s has the role %s, which requires a seat in %s; set-role and set-status free it", c.User, r.Name, c.Pool)
	}
	changed := *u
	changed.Seats = slices.DeleteFunc(slices.Clone(u.Seats), func(held seat.PoolName) bool { return held == c.Pool })
	if err := q.checkTakes(c.User, u, &changed); err != nil {
		return err
	}
	return q.emit(SeatUnassigned(c))
}

func (q *proposing) setSeats(c SetSeats) error {
	if err := q.may(seatPurchase, parties{}); err != nil {
		return err
	}
	pool := q.next.pools[c.Pool]
	if _, err := q.pool(c.Pool); err != nil && (pool.Total == 0 || c.Total >= pool.Total) {
		return err // of a pool that the policy lacks by now, seats can be given back
	}
	if err := checkTotal(c.Total); err != nil {
		return q.refuse(Invalid, "%v", err)
	}
	if pool.Total == c.Total {
		return nil
	}
	return q.emit(SeatsSet{Pool: c.Pool, From: pool.Total, To: c.Total})
}

// keptSeats returns the seats that a user keeps with a role and a status. Those of pools
// that the policy lacks stay.
func (q *proposing) keptSeats(u *policy.User, r role.Role, status usher.Status) []seat.PoolName {
	var kept []seat.PoolName
	for _, name := range u.Seats {
		if kind, ok := q.policy.Pool(name); !ok || r.MayHold(kind, status) {
			kept = append(kept, name)
		}
	}
	return kept
}

// seatsWith returns the seats that a user has with a role and a status: those kept, and
// those that the role requires.
func (q *proposing) seatsWith(u *policy.User, r role.Role, status usher.Status) []seat.PoolName {
	seats := q.keptSeats(u, r, status)
	for _, kind := range q.policy.Pools() {
		if r.MustHold(kind, status) && !holds(u, kind.Name) {
			seats = append(seats, kind.Name)
		}
	}
	slices.Sort(seats)
	return seats
}

// free releases the seats that a user cannot keep with a role and a status.
func (q *proposing) free(id usher.UserID, u *policy.User, r role.Role, status usher.Status) error {
	kept := q.keptSeats(u, r, status)
	for _, name := range u.Seats {
		if slices.Contains(kept, name) {
			continue
		}
		if err := q.emit(SeatUnassigned{User: id, Pool: name}); err != nil {
			return err
		}
	}
	return nil
}

// take gives a user, who had the seats of u, those that a role requires. Whether so many
// were bought, checkCounts says of the whole batch.
func (q *proposing) take(id usher.UserID, u *policy.User, r role.Role, status usher.Status) error {
	for _, kind := range q.policy.Pools() {
		if !r.MustHold(kind, status) || holds(u, kind.Name) {
			continue
		}
		if err := q.emit(SeatAssigned{User: id, Pool: kind.Name}); err != nil {
			return err
		}
	}
	return nil
}
