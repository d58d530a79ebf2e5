package account

import (
	"cmp"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// LaterPreview is what differs from a later time on between the account with the commands of a proposal
// and the account without them. It lists only what differs otherwise than at the time before it:
// each user, pool and role on a resource has the difference that is listed at the last time up to
// then, or else in the Preview itself. A user without Gains and Loses has then the same rules as without
// the commands.
type LaterPreview struct {
	At      time.Time
	Seats   []SeatsPreview   // sorted by name
	Users   []UserPreview    // sorted by id; Before is the user at that time without the commands, After with them
	RolesOn []RolesOnPreview // in the order of the changes, and then of the schedule
}

// Limits of the later times in a Preview.
const (
	MaxLater         = 20   // the times that a Preview has
	maxLaterExamined = 1000 // the times at which it compares the accounts
)

// laterPreview is the comparison of two accounts, one time after another.
type laterPreview struct {
	policy     *policy.Policy
	s, next    *State // at the time of the last step
	difference func(before, after policy.Facts, id usher.UserID, at time.Time) (gains, loses []policy.Entitlement, err error)

	users map[usher.UserID]UserPreview // the last difference of each user; none for a user without one
	seats []SeatsPreview
	on    []RolesOnPreview // of all holders and resources that may differ
}

// times returns what differs at later times between the two accounts, whose difference now is in the
// preview, and the first time that it did not examine; the zero time for none.
func (l laterPreview) times(now *Preview, at time.Time, interrupt func() error) (list []LaterPreview, from time.Time, err error) {
	if l.next.Deleted() {
		return nil, time.Time{}, nil
	}
	ends := map[time.Time][]usher.UserID{} // of grants
	times := slices.Concat(scheduleTimes(l.s, ends), scheduleTimes(l.next, ends))
	l.users = make(map[usher.UserID]UserPreview, len(now.Users))
	for _, u := range now.Users {
		l.users[u.User] = u
		ending := false
		for _, user := range []*policy.User{u.Before, u.After} {
			for _, g := range grantsOf(user) {
				if g.Until.After(at) {
					ending, ends[g.Until] = true, append(ends[g.Until], u.User)
				}
			}
		}
		if ending {
			if l.users[u.User], err = l.differenceOf(u.User, at); err != nil {
				return nil, time.Time{}, err
			}
		}
	}
	l.seats, l.on = now.Seats, l.rolesOn(now)
	times = inOrderOfTime(slices.AppendSeq(times, maps.Keys(ends)))
	for i, t := range times {
		if len(list) == MaxLater || i == maxLaterExamined {
			return list, t, nil
		}
		if interrupt != nil {
			if err := interrupt(); err != nil {
				return nil, time.Time{}, err
			}
		}
		step, err := l.step(t, ends[t])
		if errors.Is(err, usher.ErrNoTime) { // after the year 2261, nothing is decided
			return list, t, nil
		}
		if err != nil {
			return nil, time.Time{}, err
		}
		if len(step.Seats)+len(step.Users)+len(step.RolesOn) > 0 {
			list = append(list, step)
		}
	}
	return list, time.Time{}, nil
}

// scheduleTimes returns the times at which something is scheduled, and adds the ends of scheduled grants.
func scheduleTimes(s *State, ends map[time.Time][]usher.UserID) (times []time.Time) {
	for e := range s.scheduled().all() {
		times = append(times, e.At)
		if c, ok := e.Command.(GiveGrant); ok && !c.Until.IsZero() {
			until := c.Until.UTC().Round(0)
			ends[until] = append(ends[until], c.User)
		}
	}
	return times
}

func grantsOf(u *policy.User) []policy.Grant {
	if u == nil {
		return nil
	}
	return u.Grants
}

// step moves both accounts to a time, and returns what differs otherwise than before. Only users whose
// records change at that time, or who have a grant that ends then, can differ otherwise.
func (l *laterPreview) step(at time.Time, ended []usher.UserID) (LaterPreview, error) {
	s, next := l.s.At(l.policy, at), l.next.At(l.policy, at)
	happened := slices.Concat(s.Due()[len(l.s.Due()):], next.Due()[len(l.next.Due()):])
	l.s, l.next = s, next
	step := LaterPreview{At: at}
	users := append(UsersOf(happened...), ended...)
	slices.Sort(users)
	for _, id := range slices.Compact(users) {
		u, err := l.differenceOf(id, at)
		if err != nil {
			return LaterPreview{}, err
		}
		was := l.users[id]
		if len(was.Gains)+len(was.Loses)+len(u.Gains)+len(u.Loses) > 0 && !(reflect.DeepEqual(was.Gains, u.Gains) && reflect.DeepEqual(was.Loses, u.Loses)) {
			step.Users = append(step.Users, u)
		}
		l.users[id] = u
	}
	step.Seats = l.stepSeats()
	for i, was := range l.on {
		r := was
		r.Before, r.After = s.on.find(r.by(), r.On.Type, r.id(), r.On.ID), next.on.find(r.by(), r.On.Type, r.id(), r.On.ID)
		r.Gains, r.Loses = l.policy.DifferenceOn(r.Before, r.After)
		if len(was.Gains)+len(was.Loses)+len(r.Gains)+len(r.Loses) > 0 && !(reflect.DeepEqual(was.Gains, r.Gains) && reflect.DeepEqual(was.Loses, r.Loses)) {
			step.RolesOn = append(step.RolesOn, r)
		}
		l.on[i] = r
	}
	return step, nil
}

// differenceOf returns a user with what differs at a time. A later end of a grant does not count: it is a
// time of its own.
func (l *laterPreview) differenceOf(id usher.UserID, at time.Time) (u UserPreview, err error) {
	u.User = id
	u.Before, _ = l.s.User(id)
	u.After, _ = l.next.User(id)
	before, after := moment{l.s.factsOn(l.policy, id), at}, moment{l.next.factsOn(l.policy, id), at}
	u.Gains, u.Loses, err = l.difference(before, after, id, at)
	return u, err
}

// moment is an account at one time: the grants in effect have no end.
type moment struct {
	policy.Facts
	at time.Time
}

func (m moment) User(id usher.UserID) (*policy.User, error) {
	u, err := m.Facts.User(id)
	if u == nil || err != nil || len(u.Grants) == 0 {
		return u, err
	}
	changed := *u
	changed.Grants = nil
	for _, g := range u.Grants {
		if g.Until.IsZero() || m.at.Before(g.Until) {
			changed.Grants = append(changed.Grants, policy.Grant{Name: g.Name})
		}
	}
	return &changed, nil
}

// stepSeats returns the pools whose numbers differ otherwise than before.
func (l *laterPreview) stepSeats() (list []SeatsPreview) {
	now := seatsPreview(l.s, l.next)
	differs := func(in []SeatsPreview, p SeatsPreview) [2]int {
		if i := slices.IndexFunc(in, func(o SeatsPreview) bool { return o.Pool == p.Pool }); i >= 0 {
			p = in[i]
			return [2]int{p.After.Total - p.Before.Total, p.After.Held - p.Before.Held}
		}
		return [2]int{}
	}
	for _, p := range now {
		if differs(now, p) != differs(l.seats, p) {
			list = append(list, p)
		}
	}
	for _, p := range l.seats {
		if differs(now, p) == [2]int{} && differs(l.seats, p) != [2]int{} {
			list = append(list, SeatsPreview{p.Pool, l.s.pools[p.Pool], l.next.pools[p.Pool]})
		}
	}
	slices.SortFunc(list, func(a, b SeatsPreview) int { return cmp.Compare(a.Pool, b.Pool) })
	l.seats = now
	return list
}

// rolesOn returns the differences now of all holders and resources about which the schedules differ, or
// whose roles differ now.
func (l *laterPreview) rolesOn(now *Preview) []RolesOnPreview {
	list := slices.Clone(now.RolesOn)
	add := func(h Holder, on usher.Ref) {
		if !slices.ContainsFunc(list, func(r RolesOnPreview) bool { return r.Holder == h && r.On == on }) {
			list = append(list, RolesOnPreview{Holder: h, On: on})
		}
	}
	for _, both := range [][2]*State{{l.s, l.next}, {l.next, l.s}} {
		for e := range both[0].scheduled().all() {
			if s := e.slot(); s.kind == roleOnOf && both[1].scheduled().find(e.At, e.ID) == nil {
				add(Holder{User: s.user, Team: s.team}, s.on)
			}
		}
	}
	return list
}
