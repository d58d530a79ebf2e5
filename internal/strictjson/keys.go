package strictjson

import (
	"math/bits"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Keys are the keys of a JSON object, in the order in which they are written. The zero Keys
// has none.
type Keys struct {
	names    []string
	required uint64 // one bit for each
}

// NewKeys returns a set of at most 64 keys. A key that ends in "?" is optional.
func NewKeys(keys ...string) (s Keys) {
	for i, key := range keys {
		name, optional := strings.CutSuffix(key, "?")
		s.names = append(s.names, name)
		if !optional {
			s.required |= 1 << i
		}
	}
	return s
}

// Len returns the number of keys.
func (s *Keys) Len() int { return len(s.names) }

// Name returns the key with the index.
func (s *Keys) Name(i int) string { return s.names[i] }

// Optional reports whether the key with the index may be missing.
func (s *Keys) Optional(i int) bool { return s.required&(1<<i) == 0 }

// Read returns the keys of an object from the Reader's place on: after its opening bracket,
// or after a key and a value that the caller has read.
func (s *Keys) Read(r *Reader) Object { return Object{keys: s, r: r} }

// Object is an object that is being read.
type Object struct {
	keys *Keys
	r    *Reader
	seen uint64 // one bit for each key
	at   int
}

// Next reads the next key, of which the caller then reads the value. It returns false at the
// end of the object and after an error. A key that the object should not have, that is there
// twice, or that is missing at the end, is an error of the Reader.
func (o *Object) Next() bool {
	if !o.r.More('}') {
		o.end()
		return false
	}
	key := o.r.key()
	if o.r.err != nil {
		return false
	}
	for i, name := range o.keys.names {
		if string(key) != name {
			continue
		}
		if o.seen&(1<<i) != 0 {
			o.r.Fail(printable.Errorf("duplicate key %q", name))
			return false
		}
		o.seen |= 1 << i
		o.at = i
		return true
	}
	o.r.Fail(printable.Errorf("unknown key %s", printable.Word(string(key))))
	return false
}

func (o *Object) end() {
	if missing := o.keys.required &^ o.seen; missing != 0 {
		o.r.Fail(printable.Errorf("missing key %q", o.keys.names[bits.TrailingZeros64(missing)]))
	}
}

// Index returns the index of the key that Next read.
func (o *Object) Index() int { return o.at }

// Key returns the key that Next read.
func (o *Object) Key() string { return o.keys.names[o.at] }
