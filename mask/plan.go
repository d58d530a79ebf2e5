package mask

import (
	"reflect"
	"slices"
)

// plan states where the tagged fields are in values of a type.
type plan struct {
	kind   reflect.Kind
	names  []string // the names in its tags, sorted; never empty
	fields []field  // for a struct
	elem   *plan    // for a pointer, slice, array or map
}

// field is a field of a struct with a tag on it or inside it.
type field struct {
	index   int
	names   []string      // in the tag
	instead reflect.Value // the zero value of its type, or a placeholder
	fresh   bool          // instead becomes the target of a new pointer
	below   *plan
}

// touches reports whether the plan contains one of the hidden fields.
func (p *plan) touches(hidden []string) bool {
	return p != nil && anyOf(hidden, p.names)
}

func anyOf(hidden, names []string) bool {
	return slices.ContainsFunc(hidden, func(name string) bool { return slices.Contains(names, name) })
}

// mask masks v, which must be settable and not shared; values that v points to are copied
// before they are changed. The plan touches hidden.
func (p *plan) mask(v reflect.Value, hidden []string) {
	switch p.kind {
	case reflect.Struct:
		p.maskFields(v, hidden)
	case reflect.Pointer:
		if !v.IsNil() {
			v.Set(p.maskedCopy(v.Elem(), hidden).Addr())
		}
	case reflect.Slice:
		if !v.IsNil() {
			list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(list, v)
			v.Set(list)
			p.maskEach(list, hidden)
		}
	case reflect.Array:
		p.maskEach(v, hidden)
	case reflect.Map:
		if !v.IsNil() {
			table := reflect.MakeMapWithSize(v.Type(), v.Len())
			for entries := v.MapRange(); entries.Next(); {
				table.SetMapIndex(entries.Key(), p.maskedCopy(entries.Value(), hidden))
			}
			v.Set(table)
		}
	}
}

func (p *plan) maskEach(list reflect.Value, hidden []string) {
	for i := range list.Len() {
		p.elem.mask(list.Index(i), hidden)
	}
}

// maskedCopy returns a masked copy of the target of a pointer or the value of a map entry.
func (p *plan) maskedCopy(v reflect.Value, hidden []string) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	p.elem.mask(c, hidden)
	return c
}

func (p *plan) maskFields(v reflect.Value, hidden []string) {
	for i := range p.fields {
		f := &p.fields[i]
		switch {
		case anyOf(hidden, f.names):
			v.Field(f.index).Set(f.placeholder())
		case f.below.touches(hidden):
			f.below.mask(v.Field(f.index), hidden)
		}
	}
}

func (f *field) placeholder() reflect.Value {
	if !f.fresh {
		return f.instead
	}
	p := reflect.New(f.instead.Type())
	p.Elem().Set(f.instead)
	return p
}
