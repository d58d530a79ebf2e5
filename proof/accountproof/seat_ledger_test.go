package accountproof_test

import (
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
)

// TestRandomSeatLedgers compares the seat ledger of random accounts with one that is computed from
// the model of the account. The model does not count changes: after each commit it looks at every
// user, and counts the seats of those in a status that the policy lists in holds.
func TestRandomSeatLedgers(t *testing.T) {
	books := rulebooks(t)
	var seen counts
	var found struct{ reports, held, peaks, final, empty, deleted, founded, same int }
	lacks := func() bool {
		return slices.Contains([]int{found.held, found.peaks, found.final, found.empty, found.deleted, found.founded, found.same}, 0)
	}
	checkUntil(t, func() bool { return !lacks() }, func(t *rapid.T) {
		m := newMachine(books[below(len(books)).Draw(t, "policy")], &seen)
		past := []modelSeats{{}}
		at := noon
		note := func() {
			if m.state.Version() > past[len(past)-1].version {
				past = append(past, seatsOf(m))
			}
		}
		for i := range 3 { // the seed may be rejected
			d := newDrawing(t, m.model)
			q := question{actor: account.AsHost("setup"), time: at}
			switch {
			case m.model.exists:
			case i < 2:
				m.say(t, q, account.Commit{}, account.Import{Seed: d.seed()})
			default:
				create := account.CreateAccount{Owner: "ann", Seats: map[seat.PoolName]int{}}
				for _, pool := range m.model.book.pools() {
					create.Seats[pool] = 1 + d.below(6, "seats")
				}
				m.say(t, q, account.Commit{}, create)
			}
			note()
		}
		for range 1 + below(24).Draw(t, "batches") {
			d := newDrawing(t, m.model)
			at = at.Add(pick(d, "pause", []time.Duration{0, 0, 1, time.Second, time.Hour, 24 * time.Hour, 31*24*time.Hour + 7}))
			batch := []account.Command{d.command()}
			if d.onceIn(2, "about seats") {
				batch[0] = pick(d, "seat command", seatCommands)(d)
			}
			q := d.question(account.NameOf(batch[0]))
			q.time = at
			m.say(t, q, account.Commit{}, batch...)
			note()
		}
		states := make([]*account.State, len(m.past))
		for i, p := range m.past {
			states[i] = p.state
		}
		for range 8 {
			from, to := drawPeriod(t, past)
			got := reportOf(t, states, from, to)
			want := reportOfModel(m, past, from, to)
			requireReport(t, want, got)
			first := 0
			for i, s := range states[1:] {
				if s.Time().Before(from) && rapid.Bool().Draw(t, "later start") {
					first = i + 1
				}
			}
			requireReport(t, want, reportOf(t, states[first:], from, to))
			middle := from.Add(time.Duration(rapid.Int64Range(1, int64(to.Sub(from))-1).Draw(t, "middle")))
			requireSum(t, got, reportOf(t, states, from, middle), reportOf(t, states, middle, to))

			found.reports++
			found.held += len(got.Pools)
			if got.Final {
				found.final++
			}
			if len(got.Pools) == 0 {
				found.empty++
			}
			if m.state.Deleted() && m.state.Time().Before(to) && m.state.Time().After(from) {
				found.deleted++
			}
			if len(past) > 1 && past[1].time.After(from) && past[1].time.Before(to) {
				found.founded++
			}
			for i, p := range past[1:] {
				if p.time.Equal(past[i].time) && !p.time.Before(from) && p.time.Before(to) {
					found.same++
				}
			}
			for _, p := range got.Pools {
				if p.PeakHeld.Seats > max(p.Opening.Held, p.Closing.Held) {
					found.peaks++
				}
			}
		}
	})
	t.Logf("%+v", found)
	if isFull() {
		require.False(t, lacks())
	}
}

