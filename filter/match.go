package filter

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
)

// Match reports whether the filter selects a resource: whether a check of the resource with the
// same request allows. A resource of another type or another account is not selected, without an
// error.
//
// The error is an *usher.RequestError that wraps the error of the facts. With an error, the result
// is false: like an error of a check, it denies. Callers must not treat an error as an empty list.
func (f Filter) Match(r usher.Resource) (bool, error) {
	l := f.admits(r)
	if l == nil {
		return false, nil
	}
	v := view{list: l, of: r}
	selected := v.selected()
	if v.err != nil {
		return false, &usher.RequestError{Op: "match", Resource: r.Ref(), Err: v.err}
	}
	return selected, nil
}

// Masks returns the fields that must be masked in a resource that the filter selects, sorted:
// those that a check hides. For a resource that is not selected, or for which Match returns an
// error, it returns all fields that rules can hide.
func (f Filter) Masks(r usher.Resource) []string {
	l := f.admits(r)
	if l == nil {
		return f.everyField()
	}
	v := view{list: l, of: r}
	if !v.selected() {
		return f.everyField()
	}
	if len(l.masked) == len(l.hidden) {
		return slices.Clone(l.hidden)
	}
	masks := v.masks()
	if v.err != nil {
		return f.everyField()
	}
	return masks
}

// admits returns the criteria for the resource, or nil if the filter cannot select it.
func (f Filter) admits(r usher.Resource) *list {
	if r == nil || len(f.lists) == 0 {
		return nil
	}
	l := f.list(r.Ref().Type)
	if l == nil {
		return nil
	}
	if account := r.InAccount(); account != "" && account != f.account {
		return nil
	}
	if l.admit != nil && !l.admit(r) {
		return nil
	}
	return l
}

func (f Filter) everyField() []string {
	var fields []string
	for _, l := range f.lists {
		fields = slices.Concat(fields, l.fields, l.masked)
	}
	return sorted(fields)
}

// state is the result of an atom.
type state uint8

const (
	notEvaluated state = iota
	no
	yes
	unknown
)

// view evaluates the criteria for one resource. It caches the states of the first atoms, and
// evaluates other atoms each time.
type view struct {
	*list
	of  usher.Resource
	err error // the first error of a set

	states [32]state
}

func (v *view) selected() bool {
	if v.none() {
		return false
	}
	for _, w := range v.never {
		if v.matches(w, true) {
			return false
		}
	}
	for _, need := range v.rows {
		if !slices.ContainsFunc(need, func(w alternative) bool { return v.matches(w, false) }) {
			return false
		}
	}
	return v.err == nil
}

func (v *view) masks() []string {
	masks := slices.Clone(v.hidden)
	for _, need := range v.needs {
		var hidden []string
		first := true
		for _, w := range need {
			switch {
			case !v.matches(w, false):
			case first:
				hidden, first = slices.Clone(w.hides), false
			default:
				hidden = slices.DeleteFunc(hidden, func(f string) bool { return !slices.Contains(w.hides, f) })
			}
		}
		masks = append(masks, hidden...)
	}
	return sorted(masks)
}

func (v *view) matches(w alternative, ifUnknown bool) bool {
	for _, i := range w.atoms {
		if s := v.state(i); s != yes && (!ifUnknown || s != unknown) {
			return false
		}
	}
	return true
}

func (v *view) state(i int) state {
	if i >= len(v.states) {
		return v.evaluate(&v.atoms[i])
	}
	if v.states[i] == notEvaluated {
		v.states[i] = v.evaluate(&v.atoms[i])
	}
	return v.states[i]
}

func (v *view) evaluate(a *atom) state {
	switch {
	case a.reach != 0 && a.not:
		return v.scope(a).opposite()
	case a.reach != 0:
		return v.scope(a)
	case a.party >= 0:
		ids, known := v.ids(a.party)
		has := len(ids) > 0
		if known && a.teams >= 0 {
			ids, known = v.ids(a.teams)
			has = has || len(ids) > 0
		}
		return stateOf(has, known, a.is)
	default:
		value, known := usher.Attribute(v.of, v.attributes[a.attribute])
		return stateOf(value, known, a.is)
	}
}

// opposite returns the state of the negation.
func (s state) opposite() state {
	switch s {
	case yes:
		return no
	case no:
		return yes
	}
	return s
}

// ids returns the ids of a party.
func (v *view) ids(party int) (ids []string, known bool) {
	return partyOf(v.of, v.parties[party].Name, v.parties[party].Teams)
}

// partyOf returns the ids of a party of a resource, or its teams if it has users and teams.
func partyOf(of usher.Resource, party string, teams bool) (ids []string, known bool) {
	if teams {
		return usher.TeamParty(of, party)
	}
	return of.Party(party)
}

func stateOf(value, known, want bool) state {
	switch {
	case !known:
		return unknown
	case value == want:
		return yes
	}
	return no
}

// scope returns the state of a scope, regardless of its not.
func (v *view) scope(a *atom) state {
	s := v.compare(v.of, a.reach, a.over)
	if len(a.above) == 0 {
		return s
	}
	return v.orAbove(a, s)
}

// compare compares parties of a resource with sets.
func (v *view) compare(of usher.Resource, reach criteria.Reach, over []criteria.PartySet) state {
	some, all := false, true
	for i := range over {
		ids, known := partyOf(of, over[i].Party, over[i].Teams)
		if !known {
			return unknown // even if the other parties are known
		}
		for _, id := range ids {
			in := false
			if set := over[i].Set; set != nil && id != "" { // a party can contain an empty id, a set cannot
				var err error
				if in, err = set.Has(id); err != nil && v.err == nil {
					v.err = err
				}
			}
			some, all = some || in, all && in
		}
	}
	if some && (all || reach == criteria.Some) {
		return yes
	}
	return no
}
