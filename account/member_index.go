package account

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
)

// memberIndex finds the users of a team without a pass over all users. It follows
// from the users, so neither the journal nor a snapshot contains it. It may be read
// concurrently.
type memberIndex struct {
	plain   *table.Sets // by team: users who were put in it and hold no role there
	holders *table.Sets // by team: users who hold a role there
}

// memberIndexOnce is a memberIndex that is built when a command first needs it, so
// that an account in which no team is moved or deleted pays neither time nor memory.
// All versions with the same memberships share one. It may be used concurrently.
type memberIndexOnce struct {
	once  sync.Once
	built atomic.Pointer[memberIndex] // nil until then
}

// of returns the index, which the first call builds from the users.
func (o *memberIndexOnce) of(users *table.Table[*policy.User]) *memberIndex {
	o.once.Do(func() {
		if o.built.Load() == nil {
			o.built.Store(indexMembers(users))
		}
	})
	return o.built.Load()
}

func indexMembers(users *table.Table[*policy.User]) *memberIndex {
	e := (&memberIndex{}).edit()
	for id, u := range users.All() {
		e.change(usher.UserID(id), nil, u.Teams)
	}
	return e.index()
}

func (x *memberIndex) edit() *memberIndexEdit {
	return &memberIndexEdit{plain: x.plain.Edit(), holders: x.holders.Edit()}
}

// memberIndexEdit is a memberIndex that is being changed, by one goroutine.
type memberIndexEdit struct {
	plain, holders *table.SetsEdit
	changed        bool
}

// change notes that the teams of a user changed. Both lists are in the order of the
// teams' ids, as those of a policy.User are.
func (e *memberIndexEdit) change(user usher.UserID, before, after []policy.Membership) {
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].Team < after[0].Team:
			e.remove(user, &before[0])
			before = before[1:]
		case len(before) == 0 || after[0].Team < before[0].Team:
			e.add(user, &after[0])
			after = after[1:]
		default:
			if len(before[0].Roles) == 0 != (len(after[0].Roles) == 0) {
				e.remove(user, &before[0])
				e.add(user, &after[0])
			}
			before, after = before[1:], after[1:]
		}
	}
}

func (e *memberIndexEdit) add(user usher.UserID, m *policy.Membership) {
	e.setOf(m).Add(string(m.Team), string(user))
}

func (e *memberIndexEdit) remove(user usher.UserID, m *policy.Membership) {
	e.setOf(m).Remove(string(m.Team), string(user))
}

// setOf returns the sets in which a user with the membership is, which are changed
// then.
func (e *memberIndexEdit) setOf(m *policy.Membership) *table.SetsEdit {
	e.changed = true
	if len(m.Roles) > 0 {
		return e.holders
	}
	return e.plain
}

func (e *memberIndexEdit) index() *memberIndex {
	return &memberIndex{e.plain.Sets(), e.holders.Sets()}
}

// usersOf returns the users of tables in the order of their ids.
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

// membersOf returns the users who were put in the team, in the order of their ids;
// none for a team that is not there. Teams below and above play no part.
func (d *draft) membersOf(team usher.TeamID) []usher.UserID {
	e := d.memberIndex()
	return usersOf(e.plain.Of(string(team)), e.holders.Of(string(team)))
}

// holdersOn returns the users who hold at least one team role on the team, in the
// order of their ids; none for a team that is not there. Teams below and above play no
// part. The cost depends on how many users it returns, not on the members.
func (d *draft) holdersOn(team usher.TeamID) []usher.UserID {
	return usersOf(d.memberIndex().holders.Of(string(team)))
}

// memberIndex returns the index of the draft. The first call takes it from the state
// that the draft began with, so that refused proposals do not build it again and again.
func (d *draft) memberIndex() *memberIndexEdit {
	if d.members == nil {
		d.members = d.next.members.of(&d.next.users).edit()
		for _, id := range d.regrouped {
			was, _ := d.next.users.Find(string(id))
			d.members.change(id, teamsOf(was), teamsOf(d.find(id)))
		}
	}
	return d.members
}

func teamsOf(u *policy.User) []policy.Membership {
	if u == nil {
		return nil
	}
	return u.Teams
}

// regroup notes that a user was put in teams, taken out of teams, or got or lost roles
// there. While the index is not needed, it only remembers the user.
func (d *draft) regroup(id usher.UserID, before, after []policy.Membership) {
	if d.members != nil {
		d.members.change(id, before, after)
		return
	}
	if n := len(d.regrouped); n == 0 || d.regrouped[n-1] != id {
		d.regrouped = append(d.regrouped, id)
	}
}

// doneMembers gives the next state its index: the same one if no user changed teams,
// the changed one if it is there, and otherwise one to be built when it is needed.
func (d *draft) doneMembers() {
	if d.members == nil && len(d.regrouped) > 0 {
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