// seatCommands draw commands after which more or fewer seats are held or bought.
var seatCommands = []func(drawing) account.Command{
	func(d drawing) account.Command { return account.SetSeats{Pool: d.pool(), Total: d.below(9, "total")} },
	func(d drawing) account.Command { return account.AssignSeat{User: d.user(), Pool: d.pool()} },
	func(d drawing) account.Command { return account.AssignSeat{User: d.user(), Pool: d.pool()} },
	func(d drawing) account.Command { return account.UnassignSeat{User: d.user(), Pool: d.pool()} },
	func(d drawing) account.Command { return account.RemoveUser{User: d.user()} },
	func(d drawing) account.Command {
		return account.SetStatus{User: d.user(), Status: pick(d, "status", []usher.Status{usher.Active, usher.Inactive})}
	},
	drawing.addUser,
}

// modelSeats are the seats of the model after a commit; those before the first commit are zero.
type modelSeats struct {
	version uint64
	time    time.Time
	pools   map[seat.PoolName]seat.Pool
}

// seatsOf counts the seats of the model: "A user holds a seat from the commit that assigns it until
// the commit that releases it", in a status that holds lists.
func seatsOf(m *machine) modelSeats {
	s := modelSeats{m.state.Version(), m.state.Time(), map[seat.PoolName]seat.Pool{}}
	if !m.model.exists || m.model.deleted {
		return s
	}
	for _, pool := range m.model.book.pools() {
		p := seat.Pool{Total: m.model.bought[pool]}
		for _, u := range m.model.users {
			if u.seats[pool] && m.model.book.counts(pool, u.status) {
				p.Held++
			}
		}
		s.pools[pool] = p
	}
	return s
}

// drawPeriod draws a period, whose ends are often the time of a commit or beside it.
func drawPeriod(t *rapid.T, past []modelSeats) (from, to time.Time) {
	end := func(label string) time.Time {
		at := noon.Add(time.Duration(below(2000).Draw(t, label+" hours")) * time.Hour)
		if len(past) > 1 && rapid.Bool().Draw(t, label+" at a commit") {
			at = past[1+below(len(past)-1).Draw(t, label)].time
		}
		return at.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, label+" beside")))
	}
	from, to = end("from"), end("to")
	if to.Before(from) {
		from, to = to, from
	}
	if to.Sub(from) < 2 {
		to = from.Add(2)
	}
	return from, to
}

func reportOf(t *rapid.T, states []*account.State, from, to time.Time) account.SeatReport {
	l, err := account.NewSeatLedger(from, to)
	require.NoError(t, err)
	var spans []account.SeatSpan
	for _, s := range states {
		ended, err := l.Note(s)
		require.NoError(t, err)
		spans = append(spans, ended...)
	}
	r := l.Report()
	requireSpans(t, append(spans, l.LastSpans()...), r)
	return r
}

// requireSpans requires that the spans add up to the report, and that those of a pool do not overlap.
func requireSpans(t *rapid.T, spans []account.SeatSpan, r account.SeatReport) {
	sums, ends := map[seat.PoolName][2]seat.Time{}, map[seat.PoolName]time.Time{}
	for _, s := range spans {
		require.NotEqual(t, seat.Pool{}, s.Seats)
		require.False(t, s.From.Before(r.From) || s.To.After(r.To) || !s.To.After(s.From) || s.From.Before(ends[s.Pool]), "%+v", s)
		ends[s.Pool] = s.To
		sum := sums[s.Pool]
		sums[s.Pool] = [2]seat.Time{sum[0].Plus(seat.Over(s.Seats.Total, s.From, s.To)), sum[1].Plus(seat.Over(s.Seats.Held, s.From, s.To))}
	}
	require.Len(t, sums, len(r.Pools))
	for _, p := range r.Pools {
		require.Equal(t, [2]seat.Time{p.Bought, p.Held}, sums[p.Pool])
	}
}

// modelUse is what the model knows of a pool in a period.
type modelUse struct {
	opening, closing     seat.Pool
	bought, held         *big.Rat // seat-seconds
	peakBought, peakHeld int
}

type modelReport struct {
	version uint64
	final   bool
	pools   map[seat.PoolName]modelUse
}

