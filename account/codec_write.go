package account

import (
	"encoding"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher/internal/printable"
)

// jsonWriter appends JSON, all in one line. The first error stays.
type jsonWriter struct {
	buf []byte
	err error
}

func (w *jsonWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *jsonWriter) raw(s string) { w.buf = append(w.buf, s...) }

// key writes a key of an object, behind a comma unless it is the first.
func (w *jsonWriter) key(key string) {
	if w.buf[len(w.buf)-1] != '{' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, key...)
	w.buf = append(w.buf, '"', ':')
}

// text writes a text, which must not be empty.
func (w *jsonWriter) text(key, s string) {
	switch {
	case s == "":
		w.fail(printable.Errorf("%s is empty", key))
	case !utf8.ValidString(s):
		w.fail(printable.Errorf("%s: %s is not UTF-8", key, word(s)))
	}
	w.key(key)
	w.quote(s)
}

// optional leaves the key out for an empty text.
func (w *jsonWriter) optional(key, s string) {
	if s != "" {
		w.text(key, s)
	}
}

func (w *jsonWriter) int(key string, n int64) {
	w.key(key)
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

func (w *jsonWriter) uint(key string, n uint64) {
	w.key(key)
	w.buf = strconv.AppendUint(w.buf, n, 10)
}

func (w *jsonWriter) bool(key string, b bool) {
	w.key(key)
	w.buf = strconv.AppendBool(w.buf, b)
}

// name writes one of a few words.
func (w *jsonWriter) name(key string, named encoding.TextMarshaler) {
	text, err := named.MarshalText()
	if err != nil {
		w.fail(printable.Errorf("%s: %w", key, err))
		return
	}
	w.text(key, string(text))
}

func (w *jsonWriter) time(key string, t time.Time) {
	t, err := journalTime(t)
	if err != nil {
		w.fail(printable.Errorf("%s: %w", key, err))
		return
	}
	w.key(key)
	w.buf = append(w.buf, '"')
	w.buf = t.AppendFormat(w.buf, time.RFC3339Nano)
	w.buf = append(w.buf, '"')
}

const hexDigits = "0123456789abcdef"

// quote escapes what JSON says must be, and nothing else.
func (w *jsonWriter) quote(s string) {
	w.buf = append(w.buf, '"')
	done := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		w.buf = append(w.buf, s[done:i]...)
		if done = i + 1; c >= ' ' {
			w.buf = append(w.buf, '\\', c)
		} else {
			w.buf = append(w.buf, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	w.buf = append(w.buf, s[done:]...)
	w.buf = append(w.buf, '"')
}

// journalTime returns the time as the journal has it: in UTC, of a year with four
// digits.
func journalTime(t time.Time) (time.Time, error) {
	t = t.UTC().Round(0)
	switch {
	case t.IsZero():
		return t, errors.New("there is no time")
	case t.Year() < 1 || t.Year() > 9999:
		return t, printable.Errorf("the year %d is not between 1 and 9999", t.Year())
	}
	return t, nil
}
