package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// A merge unites what two users have at each time: To has a membership, a role or a grant as long as one of
// them would have had it. The account role and an invitation are not united.

// merging is the schedule of To in a merge.
type merging struct {
	now         time.Time
	times       []time.Time // at which something begins or ends for one of the users
	from, to    course
	after       *policy.User // To with all that From has now
	left        map[slot][]bool
	drops, adds []*ScheduleEntry
}

// course is what a user has now, and what begins and ends later.
type course struct {
	user    *policy.User
	on      map[slot]bool             // the roles on resources
	entries map[slot][]*ScheduleEntry // all slots have the user To
}

// merging returns how the schedule of To changes if From, with some entries, becomes part of To. It is called before
// the first change.
func (q *proposing) merging(c RenameUser, entries []*ScheduleEntry, from, to, after *policy.User) *merging {
	theirs := q.entriesOf(subjectOf(c.To))
	m := &merging{now: q.at, times: inOrderOfTime(entryTimes(slices.Concat(entries, theirs))), after: after, left: map[slot][]bool{}}
	if len(m.times) == 0 {
		return m
	}
	m.from, m.to = q.courseOf(c.From, c.To, from, entries), q.courseOf(c.To, c.To, to, theirs)
	var slots []slot
	known := map[slot]bool{}
	add := func(s slot) {
		if s.kind != accountRoleOf && s.kind != invitationOf && !known[s] {
			known[s] = true
			slots = append(slots, s)
		}
	}
	for _, e := range slices.Concat(entries, theirs) {
		s := withUserID(e.Command, c.To).slot()
		add(s)
		if s.kind != memberOf {
			continue
		}
		for _, u := range []*policy.User{from, to} { // a membership ends together with the roles on the team
			for _, name := range rolesOn(u, s.team) {
				add(slot{kind: teamRoleOf, user: c.To, team: s.team, role: name})
			}
		}
	}
	slices.SortStableFunc(slots, func(a, b slot) int { return rankOf(a) - rankOf(b) })
	for _, s := range slots {
		if s.kind == grantOf {
			m.uniteGrant(s)
		} else {
			m.unite(s)
		}
	}
	slices.SortFunc(m.drops, compareEntries)
	slices.SortStableFunc(m.adds, func(a, b *ScheduleEntry) int { return a.At.Compare(b.At) })
	return m
}

// rankOf sorts memberships before the roles on the teams.
func rankOf(s slot) int {
	if s.kind == memberOf {
		return 0
	}
	return 1
}

func (q *proposing) courseOf(id, as usher.UserID, u *policy.User, entries []*ScheduleEntry) course {
	c := course{u, map[slot]bool{}, map[slot][]*ScheduleEntry{}}
	for _, h := range q.eachRoleOn(Holder{User: id}) {
		for _, name := range h.Roles {
			c.on[slot{kind: roleOnOf, user: as, role: name, on: h.On}] = true
		}
	}
	for _, e := range entries {
		s := withUserID(e.Command, as).slot()
		c.entries[s] = append(c.entries[s], e)
	}
	return c
}

// upTo removes the entries up to a time from a list, and returns them.
func upTo(list *[]*ScheduleEntry, at time.Time) []*ScheduleEntry {
	n := 0
	for n < len(*list) && !(*list)[n].At.After(at) {
		n++
	}
	until := (*list)[:n]
	*list = (*list)[n:]
	return until
}

// holds returns whether the user has what a slot is about: now, and after each of the times.
func (c course) holds(s slot, times []time.Time) []bool {
	is := c.on[s] || s.heldBy(c.user)
	held := []bool{is}
	entries, ofTeam := c.entries[s], []*ScheduleEntry(nil)
	if s.kind == teamRoleOf {
		ofTeam = c.entries[membershipOf(s)]
	}
	for _, at := range times {
		for _, e := range upTo(&ofTeam, at) {
			is = is && begins(e)
		}
		for _, e := range upTo(&entries, at) {
			is = begins(e)
		}
		held = append(held, is)
	}
	return held
}

// membershipOf returns the slot of the membership that a team role depends on.
func membershipOf(s slot) slot { return slot{kind: memberOf, user: s.user, team: s.team} }

// begins reports whether an entry gives something.
func begins(e *ScheduleEntry) bool {
	switch e.Command.(type) {
	case AddToTeam, SetRoleBeside, SetTeamRole, GiveRoleOn, GiveGrant:
		return true
	}
	return false
}

