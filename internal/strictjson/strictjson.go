// Package strictjson reads and writes JSON of a known shape, such that each value has one
// spelling. The Reader is stricter than encoding/json: it rejects unknown, duplicate and
// missing keys, a key in other letters, fractions, null, empty strings, times that are not in
// UTC, and text that is not UTF-8. The Writer writes the same bytes for the same values, and
// rejects values that the Reader would reject.
package strictjson

import (
	"errors"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

// UTC returns a time as it is written: in UTC, without a monotonic clock. The zero time and a
// year that does not have four digits are errors.
func UTC(t time.Time) (time.Time, error) {
	t = t.UTC().Round(0)
	switch {
	case t.IsZero():
		return t, errors.New("the time is zero")
	case t.Year() < 1 || t.Year() > 9999:
		return t, printable.Errorf("the year %d is not between 1 and 9999", t.Year())
	}
	return t, nil
}

func prefix(err *error, part string) {
	if *err != nil {
		*err = printable.Errorf("%s: %w", part, *err)
	}
}
