package mask

import (
	"reflect"
	"slices"
)

// plan says where in values of a type the fields are.
type plan struct {
	kind   reflect.Kind
	names  []string // the fields in it, sorted; a plan without any is nil
	fields []field  // of a struct
	elem   *plan    // of a pointer, slice, array or map
}

// field is a field of a struct with a tag on it or below.
type field struct {
	index   int
	names   []string      // of the tag
	instead reflect.Value // the zero value of its type, or a placeholder
	fresh   bool          // instead is what a new pointer points to
	below   *plan
}

// touches reports whether one of the hidden fields is in the plan.
func (p *plan) touches(hidden []string) bool {
	return p != nil && anyOf(hidden, p.names)
}

func anyOf(hidden, names []string) bool {
	return slices.ContainsFunc(hidden, func(name string) bool { return slices.Contains(names, name) })
}

// mask masks v, which can be set and is nobody else's; what it leads to is copied
// before it is changed. The plan touches hidden.
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

// maskedCopy copies and masks what a pointer or an entry of a map holds.
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
