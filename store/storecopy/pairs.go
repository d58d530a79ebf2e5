package storecopy

import (
	"cmp"
	"iter"

	"github.com/usher-go/usher/internal/printable"
)

// pair has the items of the source and of the target with the same key. One of them may be nil.
type pair[T any] struct{ source, target *T }

// pairs merges two sequences that are sorted by a key. An error ends the loop.
func pairs[T any, K cmp.Ordered](source, target iter.Seq2[T, error], key func(T) K) iter.Seq2[pair[T], error] {
	return func(yield func(pair[T], error) bool) {
		nextSource, stopSource := iter.Pull2(source)
		defer stopSource()
		nextTarget, stopTarget := iter.Pull2(target)
		defer stopTarget()
		s, sourceErr := take(nextSource)
		t, targetErr := take(nextTarget)
		for {
			order := 0
			switch {
			case sourceErr != nil:
				yield(pair[T]{}, failure("source", sourceErr))
				return
			case targetErr != nil:
				yield(pair[T]{}, failure("target", targetErr))
				return
			case s == nil && t == nil:
				return
			case t == nil:
				order = -1
			case s == nil:
				order = 1
			default:
				order = cmp.Compare(key(*s), key(*t))
			}
			p := pair[T]{}
			if order <= 0 {
				p.source = s
				s, sourceErr = take(nextSource)
			}
			if order >= 0 {
				p.target = t
				t, targetErr = take(nextTarget)
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

// take returns the next item, nil at the end.
func take[T any](next func() (T, error, bool)) (*T, error) {
	v, err, ok := next()
	if !ok || err != nil {
		return nil, err
	}
	return &v, nil
}

// Error is the error of one of the two stores.
type Error struct {
	Store string // "source" or "target"
	Err   error
}

func (e *Error) Error() string { return "the " + e.Store + ": " + printable.Cause(e.Err) }
func (e *Error) Unwrap() error { return e.Err }

func failure(which string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{which, err}
}

func sourceError(err error) error { return failure("source", err) }
func targetError(err error) error { return failure("target", err) }
