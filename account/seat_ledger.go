package account

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/seat"
)

// SeatLedger computes how many seats of each pool an account bought and held in a period, from the
// States after its commits. It keeps the last State and numbers, so its size does not grow with the
// journal.
//
// The period includes its start and excludes its end. A commit belongs to the period in which its
// time is, so the amounts of adjacent periods add up to that of both. Times of commits never
// decrease. Of several commits with the same time, the numbers after the last one count. What was
// scheduled counts from the time at which it took effect, and not from the commit that records it.
//
// A ledger needs no policy: it counts what [State.Pool] counts. A user holds a seat from the commit
// that assigns it until the commit that releases it. Under the policy of each of these commits, a
// user held it only in a status that the pool's holds lists: a change of the status to another
// one releases the seat in the same commit. A new policy alone commits nothing, and so changes no
// number: a seat that the new policy does not count, or of a pool that it lacks, is held until a
// commit releases it, and no other user can get it until then. A deleted account has no seats.
//
// [NewSeatLedger] makes a ledger; the zero SeatLedger has an empty period, and counts nothing. A
// ledger is not safe for concurrent use.
type SeatLedger struct {
	from, to time.Time
	account  usher.AccountID
	version  uint64 // of the last State; 0 for none
	before   uint64 // the version of the last commit before the period
	last     *State // the last State; nil for none
	closed   bool   // by NoteDue
	final    bool
	head     Head // of the last State in the period or before it
	pools    map[seat.PoolName]*seatCount
}

// seatCount is a pool with the numbers of the last State before the end of the period.
type seatCount struct {
	seat.Pool
	version uint64    // of the commit that made these numbers, or an earlier State before the period
	since   time.Time // its time
	moved   bool      // a commit in the period changed the numbers
	use     SeatUse   // without what the last span adds
}

// SeatSpan is a span of time in which the numbers of a pool do not change, in a period.
type SeatSpan struct {
	Pool  seat.PoolName
	Seats seat.Pool // never zero

	// Version is the version of the commit that made these numbers, and From its time. What was
	// scheduled has the version of the commit that records it, or of the last one if none does yet,
	// and the time at which it took effect. If From is before the period, Version is that of the last
	// commit before the period, and From the start of the period. To is the time of the next change,
	// or the end of the period, and after From.
	Version  uint64
	From, To time.Time
}

// SeatUse is how a pool was used in a period.
type SeatUse struct {
	Pool seat.PoolName

	Opening seat.Pool // before the first commit of the period
	Closing seat.Pool // after the last commit of the period

	// Bought and Held are the seats multiplied by the time for which they were bought and held.
	Bought, Held seat.Time

	// PeakBought and PeakHeld are the greatest numbers at a time in the period. They include Opening,
	// unless the numbers change at the start of the period.
	PeakBought, PeakHeld SeatPeak
}

// SeatPeak is the greatest number of seats in a period. The zero SeatPeak has none.
type SeatPeak struct {
	Seats   int
	Version uint64    // that of the first SeatSpan with this number
	At      time.Time // its start
}

// SeatReport is how an account used its seats in a period.
type SeatReport struct {
	Account  usher.AccountID
	From, To time.Time // the period: from From, up to and without To
	Head     Head      // of the last commit before To; its Version is 0 if there is none

	// Final reports that no later commit can change the report: the journal has a commit at To or
	// later, or the account is deleted. A report that is not Final assumes that nothing changes until
	// To but what NoteDue added.
	Final bool

	Pools []SeatUse // the pools with a seat bought or held in the period, sorted by name
}

// NewSeatLedger returns a ledger for the period from one time up to another. The zero from
// stands for the beginning of the account. An empty period is an error.
func NewSeatLedger(from, to time.Time) (*SeatLedger, error) {
	from, to = from.UTC().Round(0), to.UTC().Round(0)
	if !from.Before(to) {
		return nil, printable.Errorf("the period from %s up to %s is empty (want an end after the start)", from.Format(time.RFC3339Nano), to.Format(time.RFC3339Nano))
	}
	return &SeatLedger{from: from, to: to, pools: map[seat.PoolName]*seatCount{}}, nil
}

// Note is NoteCommit for the first State, and for one after a commit before which nothing was due.
func (l *SeatLedger) Note(s *State) ([]SeatSpan, error) { return l.NoteCommit(nil, s) }

