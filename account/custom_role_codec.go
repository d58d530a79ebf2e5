package account

import (
	"maps"
	"reflect"
	"slices"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/strictjson"
)

// writeGives writes {"calendar.edit":["team"]}, with the permissions sorted. Empty Gives are
// written as {}: in a ChangeRole they take everything, unlike nil.
func writeGives(w *strictjson.Writer, key string, v reflect.Value) {
	gives := v.Interface().(Gives)
	w.Key(key)
	w.Raw("{")
	for _, name := range slices.Sorted(maps.Keys(gives)) {
		w.Member(name)
		w.Raw("[")
		for _, rule := range gives[name] {
			w.Element(rule)
		}
		w.Raw("]")
	}
	w.Raw("}")
}

func readGives(r *strictjson.Reader, v reflect.Value) {
	gives := Gives{}
	for r.Open('{'); r.More('}'); {
		name := r.Member()
		if _, ok := gives[name]; ok {
			r.Fail(printable.Errorf("duplicate key %q", name))
		}
		var rules []string
		for r.Open('['); r.More(']'); {
			rules = append(rules, r.String())
		}
		gives[name] = rules
	}
	v.Set(reflect.ValueOf(gives))
}
