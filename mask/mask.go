package mask

import (
	"fmt"
	"reflect"

	"github.com/usher-go/usher"
)

// Mask hides fields of values of type T. It is immutable and safe for concurrent use. The
// zero Mask hides everything: it returns the zero T for every value.
type Mask[T any] struct {
	plan *plan
}

// Placeholders maps field names to the values that are shown instead of hidden fields. A
// hidden field without a placeholder becomes its zero value. All masked values share the
// data that a placeholder points to.
type Placeholders map[string]any

// For returns the Mask of a type: a struct, or pointers, slices, arrays and maps that lead
// to one. The tags of a field name the fields of the policy that it shows; it is masked as
// a whole:
//
//	Title string `usher:"title"`          // masked if title is hidden
//	Brief string `usher:"title,location"` // masked if one of them is hidden
//	Extra any    `usher:"-"`              // never masked or inspected
//
// Fields without a tag, embedded ones too, are inspected for tags in their types. For
// rejects a type without any tag, and a type in which a value could not be inspected or
// set: an unexported field with a tag on it or inside it, an interface, function or channel
// without a tag, a map whose keys have tags, and a type with tags that contains itself. For
// also rejects a placeholder that no tag starts with, or that has the wrong type. The error
// wraps ErrType or ErrPlaceholder.
func For[T any](instead Placeholders) (Mask[T], error) {
	p, err := compile(reflect.TypeFor[T](), instead)
	if err != nil {
		return Mask[T]{}, err
	}
	return Mask[T]{p}, nil
}

// MustFor is For for package variables. It panics on an error.
func MustFor[T any](instead Placeholders) Mask[T] {
	m, err := For[T](instead)
	if err != nil {
		panic(err)
	}
	return m
}

// Apply returns v with the fields masked that d hides: v itself if nothing is hidden,
// otherwise a copy. The copy is as deep as the hidden fields, and shares the rest with v.
// Hidden fields that T does not have are ignored. For a denial it returns the zero T.
func (m Mask[T]) Apply(d usher.Decision, v T) T {
	if !d.Allowed() {
		var nothing T
		return nothing
	}
	return m.Without(v, d.Hidden()...)
}

// Without is Apply with the names of the hidden fields, for example from Filter.Masks.
func (m Mask[T]) Without(v T, hidden ...string) T {
	switch {
	case m.plan == nil:
		var nothing T
		return nothing
	case !m.plan.touches(hidden):
		return v
	}
	return masked(m.plan, v, hidden)
}

// masked is a function of its own because otherwise Without would move v to the heap even
// if nothing is hidden.
func masked[T any](p *plan, v T, hidden []string) T {
	p.mask(reflect.ValueOf(&v).Elem(), hidden)
	return v
}

// Covers is for tests: it compares the tags of T with the fields of a resource that rules
// can hide, as policy.Fields lists them. It returns an error if a field has no tag, or a
// tag names none of the fields. Leave out fields that T does not have. The error wraps
// ErrNotCovered.
func (m Mask[T]) Covers(fields ...string) error {
	var tags []string
	if m.plan != nil {
		tags = m.plan.names
	}
	return checkCovers(fmt.Sprint(reflect.TypeFor[T]()), "tag", tags, fields)
}
