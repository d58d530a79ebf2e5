package seat

import (
	"errors"
	"math/big"
	"strings"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

// Time is an amount of seats over time, from which a bill is computed. One seat for one second is
// a seat-second, and so are two seats for half a second. The amount is exact to the nanosecond for
// any number of seats: nothing is rounded, and nothing overflows. The zero Time has 0 seat-seconds.
// A Time is immutable.
type Time struct {
	nanos *big.Int // seat-nanoseconds; nil for 0, never negative
}

const (
	secondsPerDay = 24 * 60 * 60
	maxTimeText   = 100 // bytes; the seats of all accounts in all years need half of them
)

var (
	nanosPerSecond = big.NewInt(int64(time.Second))
	nanosPerDay    = big.NewInt(secondsPerDay * int64(time.Second))
)

// Over returns the amount of n seats from one time up to another. It is zero if n is not positive,
// or if to is not after from. It compares wall clocks, and ignores monotonic readings.
func Over(n int, from, to time.Time) Time {
	from, to = from.Round(0), to.Round(0)
	if n <= 0 || !to.After(from) {
		return Time{}
	}
	// The difference may be longer than a time.Duration can be.
	nanos := big.NewInt(to.Unix() - from.Unix())
	nanos.Mul(nanos, nanosPerSecond)
	nanos.Add(nanos, big.NewInt(int64(to.Nanosecond()-from.Nanosecond())))
	return Time{nanos.Mul(nanos, big.NewInt(int64(n)))}
}

func (t Time) int() *big.Int {
	if t.nanos == nil {
		return new(big.Int)
	}
	return t.nanos
}

// Plus returns the sum of both amounts.
func (t Time) Plus(u Time) Time {
	switch {
	case t.nanos == nil:
		return u
	case u.nanos == nil:
		return t
	}
	return Time{new(big.Int).Add(t.nanos, u.nanos)}
}

// Cmp returns -1 if t is less than u, 0 if both are equal, and 1 if t is more.
func (t Time) Cmp(u Time) int { return t.int().Cmp(u.int()) }

// Seconds returns the exact number of seat-seconds.
func (t Time) Seconds() *big.Rat { return new(big.Rat).SetFrac(t.int(), nanosPerSecond) }

// Days returns the exact number of seat-days. A day has 24 hours, whatever the time zone.
func (t Time) Days() *big.Rat { return new(big.Rat).SetFrac(t.int(), nanosPerDay) }

// String returns the exact number of seat-seconds as a decimal, such as "86400" or "0.5".
func (t Time) String() string {
	text := t.Seconds().FloatString(9)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// MarshalText returns what String returns. In JSON, a Time is therefore a string.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText parses what String returns. Anything else is an error.
func (t *Time) UnmarshalText(text []byte) error {
	// An exponent could make a number that fills the memory, so only digits are parsed.
	if len(text) > maxTimeText || strings.Trim(string(text), "0123456789.") != "" {
		return errSeatTime(text)
	}
	seconds, ok := new(big.Rat).SetString(string(text))
	if !ok {
		return errSeatTime(text)
	}
	nanos := seconds.Mul(seconds, new(big.Rat).SetInt(nanosPerSecond))
	parsed := Time{}
	if nanos.IsInt() && nanos.Sign() > 0 {
		parsed = Time{new(big.Int).Set(nanos.Num())}
	}
	if parsed.String() != string(text) {
		return errSeatTime(text)
	}
	*t = parsed
	return nil
}

func errSeatTime(text []byte) error {
	if len(text) == 0 {
		return errors.New("an amount of seat-seconds must not be empty")
	}
	if len(text) > maxTimeText {
		return printable.Errorf("an amount of seat-seconds can have at most %d bytes, and this one has %d", maxTimeText, len(text))
	}
	return printable.Errorf("invalid amount of seat-seconds %q (want a decimal such as 86400.5)", string(text))
}
