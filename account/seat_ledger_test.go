package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
)

// ledgerDay returns the start of a day of March.
func ledgerDay(n int) time.Time { return time.Date(2026, time.March, n, 0, 0, 0, 0, time.UTC) }

// ledgerCommit is a commit of a test: the day of March, and the changes as words: "buy POOL N",
// "give USER POOL", "take USER POOL", "open" for a setting, "delete".
type ledgerCommit struct {
	at      time.Time
	changes string
}

// ledgerStates returns the states of an account from version 0 on. The account has the users u1 to u9.
func ledgerStates(t testing.TB, commits ...ledgerCommit) []*account.State {
	t.Helper()
	s := account.New("acme")
	list := []*account.State{s}
	total := map[seat.PoolName]int{}
	for i, c := range commits {
		var changes []account.Change
		if i == 0 {
			changes = append(changes, account.AccountCreated{Owner: "u1", Unique: "owner"})
			for n := 2; n <= 9; n++ {
				changes = append(changes, account.UserAdded{User: usher.UserID(fmt.Sprint("u", n)), Role: "member", Status: usher.Active})
			}
		}
		for text := range strings.SplitSeq(c.changes, ", ") {
			words := append(strings.Fields(text), "", "", "")
			user, pool := usher.UserID(words[1]), seat.PoolName(words[2])
			switch words[0] {
			case "":
			case "buy":
				pool := seat.PoolName(words[1])
				var to int
				_, err := fmt.Sscan(words[2], &to)
				require.NoError(t, err)
				changes = append(changes, account.SeatsSet{Pool: pool, From: total[pool], To: to})
				total[pool] = to
			case "give":
				changes = append(changes, account.SeatAssigned{User: user, Pool: pool})
			case "take":
				changes = append(changes, account.SeatUnassigned{User: user, Pool: pool})
			case "open":
				changes = append(changes, account.SettingChanged{Setting: "open", Value: true})
			case "delete":
				changes = append(changes, account.AccountDeleted{})
			default:
				t.Fatalf("unknown change %q", text)
			}
		}
		next, err := s.Apply(&account.Commit{Account: "acme", Version: s.Version() + 1, Previous: s.Head().Hash, ID: fmt.Sprint(i), Time: c.at, Actor: account.AsHost("test"), Policy: "p", Changes: changes})
		require.NoError(t, err)
		s = next
		list = append(list, s)
	}
	return list
}

// ledgerOf returns the ledger of the states, and its spans.
func ledgerOf(t testing.TB, from, to time.Time, states ...*account.State) (*account.SeatLedger, []account.SeatSpan) {
	t.Helper()
	l, err := account.NewSeatLedger(from, to)
	require.NoError(t, err)
	var spans []account.SeatSpan
	for _, s := range states {
		ended, err := l.Note(s)
		require.NoError(t, err)
		spans = append(spans, ended...)
	}
	return l, append(spans, l.LastSpans()...)
}

// inDays writes a report with seat-days.
func inDays(r account.SeatReport) string {
	var lines []string
	for _, p := range r.Pools {
		lines = append(lines, fmt.Sprintf("%s: %d/%d to %d/%d; held %s, at most %d at version %d on %s; bought %s, at most %d at version %d on %s",
			p.Pool, p.Opening.Held, p.Opening.Total, p.Closing.Held, p.Closing.Total,
			p.Held.Days().RatString(), p.PeakHeld.Seats, p.PeakHeld.Version, p.PeakHeld.At.Format("02.01."),
			p.Bought.Days().RatString(), p.PeakBought.Seats, p.PeakBought.Version, p.PeakBought.At.Format("02.01.")))
	}
	text := strings.Join(lines, "\n")
	if r.Final {
		text += " (final)"
	}
	return text
}

