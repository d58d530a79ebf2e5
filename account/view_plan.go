package account

import (
	"maps"
	"slices"

	"github.com/usher-go/usher/seat"
)

// Seats tells how a seat pool stands.
type Seats struct {
	Pool              seat.PoolName
	Total, Held, Left int
	Inert             bool // the policy does not have the pool
}

func (v View) seatsOf(name seat.PoolName, inert bool) Seats {
	p := v.read().Pool(name)
	return Seats{Pool: name, Total: p.Total, Held: p.Held, Left: p.Left(), Inert: inert}
}

// Seats returns how each seat pool stands: those of the policy in its order, then
// those that the account has besides, sorted.
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

// Setting tells how a setting stands.
type Setting struct {
	Name    string
	Value   bool
	Default bool // the policy's
	Changed bool // Value was set, if only to what is the default now
	Inert   bool // the policy does not have the setting
}

// Settings returns the settings of the policy and those that the account has
// besides, sorted.
func (v View) Settings() []Setting {
	s := v.read()
	names := slices.Concat(v.words().Settings(), slices.Collect(maps.Keys(s.planned().facts.Settings)))
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

// Fields returns the custom fields in their order, without those that are archived
// unless asked for.
func (v View) Fields(archived bool) []Field {
	return slices.DeleteFunc(v.read().Fields(), func(f Field) bool { return f.Archived && !archived })
}