// reportOfModel samples the model at every instant at which the numbers may change. At an instant,
// the last commit whose time is not later counts.
func reportOfModel(m *machine, past []modelSeats, from, to time.Time) modelReport {
	at := func(pool seat.PoolName, counts func(time.Time) bool) (p seat.Pool) {
		for _, s := range past {
			if s.version == 0 || counts(s.time) {
				p = s.pools[pool]
			}
		}
		return p
	}
	r := modelReport{pools: map[seat.PoolName]modelUse{}}
	instants := []time.Time{from, to}
	for _, s := range past[1:] {
		if s.time.Before(to) {
			r.version = s.version
		} else {
			r.final = true
		}
		if !s.time.Before(from) && s.time.Before(to) {
			instants = append(instants, s.time)
		}
	}
	r.final = r.final || m.model.deleted
	slices.SortFunc(instants, time.Time.Compare)
	for _, pool := range m.model.book.pools() {
		u := modelUse{
			opening: at(pool, func(t time.Time) bool { return t.Before(from) }),
			closing: at(pool, func(t time.Time) bool { return t.Before(to) }),
			bought:  new(big.Rat), held: new(big.Rat),
		}
		for i, start := range instants[:len(instants)-1] {
			p := at(pool, func(t time.Time) bool { return !t.After(start) })
			u.peakBought, u.peakHeld = max(u.peakBought, p.Total), max(u.peakHeld, p.Held)
			length := big.NewRat(int64(instants[i+1].Sub(start)), int64(time.Second))
			u.bought.Add(u.bought, new(big.Rat).Mul(length, big.NewRat(int64(p.Total), 1)))
			u.held.Add(u.held, new(big.Rat).Mul(length, big.NewRat(int64(p.Held), 1)))
		}
		if u.peakBought > 0 || u.peakHeld > 0 {
			r.pools[pool] = u
		}
	}
	return r
}

func requireReport(t *rapid.T, want modelReport, got account.SeatReport) {
	t.Helper()
	require.Equal(t, want.version, got.Head.Version)
	require.Equal(t, want.final, got.Final)
	require.Len(t, got.Pools, len(want.pools), "%+v", got)
	for _, p := range got.Pools {
		w := want.pools[p.Pool]
		require.Equal(t, w.opening, p.Opening, "%s", p.Pool)
		require.Equal(t, w.closing, p.Closing, "%s", p.Pool)
		require.Equal(t, [2]int{w.peakBought, w.peakHeld}, [2]int{p.PeakBought.Seats, p.PeakHeld.Seats}, "%s: %+v, %+v", p.Pool, p, w)
		require.Equal(t, w.bought.RatString(), p.Bought.Seconds().RatString(), "%s", p.Pool)
		require.Equal(t, w.held.RatString(), p.Held.Seconds().RatString(), "%s", p.Pool)
	}
}

// requireSum requires that the reports of two adjacent periods add up to that of both.
func requireSum(t *rapid.T, whole, first, second account.SeatReport) {
	t.Helper()
	type sum struct {
		bought, held         string
		peakBought, peakHeld account.SeatPeak
	}
	sums := func(reports ...account.SeatReport) map[seat.PoolName]sum {
		all := map[seat.PoolName]account.SeatUse{}
		for _, r := range reports {
			for _, p := range r.Pools {
				u := all[p.Pool]
				u.Bought, u.Held = u.Bought.Plus(p.Bought), u.Held.Plus(p.Held)
				if p.PeakBought.Seats > u.PeakBought.Seats {
					u.PeakBought = p.PeakBought
				}
				if p.PeakHeld.Seats > u.PeakHeld.Seats {
					u.PeakHeld = p.PeakHeld
				}
				all[p.Pool] = u
			}
		}
		list := map[seat.PoolName]sum{}
		for name, u := range all {
			list[name] = sum{u.Bought.String(), u.Held.String(), u.PeakBought, u.PeakHeld}
		}
		return list
	}
	require.Equal(t, sums(whole), sums(first, second))
	require.Equal(t, whole.Final, second.Final)
	require.Equal(t, whole.Head, second.Head)
}
