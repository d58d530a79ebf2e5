package filter

import "github.com/usher-go/usher"

// Match reports whether the filter selects a resource: whether a check of the resource with the
// same request allows. A resource of another type or another account is not selected, without an
// error. Match is such a check. It allocates only if the resource or the facts allocate.
//
// The error is an *usher.RequestError that wraps the error of the facts. With an error, the result
// is false: like an error of a check, it denies. Callers must not treat an error as an empty list.
func (f Filter) Match(r usher.Resource) (bool, error) {
	if f.of == nil || r == nil {
		return false, nil
	}
	selected, err := f.of.source.Match(r)
	if err != nil {
		return false, &usher.RequestError{Op: "match", Resource: r.Ref(), Err: err}
	}
	return selected, nil
}

// Masks returns the fields that must be masked in a resource that the filter selects, sorted:
// those that a check hides. For a resource that is not selected, or for which Match returns an
// error, it returns all fields that rules can hide.
func (f Filter) Masks(r usher.Resource) []string {
	if f.of == nil || r == nil {
		return f.everyField()
	}
	if fields, ok := f.of.source.Masks(r); ok {
		return fields
	}
	return f.everyField()
}

func (f Filter) everyField() []string {
	if f.of == nil {
		return nil
	}
	return sorted(f.of.source.Fields())
}
