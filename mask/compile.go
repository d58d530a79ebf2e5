package mask

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// compiler compiles the plan of a type.
type compiler struct {
	instead Placeholders
	used    map[string]bool        // the placeholders for which there is a tag
	open    map[reflect.Type]bool  // the types that are being compiled
	inside  map[reflect.Type]bool  // the open types that contain themselves
	done    map[reflect.Type]*plan // nil for a type without tags
}

func compile(t reflect.Type, instead Placeholders) (*plan, error) {
	c := compiler{
		instead: instead, used: map[string]bool{},
		open: map[reflect.Type]bool{}, inside: map[reflect.Type]bool{}, done: map[reflect.Type]*plan{},
	}
	p, err := c.plan(t, t.String())
	switch {
	case err != nil:
		return nil, err
	case p == nil:
		return nil, printable.Errorf("%w: %s: no field has a tag, such as `usher:\"title\"`", ErrType, t)
	}
	for _, name := range slices.Sorted(maps.Keys(instead)) {
		if !c.used[name] {
			return nil, printable.Errorf("%w: %q: no tag of %s starts with this name", ErrPlaceholder, name, t)
		}
	}
	return p, nil
}

// plan returns the plan of a type, or nil if it contains no tags. Path is the path to it
// from the root type, for error messages: Event.Place.Name.
func (c *compiler) plan(t reflect.Type, path string) (*plan, error) {
	if p, ok := c.done[t]; ok {
		return p, nil
	}
	if c.open[t] {
		c.inside[t] = true
		return nil, nil
	}
	c.open[t] = true
	defer delete(c.open, t)
	p, err := c.inspect(t, path)
	switch {
	case err != nil:
		return nil, err
	case len(p.names) == 0:
		p = nil
	case c.inside[t]:
		return nil, printable.Errorf("%w: %s: the type %s contains itself; put `usher:\"-\"` on the recursive field, and mask its value separately", ErrType, path, t)
	}
	c.done[t] = p
	return p, nil
}

func (c *compiler) inspect(t reflect.Type, path string) (*plan, error) {
	p := &plan{kind: t.Kind()}
	var err error
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if err := c.field(p, t.Field(i), path); err != nil {
				return nil, err
			}
		}
		slices.Sort(p.names)
		p.names = slices.Compact(p.names)
		return p, nil
	case reflect.Map:
		if tagged(t.Key(), map[reflect.Type]bool{}) {
			return nil, printable.Errorf("%w: %s: the keys of a map cannot be masked", ErrType, path)
		}
		p.elem, err = c.plan(t.Elem(), path)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		p.elem, err = c.plan(t.Elem(), path)
	case reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return nil, printable.Errorf("%w: %s: the contents of a %s are unknown; put a tag on it, or `usher:\"-\"` if it has nothing to hide", ErrType, path, t)
	}
	if p.elem != nil {
		p.names = p.elem.names
	}
	return p, err
}

// field adds a field to the plan of its struct.
func (c *compiler) field(p *plan, sf reflect.StructField, path string) error {
	path += "." + sf.Name
	tag, has := sf.Tag.Lookup("usher")
	switch {
	case tag == "-":
		return nil
	case !sf.IsExported() && !(sf.Anonymous && sf.Type.Kind() == reflect.Struct && !has):
		// The fields of an embedded struct can be set even if its type is unexported.
		if has || tagged(sf.Type, map[reflect.Type]bool{}) {
			return printable.Errorf("%w: %s: an unexported field cannot be masked", ErrType, path)
		}
		return nil
	case !has:
		below, err := c.plan(sf.Type, path)
		if below != nil {
			p.fields = append(p.fields, field{index: sf.Index[0], below: below})
			p.names = append(p.names, below.names...)
		}
		return err
	}
	names := strings.Split(tag, ",")
	for _, name := range names {
		if !permission.IsName(name) {
			return printable.Errorf("%w: %s: %q in its tag is not a field name (want lower-case letters, digits and dashes)", ErrType, path, name)
		}
	}
	f := field{index: sf.Index[0], names: names, instead: reflect.Zero(sf.Type)}
	if err := c.placeholder(&f, sf.Type, path); err != nil {
		return err
	}
	below, err := c.below(sf.Type, path)
	if err != nil {
		return err
	}
	f.below = below
	p.fields = append(p.fields, f)
	p.names = append(p.names, names...)
	if below != nil {
		p.names = append(p.names, below.names...)
	}
	return nil
}

// below returns the plan for the inside of a field that has a tag of its own. Values that
// cannot be inspected are masked with the field.
func (c *compiler) below(t reflect.Type, path string) (*plan, error) {
	if !tagged(t, map[reflect.Type]bool{}) {
		return nil, nil
	}
	return c.plan(t, path)
}

// placeholder sets the value that is shown instead of a field: the placeholder for the
// first name in its tag.
func (c *compiler) placeholder(f *field, t reflect.Type, path string) error {
	value, ok := c.instead[f.names[0]]
	if !ok {
		return nil
	}
	c.used[f.names[0]] = true
	v := reflect.ValueOf(value)
	switch {
	case !v.IsValid():
		return nil // nil is the zero value
	case v.Type().AssignableTo(t):
		f.instead = v
	case sameBasic(v.Type(), t):
		f.instead = v.Convert(t)
	case t.Kind() == reflect.Pointer && v.Type().AssignableTo(t.Elem()):
		f.instead, f.fresh = v, true
	case t.Kind() == reflect.Pointer && sameBasic(v.Type(), t.Elem()):
		f.instead, f.fresh = v.Convert(t.Elem()), true
	default:
		return printable.Errorf("%w: %q: %s has type %s, but the placeholder has type %T", ErrPlaceholder, f.names[0], path, t, value)
	}
	return nil
}

// sameBasic reports whether both types have the same basic kind.
func sameBasic(a, b reflect.Type) bool {
	basic := a.Kind() >= reflect.Bool && a.Kind() <= reflect.Complex128 || a.Kind() == reflect.String
	return basic && a.Kind() == b.Kind()
}

// tagged reports whether a type contains a tag anywhere, even where a mask cannot reach it.
func tagged(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			sf := t.Field(i)
			tag, has := sf.Tag.Lookup("usher")
			if has && tag != "-" || tag != "-" && tagged(sf.Type, seen) {
				return true
			}
		}
	case reflect.Map:
		return tagged(t.Key(), seen) || tagged(t.Elem(), seen)
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		return tagged(t.Elem(), seen)
	}
	return false
}