func TestSeatLedger(t *testing.T) {
	for name, row := range map[string]struct {
		commits  []ledgerCommit
		from, to time.Time
		want     string
	}{
		"a seat for some days of the period": {
			[]ledgerCommit{{ledgerDay(1), "buy desk 3"}, {ledgerDay(5), "give u1 desk"}, {ledgerDay(8), "take u1 desk"}},
			ledgerDay(2), ledgerDay(12),
			"desk: 0/3 to 0/3; held 3, at most 1 at version 2 on 05.03.; bought 30, at most 3 at version 1 on 02.03.",
		},
		"the start is included and the end is excluded": {
			[]ledgerCommit{{ledgerDay(2), "buy desk 3, give u1 desk"}, {ledgerDay(4), "give u2 desk"}},
			ledgerDay(2), ledgerDay(4),
			"desk: 0/0 to 1/3; held 2, at most 1 at version 1 on 02.03.; bought 6, at most 3 at version 1 on 02.03. (final)",
		},
		"a seat that was released at the start was not held in the period": {
			[]ledgerCommit{{ledgerDay(1), "buy desk 3, give u1 desk, give u2 desk"}, {ledgerDay(4), "take u2 desk, buy desk 1"}},
			ledgerDay(4), ledgerDay(6),
			"desk: 2/3 to 1/1; held 2, at most 1 at version 2 on 04.03.; bought 2, at most 1 at version 2 on 04.03.",
		},
		"a nanosecond before the start it was": {
			[]ledgerCommit{{ledgerDay(1), "buy desk 3, give u1 desk, give u2 desk"}, {ledgerDay(4).Add(1), "take u2 desk, buy desk 1"}},
			ledgerDay(4), ledgerDay(6),
			"desk: 2/3 to 1/1; held 172800000000001/86400000000000, at most 2 at version 1 on 04.03.; bought 86400000000001/43200000000000, at most 3 at version 1 on 04.03.",
		},
		"numbers that lasted no time": {
			[]ledgerCommit{{ledgerDay(1), "buy desk 3"}, {ledgerDay(3), "give u1 desk, give u2 desk"}, {ledgerDay(3), "take u1 desk, take u2 desk, buy desk 4"}, {ledgerDay(3), "buy desk 1"}},
			ledgerDay(2), ledgerDay(5),
			"desk: 0/3 to 0/1; held 0, at most 0 at version 0 on 01.01.; bought 5, at most 3 at version 1 on 02.03.",
		},
		"an exchange of seats in one commit": {
			[]ledgerCommit{{ledgerDay(1), "buy desk 1, give u1 desk"}, {ledgerDay(3), "give u2 desk, take u1 desk"}},
			ledgerDay(2), ledgerDay(5),
			"desk: 1/1 to 1/1; held 3, at most 1 at version 1 on 02.03.; bought 3, at most 1 at version 1 on 02.03.",
		},
		"the same peak twice": {
			[]ledgerCommit{{ledgerDay(1), "buy desk 1, give u1 desk"}, {ledgerDay(3), "take u1 desk"}, {ledgerDay(4), "give u2 desk"}},
			ledgerDay(3), ledgerDay(6),
			"desk: 1/1 to 1/1; held 2, at most 1 at version 3 on 04.03.; bought 3, at most 1 at version 2 on 03.03.",
		},
		"an account that was created and deleted in the period": {
			[]ledgerCommit{{ledgerDay(10), "buy desk 2, give u1 desk, buy room 1"}, {ledgerDay(12), "delete"}},
			ledgerDay(1), ledgerDay(31),
			"desk: 0/0 to 0/0; held 2, at most 1 at version 1 on 10.03.; bought 4, at most 2 at version 1 on 10.03.\n" +
				"room: 0/0 to 0/0; held 0, at most 0 at version 0 on 01.01.; bought 2, at most 1 at version 1 on 10.03. (final)",
		},
		"an account that was deleted before": {
			[]ledgerCommit{{ledgerDay(1), "buy desk 2, give u1 desk"}, {ledgerDay(2), "delete"}},
			ledgerDay(3), ledgerDay(31), " (final)",
		},
		"an account that was deleted at the start": {
			[]ledgerCommit{{ledgerDay(1), "buy desk 2, give u1 desk"}, {ledgerDay(3), "delete"}},
			ledgerDay(3), ledgerDay(31), " (final)",
		},
		"an account that was created after the period": {
			[]ledgerCommit{{ledgerDay(20), "buy desk 2, give u1 desk"}}, ledgerDay(3), ledgerDay(10), " (final)",
		},
		"an account before its first commit": {nil, ledgerDay(3), ledgerDay(10), ""},
		"pools that are in use no more, or not yet": {
			[]ledgerCommit{{ledgerDay(1), "buy old 2, give u1 old"}, {ledgerDay(2), "take u1 old, buy old 0"}, {ledgerDay(9), "buy new 1"}},
			ledgerDay(3), ledgerDay(5), " (final)",
		},
		"a pool that is bought again": {
			[]ledgerCommit{{ledgerDay(1), "buy desk 2"}, {ledgerDay(3), "buy desk 0"}, {ledgerDay(5), "buy desk 1"}},
			ledgerDay(2), ledgerDay(7),
			"desk: 0/2 to 0/1; held 0, at most 0 at version 0 on 01.01.; bought 4, at most 2 at version 1 on 02.03.",
		},
		"since the beginning": {
			[]ledgerCommit{{ledgerDay(1), "buy desk 2"}},
			time.Time{},
			ledgerDay(7),
			"desk: 0/0 to 0/2; held 0, at most 0 at version 0 on 01.01.; bought 12, at most 2 at version 1 on 01.03.",
		},
	} {
		states := ledgerStates(t, row.commits...)
		l, _ := ledgerOf(t, row.from, row.to, states...)
		report := l.Report()
		assert.Equal(t, row.want, inDays(report), name)
		assert.Equal(t, report, l.Report(), "%s: Report does not change the ledger", name)
		assert.Equal(t, report.Final, l.Done(), name)

		// The same report, whether the first state is that of version 0 or the last one before the period.
		for first, s := range states {
			if s.Version() == 0 || !s.Time().Before(row.from) {
				continue
			}
			later, _ := ledgerOf(t, row.from, row.to, states[first:]...)
			assert.Equal(t, report, later.Report(), "%s, from version %d on", name, first)
		}
	}
}

