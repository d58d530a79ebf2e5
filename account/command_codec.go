package account

import (
	"encoding"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/strictjson"
	"github.com/usher-go/usher/seat"
)

// EncodeCommand returns a command as JSON in one line: {"do":"assign-seat","user":"max",
// "pool":"booking"}. The names are those of test files. Equal commands have equal bytes. The
// error states why a command has no such form: nil, a pointer, [Import], an empty argument that
// is not optional, or text that is not UTF-8. The result contains the value of a SetField,
// which is personal data.
func EncodeCommand(c Command) ([]byte, error) {
	w := strictjson.NewWriter(128)
	writeCommand(w, c)
	if err := w.Err(); err != nil {
		return nil, printable.Errorf("write command: %w", err)
	}
	return w.Bytes(), nil
}

// DecodeCommand reads what EncodeCommand wrote. It accepts white space, and the arguments in any
// order after the key "do". It rejects everything else: unknown, duplicate and missing keys, an
// optional argument with its zero value, null, and data after the command.
func DecodeCommand(data []byte) (Command, error) {
	r := strictjson.NewReader(data)
	c := readCommand(r)
	r.End()
	if r.Err() != nil {
		return nil, printable.Errorf("read command: byte %d: %w", r.Offset(), r.Err())
	}
	return c, nil
}

// commandShape is the written form of a type of command.
type commandShape struct {
	CommandType
	keys  strictjson.Keys
	args  []argForm
	nests bool // it has a list of commands
}

// argForm writes and reads a value of an argument. write is called for values that are not
// left out. A value that read returns without an error is one that write would write.
type argForm struct {
	write func(w *strictjson.Writer, key string, v reflect.Value)
	read  func(r *strictjson.Reader, v reflect.Value)
}

// commandShapes contains the shape of each command that can be written, by the command's name.
// Package variables cannot hold it, because a command can contain commands.
var commandShapes map[string]*commandShape

func init() {
	commandShapes = map[string]*commandShape{}
	for _, t := range Commands() {
		if !t.Written() {
			continue
		}
		s := &commandShape{CommandType: t}
		var keys []string
		for _, arg := range t.Args {
			key := arg.Name
			if arg.Optional {
				key += "?"
			}
			keys = append(keys, key)
			s.args = append(s.args, formOf(arg.Type))
			s.nests = s.nests || arg.Type == reflect.TypeFor[[]Command]()
		}
		s.keys = strictjson.NewKeys(keys...)
		commandShapes[t.Name] = s
	}
}

// formOf returns the form of a type of argument. A type whose values are texts has the form of a
// text, which is not empty.
func formOf(t reflect.Type) argForm {
	if form, ok := argForms[t]; ok {
		return form
	}
	if t.Kind() != reflect.String {
		panic(printable.Sprintf("account: a command has an argument of type %v, without a form in argForms", t))
	}
	return argForm{
		func(w *strictjson.Writer, key string, v reflect.Value) { w.String(key, v.String()) },
		func(r *strictjson.Reader, v reflect.Value) { v.SetString(r.String()) },
	}
}

// argForms contains the form of each type of argument that is not simply a text.
var argForms = map[reflect.Type]argForm{
	reflect.TypeFor[Value](): { // may be empty, which deletes the value
		func(w *strictjson.Writer, key string, v reflect.Value) { w.Text(key, v.String()) },
		func(r *strictjson.Reader, v reflect.Value) { v.SetString(string(r.Bytes())) },
	},
	reflect.TypeFor[int](): {
		func(w *strictjson.Writer, key string, v reflect.Value) { w.Int(key, v.Int()) },
		func(r *strictjson.Reader, v reflect.Value) { v.SetInt(r.Int()) },
	},
	reflect.TypeFor[bool](): {
		func(w *strictjson.Writer, key string, v reflect.Value) { w.Bool(key, v.Bool()) },
		func(r *strictjson.Reader, v reflect.Value) { v.SetBool(r.Bool()) },
	},
	reflect.TypeFor[time.Time](): {
		func(w *strictjson.Writer, key string, v reflect.Value) { w.Time(key, v.Interface().(time.Time)) },
		func(r *strictjson.Reader, v reflect.Value) { v.Set(reflect.ValueOf(r.Time())) },
	},
	reflect.TypeFor[RequestID](): {
		func(w *strictjson.Writer, key string, v reflect.Value) { w.Int(key, v.Int()) },
		func(r *strictjson.Reader, v reflect.Value) { v.SetInt(r.Int()) },
	},
	reflect.TypeFor[[]Command](): {
		func(w *strictjson.Writer, key string, v reflect.Value) {
			w.Key(key)
			writeCommands(w, v.Interface().([]Command))
		},
		func(r *strictjson.Reader, v reflect.Value) { v.Set(reflect.ValueOf(readCommands(r))) },
	},
	reflect.TypeFor[usher.Status]():          nameForm,
	reflect.TypeFor[FieldType]():             nameForm,
	reflect.TypeFor[[]usher.TeamID]():        {writeTeams, readTeams},
	reflect.TypeFor[usher.Ref]():             {writeRef, readRef},
	reflect.TypeFor[map[seat.PoolName]int](): {writeSeatTotals, readSeatTotals},
	reflect.TypeFor[Gives]():                 {writeGives, readGives},
}

