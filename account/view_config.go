package account

import (
	"iter"
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/seat"
)

// Seats is how many seats of a pool are bought (Total), held and left.
type Seats struct {
	Pool              seat.PoolName
	Total, Held, Left int
	Excess            int  // seats held beyond those bought; then Left is 0
	Inert             bool // the policy lacks the pool
}

func (v View) seatsOf(name seat.PoolName, inert bool) Seats {
	p := v.read().Pool(name)
	return Seats{Pool: name, Total: p.Total, Held: p.Held, Left: max(0, p.Left()), Excess: p.Excess(), Inert: inert}
}

// Seats returns the seat pools: first those of the policy in its order, then others that the
// account has, sorted by name.
func (v View) Seats() []Seats {
	var list []Seats
	for _, kind := range v.words().Pools() {
		list = append(list, v.seatsOf(kind.Name, false))
	}
	for _, name := range slices.Sorted(maps.Keys(v.read().pools)) {
		if _, ok := v.words().Pool(name); !ok {
			list = append(list, v.seatsOf(name, true))
		}
	}
	return list
}

// Setting is a setting of the account.
type Setting struct {
	Name    string
	Value   bool
	Default bool // the policy's default
	Changed bool // a value is stored, possibly equal to Default
	Inert   bool // the policy lacks the setting
}

// Settings returns the settings of the policy and others that the account has, sorted by
// name.
func (v View) Settings() []Setting {
	s := v.read()
	names := slices.Concat(v.words().Settings(), slices.Collect(maps.Keys(s.currentConfig().facts.Settings)))
	slices.Sort(names)
	var list []Setting
	for _, name := range slices.Compact(names) {
		byDefault, declared := v.words().Setting(name)
		value, changed := s.Setting(name)
		if !changed {
			value = byDefault
		}
		list = append(list, Setting{Name: name, Value: value, Default: byDefault, Changed: changed, Inert: !declared})
	}
	return list
}

// Scheduled yields what takes effect later, in the order of the times, and at one time in the order
// of the numbers. The iteration starts after the time and the number of an entry, which are the cursor
// of a page; the zero ScheduleEntry stands for the start.
func (v View) Scheduled(after ScheduleEntry) iter.Seq[ScheduleEntry] {
	return func(yield func(ScheduleEntry) bool) {
		for e := range v.read().scheduled().all() {
			if after.before(e) && !yield(*e) {
				return
			}
		}
	}
}

// ScheduledFor returns what takes effect later for a user, in its order.
func (v View) ScheduledFor(id usher.UserID) []ScheduleEntry {
	var list []ScheduleEntry
	for _, e := range v.read().scheduled().ofSubject(subjectOf(id)) {
		list = append(list, *e)
	}
	return list
}

// Skipped returns what was scheduled and was not possible at its time, in the order of the times. It
// returns at most the latest MaxSkipped entries.
func (v View) Skipped() []ScheduleEntry { return slices.Clone(v.read().scheduled().skipped) }

// Fields returns the custom fields in their order. Archived fields are included only if
// archived is true.
func (v View) Fields(archived bool) []Field {
	return slices.DeleteFunc(v.read().Fields(), func(f Field) bool { return f.Archived && !archived })
}
