package engine

import (
	"context"
	"iter"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// Seats returns how many seats of each pool an account bought and held in a period, which
// includes from and excludes to: what a bill needs. The zero from stands for the beginning of
// the account. Package account documents what counts, under SeatLedger, SeatUse and
// SeatReport. What is scheduled counts from its time on. A report that is Final does not depend on
// the policy. Another one assumes that until the end only what is scheduled happens, as the policy
// of the engine allows it.
//
// Seats reads the journal up to the end of the period, or from the last snapshot on if that is
// from before the period. It needs memory for one account, however long the journal is. To
// bill a period, wait until its report is Final, or for longer than clocks of instances differ
// and transactions with SubmitTx take: until then, a commit may still get a time in the period.
//
// Seats requires no permission; callers must check audit.view before they show it to a user.
// A deleted account has a report until it is erased. The error is an *Error. It wraps
// usher.ErrUnknownAccount for an account that never existed or was erased. An empty period and
// a damaged journal are errors.
func (e *Engine) Seats(ctx context.Context, id usher.AccountID, from, to time.Time) (account.SeatReport, error) {
	l, err := e.seatLedger(ctx, id, from, to, func([]account.SeatSpan) bool { return true })
	if err != nil {
		return account.SeatReport{}, wrapped("read seats of", id, err)
	}
	return l.Report(), nil
}

// SeatSpans yields the spans of time in which the numbers of a pool do not change, in a period
// as Seats has it. The spans come in the order of their ends, and those with the same end in the
// order of their pools. An error ends the loop. Permission, cost and errors are those of Seats.
func (e *Engine) SeatSpans(ctx context.Context, id usher.AccountID, from, to time.Time) iter.Seq2[account.SeatSpan, error] {
	return func(yield func(account.SeatSpan, error) bool) {
		more := true
		each := func(spans []account.SeatSpan) bool {
			for i := 0; more && i < len(spans); i++ {
				more = yield(spans[i], nil)
			}
			return more
		}
		l, err := e.seatLedger(ctx, id, from, to, each)
		switch {
		case !more:
		case err != nil:
			yield(account.SeatSpan{}, wrapped("read seats of", id, err))
		default:
			each(l.LastSpans())
		}
	}
}

// seatLedger reads the journal into a ledger, and calls each with the spans that end, until it
// returns false.
func (e *Engine) seatLedger(ctx context.Context, id usher.AccountID, from, to time.Time, each func([]account.SeatSpan) bool) (*account.SeatLedger, error) {
	if err := e.usable(id); err != nil {
		return nil, err
	}
	l, err := account.NewSeatLedger(from, to)
	if err != nil {
		return nil, err
	}
	start, err := e.stateBefore(ctx, id, from)
	if err != nil {
		return nil, err
	}
	last, err := e.noteSeats(ctx, l, start, each)
	switch {
	case err != nil:
		return nil, err
	case last.Version() == 0:
		return nil, usher.ErrUnknownAccount
	case l.Done():
		return l, nil
	}
	spans, err := l.NoteDue(last.At(e.Policy(), to.Add(-1)))
	if err != nil {
		return nil, err
	}
	each(spans)
	return l, nil
}

// noteSeats notes a state and those after the later commits, until the ledger is done or each
// returns false. It returns the last state.
func (e *Engine) noteSeats(ctx context.Context, l *account.SeatLedger, s *account.State, each func([]account.SeatSpan) bool) (*account.State, error) {
	note := func(c *account.Commit) (bool, error) {
		spans, err := l.NoteCommit(c, s)
		return err == nil && each(spans) && !l.Done(), err
	}
	if more, err := note(nil); !more {
		return s, err
	}
	for stored, err := range e.whole(e.store).Commits(ctx, s.ID(), s.Version()) {
		if err != nil {
			return s, err
		}
		c, err := decode(s.ID(), stored)
		if err != nil {
			return s, err
		}
		if s, err = next(s, c, stored.Data); err != nil {
			return s, err
		}
		if more, err := note(c); !more {
			return s, err
		}
	}
	return s, nil
}

// stateBefore returns the state of the stored snapshot if that is from before a time and belongs
// to the journal, and otherwise the state before the first commit. A snapshot that is newer than
// the journal is an error, whenever it was made: it shows that the journal lost commits.
func (e *Engine) stateBefore(ctx context.Context, id usher.AccountID, at time.Time) (*account.State, error) {
	var r reading
	r.until = newest
	if err := e.readSnapshot(ctx, e.store, id, &r); err != nil {
		return nil, err
	}
	if r.state == nil {
		return account.New(id), nil
	}
	for stored, err := range e.whole(e.store).Commits(ctx, id, r.state.Version()-1) {
		if err != nil {
			return nil, err
		}
		switch err := r.verify(stored); {
		case err != nil:
			e.failed("replay from snapshot", id, err)
		case r.state.Time().Before(at):
			return r.state, nil
		}
		return account.New(id), nil
	}
	return nil, r.errMissing()
}
