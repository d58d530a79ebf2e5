package seat_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/seat"
)

var march = time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)

func TestTime(t *testing.T) {
	year1, year9999 := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
	for _, row := range []struct {
		n        int
		from, to time.Time
		want     string // in seat-seconds
	}{
		{1, march, march.AddDate(0, 1, 0), "2678400"},
		{3, march, march.Add(500 * time.Millisecond), "1.5"},
		{1, march, march.Add(1), "0.000000001"},
		{1, march.Add(1), march.Add(time.Second), "0.999999999"},
		{10, march, march.Add(time.Second), "10"}, // the zero is part of the number
		{1_000_000_000, march, march.AddDate(1, 0, 0), "31536000000000000"},
		{math.MaxInt, year1, year9999, "2910323421291785674650899991163.145224193"},
		{0, march, march.AddDate(0, 1, 0), "0"},
		{-1, march, march.AddDate(0, 1, 0), "0"},
		{1, march, march, "0"},
		{1, march.Add(1), march, "0"},
	} {
		got := seat.Over(row.n, row.from, row.to)
		assert.Equal(t, row.want, got.String(), "%d seats from %v to %v", row.n, row.from, row.to)

		data, err := json.Marshal(got)
		require.NoError(t, err)
		assert.Equal(t, `"`+row.want+`"`, string(data))
		var back seat.Time
		require.NoError(t, json.Unmarshal(data, &back))
		assert.Equal(t, got, back)
	}
	assert.Equal(t, "31", seat.Over(1, march, march.AddDate(0, 1, 0)).Days().RatString())
	assert.Equal(t, "1/86400", seat.Over(1, march, march.Add(time.Second)).Days().RatString())
	assert.Equal(t, "0", seat.Time{}.Seconds().RatString())
}

// A day has 24 hours, also in a month in which the clock of a city changes.
func TestTimeIgnoresZones(t *testing.T) {
	east := time.FixedZone("east", 2*60*60)
	assert.Equal(t, "2674800", seat.Over(1, time.Date(2026, 3, 1, 0, 0, 0, 0, time.FixedZone("", 60*60)), time.Date(2026, 4, 1, 0, 0, 0, 0, east)).String())
}

// The monotonic reading of a clock does not count.
func TestTimeIgnoresMonotonic(t *testing.T) {
	now := time.Now()
	assert.Equal(t, seat.Over(1, now.Round(0), now.Round(0).Add(time.Hour)), seat.Over(1, now, now.Add(time.Hour)))
}

// Sums are exact and in any order, and parts of a span add up to the span.
func TestTimeAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		n := r.IntN(1_000_000_000) + 1
		a := march.Add(time.Duration(r.Int64N(int64(365 * 24 * time.Hour))))
		b := a.Add(time.Duration(r.Int64N(int64(24 * time.Hour))))
		c := b.Add(time.Duration(r.Int64N(int64(365*24*time.Hour))) + 1)
		first, second, whole := seat.Over(n, a, b), seat.Over(n, b, c), seat.Over(n, a, c)
		require.Equal(t, whole, first.Plus(second))
		require.Equal(t, whole, second.Plus(first))
		require.Equal(t, first.Cmp(whole), -1)
		require.Equal(t, whole.Cmp(first), 1)
		require.Zero(t, whole.Cmp(second.Plus(first)))

		want := new(big.Rat).SetFrac64(int64(c.Sub(a)), int64(time.Second))
		want.Mul(want, new(big.Rat).SetInt64(int64(n)))
		require.Zero(t, want.Cmp(whole.Seconds()))
	}
	assert.Equal(t, seat.Time{}, seat.Time{}.Plus(seat.Time{}))
}

// An amount does not change when another one is computed from it.
func TestTimeIsImmutable(t *testing.T) {
	a := seat.Over(1, march, march.Add(time.Second))
	a.Plus(a)
	a.Seconds().SetInt64(7)
	a.Days().SetInt64(7)
	assert.Equal(t, "1", a.String())
}

func TestTimeRejects(t *testing.T) {
	got := seat.Over(1, march, march.Add(time.Second))
	for text, want := range map[string]string{
		"":                       "an amount of seat-seconds must not be empty",
		"-1":                     `invalid amount of seat-seconds "-1" (want a decimal such as 86400.5)`,
		"1.0":                    `invalid amount of seat-seconds "1.0" (want a decimal such as 86400.5)`,
		"01":                     `invalid amount of seat-seconds "01" (want a decimal such as 86400.5)`,
		"1e3":                    `invalid amount of seat-seconds "1e3" (want a decimal such as 86400.5)`,
		"1e999999999":            `invalid amount of seat-seconds "1e999999999" (want a decimal such as 86400.5)`,
		"1.2.3":                  `invalid amount of seat-seconds "1.2.3" (want a decimal such as 86400.5)`,
		"1/2":                    `invalid amount of seat-seconds "1/2" (want a decimal such as 86400.5)`,
		"0.0000000001":           `invalid amount of seat-seconds "0.0000000001" (want a decimal such as 86400.5)`,
		strings.Repeat("9", 101): "an amount of seat-seconds can have at most 100 bytes, and this one has 101",
		"one":                    `invalid amount of seat-seconds "one" (want a decimal such as 86400.5)`,
	} {
		assert.EqualError(t, got.UnmarshalText([]byte(text)), want)
		assert.Equal(t, "1", got.String(), "an error changes nothing")
	}
}
