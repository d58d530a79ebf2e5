package cli

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/seat"
)

// ledgerJSON is a line about an account.
type ledgerJSON struct {
	Account string        `json:"account"`
	From    time.Time     `json:"from,omitzero"` // left out: since the first commit
	To      time.Time     `json:"to"`
	Head    string        `json:"head,omitempty"` // VERSION:HASH of the last commit before to
	Final   bool          `json:"final"`
	Pools   []poolUseJSON `json:"pools"`
	Problem string        `json:"problem,omitempty"` // if the journal is damaged
}

// poolUseJSON is how a pool was used. The seconds are exact decimals; the days are rounded to nine
// decimals.
type poolUseJSON struct {
	Pool          string      `json:"pool"`
	Opening       seatsAtJSON `json:"opening"`
	Closing       seatsAtJSON `json:"closing"`
	PeakBought    *peakJSON   `json:"peakBought,omitempty"` // left out if none were bought
	PeakHeld      *peakJSON   `json:"peakHeld,omitempty"`   // left out if none were held
	BoughtSeconds seat.Time   `json:"boughtSeconds"`
	HeldSeconds   seat.Time   `json:"heldSeconds"`
	BoughtDays    string      `json:"boughtDays"`
	HeldDays      string      `json:"heldDays"`
}

type seatsAtJSON struct {
	Bought int `json:"bought"`
	Held   int `json:"held"`
}

type peakJSON struct {
	Seats   int       `json:"seats"`
	Version uint64    `json:"version"`
	Time    time.Time `json:"time"`
}

// spanJSON is a line of the timeline.
type spanJSON struct {
	Account string    `json:"account"`
	Pool    string    `json:"pool"`
	Version uint64    `json:"version"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	seatsAtJSON
}

const (
	daysInJSON  = 9 // decimals
	daysInTable = 3
)

func ledgerOf(r account.SeatReport) ledgerJSON {
	out := ledgerJSON{Account: string(r.Account), From: r.From, To: r.To, Final: r.Final, Pools: []poolUseJSON{}}
	if r.Head.Version > 0 {
		out.Head = r.Head.String()
	}
	for _, u := range r.Pools {
		out.Pools = append(out.Pools, poolUseJSON{
			Pool: string(u.Pool), Opening: seatsAt(u.Opening), Closing: seatsAt(u.Closing), PeakBought: peakOf(u.PeakBought), PeakHeld: peakOf(u.PeakHeld),
			BoughtSeconds: u.Bought, HeldSeconds: u.Held, BoughtDays: u.Bought.Days().FloatString(daysInJSON), HeldDays: u.Held.Days().FloatString(daysInJSON),
		})
	}
	return out
}

func seatsAt(p seat.Pool) seatsAtJSON { return seatsAtJSON{p.Total, p.Held} }

func peakOf(p account.SeatPeak) *peakJSON {
	if p.Seats == 0 {
		return nil
	}
	return &peakJSON{p.Seats, p.Version, p.At}
}

// writeLine writes a value as one line of JSON.
func (r *run) writeLine(v any) {
	data, err := json.Marshal(v)
	if err != nil {
		r.stdout.err = err
		return
	}
	r.stdout.line("%s", printable.JSON(data))
}

// seatsHead is the head of the table.
var seatsHead = []string{"account", "pool", "bought", "held", "most bought", "most held", "seat-days bought", "seat-days held", "final"}

func (p *seatsPrinter) addRows(r account.SeatReport) {
	final := "no"
	if r.Final {
		final = "yes"
	}
	for _, u := range r.Pools {
		p.rows = append(p.rows, []cell{
			{printable.Text(string(r.Account))},
			{printable.Text(string(u.Pool))},
			{strconv.Itoa(u.Closing.Total)},
			{strconv.Itoa(u.Closing.Held)},
			{strconv.Itoa(u.PeakBought.Seats)},
			{strconv.Itoa(u.PeakHeld.Seats)},
			{u.Bought.Days().FloatString(daysInTable)},
			{u.Held.Days().FloatString(daysInTable)},
			{final},
		})
	}
}

// timeline prints spans, if the timeline is printed.
func (p *seatsPrinter) timeline(id usher.AccountID, spans []account.SeatSpan) {
	for _, s := range spans {
		if !p.query.timeline || p.query.pool != "" && seat.PoolName(p.query.pool) != s.Pool {
			continue
		}
		p.shown = true
		if p.json() {
			p.writeLine(spanJSON{string(id), string(s.Pool), s.Version, s.From, s.To, seatsAt(s.Seats)})
			continue
		}
		p.stdout.line("%s  %s  %s to %s  %d bought, %d held  version %d", p.stdout.paint(bold, printable.Text(string(id))), printable.Text(string(s.Pool)),
			s.From.Format(time.RFC3339Nano), s.To.Format(time.RFC3339Nano), s.Seats.Total, s.Seats.Held, s.Version)
	}
}
