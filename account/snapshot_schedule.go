package account

import (
	"math"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// schedule writes the highest number, the entries in their order, and those that were skipped.
func (w *snapshotWriter) schedule(s *schedule) {
	w.uint(s.last)
	w.uint(s.len)
	for e := range s.all() {
		w.entry(e)
	}
	w.uint(len(s.skipped))
	for i := range s.skipped {
		w.entry(&s.skipped[i])
	}
}

func (w *snapshotWriter) entry(e *ScheduleEntry) {
	c := scheduledOf(e)
	w.uint(c.ID)
	w.time(c.At)
	w.bool(c.Ends)
	for _, text := range []string{c.Do, string(c.User), string(c.Team), string(c.Role), string(c.Pool), c.Setting, c.Grant, c.Type, c.Resource} {
		w.text(text)
	}
	w.uint(c.Total)
	w.bool(c.Value)
	w.time(c.Until)
}

// minEntryBytes is the least length of an entry.
const minEntryBytes = 18

func (r *snapshotReader) schedule() *schedule {
	last := r.int(math.MaxInt)
	edit := emptySchedule.edit()
	known := map[int]bool{}
	var entries []*ScheduleEntry
	for range r.count(minEntryBytes) {
		e := r.entry(last, known)
		if e == nil {
			return nil
		}
		if n := len(entries); n > 0 && !entries[n-1].before(e) {
			r.fail("the schedule is not in order")
			return nil
		}
		entries = append(entries, e)
	}
	edit.fill(entries)
	n := r.count(minEntryBytes)
	if n > MaxSkipped {
		r.fail("it has %d skipped entries (want at most %d)", n, MaxSkipped)
		return nil
	}
	for range n {
		e := r.entry(last, known)
		if e == nil {
			return nil
		}
		edit.skipped = append(edit.skipped, *e)
	}
	if last == 0 {
		return nil
	}
	edit.last = last
	return edit.finish()
}

// entry reads an entry, and returns nil after an error.
func (r *snapshotReader) entry(last int, known map[int]bool) *ScheduleEntry {
	c := Scheduled{ID: r.int(math.MaxInt), At: r.time(), Ends: r.bool()}
	c.Do, c.User, c.Team, c.Role = r.text(), usher.UserID(r.text()), usher.TeamID(r.text()), role.Name(r.text())
	c.Pool, c.Setting, c.Grant = seat.PoolName(r.text()), r.text(), r.text()
	c.Type, c.Resource = r.text(), r.text()
	c.Total, c.Value, c.Until = r.int(math.MaxInt), r.bool(), r.time()
	if r.err != nil {
		return nil
	}
	e, err := c.entry()
	switch {
	case err != nil:
		r.fail("the schedule: %w", err)
	case c.ID == 0 || c.ID > last || known[c.ID]:
		r.fail("the number %d in the schedule is out of range or occurs twice", c.ID)
	case c.At.IsZero():
		r.fail("a time in the schedule is zero")
	}
	if r.err != nil {
		return nil
	}
	known[c.ID] = true
	return e
}
