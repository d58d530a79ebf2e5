package strictjson

import (
	"bytes"
	"encoding"
	"errors"
	"strconv"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

// Reader reads one JSON value. Callers read the parts in the order of the data. A Reader keeps its
// first error. After an error, each method returns a zero value and each loop ends, so callers may
// check Err once, at the end. A Reader is not safe for concurrent use.
type Reader struct {
	data  []byte
	at    int
	first bool   // directly after an opening bracket
	text  []byte // the last string with escapes, decoded
	err   error
}

// NewReader returns a Reader of data, which must not change while it is in use.
func NewReader(data []byte) *Reader { return &Reader{data: data} }

// Err returns the first error, or nil.
func (r *Reader) Err() error { return r.err }

// Offset returns the number of bytes read so far. After an error, it returns the position of the
// error.
func (r *Reader) Offset() int { return r.at }

// Fail records an error that the caller found in a value. It does nothing after the first error.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Prefix adds the name of the part that the caller was reading to the error, if there is one.
func (r *Reader) Prefix(part string) { prefix(&r.err, part) }

// End records an error unless only white space follows.
func (r *Reader) End() {
	if r.peek(); r.at < len(r.data) {
		r.Fail(errors.New("trailing data"))
	}
}

// Open reads an opening bracket: '{' or '['.
func (r *Reader) Open(bracket byte) {
	r.take(bracket)
	r.first = true
}

// More reports whether another key or value follows before the closing bracket, '}' or ']'. If none
// follows, it reads the bracket.
func (r *Reader) More(closing byte) bool {
	if r.err != nil {
		return false
	}
	if r.peek() == closing {
		r.at++
		r.first = false
		return false
	}
	if !r.first {
		r.take(',')
	}
	r.first = false
	return r.err == nil
}

// OpenWith reads the start of an object whose first key must be key, and reports whether it is. If
// it is, the caller reads the value of the key next. The error contains the name of the object,
// such as "a commit".
func (r *Reader) OpenWith(key, name string) bool {
	r.Open('{')
	if !r.More('}') || string(r.key()) != key {
		r.Fail(printable.Errorf("the first key of %s is %q", name, key))
	}
	return r.err == nil
}

// String reads a string. An empty string is an error.
func (r *Reader) String() string {
	text := r.Bytes()
	if len(text) == 0 {
		r.Fail(errors.New("a string is empty"))
	}
	return string(text)
}

// Uint reads a whole number without a sign or leading zeros.
func (r *Reader) Uint() uint64 {
	s := r.digits()
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || s != strconv.FormatUint(n, 10) {
		r.Fail(printable.Errorf("invalid number %q (want a whole number from 0)", s))
		return 0
	}
	return n
}

// Int reads a whole number that fits into an int, without leading zeros.
func (r *Reader) Int() int64 {
	s := r.digits()
	n, err := strconv.ParseInt(s, 10, strconv.IntSize)
	if err != nil || s != strconv.FormatInt(n, 10) {
		r.Fail(printable.Errorf("invalid number %q (want a whole number)", s))
		return 0
	}
	return n
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	if r.err != nil {
		return false
	}
	r.peek()
	rest := r.data[r.at:]
	switch {
	case bytes.HasPrefix(rest, []byte("true")):
		r.at += len("true")
		return true
	case bytes.HasPrefix(rest, []byte("false")):
		r.at += len("false")
	default:
		r.Fail(errors.New("want true or false"))
	}
	return false
}

// Time reads a time in the format of RFC 3339 and in UTC, which ends in Z. [UTC] must accept it.
func (r *Reader) Time() time.Time {
	text := r.Bytes()
	var t time.Time
	err := t.UnmarshalText(text)
	if err == nil && text[len(text)-1] != 'Z' {
		err = errors.New("it is not in UTC")
	}
	if err == nil {
		t, err = UTC(t)
	}
	if err != nil {
		r.Fail(printable.Errorf("the time %s: %w", printable.Word(string(text)), err))
		return time.Time{}
	}
	return t
}

// Name reads a string into a value, such as a value of an enumeration.
func (r *Reader) Name(into encoding.TextUnmarshaler) {
	text := r.Bytes()
	if r.err != nil {
		return
	}
	if err := into.UnmarshalText(text); err != nil {
		r.Fail(err)
	}
}

// peek returns the next byte that is not white space, 0 at the end.
func (r *Reader) peek() byte {
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take reads a byte. Another byte is an error.
func (r *Reader) take(want byte) {
	switch c := r.peek(); {
	case r.err != nil:
	case r.at == len(r.data):
		r.Fail(printable.Errorf("unexpected end (want %q)", want))
	case c != want:
		r.Fail(printable.Errorf("unexpected %q (want %q)", c, want))
	default:
		r.at++
	}
}

// Member reads the key of an object whose keys are not fixed, with its colon. An empty key is an
// error. The caller rejects duplicate keys.
func (r *Reader) Member() string {
	key := r.String()
	r.take(':')
	return key
}

// key reads a key with its colon. The result is valid until the next string is read.
func (r *Reader) key() []byte {
	key := r.Bytes()
	r.take(':')
	return key
}

// digits reads the characters of a whole number, without checking their order.
func (r *Reader) digits() string {
	if r.err != nil {
		return ""
	}
	r.peek()
	begin := r.at
	for r.at < len(r.data) && (r.data[r.at] >= '0' && r.data[r.at] <= '9' || r.data[r.at] == '-') {
		r.at++
	}
	return string(r.data[begin:r.at])
}
