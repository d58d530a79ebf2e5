package mask

import (
	"fmt"
	"reflect"

	"github.com/usher-go/usher"
)

// Mask hides fields of values of type T. It is immutable, and may be used by many
// goroutines at the same time. The zero Mask hides everything: it makes of each
// value the zero T.
type Mask[T any] struct {
	plan *plan
}

// Placeholders are shown instead of what is hidden, by the name of the field. A
// field without one becomes its zero value. What a placeholder points to is shared
// by all values that it is put into.
type Placeholders map[string]any

// For makes the Mask of a type: a struct, or pointers, slices, arrays and maps that
// lead to one. A field with a tag is masked as a whole:
//
//	Title string `usher:"title"`         // where title is hidden
//	Brief string `usher:"title,location"` // where one of them is, for it has both
//	Extra any    `usher:"-"`              // never, and nobody looks inside
//
// Fields without a tag are looked into, embedded ones too. For refuses a type
// without any tag, and one in which something could not be seen or not be set: an
// unexported field with a tag on or below it, an interface, function or channel
// without a tag, keys of a map with tags, and a type with tags that contains itself.
// It also refuses a placeholder that no tag names, or that does not fit the type of
// a field. The error wraps ErrType or ErrPlaceholder.
func For[T any](instead Placeholders) (Mask[T], error) {
	p, err := compile(reflect.TypeFor[T](), instead)
	if err != nil {
		return Mask[T]{}, err
	}
	return Mask[T]{p}, nil
}

// MustFor is For where the type stands in the source; it panics on an error.
func MustFor[T any](instead Placeholders) Mask[T] {
	m, err := For[T](instead)
	if err != nil {
		panic(err)
	}
	return m
}

// Apply returns what d lets one see of v: v itself where nothing is hidden, else a
// copy with the hidden fields masked. The copy goes as far down as fields are
// hidden; the rest it shares with v. Fields that d hides and T does not have are not
// there to be seen. Of a denial it is the zero T.
func (m Mask[T]) Apply(d usher.Decision, v T) T {
	if !d.Allowed() {
		var nothing T
		return nothing
	}
	return m.Without(v, d.Hidden()...)
}

// Without is Apply with the names of the fields to hide, such as those that a filter
// tells for a row of a list.
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

// masked is apart from Without, where a value whose address is taken would be moved
// to the heap even if nothing is hidden.
func masked[T any](p *plan, v T, hidden []string) T {
	p.mask(reflect.ValueOf(&v).Elem(), hidden)
	return v
}

// Covers is for a test: it holds the tags of T against the fields that the policy
// lets rules hide of that resource, as policy.Fields lists them. It is an error if
// one of the fields is named by no tag, or a tag names none of them; leave out of
// the list what T does not hold. The error wraps ErrNotCovered.
func (m Mask[T]) Covers(fields ...string) error {
	var tags []string
	if m.plan != nil {
		tags = m.plan.names
	}
	return covers(fmt.Sprint(reflect.TypeFor[T]()), "tag", tags, fields)
}
