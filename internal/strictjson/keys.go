package strictjson

import (
	"math/bits"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Keys contains the allowed keys of a JSON object, in the order in which the Writer's caller writes
// them. The zero Keys contains none.
type Keys struct {
	names    []string
	required uint64 // one bit for each
}

// NewKeys returns a set of at most 64 keys. A name that ends in "?" is an optional key without the
// "?".
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

// Name returns the key at index i.
func (s *Keys) Name(i int) string { return s.names[i] }

// Optional reports whether the key at index i may be missing.
func (s *Keys) Optional(i int) bool { return s.required&(1<<i) == 0 }

// Read starts to read the keys of an object. The Reader must be after the opening bracket, or after
// a key and a value that the caller has read.
func (s *Keys) Read(r *Reader) Object { return Object{keys: s, r: r} }

// Object reads the keys of a JSON object.
type Object struct {
	keys *Keys
	r    *Reader
	seen uint64 // one bit for each key
	at   int
}

// Next reads the next key; the caller then reads its value. Next returns false at the end of the
// object and after an error. An unknown or duplicate key, and at the end a missing key, is an error
// of the Reader.
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

// end fails if a required key is missing.
func (o *Object) end() {
	if missing := o.keys.required &^ o.seen; missing != 0 {
		o.r.Fail(printable.Errorf("missing key %q", o.keys.names[bits.TrailingZeros64(missing)]))
	}
}

// Index returns the index of the key that Next read.
func (o *Object) Index() int { return o.at }

// Key returns the key that Next read.
func (o *Object) Key() string { return o.keys.names[o.at] }
