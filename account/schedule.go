package account

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// ScheduleEntry is a change that takes effect at a later time. The zero ScheduleEntry is none.
type ScheduleEntry struct {
	ID int // unique in the account, from 1, also among entries that are gone
	At time.Time

	// Command is the command that has the effect. It runs without a permission and without the
	// ceiling, because both were checked when the entry was made.
	Command Command

	// Ends reports that the entry ends something. An end always happens: see [State.At].
	Ends bool
}

// before reports whether an entry takes effect before another one.
func (e *ScheduleEntry) before(o *ScheduleEntry) bool {
	return cmp.Or(e.At.Compare(o.At), cmp.Compare(e.ID, o.ID)) < 0
}

func (e *ScheduleEntry) priority() uint64 { return mix(uint64(e.ID)) }

// slot is what an entry changes: one fact of the account, which has one value at each time. The
// fields that do not belong to the kind are empty.
type slot struct {
	kind slotKind
	user usher.UserID
	team usher.TeamID
	role role.Name
	pool seat.PoolName
	name string // of a setting or a grant
	on   usher.Ref
}

type slotKind uint8

const (
	noSlot         slotKind = iota
	accountRoleOf           // the account role of a user
	roleBesideOf            // whether a user has a role beside
	teamRoleOf              // whether a user has a role on a team
	memberOf                // whether a user is in a team
	grantOf                 // whether a user has a grant
	valueOfSetting          // the value of a setting
	totalOfPool             // how many seats of a pool are bought
	roleOnOf                // whether a user or a team has a role on a resource
	invitationOf            // until when a user is invited
)

// scheduling is a command that can be an entry of a schedule.
type scheduling interface {
	Command
	slot() slot

	// happen makes the changes of an entry at its time, as the host. An end must take effect
	// whatever the policy has.
	happen(q *proposing, ends bool, how manner) error

	// withPlanned returns a user after the entry took effect, for the ceiling. The user itself
	// stays unchanged. It returns an entry that is about no user unchanged.
	withPlanned(*proposing, *policy.User) *policy.User
}

func (e *ScheduleEntry) slot() slot {
	if c, ok := e.Command.(scheduling); ok {
		return c.slot()
	}
	return slot{}
}

// subject is the key of an entry in schedule.of: a user, a team, or "" for what is about neither.
func (s slot) subject() string {
	switch {
	case s.user != "":
		return subjectOf(s.user)
	case s.team != "":
		return "team " + string(s.team)
	}
	return ""
}

// about returns the subject in words, for errors.
func (s slot) about() string {
	switch {
	case s.user != "":
		return word(s.user)
	case s.team != "":
		return "the team " + word(s.team)
	}
	return "settings and seats together"
}

// subjectOf returns the subject of entries about a user.
func subjectOf(id usher.UserID) string { return "user " + string(id) }

// schedule is what takes effect later. It is immutable. A nil schedule is empty, and so an account
// that schedules nothing needs neither time nor memory for it.
type schedule struct {
	order   *sortedSet[*ScheduleEntry]
	of      *table.Table[[]*ScheduleEntry] // by slot.subject; each list in the order of entries
	rolesOn *sortedSet[roleOnEntry]        // the entries about roles on resources
	len     int
	last    int // the highest id so far
	skipped []ScheduleEntry
}

var emptySchedule = &schedule{}

func (s *State) scheduled() *schedule {
	if s.schedule == nil {
		return emptySchedule
	}
	return s.schedule
}

// NextDue returns the time of the first entry of the schedule, and whether there is one.
func (s *State) NextDue() (at time.Time, ok bool) {
	if s.schedule == nil || s.schedule.order == nil {
		return time.Time{}, false
	}
	return s.schedule.order.first().At, true
}

// all yields the entries in their order.
func (s *schedule) all() iter.Seq[*ScheduleEntry] {
	return func(yield func(*ScheduleEntry) bool) { s.order.each(yield) }
}

