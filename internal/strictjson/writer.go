package strictjson

import (
	"encoding"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher/internal/printable"
)

// Writer writes JSON on one line. It keeps its first error, so callers may check Err once, at the
// end. A Writer is not safe for concurrent use.
type Writer struct {
	buf []byte
	err error
}

// NewWriter returns a Writer with an initial capacity of size bytes.
func NewWriter(size int) *Writer { return &Writer{buf: make([]byte, 0, size)} }

// Bytes returns the written JSON. After an error it is incomplete.
func (w *Writer) Bytes() []byte { return w.buf }

// Err returns the first error, or nil.
func (w *Writer) Err() error { return w.err }

// Fail records an error that the caller found in a value. It does nothing after the first error.
func (w *Writer) Fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// Prefix adds the name of the part that the caller was writing to the error, if there is one.
func (w *Writer) Prefix(part string) { prefix(&w.err, part) }

// Raw appends JSON unchanged, such as brackets, or keys and values that need no escapes.
func (w *Writer) Raw(json string) { w.buf = append(w.buf, json...) }

// String writes a key and a string. An empty string, or one that is not UTF-8, is an error.
func (w *Writer) String(key, s string) {
	switch {
	case s == "":
		w.Fail(printable.Errorf("%s is empty", key))
	case !utf8.ValidString(s):
		w.Fail(printable.Errorf("%s: %s is not UTF-8", key, printable.Word(s)))
	}
	w.key(key)
	w.buf = AppendString(w.buf, s)
}

// Optional writes a key and a string, and nothing if the string is empty.
func (w *Writer) Optional(key, s string) {
	if s != "" {
		w.String(key, s)
	}
}

// Text writes a key and a string, which may be empty. A string that is not UTF-8 is an error.
func (w *Writer) Text(key, s string) {
	if s != "" {
		w.String(key, s)
		return
	}
	w.key(key)
	w.Raw(`""`)
}

// Key writes a key. The caller writes its value, with Raw and the methods for elements.
func (w *Writer) Key(key string) { w.key(key) }

// Element writes a string as an element of a list. An empty string, or one that is not UTF-8, is an
// error.
func (w *Writer) Element(s string) {
	w.Next()
	w.Quoted(s)
}

// Next writes the comma before an element of a list, unless it is the first one.
func (w *Writer) Next() {
	if n := len(w.buf); n > 0 && w.buf[n-1] != '[' {
		w.buf = append(w.buf, ',')
	}
}

// Int writes a key and a number.
func (w *Writer) Int(key string, n int64) {
	w.key(key)
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

// Uint writes a key and a number.
func (w *Writer) Uint(key string, n uint64) {
	w.key(key)
	w.buf = strconv.AppendUint(w.buf, n, 10)
}

// Bool writes a key with true or false.
func (w *Writer) Bool(key string, b bool) {
	w.key(key)
	w.buf = strconv.AppendBool(w.buf, b)
}

// Name writes a key and the text of a value, such as a value of an enumeration.
func (w *Writer) Name(key string, v encoding.TextMarshaler) {
	text, err := v.MarshalText()
	if err != nil {
		w.Fail(printable.Errorf("%s: %w", key, err))
		return
	}
	w.String(key, string(text))
}

// Time writes a key and a time in the format of RFC 3339 and in UTC. A time that [UTC] rejects is
// an error.
func (w *Writer) Time(key string, t time.Time) {
	t, err := UTC(t)
	if err != nil {
		w.Fail(printable.Errorf("%s: %w", key, err))
		return
	}
	w.key(key)
	w.buf = append(w.buf, '"')
	w.buf = t.AppendFormat(w.buf, time.RFC3339Nano)
	w.buf = append(w.buf, '"')
}

// Member writes the key of an object whose keys are not fixed. An empty key, or one that is not
// UTF-8, is an error. The caller writes its value.
func (w *Writer) Member(key string) {
	switch {
	case key == "":
		w.Fail(errors.New("a key is empty"))
	case !utf8.ValidString(key):
		w.Fail(printable.Errorf("the key %s is not UTF-8", printable.Word(key)))
	}
	if n := len(w.buf); n > 0 && w.buf[n-1] != '{' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(AppendString(w.buf, key), ':')
}

// Number writes a number as a value, after Key or Member.
func (w *Writer) Number(n int64) { w.buf = strconv.AppendInt(w.buf, n, 10) }

// Quoted writes a string as a value, after Key or Member. An empty string, or one that is not UTF-8,
// is an error.
func (w *Writer) Quoted(s string) {
	switch {
	case s == "":
		w.Fail(errors.New("a string is empty"))
	case !utf8.ValidString(s):
		w.Fail(printable.Errorf("%s is not UTF-8", printable.Word(s)))
	}
	w.buf = AppendString(w.buf, s)
}

// key writes a key, after a comma unless it is the first of its object.
func (w *Writer) key(key string) {
	if n := len(w.buf); n > 0 && w.buf[n-1] != '{' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, key...)
	w.buf = append(w.buf, '"', ':')
}

const hexDigits = "0123456789abcdef"

// AppendString appends a JSON string to b. It escapes only the characters that JSON requires to be
// escaped. It does not check that s is UTF-8.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	done := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[done:i]...)
		if done = i + 1; c >= ' ' {
			b = append(b, '\\', c)
		} else {
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	b = append(b, s[done:]...)
	return append(b, '"')
}
