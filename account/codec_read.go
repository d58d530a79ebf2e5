package account

import (
	"bytes"
	"encoding"
	"errors"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/usher-go/usher/internal/printable"
)

// jsonReader reads JSON of which the caller knows the shape, value by value. It is
// stricter than encoding/json: keys have one spelling, numbers no fraction, text is
// UTF-8. The first error stays; after it all loops end and all values are zero.
type jsonReader struct {
	data  []byte
	at    int
	fresh bool   // just behind an opening bracket
	text  []byte // of which the escapes were resolved
	err   error
}

func (r *jsonReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// peek returns the first byte that is no white space, 0 at the end.
func (r *jsonReader) peek() byte {
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take steps over a byte that must be there.
func (r *jsonReader) take(want byte) {
	switch c := r.peek(); {
	case r.err != nil:
	case r.at == len(r.data):
		r.fail(printable.Errorf("it ends where %q should be", want))
	case c != want:
		r.fail(printable.Errorf("%q should be %q", c, want))
	default:
		r.at++
	}
}

// end fails unless only white space is left.
func (r *jsonReader) end() {
	if r.peek(); r.at < len(r.data) {
		r.fail(errors.New("there is more behind the end"))
	}
}

// open steps into an object or an array.
func (r *jsonReader) open(bracket byte) {
	r.take(bracket)
	r.fresh = true
}

// more reports whether another key or value follows, and steps out if none does.
func (r *jsonReader) more(bracket byte) bool {
	if r.err != nil {
		return false
	}
	if r.peek() == bracket {
		r.at++
		r.fresh = false
		return false
	}
	if !r.fresh {
		r.take(',')
	}
	r.fresh = false
	return r.err == nil
}

// key reads a key with its colon. It is valid until the next text is read.
func (r *jsonReader) key() []byte {
	key := r.quoted()
	r.take(':')
	return key
}

// string reads a text that is not empty.
func (r *jsonReader) string() string {
	text := r.quoted()
	if len(text) == 0 {
		r.fail(errors.New("a text is empty"))
	}
	return string(text)
}

// quoted reads a text. It is valid until the next one is read.
func (r *jsonReader) quoted() []byte {
	if r.take('"'); r.err != nil {
		return nil
	}
	begin := r.at
	ascii := true
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; {
		case c == '"':
			text := r.data[begin:r.at]
			r.at++
			return r.valid(text, ascii)
		case c == '\\':
			r.text = append(r.text[:0], r.data[begin:r.at]...)
			return r.escaped()
		case c < ' ':
			r.fail(printable.Errorf("%q in a text is not escaped", c))
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.fail(errors.New("it ends within a text"))
	return nil
}

func (r *jsonReader) valid(text []byte, ascii bool) []byte {
	if !ascii && !utf8.Valid(text) {
		r.fail(printable.Errorf("%s is not UTF-8", word(string(text))))
		return nil
	}
	return text
}

// escaped reads the rest of a text, from its first backslash on.
func (r *jsonReader) escaped() []byte {
	for r.at < len(r.data) {
		c := r.data[r.at]
		r.at++
		switch {
		case c == '"':
			return r.valid(r.text, false)
		case c == '\\':
			r.escape()
		case c < ' ':
			r.fail(printable.Errorf("%q in a text is not escaped", c))
		default:
			r.text = append(r.text, c)
		}
		if r.err != nil {
			return nil
		}
	}
	r.fail(errors.New("it ends within a text"))
	return nil
}

// escape resolves an escape from behind its backslash.
func (r *jsonReader) escape() {
	if r.at == len(r.data) {
		return
	}
	c := r.data[r.at]
	r.at++
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		r.text = utf8.AppendRune(r.text, r.codePoint())
		return
	default:
		r.fail(printable.Errorf("there is no escape %q", `\`+string(rune(c))))
		return
	}
	r.text = append(r.text, c)
}

// codePoint reads the digits behind \u, and a second such escape where the first
// is one half of a pair.
func (r *jsonReader) codePoint() rune {
	c := r.hex()
	if !utf16.IsSurrogate(c) {
		return c
	}
	if r.at+2 <= len(r.data) && string(r.data[r.at:r.at+2]) == `\u` {
		r.at += 2
		c = utf16.DecodeRune(c, r.hex())
	}
	if c == utf8.RuneError || utf16.IsSurrogate(c) {
		r.fail(errors.New(`half of a pair of \u escapes`))
	}
	return c
}

func (r *jsonReader) hex() rune {
	if r.at+4 > len(r.data) {
		r.fail(errors.New("it ends within a text"))
		return 0
	}
	n, err := strconv.ParseUint(string(r.data[r.at:r.at+4]), 16, 16)
	if err != nil {
		r.fail(printable.Errorf(`\u%q is no escape`, r.data[r.at:r.at+4]))
		return 0
	}
	r.at += 4
	return rune(n)
}

// digits reads a whole number as it stands there.
func (r *jsonReader) digits() string {
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

// uint reads a number as strconv writes it: without leading zeros.
func (r *jsonReader) uint() uint64 {
	s := r.digits()
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || s != strconv.FormatUint(n, 10) {
		r.fail(printable.Errorf("%q is no whole number from 0 on", s))
		return 0
	}
	return n
}

func (r *jsonReader) int() int64 {
	s := r.digits()
	n, err := strconv.ParseInt(s, 10, strconv.IntSize)
	if err != nil || s != strconv.FormatInt(n, 10) {
		r.fail(printable.Errorf("%q is no whole number", s))
		return 0
	}
	return n
}

func (r *jsonReader) bool() bool {
	r.peek()
	rest := r.data[r.at:]
	switch {
	case bytes.HasPrefix(rest, []byte("true")):
		r.at += len("true")
		return true
	case bytes.HasPrefix(rest, []byte("false")):
		r.at += len("false")
	default:
		r.fail(errors.New("true or false should stand here"))
	}
	return false
}

func (r *jsonReader) time() time.Time {
	text := r.quoted()
	var t time.Time
	err := t.UnmarshalText(text)
	if err == nil && text[len(text)-1] != 'Z' {
		err = errors.New("it is not in UTC")
	}
	if err == nil {
		t, err = journalTime(t)
	}
	if err != nil {
		r.fail(printable.Errorf("the time %s: %w", word(string(text)), err))
		return time.Time{}
	}
	return t
}

func (r *jsonReader) hash() Hash {
	text := r.quoted()
	if r.err != nil {
		return Hash{}
	}
	h, err := parseHash(string(text))
	if err != nil {
		r.fail(printable.Errorf("the hash %s: %w", word(string(text)), err))
	}
	return h
}

// name reads one of a few words.
func (r *jsonReader) name(named encoding.TextUnmarshaler) {
	text := r.quoted()
	if r.err != nil {
		return
	}
	if err := named.UnmarshalText(text); err != nil {
		r.fail(err)
	}
}
