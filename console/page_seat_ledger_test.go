package console_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
)

// ledger is the page as JSON.
type ledger struct {
	Period  struct{ From, Until string }
	Before  struct{ From, Until string }
	After   struct{ From, Until string }
	Running bool
	Pools   []struct {
		Pool                          string
		Opening, Closing              struct{ Bought, Held int }
		PeakBought, PeakHeld          struct{ Seats int }
		BoughtSeatSeconds             string
		HeldSeatSeconds, HeldSeatDays string
		BoughtSeatDays                string
	}
	Spans []struct {
		From, To             time.Time
		Bought, Held, Excess int
		Free                 int
		Version              uint64
	}
	Next string
}

// at sets the clock of the engine.
func (w *world) at(text string) {
	t, err := time.Parse(time.DateTime, text)
	require.NoError(w, err)
	w.clock.Store(&t)
}

// newLedger is an account with seats bought and held in March and April of 2999.
func newLedger(t *testing.T, options ...func(*console.Options)) *world {
	w := newWorld(t, "office", options...) // 2 seats, of which mia holds one
	w.at("2999-03-11 00:00:00")
	w.must(account.SetSeats{Pool: "desk", Total: 6}, account.AssignSeat{User: "lea", Pool: "desk"}, account.AssignSeat{User: "adam", Pool: "desk"})
	w.at("2999-03-21 12:00:00")
	w.must(account.UnassignSeat{User: "lea", Pool: "desk"}, account.UnassignSeat{User: "adam", Pool: "desk"})
	w.at("2999-04-02 00:00:00")
	w.must(account.SetSeats{Pool: "desk", Total: 1})
	return w
}

// A month has the seat-days and the peaks that its commits imply.
func TestSeatLedgerOfAMonth(t *testing.T) {
	w := newLedger(t)
	m := data[ledger](t, w, adam, "/seat-ledger?from=2999-03-01&until=2999-03-31").Data
	require.Len(t, m.Pools, 1)
	p := m.Pools[0]
	assert.Equal(t, "desk", p.Pool)
	// 10 days with 2 seats, then 21 with 6; 10 days with 1 user, 10.5 with 3, 10.5 with 1.
	assert.Equal(t, "146.00", p.BoughtSeatDays)
	assert.Equal(t, "52.00", p.HeldSeatDays)
	assert.Equal(t, "12614400", p.BoughtSeatSeconds)
	assert.Equal(t, 6, p.PeakBought.Seats)
	assert.Equal(t, 3, p.PeakHeld.Seats)
	assert.Equal(t, 2, p.Opening.Bought)
	assert.Equal(t, 1, p.Closing.Held)
	assert.False(t, m.Running)
	require.Len(t, m.Spans, 3)
	assert.Equal(t, 1, m.Spans[0].Free)
	assert.Equal(t, "2999-03-01", m.Spans[0].From.Format(time.DateOnly))
	assert.Equal(t, m.Spans[1].From, m.Spans[0].To)
	assert.Equal(t, "2999-02-01", m.Before.From)
	assert.Equal(t, "2999-02-28", m.Before.Until)
	assert.Equal(t, "2999-04-01", m.After.From)

	page := body(w.get(adam, "/seat-ledger?from=2999-03-01&until=2999-03-31"))
	assert.Contains(t, page, `<td data-label="Seat-days bought">146</td>`)
	assert.Contains(t, page, `d="M0 100V83.3H116V50.0H239V83.3H360V100Z"`, "1, 3 and 1 of 6")
	german := body(w.send(adam, "GET", "/seat-ledger?from=2999-03-21&until=2999-03-21", "", "Accept-Language", "de"))
	assert.Contains(t, german, `<td data-label="Vergebene Platztage">2</td>`)
}

// The month of the engine's clock is the default. It is counted until now, and the time after it
// not at all.
func TestSeatLedgerOfTheRunningMonth(t *testing.T) {
	w := newLedger(t)
	w.at("2999-04-04 12:00:00")
	m := data[ledger](t, w, adam, "/seat-ledger").Data
	assert.Equal(t, "2999-04-01", m.Period.From)
	assert.Equal(t, "2999-04-30", m.Period.Until)
	assert.True(t, m.Running)
	assert.Equal(t, "8.50", m.Pools[0].BoughtSeatDays, "a day with 6 and 2.5 days with 1")
	assert.Equal(t, "3.50", m.Pools[0].HeldSeatDays)

	german := body(w.send(adam, "GET", "/seat-ledger", "", "Accept-Language", "de"))
	assert.Contains(t, german, `<td data-label="Vergebene Platztage">3,5</td>`)
	assert.Contains(t, german, "Der Zeitraum läuft noch.")

	future := w.get(adam, "/seat-ledger?from=2999-05-01")
	assert.Equal(t, http.StatusOK, future.Code)
	assert.Contains(t, body(future), "No seats were bought or held in this period.")
	assert.Empty(t, data[ledger](t, w, adam, "/seat-ledger?from=2999-05-01").Data.Pools)
}

