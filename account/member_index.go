package account

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
)

// memberIndex finds the users of a team without a pass over all users. It is derived from the
// users, so neither the journal nor a snapshot contains it. It is safe for concurrent reads.
type memberIndex struct {
	plain   *table.Sets // by team: the users who were put in it and have no role on it
	holders *table.Sets // by team: the users who were put in it and have a role on it
	outside *table.Sets // by team: the users who have a role on it without being in it
}

// memberIndexOnce is a memberIndex that is built on first use, so that an account in which no
// team is moved or deleted needs neither time nor memory for it. All versions with the same
// memberships share one. It is safe for concurrent use.
type memberIndexOnce struct {
	once  sync.Once
	built atomic.Pointer[memberIndex] // nil until it is built
}

// of returns the index. The first call builds it from the users.
func (o *memberIndexOnce) of(users *table.Table[*policy.Record]) *memberIndex {
	o.once.Do(func() {
		if o.built.Load() == nil {
			o.built.Store(indexMembers(users))
		}
	})
	return o.built.Load()
}

func indexMembers(users *table.Table[*policy.Record]) *memberIndex {
	e := (&memberIndex{}).edit()
	for id, u := range usersIn(users.All()) {
		e.change(usher.UserID(id), nil, u)
	}
	return e.index()
}

func (x *memberIndex) edit() *memberIndexEdit {
	return &memberIndexEdit{plain: x.plain.Edit(), holders: x.holders.Edit(), outside: x.outside.Edit()}
}

// memberIndexEdit is a changed copy of a memberIndex, for one goroutine.
type memberIndexEdit struct {
	plain, holders, outside *table.SetsEdit
	changed                 bool
}

// change updates the index after a change of a user's teams, or of roles on them. Nil stands for a
// user who is not in the account.
func (e *memberIndexEdit) change(id usher.UserID, before, after *policy.User) {
	if before == nil {
		before = &policy.User{}
	}
	if after == nil {
		after = &policy.User{}
	}
	e.changeList(id, before.Teams, after.Teams, e.setOf)
	e.changeList(id, before.Outside, after.Outside, func(*policy.Membership) *table.SetsEdit { return e.outside })
}

// changeList updates the sets of the teams of one list. Both lists must be sorted by team, as in
// policy.User. The function returns the sets to which an entry belongs.
func (e *memberIndexEdit) changeList(id usher.UserID, before, after []policy.Membership, setOf func(*policy.Membership) *table.SetsEdit) {
	add := func(m *policy.Membership) { setOf(m).Add(string(m.Team), string(id)); e.changed = true }
	remove := func(m *policy.Membership) { setOf(m).Remove(string(m.Team), string(id)); e.changed = true }
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].Team < after[0].Team:
			remove(&before[0])
			before = before[1:]
		case len(before) == 0 || after[0].Team < before[0].Team:
			add(&after[0])
			after = after[1:]
		default:
			if setOf(&before[0]) != setOf(&after[0]) {
				remove(&before[0])
				add(&after[0])
			}
			before, after = before[1:], after[1:]
		}
	}
}

// setOf returns the sets to which a membership belongs.
func (e *memberIndexEdit) setOf(m *policy.Membership) *table.SetsEdit {
	if len(m.Roles) > 0 {
		return e.holders
	}
	return e.plain
}

func (e *memberIndexEdit) index() *memberIndex {
	return &memberIndex{e.plain.Sets(), e.holders.Sets(), e.outside.Sets()}
}

// usersOf returns the users in some tables, sorted by id.
func usersOf(tables ...*table.Table[struct{}]) []usher.UserID {
	var ids []usher.UserID
	for _, t := range tables {
		ids = slices.Grow(ids, t.Len())
		for id := range t.All() {
			ids = append(ids, usher.UserID(id))
		}
	}
	slices.Sort(ids)
	return ids
}

// usersOn returns the users who were put in the team or have a role on it, sorted by id, and nil for
// an unknown team. Users on teams below and above are not included.
func (d *draft) usersOn(team usher.TeamID) []usher.UserID {
	e := d.memberIndex()
	return usersOf(e.plain.Of(string(team)), e.holders.Of(string(team)), e.outside.Of(string(team)))
}

// holdersOn returns the users who have at least one role on the team, in it or outside it, sorted by
// id, and nil for an unknown team. Roles on teams below and above do not count. The cost depends on
// the number of users returned, not on the number of members.
func (d *draft) holdersOn(team usher.TeamID) []usher.UserID {
	e := d.memberIndex()
	return usersOf(e.holders.Of(string(team)), e.outside.Of(string(team)))
}

// eachHolderOn yields the users of holdersOn, in no order.
func (d *draft) eachHolderOn(team usher.TeamID) iter.Seq[usher.UserID] {
	return func(yield func(usher.UserID) bool) {
		e := d.memberIndex()
		for _, sets := range []*table.SetsEdit{e.holders, e.outside} {
			for id := range sets.Of(string(team)).All() {
				if !yield(usher.UserID(id)) {
					return
				}
			}
		}
	}
}

// memberIndex returns the draft's index. The first call takes it from the original state, so
// that rejected proposals do not build it repeatedly.
func (d *draft) memberIndex() *memberIndexEdit {
	if d.members == nil {
		d.members = d.next.members.of(&d.next.users).edit()
		for _, id := range d.movedUsers {
			was := d.next.find(id)
			d.members.change(id, was, d.find(id))
		}
	}
	return d.members
}

// noteTeams records that a user joined or left teams, or got or lost roles on them. Before
// the index is built, it only records the user.
func (d *draft) noteTeams(id usher.UserID, before, after *policy.User) {
	if d.members != nil {
		d.members.change(id, before, after)
		return
	}
	if n := len(d.movedUsers); n == 0 || d.movedUsers[n-1] != id {
		d.movedUsers = append(d.movedUsers, id)
	}
}

// finishMembers sets the index of the next state: the same one if no user changed teams, the
// changed one if it is built, and otherwise one to be built on first use.
func (d *draft) finishMembers() {
	if d.members == nil && len(d.movedUsers) > 0 {
		if d.next.members.built.Load() == nil {
			d.next.members = &memberIndexOnce{}
			return
		}
		d.memberIndex()
	}
	if d.members != nil && d.members.changed {
		changed := &memberIndexOnce{}
		changed.built.Store(d.members.index())
		d.next.members = changed
	}
}
