package mask

import (
	"reflect"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
)

// compiler makes the plan of a type.
type compiler struct {
	instead Placeholders
	used    map[string]bool        // placeholders that a tag names
	open    map[reflect.Type]bool  // types that are being looked into
	inside  map[reflect.Type]bool  // those of them that contain themselves
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
	for name := range instead {
		if !c.used[name] {
			return nil, printable.Errorf("%w: %q: no tag of %s begins with it", ErrPlaceholder, name, t)
		}
	}
	return p, nil
}

// plan returns the plan of a type, nil if no tags are in it. Path is how a reader
// gets there: Event.Place.Name.
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
	p, err := c.look(t, path)
	switch {
	case err != nil:
		return nil, err
	case len(p.names) == 0:
		p = nil
	case c.inside[t]:
		return nil, printable.Errorf("%w: %s: a %s may contain a %[3]s, without an end; put `usher:\"-\"` on the field that leads back, and mask what it holds by itself", ErrType, path, t)
	}
	c.done[t] = p
	return p, nil
}

func (c *compiler) look(t reflect.Type, path string) (*plan, error) {
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
		return nil, printable.Errorf("%w: %s: nobody can tell what is in a %s; put a tag on it, or `usher:\"-\"` if there is nothing to hide", ErrType, path, t)
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
		// The fields of an embedded struct can be set whatever it is called.
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
			return printable.Errorf("%w: %s: %q in its tag is no name of a field; names are lower-case letters, digits and dashes", ErrType, path, name)
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

// below returns the plan of what is in a field with a tag of its own. What nobody can
// look into is masked with the field.
func (c *compiler) below(t reflect.Type, path string) (*plan, error) {
	if !tagged(t, map[reflect.Type]bool{}) {
		return nil, nil
	}
	return c.plan(t, path)
}

// placeholder finds what is shown instead of a field: that of the first name in its
// tag.
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
		return printable.Errorf("%w: %q: %s is a %s, which a value of type %T does not fit", ErrPlaceholder, f.names[0], path, t, value)
	}
	return nil
}

// sameBasic reports whether both are the same basic type but for its name.
func sameBasic(a, b reflect.Type) bool {
	basic := a.Kind() >= reflect.Bool && a.Kind() <= reflect.Complex128 || a.Kind() == reflect.String
	return basic && a.Kind() == b.Kind()
}

// tagged reports whether a tag is anywhere in a type, also where no mask gets to.
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
