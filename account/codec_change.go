package account

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// shape is how changes of one type are written, which follows from the fields and their
// tags: a text or a time with an option, omitempty or omitzero, is left out where it is
// zero; all else is written, and no text is empty.
type shape struct {
	goType reflect.Type
	begin  string // {"change":"seat-assigned"
	kinds  []kind
	keys   keySet
}

// kind is what a field of a change is written as.
type kind uint8

const (
	kindText kind = iota
	kindInt
	kindBool
	kindStatus
	kindFieldType
	kindTime
)

var shapeByType, shapeByName = newShapes()

func newShapes() (byType map[reflect.Type]*shape, byName map[string]*shape) {
	byType, byName = map[reflect.Type]*shape{}, map[string]*shape{}
	for _, c := range changes {
		s := newShape(c)
		byType[s.goType], byName[NameOfChange(c)] = s, s
	}
	return byType, byName
}

func newShape(c Change) *shape {
	s := &shape{goType: reflect.TypeOf(c), begin: `{"change":"` + NameOfChange(c) + `"`}
	var keys []string
	for i := range s.goType.NumField() {
		f := s.goType.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if options != "" {
			key += "?"
		}
		keys = append(keys, key)
		s.kinds = append(s.kinds, kindOf(f.Type))
	}
	s.keys = newKeys(keys...)
	return s
}

func kindOf(t reflect.Type) kind {
	switch t {
	case reflect.TypeFor[usher.Status]():
		return kindStatus
	case reflect.TypeFor[FieldType]():
		return kindFieldType
	case reflect.TypeFor[time.Time]():
		return kindTime
	}
	switch t.Kind() {
	case reflect.String:
		return kindText
	case reflect.Int:
		return kindInt
	case reflect.Bool:
		return kindBool
	default:
		panic(fmt.Sprintf("account: a change has a field of type %v", t))
	}
}

func writeChange(w *jsonWriter, c Change) {
	v := reflect.ValueOf(c)
	if !v.IsValid() {
		w.fail(errors.New("there is none"))
		return
	}
	s, ok := shapeByType[v.Type()]
	if !ok {
		w.fail(printable.Errorf("%T is no change", c))
		return
	}
	w.raw(s.begin)
	for i, kind := range s.kinds {
		field, key, optional := v.Field(i), s.keys.names[i], s.keys.optional(i)
		switch kind {
		case kindText:
			if text := field.String(); text != "" || !optional {
				w.text(key, text)
			}
		case kindInt:
			w.int(key, field.Int())
		case kindBool:
			w.bool(key, field.Bool())
		case kindStatus:
			w.name(key, usher.Status(field.Uint()))
		case kindFieldType:
			w.name(key, FieldType(field.Uint()))
		case kindTime:
			if t := field.Interface().(time.Time); !t.IsZero() || !optional {
				w.time(key, t)
			}
		}
	}
	if w.raw("}"); w.err != nil {
		w.err = printable.Errorf("%s: %w", NameOfChange(c), w.err)
	}
}

// scratch keeps a value of each type of change that was read, to be read into
// again.
type scratch map[*shape]reflect.Value

func (s scratch) readChange(r *jsonReader) Change {
	r.open('{')
	if !r.more('}') || string(r.key()) != "change" {
		r.fail(errors.New(`the first key of a change is "change"`))
		return nil
	}
	name := r.quoted()
	shape, ok := shapeByName[string(name)]
	if r.err != nil {
		return nil
	}
	if !ok {
		r.fail(printable.Errorf("unknown change %s; a newer version of the library may have written it", word(string(name))))
		return nil
	}
	v, ok := s[shape]
	if !ok {
		v = reflect.New(shape.goType).Elem()
		s[shape] = v
	}
	v.SetZero()
	if shape.read(r, v); r.err != nil {
		r.err = printable.Errorf("%s: %w", NameOfChange(v.Interface().(Change)), r.err)
		return nil
	}
	return v.Interface().(Change)
}

func (s *shape) read(r *jsonReader, v reflect.Value) {
	var seen uint64
	for i, ok := s.keys.next(r, &seen); ok; i, ok = s.keys.next(r, &seen) {
		field := v.Field(i)
		switch s.kinds[i] {
		case kindText:
			field.SetString(r.string())
		case kindInt:
			field.SetInt(r.int())
		case kindBool:
			field.SetBool(r.bool())
		case kindStatus, kindFieldType:
			r.name(field.Addr().Interface().(encoding.TextUnmarshaler))
		case kindTime:
			field.Set(reflect.ValueOf(r.time()))
		}
	}
	s.keys.check(r, seen)
}