func TestSeatSpans(t *testing.T) {
	states := ledgerStates(
		t,
		ledgerCommit{ledgerDay(1), "buy desk 2, buy room 1"},
		ledgerCommit{ledgerDay(1).Add(time.Hour), "open"},
		ledgerCommit{ledgerDay(3), "give u1 desk, give u1 room"},
		ledgerCommit{ledgerDay(3), "take u1 room"},
		ledgerCommit{ledgerDay(4), "buy room 0"},
		ledgerCommit{ledgerDay(9), "delete"},
	)

	l, spans := ledgerOf(t, ledgerDay(2), ledgerDay(6), states[:6]...)
	assert.Equal(t, []account.SeatSpan{
		{Pool: "desk", Seats: seat.Pool{Total: 2}, Version: 2, From: ledgerDay(2), To: ledgerDay(3)},
		{Pool: "room", Seats: seat.Pool{Total: 1}, Version: 2, From: ledgerDay(2), To: ledgerDay(3)},
		{Pool: "room", Seats: seat.Pool{Total: 1}, Version: 4, From: ledgerDay(3), To: ledgerDay(4)},
		{Pool: "desk", Seats: seat.Pool{Total: 2, Held: 1}, Version: 3, From: ledgerDay(3), To: ledgerDay(6)},
	}, spans)
	assert.Equal(t, uint64(5), l.Report().Head.Version)
	assert.Equal(t, states[5].Head(), l.Report().Head)
	assert.False(t, l.Report().Final)
	assert.Equal(t, []seat.PoolName{"desk", "room"}, l.Pools())

	// A commit at the start that does not change the numbers is not before the period.
	_, spans = ledgerOf(t, ledgerDay(1).Add(time.Hour), ledgerDay(2), states...)
	require.Len(t, spans, 2)
	assert.Equal(t, account.SeatSpan{Pool: "desk", Seats: seat.Pool{Total: 2}, Version: 1, From: ledgerDay(1).Add(time.Hour), To: ledgerDay(2)}, spans[0])

	ended, err := l.Note(states[6])
	require.NoError(t, err)
	assert.Empty(t, ended, "a commit after the period ends no span")
	assert.True(t, l.Report().Final)
	assert.Equal(t, uint64(5), l.Report().Head.Version)
}

func TestSeatLedgerRejects(t *testing.T) {
	_, err := account.NewSeatLedger(ledgerDay(2), ledgerDay(2))
	assert.EqualError(t, err, "the period from 2026-03-02T00:00:00Z up to 2026-03-02T00:00:00Z is empty (want an end after the start)")
	_, err = account.NewSeatLedger(ledgerDay(2), time.Time{})
	assert.EqualError(t, err, "the period from 2026-03-02T00:00:00Z up to 0001-01-01T00:00:00Z is empty (want an end after the start)")

	states := ledgerStates(t, ledgerCommit{ledgerDay(1), "buy desk 2"}, ledgerCommit{ledgerDay(2), "give u1 desk"}, ledgerCommit{ledgerDay(3), "take u1 desk"})
	l, err := account.NewSeatLedger(ledgerDay(2), ledgerDay(6))
	require.NoError(t, err)
	for s, want := range map[*account.State]string{
		nil:                "a seat ledger needs the State of an account",
		new(account.State): "a seat ledger needs the State of an account",
		states[2]:          `the first State is of version 2 of "acme", at 2026-03-02T00:00:00Z (want version 0 or 1, or a version before the period, which begins at 2026-03-02T00:00:00Z)`,
	} {
		_, err := l.Note(s)
		assert.EqualError(t, err, want)
	}
	_, err = l.Note(states[1])
	require.NoError(t, err)
	before := l.Report()
	for s, want := range map[*account.State]string{
		states[1]:           `the State is of version 1 of "acme" (want 2, the next one of the seat ledger)`,
		states[3]:           `the State is of version 3 of "acme" (want 2, the next one of the seat ledger)`,
		account.New("beta"): `the seat ledger is of the account "acme", and the State is of "beta"`,
	} {
		_, err := l.Note(s)
		assert.EqualError(t, err, want)
	}
	assert.Equal(t, before, l.Report(), "an error changes nothing")
	_, err = l.Note(states[2])
	require.NoError(t, err)
}

