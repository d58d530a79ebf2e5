package policy_test

import (
	"reflect"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// shrink removes parts of a policy, a world and a request that a disagreement does not need,
// so that a reader can follow what remains. It also returns the text of the remaining
// disagreement, which has the same kind.
func shrink(doc *syntax.Document, found *disagreement) (*syntax.Document, *world, usher.Request, string) {
	w, q, text := found.w, found.q, found.text
	s := &shrinking{Doc: doc, Users: w.users, Teams: w.teams, Settings: w.settings, Held: w.held, Context: q.Context}
	switch on := q.Resource.(type) {
	case *thing:
		s.Thing = &thingParts{on.parties, on.teams, on.attributes, on.silent, on.in, on.noIn}
	case *usher.Object:
		s.Object = on
	}
	still := func() bool {
		for order := range uint64(3) {
			r, err := newRound(doc, newDice(order, 0))
			if err != nil {
				return false
			}
			w, q := s.rebuilt(w, q)
			if d := found.by(r, w, q); d != nil && d.kind == found.kind {
				text = d.text
				return true
			}
		}
		return false
	}
	for s.smaller = true; s.smaller; {
		s.smaller = false
		s.visit(reflect.ValueOf(s).Elem(), still)
	}
	w, q = s.rebuilt(w, q)
	return doc, w, q, text
}

type shrinking struct {
	Doc      *syntax.Document
	Users    map[usher.UserID]*policy.User
	Teams    map[usher.TeamID]usher.TeamID
	Settings map[string]bool
	Held     map[usher.Ref]map[string][]role.Name
	Context  usher.Context
	Object   *usher.Object
	Thing    *thingParts
	smaller  bool
}

type thingParts struct {
	Parties    map[string][]string
	Teams      map[string][]string
	Attributes map[string]bool
	Silent     []string
	in         usher.Resource
	noIn       bool
}

// rebuilt returns the remaining world and request.
func (s *shrinking) rebuilt(w *world, q usher.Request) (*world, usher.Request) {
	q.Context = s.Context
	if s.Thing != nil {
		q.Resource = &thing{
			ref: q.Resource.Ref(), account: q.Resource.InAccount(),
			parties: s.Thing.Parties, teams: s.Thing.Teams, attributes: s.Thing.Attributes, silent: s.Thing.Silent,
			in: s.Thing.in, noIn: s.Thing.noIn,
		}
	}
	return &world{users: s.Users, teams: s.Teams, settings: s.Settings, held: s.Held, now: w.now}, q
}

// visit tries to remove each element of each list and map, the large ones first.
func (s *shrinking) visit(v reflect.Value, still func() bool) {
	attempt := func(do, undo func()) {
		if do(); still() {
			s.smaller = true
		} else {
			undo()
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			s.visit(v.Elem(), still)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				s.visit(f, still)
			}
		}
	case reflect.Slice:
		for i := v.Len() - 1; i >= 0; i-- {
			old := reflect.ValueOf(v.Interface())
			without := reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v.Slice(0, i))
			without = reflect.AppendSlice(without, v.Slice(i+1, v.Len()))
			attempt(func() { v.Set(without) }, func() { v.Set(old) })
		}
		for i := range v.Len() {
			s.visit(v.Index(i), still)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			old := v.MapIndex(key)
			attempt(func() { v.SetMapIndex(key, reflect.Value{}) }, func() { v.SetMapIndex(key, old) })
		}
		for _, key := range v.MapKeys() {
			if old := v.MapIndex(key); old.Kind() == reflect.Slice {
				settable := reflect.New(old.Type()).Elem()
				settable.Set(old)
				s.visit(settable, func() bool { v.SetMapIndex(key, settable); return still() })
				v.SetMapIndex(key, settable)
			} else {
				s.visit(old, still)
			}
		}
	case reflect.Bool:
		if v.CanSet() && v.Bool() {
			attempt(func() { v.SetBool(false) }, func() { v.SetBool(true) })
		}
	}
}
