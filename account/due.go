package account

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
)

// dueSoFar is what took effect in a State since its last commit.
type dueSoFar struct {
	base    *State // after the last commit
	changes []Change
	removed []usher.UserID // users whose values the next commit erases
	until   time.Time      // the last time at which something took effect
}

// last returns the last time at which something took effect; for nil the zero time.
func (d *dueSoFar) last() time.Time {
	if d == nil {
		return time.Time{}
	}
	return d.until
}

// AtCommit returns the state after the last commit, without what took effect since.
func (s *State) AtCommit() *State {
	if s.due == nil {
		return s
	}
	return s.due.base
}

// Due returns what took effect since the last commit, in its order. [State.Propose] adds it to the
// beginning of the next commit. The caller must not change the result.
func (s *State) Due() []Change {
	if s.due == nil {
		return nil
	}
	return s.due.changes
}

// At returns the account at a time: everything that is scheduled up to and including that time has
// taken effect, in the order of the times. The version and the time of the last commit stay. If
// nothing is due, the result is s.
//
// At one time, first what ends takes effect, and then what begins. Seats and bounds are counted
// once for each of these two groups. If a group as a whole is not possible, its entries take effect
// one after another, and those that are not possible then are tried again after the others.
//
// An end always takes effect: bounds of roles limit commands and beginnings, and no ends. If the
// role to which a user falls back requires a seat and none is left, the user gets the role and
// becomes inactive. If inactive users need the seat too, or a service account would, the user gets the
// role without it. Then, and if the policy lacks that role, the policy allows the user nothing. A
// beginning that is not possible does not take effect, and is not tried again; [View.Skipped] reports it.
//
// The result depends on the state, the policy and the time only. If the policy does not fit the
// account as a whole, nothing takes effect, because the policy decides for no user. At takes time in
// proportion to what is due.
func (s *State) At(p *policy.Policy, now time.Time) *State {
	if at, ok := s.NextDue(); !ok || now.Before(at) || !s.Exists() || s.checkWhole(p) != nil {
		return s
	}
	run := dueRun{policy: s.Policy(p), state: s, changes: append([]Change(nil), s.Due()...)}
	if s.due != nil {
		run.removed = append(run.removed, s.due.removed...)
	}
	last := time.Time{}
	for {
		at, ok := run.state.NextDue()
		if !ok || now.Before(at) {
			break
		}
		run.moment(at)
		last = at
	}
	next := *run.state
	next.due = &dueSoFar{s.AtCommit(), run.changes, run.removed, last}
	return &next
}

// dueRun is the evaluation of what is due, one time after another.
type dueRun struct {
	policy  *policy.Policy
	state   *State
	changes []Change
	removed []usher.UserID
}

// moment makes everything of one time take effect.
func (r *dueRun) moment(at time.Time) {
	var ends, begins []*ScheduleEntry
	for e := range r.state.scheduled().all() {
		if !e.At.Equal(at) {
			break
		}
		if e.Ends {
			ends = append(ends, e)
		} else {
			begins = append(begins, e)
		}
	}
	r.group(ends, true)
	r.group(begins, false)
}

func (r *dueRun) group(entries []*ScheduleEntry, ends bool) {
	if len(entries) == 0 || r.attempt(entries, ends, ordinary) {
		return
	}
	if len(entries) > 1 {
		var again []*ScheduleEntry
		for _, e := range entries {
			if !r.attempt([]*ScheduleEntry{e}, ends, ordinary) {
				again = append(again, e)
			}
		}
		entries = again
	}
	for _, e := range entries {
		one := []*ScheduleEntry{e}
		switch {
		case r.attempt(one, ends, ordinary):
		case ends && (r.attempt(one, ends, withoutSeats) || r.attempt(one, ends, seatless)):
		default:
			r.attempt(one, ends, skipping)
		}
	}
}

// manner is how an entry takes effect.
type manner uint8

const (
	ordinary     manner = iota
	withoutSeats        // the user becomes inactive, because a seat is missing
	seatless            // and gets no seat, because the role requires one of inactive users, too
	skipping            // it does not take effect
)

