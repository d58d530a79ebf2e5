package console

import (
	"encoding/csv"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/usherhttp"
)

// seatLedgerPage shows how many seats of each pool were bought and held in a period: what a bill
// contains. It reads the journal, so it requires what the record requires.
var seatLedgerPage = page{
	Path:    "seat-ledger",
	Visible: (*viewer).SeesSeatLedger,
	Lacks:   func(v *viewer) missing { return v.lacks(auditView) },
	Load:    loadSeatLedger,
	Model:   seatLedgerModel{},
	Params: []input{
		{Name: "from", Kind: "date"}, {Name: "until", Kind: "date"}, {Name: "pool", Kind: "pool"}, {Name: "after", Kind: "count"},
	},
	Formats: []format{{Name: "csv", Type: "text/csv; charset=utf-8; header=present", File: "seats.csv", Write: writeSeatLedgerCSV}},
}

// SeesSeatLedger reports whether the viewer may see the page. A policy that hides what changed
// hides the numbers that follow from the changes.
func (v *viewer) SeesSeatLedger() bool {
	return len(v.view.Seats()) > 0 && !v.check(auditView, nil).Hides(auditChanges)
}

// SeesSeatsPage and SeesThen report whether links to these pages lead somewhere.
func (v *viewer) SeesSeatsPage() bool { return seatsPage.Visible(v) }

// SeesThen is seesThen, for templates.
func (v *viewer) SeesThen() bool { return v.seesThen() }

// seatLedgerModel is the content of the page.
type seatLedgerModel struct {
	Period  period        `json:"period"`
	Before  period        `json:"before"` // the calendar month before the first day
	Next    period        `json:"after"`  // the calendar month after that of the first day
	Start   time.Time     `json:"start"`
	End     time.Time     `json:"end"`               // of what is counted: the end of the period, or now
	Running bool          `json:"running,omitempty"` // the period has not ended yet
	Pools   []poolUse     `json:"pools"`             // the pools with a seat bought or held in the period
	Pool    seat.PoolName `json:"pool"`              // the pool of the chart and the list
	Spans   []seatSpan    `json:"spans"`             // a page of the times in which the numbers stay the same, oldest first
	After   string        `json:"-"`
	More    string        `json:"next,omitempty"` // the cursor of later spans, for the parameter after
	Chart   seatChart     `json:"-"`
}

// period is a number of days in the viewer's time zone. Both days are in it.
type period struct {
	From  string `json:"from"`
	Until string `json:"until"`
	start time.Time
	end   time.Time // of the last day
}

// Last returns the last day.
func (p period) Last() time.Time { return p.end.AddDate(0, 0, -1) }

// poolUse is how a pool was used in the period.
type poolUse struct {
	Pool       seat.PoolName `json:"pool"`
	Opening    seatNumbers   `json:"opening"`
	Closing    seatNumbers   `json:"closing"`
	PeakBought seatPeak      `json:"peakBought"`
	PeakHeld   seatPeak      `json:"peakHeld"`
	Bought     seat.Time     `json:"boughtSeatSeconds"` // exact
	Held       seat.Time     `json:"heldSeatSeconds"`
	BoughtDays string        `json:"boughtSeatDays"` // rounded to 2 digits
	HeldDays   string        `json:"heldSeatDays"`
}

// seatNumbers are the numbers of a pool at one time.
type seatNumbers struct {
	Bought int `json:"bought"`
	Held   int `json:"held"`
}

// seatPeak is the greatest number in the period.
type seatPeak struct {
	Seats   int       `json:"seats"`
	At      time.Time `json:"at,omitzero"`
	Version uint64    `json:"version,omitempty"` // of the commit that made it
}

// seatSpan is a time in which the numbers of a pool stay the same.
type seatSpan struct {
	seatNumbers
	Free    int       `json:"free"`
	Excess  int       `json:"excess,omitempty"` // seats held beyond those that are bought
	Version uint64    `json:"version"`          // of the commit that made the numbers
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
}

func loadSeatLedger(v *viewer, r *http.Request) (any, error) {
	q := r.URL.Query()
	p, err := v.period(q.Get("from"), q.Get("until"))
	if err != nil {
		return nil, err
	}
	m := seatLedgerModel{
		Period: p, Before: month(p.start.AddDate(0, 0, -1)), Next: month(p.start.AddDate(0, 1, 1-p.start.Day())),
		Pool: seat.PoolName(q.Get("pool")), After: q.Get("after"), Pools: []poolUse{}, Spans: []seatSpan{},
	}
	m.Start, m.End, m.Running = p.start, v.counted(p), p.end.After(v.now)
	if !m.Start.Before(m.End) { // the period is in the future
		return m, nil
	}
	report, err := v.options.Engine.Seats(v.ctx, v.subject.Account, m.Start, m.End)
	if err != nil {
		return nil, err
	}
	for _, use := range report.Pools {
		m.Pools = append(m.Pools, v.poolUse(use))
	}
	known := slices.ContainsFunc(m.Pools, func(p poolUse) bool { return p.Pool == m.Pool })
	switch {
	case m.Pool == "" && len(m.Pools) > 0:
		m.Pool = m.Pools[0].Pool
	case m.Pool != "" && !known && !v.hasPool(m.Pool):
		return nil, usherhttp.ErrNotFound
	}
	return m, v.readSpans(&m)
}

