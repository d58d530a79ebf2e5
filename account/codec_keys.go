package account

import (
	"math/bits"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// keySet is the keys of a JSON object, at most 64.
type keySet struct {
	names  []string
	needed uint64 // a bit for each that may not be left out
}

// newKeys makes a set of keys; one that ends in "?" may be left out.
func newKeys(keys ...string) (s keySet) {
	for i, key := range keys {
		name, optional := strings.CutSuffix(key, "?")
		s.names = append(s.names, name)
		if !optional {
			s.needed |= 1 << i
		}
	}
	return s
}

func (s *keySet) optional(i int) bool { return s.needed&(1<<i) == 0 }

// next reads a key, returns its index, and notes it in seen. It is not ok at the
// end of the object, and for a key that is not in the set or was seen before, which
// is an error of the reader.
func (s *keySet) next(r *jsonReader, seen *uint64) (i int, ok bool) {
	if !r.more('}') {
		return 0, false
	}
	key := r.key()
	if r.err != nil {
		return 0, false
	}
	for i, name := range s.names {
		if string(key) != name {
			continue
		}
		if *seen&(1<<i) != 0 {
			r.fail(printable.Errorf("the key %q stands there twice", name))
			return 0, false
		}
		*seen |= 1 << i
		return i, true
	}
	r.fail(printable.Errorf("unknown key %s", word(string(key))))
	return 0, false
}

// check fails the reader if a key is missing.
func (s *keySet) check(r *jsonReader, seen uint64) {
	if missing := s.needed &^ seen; missing != 0 {
		r.fail(printable.Errorf("the key %q is missing", s.names[bits.TrailingZeros64(missing)]))
	}
}