// nameForm is the form of an enumeration.
var nameForm = argForm{
	func(w *strictjson.Writer, key string, v reflect.Value) {
		w.Name(key, v.Interface().(encoding.TextMarshaler))
	},
	func(r *strictjson.Reader, v reflect.Value) {
		r.Name(v.Addr().Interface().(encoding.TextUnmarshaler))
	},
}

func writeTeams(w *strictjson.Writer, key string, v reflect.Value) {
	w.Key(key)
	w.Raw("[")
	for _, id := range v.Interface().([]usher.TeamID) {
		w.Element(string(id))
	}
	w.Raw("]")
}

func readTeams(r *strictjson.Reader, v reflect.Value) {
	var list []usher.TeamID
	for r.Open('['); r.More(']'); {
		list = append(list, usher.TeamID(r.String()))
	}
	v.Set(reflect.ValueOf(list))
}

func writeSeatTotals(w *strictjson.Writer, key string, v reflect.Value) {
	totals := v.Interface().(map[seat.PoolName]int)
	w.Key(key)
	w.Raw("{")
	for _, name := range slices.Sorted(maps.Keys(totals)) {
		w.Member(string(name))
		w.Number(int64(totals[name]))
	}
	w.Raw("}")
}

func readSeatTotals(r *strictjson.Reader, v reflect.Value) {
	totals := map[seat.PoolName]int{}
	for r.Open('{'); r.More('}'); {
		name := seat.PoolName(r.Member())
		if _, ok := totals[name]; ok {
			r.Fail(printable.Errorf("duplicate key %q", name))
		}
		totals[name] = int(r.Int())
	}
	if len(totals) > 0 {
		v.Set(reflect.ValueOf(totals))
	}
}

// leftOut reports whether an optional argument is not written: it is zero, or has no elements.
func leftOut(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		if gives, ok := v.Interface().(Gives); ok {
			return gives == nil // unlike nil, empty Gives take everything from a role
		}
		return v.Len() == 0
	}
	if t, ok := v.Interface().(time.Time); ok {
		return t.IsZero()
	}
	return v.IsZero()
}

func writeCommand(w *strictjson.Writer, c Command) { writeCommandIn(w, c, false) }

func writeCommandIn(w *strictjson.Writer, c Command, list bool) {
	t := reflect.TypeOf(c)
	switch {
	case t == nil:
		w.Fail(errors.New("the command is nil"))
		return
	case !isCommand(t):
		w.Fail(printable.Errorf("%T is not a command", c))
		return
	}
	name := NameOf(c)
	s, ok := commandShapes[name]
	if !ok {
		w.Fail(printable.Errorf("%s cannot be written", name))
		return
	}
	if list && s.nests {
		w.Fail(printable.Errorf("%s cannot be in a list of commands", name))
		return
	}
	w.Raw(`{"do":"` + name + `"`)
	v := reflect.ValueOf(c)
	for i, arg := range s.Args {
		if value := v.Field(i); !arg.Optional || !leftOut(value) {
			s.args[i].write(w, arg.Name, value)
		}
	}
	w.Raw("}")
	w.Prefix(name)
}

func readCommand(r *strictjson.Reader) Command { return readCommandIn(r, false) }

// readCommandIn reads a command, which may be in a list of another command. Such a command has no
// list itself, so that the depth is bounded.
func readCommandIn(r *strictjson.Reader, list bool) Command {
	if !r.OpenWith("do", "a command") {
		return nil
	}
	name := r.String()
	s, ok := commandShapes[name]
	switch {
	case r.Err() != nil:
		return nil
	case !ok:
		r.Fail(printable.Errorf("unknown command %s; a newer version of the library may have written it", word(name)))
		return nil
	}
	if list && s.nests {
		r.Fail(printable.Errorf("%s cannot be in a list of commands", name))
		return nil
	}
	v := s.New()
	for o := s.keys.Read(r); o.Next(); {
		i := o.Index()
		s.args[i].read(r, v.Field(i))
		if r.Err() == nil && s.Args[i].Optional && leftOut(v.Field(i)) {
			r.Fail(printable.Errorf("%s has its zero value, which is left out", o.Key()))
		}
	}
	if r.Err() != nil {
		r.Prefix(name)
		return nil
	}
	return v.Interface().(Command)
}