// readSpans reads the spans of the chosen pool into the chart and into the list.
func (v *viewer) readSpans(m *seatLedgerModel) error {
	skip := 0
	if m.After != "" {
		n, err := strconv.Atoi(m.After)
		if err != nil || n < 0 {
			return &usherhttp.Problem{Status: http.StatusBadRequest}
		}
		skip = n
	}
	m.Chart = seatChart{start: m.Start, end: m.Period.end}
	count := 0
	for s, err := range v.options.Engine.SeatSpans(v.ctx, v.subject.Account, m.Start, m.End) {
		if err != nil {
			return err
		}
		if s.Pool != m.Pool {
			continue
		}
		m.Chart.add(s)
		switch {
		case count < skip:
		case len(m.Spans) < pageSize:
			m.Spans = append(m.Spans, v.seatSpan(s))
		case m.More == "":
			m.More = strconv.Itoa(count)
		}
		count++
	}
	return nil
}

// hasPool reports whether the account has a pool now.
func (v *viewer) hasPool(name seat.PoolName) bool {
	return slices.ContainsFunc(v.view.Seats(), func(s account.Seats) bool { return s.Pool == name })
}

// period returns the days of two parameters, and the current month for two empty ones. With one
// of them, the period is the rest of that month.
func (v *viewer) period(from, until string) (period, error) {
	start, err := day(from, v.zone)
	if err != nil {
		return period{}, err
	}
	last, err := day(until, v.zone)
	if err != nil {
		return period{}, err
	}
	switch {
	case start.IsZero() && last.IsZero():
		return month(v.now.In(v.zone)), nil
	case start.IsZero():
		start = last.AddDate(0, 0, 1-last.Day())
	case last.IsZero():
		last = start.AddDate(0, 1, -start.Day())
	}
	if last.Before(start) {
		return period{}, &usherhttp.Problem{Status: http.StatusBadRequest, Detail: v.text.plain("seat-ledger.empty")}
	}
	return days(start, last), nil
}

// month returns the calendar month of a time.
func month(t time.Time) period {
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
	return days(first, first.AddDate(0, 1, -1))
}

func days(first, last time.Time) period {
	return period{From: first.Format(time.DateOnly), Until: last.Format(time.DateOnly), start: first, end: last.AddDate(0, 0, 1)}
}

// counted returns the end of what is counted of a period. A period that has not ended is counted
// until now, because the future is not known.
func (v *viewer) counted(p period) time.Time {
	if now := v.now.In(v.zone); now.Before(p.end) {
		return now
	}
	return p.end
}

func (v *viewer) poolUse(u account.SeatUse) poolUse {
	peak := func(p account.SeatPeak) seatPeak {
		if p.Seats == 0 {
			return seatPeak{}
		}
		return seatPeak{p.Seats, p.At.In(v.zone), p.Version}
	}
	return poolUse{
		Pool:    u.Pool,
		Opening: seatNumbers{u.Opening.Total, u.Opening.Held}, Closing: seatNumbers{u.Closing.Total, u.Closing.Held},
		PeakBought: peak(u.PeakBought), PeakHeld: peak(u.PeakHeld),
		Bought: u.Bought, Held: u.Held,
		BoughtDays: u.Bought.Days().FloatString(2), HeldDays: u.Held.Days().FloatString(2),
	}
}

// Decimal returns a number with a point as the viewer's language writes it, without zeros at its
// end.
func (v *viewer) Decimal(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return strings.Replace(text, ".", v.text.plain("format.point"), 1)
}

func (v *viewer) seatSpan(s account.SeatSpan) seatSpan {
	free := s.Seats.Total - s.Seats.Held
	return seatSpan{
		seatNumbers: seatNumbers{s.Seats.Total, s.Seats.Held}, Free: max(free, 0), Excess: max(-free, 0),
		Version: s.Version, From: s.From.In(v.zone), To: s.To.In(v.zone),
	}
}

// seatLedgerColumns is the first line of the CSV file. Programs read it, so it is not translated.
var seatLedgerColumns = []string{"pool", "from", "to", "bought", "held", "version"}

// writeSeatLedgerCSV writes the spans of all pools as CSV (RFC 4180), in the order of their ends.
func writeSeatLedgerCSV(v *viewer, r *http.Request, w io.Writer) error {
	q := r.URL.Query()
	p, err := v.period(q.Get("from"), q.Get("until"))
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(seatLedgerColumns); err != nil {
		return err
	}
	if end := v.counted(p); p.start.Before(end) {
		for s, err := range v.options.Engine.SeatSpans(v.ctx, v.subject.Account, p.start, end) {
			if err != nil {
				return err // without Flush, so that an early error can still become a page
			}
			row := []string{
				cell(string(s.Pool)), s.From.In(v.zone).Format(time.RFC3339Nano), s.To.In(v.zone).Format(time.RFC3339Nano),
				strconv.Itoa(s.Seats.Total), strconv.Itoa(s.Seats.Held), formatUint(s.Version),
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}
