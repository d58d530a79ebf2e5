// Package strictjson reads and writes JSON with a fixed structure. The Reader is stricter than
// encoding/json: it rejects unknown, duplicate and missing keys, keys in other case, fractions,
// null, empty strings, times that are not in UTC, and text that is not UTF-8. The Writer writes the
// same bytes for the same values, and rejects values that the Reader would reject.
package strictjson

import (
	"errors"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

// UTC returns the time in UTC without a monotonic clock reading. It returns an error for the zero
// time and for a year that is not from 1 to 9999.
func UTC(t time.Time) (time.Time, error) {
	t = t.UTC().Round(0)
	switch {
	case t.IsZero():
		return t, errors.New("the time is zero")
	case t.Year() < 1 || t.Year() > 9999:
		return t, printable.Errorf("invalid year %d (want 1 to 9999)", t.Year())
	}
	return t, nil
}

// prefix adds a prefix to an error that is not nil.
func prefix(err *error, part string) {
	if *err != nil {
		*err = printable.Errorf("%s: %w", part, *err)
	}
}