// unite unites what a slot is about; grants are for uniteGrant.
func (m *merging) unite(s slot) {
	mine, theirs := m.from.holds(s, m.times), m.to.holds(s, m.times)
	left := make([]bool, len(m.times))
	if s.kind == memberOf {
		m.left[s] = left
	}
	leaves, own := m.left[membershipOf(s)], m.to.entries[s]
	has := slices.Contains(mine, true)
	if s.kind == teamRoleOf && slices.Contains(m.from.holds(membershipOf(s), m.times), true) {
		has = true // the membership may end later, and the role does not
	}
	is, want := m.from.on[s] || m.to.on[s] || s.heldBy(m.after), mine[0] || theirs[0]
	for i, at := range m.times {
		had, lost := want, false
		want = mine[i+1] || theirs[i+1]
		left[i] = had && !want
		if !has {
			continue // nothing of From changes it
		}
		if s.kind == teamRoleOf && leaves != nil && leaves[i] {
			lost, is = is, false
		}
		kept := false
		for _, e := range upTo(&own, at) {
			if begins(e) == want {
				kept = true
			} else {
				m.drops = append(m.drops, e)
			}
		}
		if !kept && want != is && (want != had || lost) {
			m.adds = append(m.adds, &ScheduleEntry{At: at, Command: s.command(want), Ends: !want})
			kept = true
		}
		if kept {
			is = want
		}
	}
}

// command returns the command that gives, or takes, what a slot is about.
func (s slot) command(gives bool) Command {
	switch {
	case s.kind == roleBesideOf && gives:
		return SetRoleBeside{User: s.user, Role: s.role}
	case s.kind == roleBesideOf:
		return UnsetRoleBeside{User: s.user, Role: s.role}
	case s.kind == teamRoleOf && gives:
		return SetTeamRole{Team: s.team, User: s.user, Role: s.role}
	case s.kind == teamRoleOf:
		return UnsetTeamRole{Team: s.team, User: s.user, Role: s.role}
	case s.kind == memberOf && gives:
		return AddToTeam{Team: s.team, User: s.user}
	case s.kind == memberOf:
		return RemoveFromTeam{Team: s.team, User: s.user}
	case gives:
		return GiveRoleOn{Role: s.role, On: s.on, User: s.user}
	}
	return TakeRoleOn{Role: s.role, On: s.on, User: s.user}
}

// grants returns the grant of a slot that is in effect now, and after each of the times, or nil.
func (c course) grants(s slot, now time.Time, times []time.Time) []*policy.Grant {
	var is *policy.Grant
	if held := grantsNamed(c.user, s.name); len(held) > 0 && holdsAt(held[0], now) {
		is = &held[0]
	}
	list, entries := []*policy.Grant{is}, c.entries[s]
	for _, at := range times {
		if is != nil && !holdsAt(*is, at) {
			is = nil
		}
		for _, e := range upTo(&entries, at) {
			is = &policy.Grant{Name: s.name, Until: e.Command.(GiveGrant).Until}
		}
		list = append(list, is)
	}
	return list
}

// uniteGrant unites a grant. Each entry gives it until neither of the users would have it.
func (m *merging) uniteGrant(s slot) {
	mine, theirs := m.from.grants(s, m.now, m.times), m.to.grants(s, m.now, m.times)
	if !slices.ContainsFunc(mine, func(g *policy.Grant) bool { return g != nil }) {
		return
	}
	longest := func(i int) *policy.Grant {
		if theirs[i] == nil || mine[i] != nil && endsSooner(*theirs[i], *mine[i]) {
			return mine[i]
		}
		return theirs[i]
	}
	endFrom := func(i int) time.Time {
		for ; ; i++ {
			end := longest(i).Until
			if i == len(m.times) || !end.IsZero() && end.Before(m.times[i]) || longest(i+1) == nil {
				return end
			}
		}
	}
	var is *policy.Grant
	if held := grantsNamed(m.after, s.name); len(held) > 0 {
		is = &held[0]
	}
	myEntries, theirEntries := m.from.entries[s], m.to.entries[s]
	for i, at := range m.times {
		own, other := upTo(&theirEntries, at), upTo(&myEntries, at)
		if len(own)+len(other) == 0 {
			continue
		}
		given := GiveGrant{User: s.user, Grant: s.name, Until: endFrom(i + 1)}
		kept := is != nil && holdsAt(*is, at) && is.Until.Equal(given.Until)
		for _, e := range own {
			if e.Command.(GiveGrant).Until.Equal(given.Until) {
				kept = true
			} else {
				m.drops = append(m.drops, e)
			}
		}
		if !kept {
			m.adds = append(m.adds, &ScheduleEntry{At: at, Command: given})
		}
		is = &policy.Grant{Name: s.name, Until: given.Until}
	}
}