// attempt makes entries take effect together. If that is not possible, it returns false and
// changes nothing.
func (r *dueRun) attempt(entries []*ScheduleEntry, ends bool, how manner) bool {
	s := r.state
	q := proposing{
		draft: s.draft(), began: s, policy: r.policy, actor: AsHost("schedule"), at: entries[0].At,
		due: true, ending: ends, seatless: how == seatless,
		commands: make([]Command, len(entries)), ends: make([]int, 0, len(entries)),
	}
	if len(entries) >= internThreshold {
		q.interner = &interner{}
	}
	for i, e := range entries {
		q.index, q.command, q.commands[i] = i, e.Command, e.Command
		if !q.happen(e, how) {
			return false
		}
		q.ends = append(q.ends, len(q.outcome.Changes))
	}
	if how != skipping && q.checkCounts(s) != nil {
		return false
	}
	next := q.finish()
	r.state = next
	r.changes = append(r.changes, q.outcome.Changes...)
	r.removed = append(r.removed, q.outcome.Removed...)
	return true
}

// happen makes one entry take effect. If that is not possible whatever else happens, the entry is
// skipped. It returns false if the draft must not be used any more.
func (q *proposing) happen(e *ScheduleEntry, how manner) bool {
	c, ok := e.Command.(scheduling)
	if !ok {
		return false
	}
	i := len(q.outcome.Changes)
	if how == skipping {
		return q.emit(skippedEntry(e)) == nil
	}
	if q.emit(Due{ID: e.ID, At: e.At}) != nil {
		return false
	}
	if err := c.happen(q, e.Ends, how); err != nil {
		if len(q.outcome.Changes) > i+1 {
			return false
		}
		q.outcome.Changes[i] = skippedEntry(e)
		q.editSchedule().skip(e)
		return true
	}
	q.outcome.Changes[i] = Due{ID: e.ID, At: e.At, Changes: len(q.outcome.Changes) - i - 1}
	return true
}

// Due states that an entry of the schedule took effect at its time, which is before the time of
// the commit or the same. The next changes, as many as Changes, are its effect. A commit begins with
// what became due before it.
type Due struct {
	ID      int       `json:"id"`
	At      time.Time `json:"at"`
	Changes int       `json:"changes"`
}

func (c Due) apply(d *draft) error {
	if c.Changes < 0 {
		return printable.Errorf("the number of changes must be at least 0, got %d", c.Changes)
	}
	return d.unschedule(c.ID, c.At)
}

func (c Due) describe() string {
	text := printable.Sprintf("on %s, what was scheduled as %d takes effect", c.At.UTC().Format(time.RFC3339Nano), c.ID)
	if c.Changes == 0 {
		text += ", and changes nothing"
	}
	return text
}

// DueSkipped states that an entry of the schedule was due and could not take effect.
type DueSkipped struct {
	ID   int          `json:"id"`
	At   time.Time    `json:"at"`
	User usher.UserID `json:"user,omitempty"` // the user in the entry
}

func (c DueSkipped) apply(d *draft) error {
	e := d.scheduled().find(c.At, c.ID)
	if err := d.unschedule(c.ID, c.At); err != nil {
		return err
	}
	d.editSchedule().skip(e)
	return nil
}

func (c DueSkipped) describe() string {
	return printable.Sprintf("on %s, what was scheduled as %d was not possible and does not happen", c.At.UTC().Format(time.RFC3339Nano), c.ID)
}

func skippedEntry(e *ScheduleEntry) DueSkipped {
	return DueSkipped{ID: e.ID, At: e.At, User: e.slot().user}
}

// skip notes an entry that could not take effect. The oldest ones are forgotten.
func (e *scheduleEdit) skip(entry *ScheduleEntry) {
	list := e.skipped
	if len(list) >= MaxSkipped {
		list = list[len(list)-MaxSkipped+1:]
	}
	e.skipped = append(list[:len(list):len(list)], *entry)
}