// ofSubject returns the entries about a subject in their order.
func (s *schedule) ofSubject(subject string) []*ScheduleEntry {
	list, _ := s.of.Find(subject)
	return list
}

// find returns the entry with a time and an id, or nil.
func (s *schedule) find(at time.Time, id int) *ScheduleEntry {
	want := &ScheduleEntry{At: at, ID: id}
	for n := s.order; n != nil; {
		switch {
		case want.before(n.value):
			n = n.left
		case n.value.before(want):
			n = n.right
		default:
			return n.value
		}
	}
	return nil
}

// withID returns the entry with an id, or nil. It takes time in proportion to the entries.
func (s *schedule) withID(id int) *ScheduleEntry {
	for e := range s.all() {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// scheduleEdit is a changed copy of a schedule, for one goroutine.
type scheduleEdit struct {
	schedule
	of *table.Edit[[]*ScheduleEntry]
}

func (s *schedule) edit() *scheduleEdit { return &scheduleEdit{schedule: *s, of: s.of.Edit()} }

func (e *scheduleEdit) finish() *schedule {
	next := e.schedule
	next.of = e.of.Table()
	return &next
}

func (e *scheduleEdit) ofSubject(subject string) []*ScheduleEntry {
	list, _ := e.of.Find(subject)
	return list
}

func (e *scheduleEdit) add(entry *ScheduleEntry) {
	e.order = e.order.with(entry)
	if on, ok := entry.roleOn(); ok {
		e.rolesOn = e.rolesOn.with(on)
	}
	e.len++
	e.last = max(e.last, entry.ID)
	e.addToSubject(entry)
}

// fill adds entries, which are in their order, to an empty schedule.
func (e *scheduleEdit) fill(entries []*ScheduleEntry) {
	e.order, e.len = sortedSetOf(entries), len(entries)
	var rolesOn []roleOnEntry
	for _, entry := range entries {
		if on, ok := entry.roleOn(); ok {
			rolesOn = append(rolesOn, on)
		}
		e.last = max(e.last, entry.ID)
		e.addToSubject(entry)
	}
	slices.SortFunc(rolesOn, roleOnEntry.compare)
	e.rolesOn = sortedSetOf(rolesOn)
}

func (e *scheduleEdit) addToSubject(entry *ScheduleEntry) {
	subject := entry.slot().subject()
	list := slices.Clone(e.ofSubject(subject))
	at, _ := slices.BinarySearchFunc(list, entry, compareEntries)
	e.of.Set(subject, slices.Insert(list, at, entry))
}

func (e *scheduleEdit) remove(entry *ScheduleEntry) {
	e.order = e.order.without(entry)
	e.len--
	if on, ok := entry.roleOn(); ok {
		e.rolesOn = e.rolesOn.without(on)
	}
	subject := entry.slot().subject()
	list := e.ofSubject(subject)
	at, _ := slices.BinarySearchFunc(list, entry, compareEntries)
	if list = without(list, at); list == nil {
		e.of.Delete(subject)
		return
	}
	e.of.Set(subject, list)
}

func compareEntries(a, b *ScheduleEntry) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
}

// schedule returns the entries in the draft, to be read.
func (d *draft) scheduled() *schedule {
	if d.schedule == nil {
		return d.next.scheduled()
	}
	return &d.schedule.schedule
}

// entriesOf returns the entries in the draft about a subject in their order.
func (d *draft) entriesOf(subject string) []*ScheduleEntry {
	if d.schedule == nil {
		if d.next.schedule == nil {
			return nil
		}
		return d.next.schedule.ofSubject(subject)
	}
	return d.schedule.ofSubject(subject)
}

// editSchedule returns the entries in the draft, to be changed.
func (d *draft) editSchedule() *scheduleEdit {
	if d.schedule == nil {
		d.schedule = d.next.scheduled().edit()
	}
	return d.schedule
}

func (d *draft) finishSchedule() {
	if d.schedule != nil {
		d.next.schedule = d.schedule.finish()
	}
}
