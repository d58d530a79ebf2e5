package account

import (
	"errors"
	"reflect"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Scheduled adds an entry to the schedule: at a time, a command has its effect. The other fields are
// the arguments of the command; a field that the command lacks is empty.
type Scheduled struct {
	ID      int           `json:"id"`
	At      time.Time     `json:"at"`
	Do      string        `json:"do"`             // the name of the command
	Ends    bool          `json:"ends,omitempty"` // it ends something
	User    usher.UserID  `json:"user,omitempty"`
	Team    usher.TeamID  `json:"team,omitempty"`
	Role    role.Name     `json:"role,omitempty"`
	Pool    seat.PoolName `json:"pool,omitempty"`
	Total   int           `json:"total,omitempty"`
	Setting string        `json:"setting,omitempty"`
	Value   bool          `json:"value,omitempty"`
	Grant   string        `json:"grant,omitempty"`
	Until   time.Time     `json:"until,omitzero"`

	Type     string `json:"type,omitempty"` // of the resource
	Resource string `json:"resource,omitempty"`
}

// scheduledOf returns the change that adds an entry.
func scheduledOf(e *ScheduleEntry) Scheduled {
	c := Scheduled{ID: e.ID, At: e.At, Do: NameOf(e.Command), Ends: e.Ends}
	from, to := reflect.ValueOf(e.Command), reflect.ValueOf(&c).Elem()
	for i := range from.NumField() {
		if on, ok := from.Field(i).Interface().(usher.Ref); ok {
			c.Type, c.Resource = on.Type, on.ID
			continue
		}
		if field := to.FieldByName(from.Type().Field(i).Name); field.IsValid() {
			field.Set(from.Field(i))
		}
	}
	return c
}

// entry returns the entry that the change adds.
func (c Scheduled) entry() (*ScheduleEntry, error) {
	t, ok := CommandNamed(c.Do)
	if !ok {
		return nil, printable.Errorf("unknown command %q", c.Do)
	}
	command := t.New()
	from := reflect.ValueOf(c)
	for i := range command.NumField() {
		name := command.Type().Field(i).Name
		if _, ok := command.Field(i).Interface().(usher.Ref); ok {
			command.Field(i).Set(reflect.ValueOf(usher.Ref{Type: c.Type, ID: c.Resource}))
		} else if field := from.FieldByName(name); field.IsValid() {
			command.Field(i).Set(field)
		}
		if arg := t.Args[i]; !arg.Optional && arg.Kind != "flag" && arg.Kind != "count" && command.Field(i).IsZero() {
			return nil, printable.Errorf("%s has no %s", c.Do, arg.Name)
		}
	}
	e := &ScheduleEntry{ID: c.ID, At: c.At.UTC().Round(0), Ends: c.Ends}
	if e.Command, ok = command.Interface().(scheduling); !ok {
		return nil, printable.Errorf("%s cannot be scheduled", c.Do)
	}
	c.At = e.At
	if scheduledOf(e) != c {
		return nil, printable.Errorf("%s has an argument that the command lacks", c.Do)
	}
	return e, nil
}

func (c Scheduled) apply(d *draft) error {
	e, err := c.entry()
	switch {
	case err != nil:
		return err
	case c.ID <= d.scheduled().last:
		return printable.Errorf("the number %d is not after %d", c.ID, d.scheduled().last)
	case c.At.IsZero():
		return errors.New("the time is zero")
	}
	d.editSchedule().add(e)
	return nil
}

func (c Scheduled) describe() string {
	e, err := c.entry()
	if err != nil {
		return printable.Sprintf("%s is scheduled for %s", word(c.Do), c.At.UTC().Format(time.RFC3339Nano))
	}
	return printable.Sprintf("scheduled as %d for %s: ", c.ID, e.At.Format(time.RFC3339Nano)) + Describe(e.Command)
}

// Unscheduled removes an entry from the schedule, which then has no effect.
type Unscheduled struct {
	ID   int          `json:"id"`
	At   time.Time    `json:"at"`
	User usher.UserID `json:"user,omitempty"` // the user in the entry
}

func (c Unscheduled) apply(d *draft) error { return d.unschedule(c.ID, c.At) }

func (c Unscheduled) describe() string {
	return printable.Sprintf("what was scheduled as %d for %s will not happen", c.ID, c.At.UTC().Format(time.RFC3339Nano))
}

// unschedule removes an entry.
func (d *draft) unschedule(id int, at time.Time) error {
	e := d.scheduled().find(at, id)
	if e == nil {
		return printable.Errorf("nothing is scheduled as %d for %s", id, at.UTC().Format(time.RFC3339Nano))
	}
	d.editSchedule().remove(e)
	return nil
}

// unscheduled returns the change that removes an entry.
func unscheduled(e *ScheduleEntry) Unscheduled {
	return Unscheduled{ID: e.ID, At: e.At, User: e.slot().user}
}

// emitEntry adds an entry with the next number, or rejects the command if the schedule is full.
func (q *proposing) emitEntry(at time.Time, c Command, ends bool) error {
	s := q.scheduled()
	if s.len >= MaxScheduled {
		return q.refuse(CodeScheduleFull, "the account has %d scheduled changes, and at most %d are possible; cancel some, or wait until they take effect", s.len, MaxScheduled)
	}
	e := &ScheduleEntry{ID: s.last + 1, At: at, Command: c, Ends: ends}
	if n := len(q.entriesOf(e.slot().subject())); n >= MaxScheduledOfOne {
		return q.refuse(CodeScheduleFull, "%d changes of %s are scheduled, and at most %d are possible; cancel some, or wait until they take effect", n, e.slot().about(), MaxScheduledOfOne)
	}
	return q.emit(scheduledOf(e))
}
