package console

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher/account"
)

// seatChart draws the seats of a pool over a period: an area for those held, and a line for those
// bought. It has columns of equal width, each with the greatest number in it, so its size does not
// grow with the journal.
type seatChart struct {
	start, end   time.Time // of the period, whether it has ended or not
	bought, held [chartColumns]int
	from, to     int // the columns that have spans
	top          int
}

// The chart has its own units, and the browser stretches it to the width of the page.
const (
	chartColumns = 360
	chartHeight  = 100
)

// add adds a span.
func (c *seatChart) add(s account.SeatSpan) {
	first := min(int(c.position(s.From)), chartColumns-1)
	last := max(first, int(math.Ceil(c.position(s.To)))-1)
	if c.to == 0 {
		c.from = first
	}
	c.to = last + 1
	for i := first; i <= last; i++ {
		c.bought[i] = max(c.bought[i], s.Seats.Total)
		c.held[i] = max(c.held[i], s.Seats.Held)
	}
	c.top = max(c.top, s.Seats.Total, s.Seats.Held)
}

// position returns how far a time is in the period, in columns.
func (c *seatChart) position(t time.Time) float64 {
	seconds := func(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 } // a Duration ends after 292 years
	share := (seconds(t) - seconds(c.start)) / (seconds(c.end) - seconds(c.start))
	return chartColumns * min(max(share, 0), 1)
}

// Top returns the greatest number; the chart of 0 has nothing to draw.
func (c seatChart) Top() int { return c.top }

// Bought returns the path of the line.
func (c seatChart) Bought() string { return c.path(c.bought[:], false) }

// Held returns the path of the area.
func (c seatChart) Held() string { return c.path(c.held[:], true) }

// path returns steps from the first column that has spans to the last one.
func (c seatChart) path(values []int, closed bool) string {
	if c.top == 0 {
		return ""
	}
	var b strings.Builder
	height := func(n int) string { return strconv.FormatFloat(chartHeight*(1-float64(n)/float64(c.top)), 'f', 1, 64) }
	if closed {
		b.WriteString("M" + strconv.Itoa(c.from) + " " + strconv.Itoa(chartHeight) + "V" + height(values[c.from]))
	} else {
		b.WriteString("M" + strconv.Itoa(c.from) + " " + height(values[c.from]))
	}
	for i := c.from + 1; i < c.to; i++ {
		if values[i] != values[i-1] {
			b.WriteString("H" + strconv.Itoa(i) + "V" + height(values[i]))
		}
	}
	b.WriteString("H" + strconv.Itoa(c.to))
	if closed {
		b.WriteString("V" + strconv.Itoa(chartHeight) + "Z")
	}
	return b.String()
}