// A commit that is not the one before the State is an error, and so is a State after what is due.
func TestSeatLedgerRejectsDue(t *testing.T) {
	states := ledgerStates(t, ledgerCommit{ledgerDay(1), "buy desk 2"}, ledgerCommit{ledgerDay(2), "give u1 desk"})
	l, err := account.NewSeatLedger(ledgerDay(2), ledgerDay(6))
	require.NoError(t, err)
	_, err = l.NoteDue(states[1])
	assert.EqualError(t, err, "a seat ledger needs the last State at a later time")
	_, err = l.Note(states[1])
	require.NoError(t, err)
	for _, s := range []*account.State{nil, states[2], account.New("beta")} {
		_, err = l.NoteDue(s)
		assert.EqualError(t, err, "a seat ledger needs the last State at a later time")
	}
	_, err = l.NoteCommit(&account.Commit{Account: "acme", Version: 3}, states[2])
	assert.EqualError(t, err, `the commit is version 3 of "acme", and the State is after version 2 of "acme"`)
	for _, due := range []account.Due{{ID: 1, At: ledgerDay(2)}, {ID: 1, At: ledgerDay(2), Changes: -1}, {ID: 1, At: ledgerDay(2), Changes: 9}} {
		_, err = l.NoteCommit(&account.Commit{Account: "acme", Version: 2, Changes: []account.Change{due}}, states[2])
		assert.ErrorContains(t, err, "due: ")
	}
	spans, err := l.NoteDue(states[1])
	require.NoError(t, err)
	assert.Empty(t, spans, "nothing is due")
	_, err = l.Note(states[2])
	require.NoError(t, err)

	p := compile(t, "usher: 1\nseats: {desk: {}}\nroles: {owner: {unique: true, hands-over-to: member}, member: {default: true}}\nresources: {account: {permissions: {transfer: {owner: any}}}}\n")
	o, err := account.New("acme").Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: ledgerDay(1), Commands: []account.Command{
		account.CreateAccount{Owner: "u1"}, account.SetSeats{Pool: "desk", Total: 2}, account.SetSeats{Pool: "desk", Total: 3, From: ledgerDay(4)},
	}})
	require.NoError(t, err)
	l, err = account.NewSeatLedger(ledgerDay(1), ledgerDay(6))
	require.NoError(t, err)
	_, err = l.Note(o.Next)
	require.NoError(t, err)
	due := o.Next.At(p, ledgerDay(9))
	spans, err = l.NoteDue(due)
	require.NoError(t, err)
	assert.Equal(t, []account.SeatSpan{{Pool: "desk", Seats: seat.Pool{Total: 2}, Version: 1, From: ledgerDay(1), To: ledgerDay(4)}}, spans)
	report := l.Report()
	assert.Equal(t, "desk: 0/0 to 0/3; held 0, at most 0 at version 0 on 01.01.; bought 12, at most 3 at version 1 on 04.03.", inDays(report))
	_, err = l.NoteDue(due)
	assert.EqualError(t, err, "the seat ledger has what is due after its last State (want no further State)")
	_, err = l.Note(due)
	assert.EqualError(t, err, "the seat ledger has what is due after its last State (want no further State)")
	assert.Equal(t, report, l.Report(), "an error changes nothing")
}

func TestZeroSeatLedger(t *testing.T) {
	var l account.SeatLedger
	for _, s := range ledgerStates(t, ledgerCommit{ledgerDay(1), "buy desk 2"}, ledgerCommit{ledgerDay(2), "give u1 desk"}) {
		spans, err := l.Note(s)
		require.NoError(t, err)
		assert.Empty(t, spans)
	}
	assert.Empty(t, l.Report().Pools)
	assert.Empty(t, l.LastSpans())
	assert.Empty(t, new(account.SeatLedger).Report())
}