// Days are those of the viewer.
func TestSeatLedgerInATimeZone(t *testing.T) {
	w := newLedger(t, func(o *console.Options) {
		o.TimeZone = func(*http.Request) *time.Location { return time.FixedZone("east", 12*60*60) }
	})
	m := data[ledger](t, w, adam, "/seat-ledger?from=2999-03-22&until=2999-03-22").Data
	assert.Equal(t, "1.00", m.Pools[0].HeldSeatDays, "the seats were taken at midnight of the viewer")
}

// Wrong periods, pools and cursors are errors, and half a period is the rest of its month.
func TestSeatLedgerParameters(t *testing.T) {
	w := newLedger(t)
	for query, want := range map[string]int{
		"from=2999-03-02&until=2999-03-01": 400, "from=x": 400, "until=x": 400, "pool=none": 404, "after=x": 400, "after=-1": 400,
		"from=2999-03-10": 200, "until=2999-03-10": 200, "from=0001-01-01&until=9999-12-31": 200, "after=100": 200,
	} {
		assert.Equal(t, want, w.get(adam, "/seat-ledger?"+query).Code, query)
	}
	assert.Contains(t, body(w.get(adam, "/seat-ledger?from=2999-03-02&until=2999-03-01")), "The last day is before the first one.")
	assert.Equal(t, "2999-03-31", data[ledger](t, w, adam, "/seat-ledger?from=2999-03-10").Data.Period.Until)
	assert.Equal(t, "2999-03-01", data[ledger](t, w, adam, "/seat-ledger?until=2999-03-10").Data.Period.From)
}

// The page opens for viewers who may read what changed, and the seats page has a link to it.
func TestSeatLedgerNeedsTheRecord(t *testing.T) {
	eachViewer(t, func(t *testing.T, preset string, by viewer) {
		w := newWorld(t, preset)
		d, err := w.Check(ctx, usher.Request{Account: "acme", Subject: by.user, Permission: auditView, Context: w.facts(by)})
		may := err == nil && by.user != "" && !d.Hides("changes") && len(w.Policy().Pools()) > 0
		assert.Equal(t, may, w.get(by, "/seat-ledger").Code == http.StatusOK)
		for _, from := range []string{"/seats", "/record"} {
			if rec := w.get(by, from); rec.Code == http.StatusOK {
				assert.Equal(t, may, strings.Contains(body(rec), `href="./seat-ledger"`), from)
			}
		}
	})
}

// Many changes have pages, and the file has all of them.
func TestSeatLedgerHasACursorAndAFile(t *testing.T) {
	w := newLedger(t)
	start := time.Date(2999, 5, 1, 0, 0, 0, 0, time.UTC)
	for i := range 130 {
		at := start.Add(time.Duration(i) * time.Hour)
		w.clock.Store(&at)
		w.must(account.SetSeats{Pool: "desk", Total: 10 + i})
	}
	w.at("2999-06-01 00:00:00")
	var totals []int
	at := "/seat-ledger?from=2999-05-01&until=2999-05-31"
	for after := ""; ; {
		m := data[ledger](t, w, adam, at+after).Data
		for _, s := range m.Spans {
			totals = append(totals, s.Bought)
		}
		if m.Next == "" {
			break
		}
		assert.Contains(t, body(w.get(adam, at+after)), `rel="next" href="./seat-ledger?after=`)
		after = "&after=" + m.Next
	}
	require.Len(t, totals, 130)
	for i, n := range totals {
		require.Equal(t, 10+i, n)
	}
	rec := w.get(adam, at+"&format=csv")
	rows, err := csv.NewReader(rec.Body).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 131)
	assert.Equal(t, []string{"pool", "from", "to", "bought", "held", "version"}, rows[0])
	assert.Equal(t, []string{"desk", "2999-05-01T00:00:00Z", "2999-05-01T01:00:00Z", "10", "1", "5"}, rows[1])
	assert.Contains(t, rec.Header().Get("Content-Disposition"), `filename="seats.csv"`)
	assert.Equal(t, http.StatusBadRequest, w.get(adam, "/seat-ledger?format=csv&from=x").Code)
	assert.Equal(t, http.StatusForbidden, w.get(mia, "/seat-ledger?format=csv").Code)
}