// NoteCommit adds the State after the next commit, and returns the spans that end with this commit
// or with what was due before it, in the order of their ends, and then of their pools. The first
// State must be that of version 0 or 1, or of a commit before the period. Each other State must be
// that of the next version of the same account. Otherwise NoteCommit returns an error, and the ledger
// does not change.
//
// Once a State is not before the end of the period, further States change nothing. The caller may
// stop as soon as Done reports true.
func (l *SeatLedger) NoteCommit(c *Commit, s *State) ([]SeatSpan, error) {
	if err := l.checkNext(s); err != nil {
		return nil, err
	}
	var due []poolsAt
	if c != nil && !l.Done() {
		var err error
		switch due, err = l.dueIn(c.Changes); {
		case err != nil:
			return nil, err
		case c.Account != s.account || c.Version != s.version:
			return nil, printable.Errorf("the commit is version %d of %q, and the State is after version %d of %q", c.Version, c.Account, s.version, s.account)
		}
	}
	l.account, l.version, l.last = s.account, s.version, s.AtCommit()
	if l.Done() {
		return nil, nil
	}
	var ended []SeatSpan
	for _, d := range due {
		ended = append(ended, l.setPools(d.pools, s.version, d.at)...)
	}
	l.final = s.deleted || s.version > 0 && !s.time.Before(l.to)
	if l.final && !s.time.Before(l.to) {
		return ended, nil
	}
	l.head = Head{}
	if s.version > 0 {
		l.head = s.Head()
		if s.time.Before(l.from) {
			l.before = s.version
		}
	}
	return append(ended, l.setPools(l.last.pools, s.version, s.time)...), nil
}

// NoteDue adds what is due after the last State, which no commit records yet: s is the last State,
// as [State.At] returns it at a later time. It returns the spans that end with this. A ledger to which
// it added something accepts no further State.
func (l *SeatLedger) NoteDue(s *State) ([]SeatSpan, error) {
	switch {
	case l.last == nil || s == nil || s.account != l.account || s.version != l.version:
		return nil, errors.New("a seat ledger needs the last State at a later time")
	case l.closed:
		return nil, errClosedLedger
	case l.Done() || s.due == nil:
		return nil, nil
	}
	due, err := l.dueIn(s.due.changes)
	if err != nil {
		return nil, err
	}
	l.closed = true
	var ended []SeatSpan
	for _, d := range due {
		ended = append(ended, l.setPools(d.pools, s.version, d.at)...)
	}
	return ended, nil
}

var errClosedLedger = errors.New("the seat ledger has what is due after its last State (want no further State)")

// poolsAt are the seat pools from a time on.
type poolsAt struct {
	at    time.Time
	pools map[seat.PoolName]seat.Pool
}

// dueIn returns the seat pools after each time before the end of the period at which something took
// effect after the last State: what the first of some changes state.
func (l *SeatLedger) dueIn(changes []Change) (list []poolsAt, err error) {
	if l.last == nil {
		return nil, nil
	}
	var d *draft
	for len(changes) > 0 {
		due, ok := changes[0].(Due)
		if skipped, is := changes[0].(DueSkipped); is {
			due, ok = Due{At: skipped.At}, true
		}
		at := later(due.At.UTC().Round(0), l.last.time)
		if !ok || !at.Before(l.to) {
			break
		}
		if d == nil {
			d = l.last.draft()
		}
		n := 1 + min(max(due.Changes, 0), len(changes)-1)
		for _, change := range changes[:n] {
			if err := d.apply(change); err != nil {
				return nil, printable.Errorf("%s: %w", NameOfChange(change), err)
			}
		}
		changes = changes[n:]
		if last := len(list) - 1; last >= 0 && list[last].at.Equal(at) {
			list = list[:last] // what takes effect at one time counts together
		}
		list = append(list, poolsAt{at, maps.Clone(d.next.pools)})
	}
	return list, nil
}

// setPools sets the numbers of all pools from a time on, and returns the spans that end then, sorted by
// pool.
func (l *SeatLedger) setPools(pools map[seat.PoolName]seat.Pool, version uint64, at time.Time) (ended []SeatSpan) {
	for name, p := range pools {
		if l.pools[name] == nil {
			l.pools[name] = &seatCount{Pool: p, version: version, since: at, moved: !at.Before(l.from), use: SeatUse{Pool: name}}
		}
	}
	for name, c := range l.pools {
		if now := pools[name]; now != c.Pool {
			if span, ok := l.change(c, now, version, at); ok {
				ended = append(ended, span)
			}
		}
	}
	slices.SortFunc(ended, bySpanPool)
	return ended
}

