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
	"github.com/usher-go/usher/internal/strictjson"
)

// shape is the written form of a type of change. It is derived from the fields and their
// tags: a text, a number, a time or a bool with omitempty or omitzero is left out if zero; all other fields are
// written, and their texts must not be empty.
type shape struct {
	goType reflect.Type
	begin  string // {"change":"seat-assigned"
	kinds  []kind
	keys   strictjson.Keys
}

// kind is the written form of a field.
type kind uint8

const (
	kindText kind = iota
	kindInt
	kindBool
	kindStatus
	kindFieldType
	kindTime
	kindCommands
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
	s.keys = strictjson.NewKeys(keys...)
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
	case reflect.TypeFor[[]Command]():
		return kindCommands
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

func writeChange(w *strictjson.Writer, c Change) {
	v := reflect.ValueOf(c)
	if !v.IsValid() {
		w.Fail(errors.New("the change is nil"))
		return
	}
	s, ok := shapeByType[v.Type()]
	if !ok {
		w.Fail(printable.Errorf("%T is not a change", c))
		return
	}
	w.Raw(s.begin)
	for i, kind := range s.kinds {
		field, key, optional := v.Field(i), s.keys.Name(i), s.keys.Optional(i)
		switch kind {
		case kindText:
			if text := field.String(); text != "" || !optional {
				w.String(key, text)
			}
		case kindInt:
			if n := field.Int(); n != 0 || !optional {
				w.Int(key, n)
			}
		case kindBool:
			if field.Bool() || !optional {
				w.Bool(key, field.Bool())
			}
		case kindStatus:
			w.Name(key, usher.Status(field.Uint()))
		case kindFieldType:
			w.Name(key, FieldType(field.Uint()))
		case kindTime:
			if t := field.Interface().(time.Time); !t.IsZero() || !optional {
				w.Time(key, t)
			}
		case kindCommands:
			w.Key(key)
			writeCommands(w, field.Interface().([]Command))
		}
	}
	if w.Raw("}"); w.Err() != nil {
		w.Prefix(NameOfChange(c))
	}
}

// scratch contains a reusable value for each type of change.
type scratch map[*shape]reflect.Value

func (s scratch) readChange(r *strictjson.Reader) Change {
	if !r.OpenWith("change", "a change") {
		return nil
	}
	name := r.Bytes()
	shape, ok := shapeByName[string(name)]
	if r.Err() != nil {
		return nil
	}
	if !ok {
		r.Fail(printable.Errorf("unknown change %s; a newer version of the library may have written it", word(string(name))))
		return nil
	}
	v, ok := s[shape]
	if !ok {
		v = reflect.New(shape.goType).Elem()
		s[shape] = v
	}
	v.SetZero()
	if shape.read(r, v); r.Err() != nil {
		r.Prefix(NameOfChange(v.Interface().(Change)))
		return nil
	}
	return v.Interface().(Change)
}

func (s *shape) read(r *strictjson.Reader, v reflect.Value) {
	for o := s.keys.Read(r); o.Next(); {
		field := v.Field(o.Index())
		switch s.kinds[o.Index()] {
		case kindText:
			field.SetString(r.String())
		case kindInt:
			if field.SetInt(r.Int()); field.Int() == 0 && s.keys.Optional(o.Index()) {
				r.Fail(printable.Errorf("%s is 0, which is left out", s.keys.Name(o.Index())))
			}
		case kindBool:
			if field.SetBool(r.Bool()); !field.Bool() && s.keys.Optional(o.Index()) {
				r.Fail(printable.Errorf("%s is false, which is left out", s.keys.Name(o.Index())))
			}
		case kindStatus, kindFieldType:
			r.Name(field.Addr().Interface().(encoding.TextUnmarshaler))
		case kindTime:
			field.Set(reflect.ValueOf(r.Time()))
		case kindCommands:
			field.Set(reflect.ValueOf(readCommands(r)))
		}
	}
}
