package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// rented is the journal of an account: two seats are bought at noon, one is held from one to three
// o'clock, and one more is bought at two o'clock.
func rented(t testing.TB) *world {
	w := open(t, nil).found()
	hour := func(commands ...account.Command) {
		w.clock.add(time.Hour)
		w.must("acme", host, commands...)
	}
	hour(account.AssignSeat{User: "cleo", Pool: "desk"})
	hour(account.SetSeats{Pool: "desk", Total: 3})
	hour(account.UnassignSeat{User: "cleo", Pool: "desk"})
	return w
}

func TestSeats(t *testing.T) {
	w := rented(t)
	report, err := w.Seats(ctx, "acme", noon.Add(-time.Hour), noon.Add(4*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, account.SeatReport{
		Account: "acme", From: noon.Add(-time.Hour), To: noon.Add(4 * time.Hour), Head: stateOf(t, linesOf(t, w.mem)).Head(),
		Pools: []account.SeatUse{{
			Pool: "desk", Closing: seat.Pool{Total: 3},
			Bought: seat.Over(10, noon, noon.Add(time.Hour)), Held: seat.Over(2, noon, noon.Add(time.Hour)),
			PeakBought: account.SeatPeak{Seats: 3, Version: 3, At: noon.Add(2 * time.Hour)},
			PeakHeld:   account.SeatPeak{Seats: 1, Version: 2, At: noon.Add(time.Hour)},
		}},
	}, report)

	var spans []account.SeatSpan
	for s, err := range w.SeatSpans(ctx, "acme", time.Time{}, noon.Add(3*time.Hour)) {
		require.NoError(t, err)
		spans = append(spans, s)
	}
	assert.Equal(t, []account.SeatSpan{
		{Pool: "desk", Seats: seat.Pool{Total: 2}, Version: 1, From: noon, To: noon.Add(time.Hour)},
		{Pool: "desk", Seats: seat.Pool{Total: 2, Held: 1}, Version: 2, From: noon.Add(time.Hour), To: noon.Add(2 * time.Hour)},
		{Pool: "desk", Seats: seat.Pool{Total: 3, Held: 1}, Version: 3, From: noon.Add(2 * time.Hour), To: noon.Add(3 * time.Hour)},
	}, spans)
	for stop := range len(spans) {
		n := 0
		for range w.SeatSpans(ctx, "acme", time.Time{}, noon.Add(3*time.Hour)) {
			if n++; n > stop {
				break
			}
		}
		assert.Equal(t, stop+1, n)
	}
}

// A report is final once a commit has a time at the end of the period or later. The account can
// then change without an effect on the report, also by being deleted.
func TestSeatsAreFinal(t *testing.T) {
	w := rented(t)
	reportOf := func() account.SeatReport {
		r, err := w.Seats(ctx, "acme", noon, noon.Add(3*time.Hour))
		require.NoError(t, err)
		return r
	}
	final := reportOf()
	assert.True(t, final.Final, "the last commit has the time of the end")
	w.must("acme", host, account.SetSeats{Pool: "desk", Total: 9})
	w.must("acme", host, account.DeleteAccount{})
	assert.Equal(t, final, reportOf())

	later, err := w.Seats(ctx, "acme", noon.Add(3*time.Hour), noon.Add(9*time.Hour))
	require.NoError(t, err)
	assert.True(t, later.Final, "a deleted account gets no commits")
	assert.Empty(t, later.Pools)

	require.NoError(t, w.Erase(ctx, "acme"))
	_, err = w.Seats(ctx, "acme", noon, noon.Add(time.Hour))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	assert.ErrorIs(t, err, store.ErrErased)
}

// What is scheduled counts from its time on, before a commit records it and afterwards.
func TestSeatsCountWhatIsScheduled(t *testing.T) {
	w := open(t, nil).found() // two seats from noon on
	w.must("acme", host, account.AssignSeat{User: "cleo", Pool: "desk"},
		account.SetSeats{Pool: "desk", Total: 1, From: noon.Add(2 * time.Hour)}, account.SetSeats{Pool: "desk", Total: 5, From: noon.Add(6 * time.Hour)})
	spansFrom := func(from time.Time) (list []string) {
		for s, err := range w.SeatSpans(ctx, "acme", from, noon.Add(10*time.Hour)) {
			require.NoError(t, err)
			list = append(list, fmt.Sprintf("%s to %s: %d of %d", s.From.Format("15"), s.To.Format("15"), s.Seats.Held, s.Seats.Total))
		}
		return list
	}
	sum := func(from, to time.Duration) seat.Time {
		r, err := w.Seats(ctx, "acme", noon.Add(from), noon.Add(to))
		require.NoError(t, err)
		assert.Equal(t, w.clock.Now().After(noon.Add(to)), r.Final)
		require.Len(t, r.Pools, 1)
		return r.Pools[0].Bought
	}
	agree := func(when string) {
		assert.Equal(t, []string{"12 to 14: 1 of 2", "14 to 18: 1 of 1", "18 to 22: 1 of 5"}, spansFrom(time.Time{}), when)
		assert.Equal(t, []string{"15 to 18: 1 of 1", "18 to 22: 1 of 5"}, spansFrom(noon.Add(3*time.Hour)), when)
		assert.Equal(t, []string{"19 to 22: 1 of 5"}, spansFrom(noon.Add(7*time.Hour)), when)
		assert.Equal(t, seat.Over(2*2+4*1+4*5, noon, noon.Add(time.Hour)), sum(0, 10*time.Hour), when)
		assert.Equal(t, sum(0, 10*time.Hour), sum(0, 5*time.Hour).Plus(sum(5*time.Hour, 10*time.Hour)), when)
		n := 0
		for range w.SeatSpans(ctx, "acme", time.Time{}, noon.Add(10*time.Hour)) {
			n++
			break
		}
		assert.Equal(t, 1, n)
	}
	agree("nothing is due yet")
	w.clock.add(4*time.Hour + time.Minute)
	w.must("acme", host, account.AddUser{User: "ida"})
	agree("the first one is recorded")
	w.clock.add(20 * time.Hour)
	r, err := w.Seats(ctx, "acme", noon, noon.Add(10*time.Hour))
	require.NoError(t, err)
	assert.False(t, r.Final)
	w.must("acme", host, account.AddUser{User: "ivo"})
	agree("both are recorded, after the period")
	r, err = w.Seats(ctx, "acme", noon, noon.Add(10*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, account.SeatPeak{Seats: 5, Version: 4, At: noon.Add(6 * time.Hour)}, r.Pools[0].PeakBought)
}

// planning has a role that requires a seat, so that seats come and go by the clock.
const planning = `
usher: 1
name: planning
seats: {desk: {over: allowed}}
roles:
  owner:   {unique: true, hands-over-to: member, seat: none}
  member:  {default: true, seat: none}
  planner: {seats: {desk: required}}
resources:
  account: {permissions: {transfer: {owner: any}}}
  plan: {permissions: {edit: {planner: any}}}
`

// The seats of a report are those that the account has at every moment, also of random accounts in which
// roles and numbers of seats begin and end later.
func TestSeatsAreThoseOfEveryMoment(t *testing.T) {
	const hours = 24
	var scheduled, unrecorded int
	for seed := range uint64(60) {
		d := rand.New(rand.NewPCG(seed, 7))
		w := open(t, func(o *engine.Options) { o.Policy = load(t, planning) })
		w.must("acme", host, account.CreateAccount{Owner: "olivia"}, account.SetSeats{Pool: "desk", Total: 2},
			account.AddUser{User: "a"}, account.AddUser{User: "b"}, account.AddUser{User: "c"})
		hour := 0
		for range 12 {
			step := []int{0, 0, 1, 2}[d.IntN(4)]
			hour += step
			w.clock.add(time.Duration(step) * time.Hour)
			at := func() time.Time {
				if d.IntN(2) == 0 {
					return time.Time{}
				}
				return noon.Add(time.Duration(hour+1+d.IntN(10)) * time.Hour)
			}
			user := usher.UserID([]string{"a", "b", "c"}[d.IntN(3)])
			_, err := w.Do(ctx, host, "acme", []account.Command{
				account.SetRole{User: user, Role: "planner", From: at(), Until: at()},
				account.SetRole{User: user, Role: "member"},
				account.SetSeats{Pool: "desk", Total: d.IntN(4), From: at()},
				account.SetStatus{User: user, Status: []usher.Status{usher.Active, usher.Inactive}[d.IntN(2)]},
			}[d.IntN(4)])
			if err != nil {
				require.ErrorAs(t, err, new(*account.Refusal))
			}
		}
		lines := linesOf(t, w.mem)
		last := stateOf(t, lines)
		if _, ok := last.NextDue(); ok {
			unrecorded++
		}
		at := func(h int) seat.Pool {
			moment := noon.Add(time.Duration(h) * time.Hour)
			s := account.New("acme")
			for n := range lines {
				if next := stateOf(t, lines[:n+1]); !next.Time().After(moment) {
					s = next
				}
			}
			return s.At(w.Policy(), moment).Pool("desk")
		}
		var pools []seat.Pool
		for h := range hours {
			pools = append(pools, at(h))
			if h > 0 && h > hour && pools[h] != pools[h-1] {
				scheduled++
			}
		}
		for from := range hours {
			to := from + 1 + d.IntN(hours-from)
			r, err := w.Seats(ctx, "acme", noon.Add(time.Duration(from)*time.Hour), noon.Add(time.Duration(to)*time.Hour))
			require.NoError(t, err)
			var want account.SeatUse
			for _, p := range pools[from:to] {
				want.Bought = want.Bought.Plus(seat.Over(p.Total, noon, noon.Add(time.Hour)))
				want.Held = want.Held.Plus(seat.Over(p.Held, noon, noon.Add(time.Hour)))
				want.PeakBought.Seats, want.PeakHeld.Seats = max(want.PeakBought.Seats, p.Total), max(want.PeakHeld.Seats, p.Held)
			}
			var got account.SeatUse
			for _, use := range r.Pools {
				got = use
			}
			assert.Equal(t, []any{want.Bought, want.Held, want.PeakBought.Seats, want.PeakHeld.Seats},
				[]any{got.Bought, got.Held, got.PeakBought.Seats, got.PeakHeld.Seats}, "seed %d, hours %d to %d: %v", seed, from, to, pools)
		}
	}
	assert.NotContains(t, []int{scheduled, unrecorded}, 0)
}

// The policy does not affect the report. A seat in a status that a new policy does not count is held
// until a commit releases it, and so is a seat of a pool that the policy lacks.
func TestSeatsUnderAnotherPolicy(t *testing.T) {
	wide := strings.Replace(office, "desk: {holds: [active]}", "desk: {holds: [invited, active]}", 1)
	for name, narrow := range map[string]string{
		"other statuses": office,
		"no pool":        strings.NewReplacer("seats:\n  desk: {holds: [active]}\n", "", "  seated:  {seat: desk}\n", "", " if seated", "").Replace(office),
	} {
		w := open(t, func(o *engine.Options) { o.Policy = load(t, wide) }).found()
		w.must("acme", host, account.AddUser{User: "ivy", Status: usher.Invited}, account.AssignSeat{User: "ivy", Pool: "desk"})
		w.clock.add(time.Hour)
		require.NoError(t, w.SetPolicy(ctx, load(t, wide)), name)
		err := w.SetPolicy(ctx, load(t, narrow))
		var mismatch *engine.PolicyMismatchError
		require.ErrorAs(t, err, &mismatch, name)
		require.NoError(t, w.SetPolicy(ctx, load(t, narrow), engine.Accept(mismatch)), name)
		w.clock.add(time.Hour)
		w.must("acme", host, account.UnassignSeat{User: "ivy", Pool: "desk"})
		w.clock.add(time.Hour)
		report, err := w.Seats(ctx, "acme", noon, w.clock.Now())
		require.NoError(t, err, name)
		require.Len(t, report.Pools, 1, name)
		assert.Equal(t, "7200", report.Pools[0].Held.String(), name)
		assert.Equal(t, "21600", report.Pools[0].Bought.String(), name)
	}
}

// A snapshot changes no report, wherever it is, and saves reading the journal before it. One of
// another journal is not used.
func TestSeatsFromSnapshot(t *testing.T) {
	w := rented(t)
	lines := linesOf(t, w.mem)
	other := promotions(t, "clerk", "admin", "member")
	for version := 1; version <= len(lines); version++ {
		for _, journal := range [][][]byte{lines, other} {
			mem := storeOf(t, lines)
			require.NoError(t, mem.SaveSnapshot(ctx, "acme", snapshotOf(stateOf(t, journal[:version]))))
			snapped := openOn(t, mem, nil)
			for hours := range 6 {
				from, to := noon.Add(time.Duration(hours)*time.Hour), noon.Add(10*time.Hour)
				want, err := w.Seats(ctx, "acme", from, to)
				require.NoError(t, err)
				first := uint64(len(lines))
				snapped.calls.set(func(_ context.Context, c storefault.Call) storefault.Fault {
					if c.Method == "Commits" {
						first = min(first, c.Version)
					}
					return storefault.Fault{}
				})
				got, err := snapped.Seats(ctx, "acme", from, to)
				require.NoError(t, err)
				assert.Equal(t, want, got, "a snapshot of version %d", version)
				if used := uint64(version) - 1; &journal[0] == &lines[0] && stateOf(t, lines[:version]).Time().Before(from) {
					assert.Equal(t, used, first, "a snapshot of version %d, from %d o'clock", version, 12+hours)
				}
			}
		}
	}
}

func TestSeatsReject(t *testing.T) {
	w := rented(t)
	for name, row := range map[string]struct {
		id       usher.AccountID
		from, to time.Time
		want     string
	}{
		"an empty period": {"acme", noon, noon, `read seats of "acme": the period from 2026-03-01T12:00:00Z up to 2026-03-01T12:00:00Z is empty (want an end after the start)`},
		"no account":      {"", noon, noon.Add(1), "read seats of: unknown account: the request names no account"},
		"unknown account": {"beta", noon, noon.Add(1), `read seats of "beta": unknown account`},
	} {
		_, err := w.Seats(ctx, row.id, row.from, row.to)
		assert.EqualError(t, err, row.want, name)
		var wrapped *engine.Error
		assert.ErrorAs(t, err, &wrapped, name)
		n := 0
		for s, err := range w.SeatSpans(ctx, row.id, row.from, row.to) {
			n++
			assert.Zero(t, s)
			assert.EqualError(t, err, row.want, name)
		}
		assert.Equal(t, 1, n)
	}

	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := w.Seats(ended, "acme", noon, noon.Add(time.Hour))
	assert.ErrorIs(t, err, context.Canceled)
}

// A journal that is damaged, or that lost commits, has no report.
func TestSeatsOfDamagedJournal(t *testing.T) {
	lines := linesOf(t, rented(t).mem)
	respelled := slices.Clone(lines)
	respelled[2] = []byte(strings.Replace(string(lines[2]), `"to":3`, `"to":4`, 1))
	cut := slices.Clone(lines)
	cut[1] = cut[1][:20]
	for want, journal := range map[string][][]byte{
		"commits were lost or replaced": respelled,
		"commit 2 cannot be read":       cut,
	} {
		r, err := openOn(t, storeOf(t, journal), nil).Seats(ctx, "acme", noon, noon.Add(9*time.Hour))
		assert.ErrorContains(t, err, want)
		assert.Zero(t, r)
	}
	kept := &saved{UserDataStore: storeOf(t, lines[:2]), snapshot: snapshotOf(stateOf(t, lines))}
	w := openOn(t, new(memstore.Store), func(o *engine.Options) { o.Store = kept })
	for _, hours := range []time.Duration{0, 5} { // the snapshot is in the period, or before it
		_, err := w.Seats(ctx, "acme", noon.Add(hours*time.Hour), noon.Add(9*time.Hour))
		assert.ErrorContains(t, err, "the journal lost commits: commit 4 is missing, and a snapshot of it exists")
	}

	w = openOn(t, storeOf(t, lines), nil)
	w.calls.set(on("Commits", storefault.Fault{Before: errDown}))
	_, err := w.Seats(ctx, "acme", noon, noon.Add(time.Hour))
	assert.True(t, errors.Is(err, errDown), "%v", err)
}

// The memory for a report does not grow with the journal: a long journal is produced while it is
// read, and the heap stays as it was.
func TestSeatsMemory(t *testing.T) {
	const commits = 40_000
	long := &turns{new(memstore.Store), commits}
	w := openOn(t, new(memstore.Store), func(o *engine.Options) { o.Store = long })
	var first, last uint64
	n := 0
	for _, err := range w.SeatSpans(ctx, "acme", time.Time{}, noon.Add(commits*time.Second)) {
		require.NoError(t, err)
		if n++; n == commits/10 || n == commits-10 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			first, last = last, m.HeapAlloc
		}
	}
	assert.Equal(t, commits, n)
	assert.Less(t, last, first+commits*8, "less than a word for each commit")
}

// turns is a store with a journal in which a seat is assigned and released in turns. It makes each
// commit when it is read.
type turns struct {
	store.Store
	commits int
}

func (s *turns) Commits(_ context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		head := account.New(id).Head()
		for i := range s.commits {
			c := &account.Commit{
				Account: id, Version: uint64(i) + 1, Previous: head.Hash, ID: fmt.Sprint(i), Time: noon.Add(time.Duration(i) * time.Second), Actor: host, Policy: "p",
				Changes: []account.Change{account.SeatAssigned{User: "olivia", Pool: "desk"}},
			}
			switch {
			case i == 0:
				c.Changes = []account.Change{account.AccountCreated{Owner: "olivia", Unique: "owner"}, account.SeatsSet{Pool: "desk", To: 1}}
			case i%2 == 0:
				c.Changes = []account.Change{account.SeatUnassigned{User: "olivia", Pool: "desk"}}
			}
			data, err := c.Encode()
			if err != nil {
				panic(err)
			}
			head = account.Head{Version: c.Version, Hash: account.HashOf(data)}
			if c.Version > after && !yield(store.Commit{Version: c.Version, Data: data}, nil) {
				return
			}
		}
	}
}