func (l *SeatLedger) checkNext(s *State) error {
	switch {
	case s == nil || s.account == "":
		return errors.New("a seat ledger needs the State of an account")
	case l.closed:
		return errClosedLedger
	case l.last != nil && s.account != l.account:
		return printable.Errorf("the seat ledger is of the account %q, and the State is of %q", l.account, s.account)
	case l.last != nil && s.version != l.version+1:
		return printable.Errorf("the State is of version %d of %q (want %d, the next one of the seat ledger)", s.version, s.account, l.version+1)
	case l.last == nil && s.version > 1 && !s.time.Before(l.from):
		return printable.Errorf("the first State is of version %d of %q, at %s (want version 0 or 1, or a version before the period, which begins at %s)",
			s.version, s.account, s.time.Format(time.RFC3339Nano), l.from.Format(time.RFC3339Nano))
	}
	return nil
}

// change sets the numbers of a pool from a time on. It returns the span before, and whether that has
// seats and is in the period.
func (l *SeatLedger) change(c *seatCount, to seat.Pool, version uint64, at time.Time) (SeatSpan, bool) {
	span, ok := l.span(c, at)
	if !at.Before(l.from) {
		if !c.moved {
			c.use.Opening, c.moved = c.Pool, true
		}
		if ok {
			c.use.add(span)
		}
	}
	c.Pool, c.version, c.since = to, version, at
	return span, ok
}

// span returns the span of a pool's numbers up to a time, and whether it has seats and lasts for a
// part of the period.
func (l *SeatLedger) span(c *seatCount, end time.Time) (SeatSpan, bool) {
	span := SeatSpan{Pool: c.use.Pool, Seats: c.Pool, Version: c.version, From: c.since, To: end}
	if c.since.Before(l.from) {
		span.Version, span.From = l.before, l.from
	}
	return span, span.To.After(span.From) && c.Pool != seat.Pool{}
}

// add adds a span to the sums and the peaks.
func (u *SeatUse) add(s SeatSpan) {
	u.Bought = u.Bought.Plus(seat.Over(s.Seats.Total, s.From, s.To))
	u.Held = u.Held.Plus(seat.Over(s.Seats.Held, s.From, s.To))
	u.PeakBought.raise(s.Seats.Total, s)
	u.PeakHeld.raise(s.Seats.Held, s)
}

func (p *SeatPeak) raise(seats int, s SeatSpan) {
	if seats > p.Seats {
		*p = SeatPeak{seats, s.Version, s.From}
	}
}

// Done reports whether a State was not before the end of the period, or the account is deleted.
// Further States then change nothing.
func (l *SeatLedger) Done() bool { return l.final }

// Pools returns the names of all pools of which the account had a seat at any time up to the end
// of the period, also before the period, sorted.
func (l *SeatLedger) Pools() []seat.PoolName { return slices.Sorted(maps.Keys(l.pools)) }

// LastSpans returns the spans that last until the end of the period, if no further State is
// noted, sorted by pool. It does not change the ledger.
func (l *SeatLedger) LastSpans() []SeatSpan {
	var list []SeatSpan
	for _, c := range l.pools {
		if span, ok := l.span(c, l.to); ok {
			list = append(list, span)
		}
	}
	slices.SortFunc(list, bySpanPool)
	return list
}

// Report returns the report of the States so far. It does not change the ledger.
func (l *SeatLedger) Report() SeatReport {
	r := SeatReport{Account: l.account, From: l.from, To: l.to, Head: l.head, Final: l.final}
	for _, name := range l.Pools() {
		c := l.pools[name]
		use := c.use
		if !c.moved {
			use.Opening = c.Pool
		}
		use.Closing = c.Pool
		if span, ok := l.span(c, l.to); ok {
			use.add(span)
		}
		if use.PeakBought.Seats > 0 || use.PeakHeld.Seats > 0 {
			r.Pools = append(r.Pools, use)
		}
	}
	return r
}

func bySpanPool(a, b SeatSpan) int { return cmp.Compare(a.Pool, b.Pool) }
