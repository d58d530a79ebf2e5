package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

const (
	clients  = 64
	requestN = 40 // of each client
	members  = 12
	bought   = 6 // seats
)

// asked is a concurrent request with its response. The version of the decision is
// between before and after.
type asked struct {
	who, request, body string
	answer
	before, after uint64

	command   account.Command // a command, or
	question  usher.Request   // a check, or
	list      bool            // the list of calendars, or
	bookingOf string          // a booking of this host, in a calendar of this host
}

// Sixty-four concurrent clients change and read one account. Every response
// is what the policy decides for a version of the account during the request,
// and every version has one owner and no more seats held than bought.
func TestCrowd(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, w *world) {
		w.gather()
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		results := make(chan asked, clients*requestN)
		var crowd sync.WaitGroup
		for i := range clients {
			crowd.Go(func() {
				dice := rand.New(rand.NewPCG(seed, uint64(i)))
				for range requestN {
					q := draw(dice)
					q.before = w.version()
					var err error
					if q.answer, err = w.ask(q.who, q.request, q.body); err != nil {
						t.Errorf("%s: %s: %v", q.who, q.request, err)
						return
					}
					q.after = w.stored()
					results <- q
				}
			})
		}
		crowd.Wait()
		close(results)

		past := w.replay()
		tally := map[string]int{}
		for q := range results {
			tally[fmt.Sprintf("%s %d", q.kind(), q.status)]++
			if !past.explains(q) {
				t.Errorf("%s: %s %s = %d %s: at no version from %d to %d does the policy say so", q.who, q.request, q.body, q.status, q.answer.body, q.before, q.after)
			}
		}
		past.checkInvariants(t)
		w.checkSlots()
		for _, kind := range []string{"command 200", "command 403", "command 409", "question 200", "question 404", "edit 403", "list 200", "list 403", "booking 201", "booking 409"} {
			if tally[kind] == 0 {
				t.Errorf("no %s among %v", kind, tally)
			}
		}
	})
}

func (q asked) kind() string {
	switch {
	case q.command != nil:
		return "command"
	case q.list:
		return "list"
	case q.bookingOf != "":
		return "booking"
	case q.question.Permission.Equal(editCalendar):
		return "edit"
	}
	return "question"
}

// gather adds members to a team that tom manages, half of them with seats, and a calendar
// for each (such as c0), and a calendar that each shares with tom (such as d0).
func (w *world) gather() {
	commands := []account.Command{account.SetSeats{Pool: "booking", Total: 4 + bought}}
	for i := range members {
		m := memberName(i)
		commands = append(commands, account.AddUser{User: usher.UserID(m), Teams: []usher.TeamID{"sales"}})
		if i < bought-2 {
			commands = append(commands, account.AssignSeat{User: usher.UserID(m), Pool: "booking"})
		}
		for id, hosts := range map[string][]string{"c": {m}, "d": {m, "tom"}} {
			c := &calendar{ID: fmt.Sprintf("%s%d", id, i), Account: "acme", Title: "x", Hosts: hosts}
			mustChange(w, w.server, func(tx *tx) error { return tx.addCalendar(w.Context(), c) })
		}
	}
	if _, err := w.server.engine.Do(w.Context(), account.AsUser("adam"), "acme", commands...); err != nil {
		w.Fatal(err)
	}
}

func memberName(i int) string { return fmt.Sprintf("m%02d", i) }

func (w *world) version() uint64 {
	view, err := w.server.engine.View(w.Context(), "acme")
	if err != nil {
		w.Error(err)
	}
	return view.Version()
}

// stored returns the version that a transaction sees in a database. For a moment it is newer than the
// one that the engine has.
func (w *world) stored() uint64 {
	if w.server.shared == nil {
		return w.version()
	}
	versions, err := w.server.shared.Versions(w.Context(), []usher.AccountID{"acme"})
	if err != nil {
		w.Error(err)
		return 0
	}
	return versions[0]
}

// draw returns a random request.
func draw(dice *rand.Rand) asked {
	i := dice.IntN(members)
	m := memberName(i)
	people := []string{"olivia", "adam", "adam", "tom", "tom", "rita with mfa", "rita", "zoe", m, m, memberName(dice.IntN(members))}
	q := asked{who: people[dice.IntN(len(people))]}
	user := usher.UserID(m)
	switch dice.IntN(9) {
	case 0, 1:
		q.request, q.command = "PUT ~/seats/booking/"+m, account.AssignSeat{User: user, Pool: "booking"}
	case 2:
		q.request, q.command = "DELETE ~/seats/booking/"+m, account.UnassignSeat{User: user, Pool: "booking"}
	case 3:
		to := []role.Name{"member", "admin", "admin-only", "owner"}[dice.IntN(4)]
		q.request, q.body = "PUT ~/people/"+m+"/role", fmt.Sprintf(`{"role": %q}`, to)
		q.command = account.SetRole{User: user, Role: to}
	case 4:
		to := usher.UserID([]string{"olivia", "adam", "tom"}[dice.IntN(3)])
		q.request, q.body, q.command = "PUT ~/owner", fmt.Sprintf(`{"user": %q}`, to), account.TransferOwnership{To: to}
	case 5:
		q.request = fmt.Sprintf("GET ~/calendars/c%d", i)
		q.question = q.about(viewCalendar, fmt.Sprintf("c%d", i), m)
	case 6:
		q.request, q.body = fmt.Sprintf("PUT ~/calendars/d%d", i), `{"title": "y"}`
		q.question = q.about(editCalendar, fmt.Sprintf("d%d", i), m, "tom")
	case 7:
		q.request, q.list = "GET ~/calendars", true
	case 8:
		day := 1 + dice.IntN(5)
		q.request, q.bookingOf = fmt.Sprintf("POST ~/calendars/c%d/bookings", i), m
		q.body = fmt.Sprintf(`{"host": %q, "title": "x", "starts": "2035-05-%02dT09:00:00Z", "ends": "2035-05-%02dT10:00:00Z"}`, m, day, day)
	}
	return q
}

func (w *world) checkSlots() {
	w.Helper()
	twice, err := readOne(w.Context(), w.server.store.read(), scanNumber, `SELECT count(*) FROM bookings a JOIN bookings b
		ON a.account_id = b.account_id AND a.host_id = b.host_id AND a.id < b.id AND a.starts < b.ends AND b.starts < a.ends`)
	if err != nil || twice > 0 {
		w.Errorf("%d slots are booked twice (%v)", twice, err)
	}
}

// checkInvariants checks every version of the account.
func (p *past) checkInvariants(t *testing.T) {
	t.Helper()
	for _, s := range p.states[1:] {
		pool, owners := s.Pool(seat.PoolName("booking")), 0
		for m := range s.View(p.policy).Users("") {
			if m.Role == "owner" {
				owners++
			}
			if m.Role == "admin-only" && len(m.Seats) > 0 {
				t.Errorf("version %d: %s is admin-only and holds %v", s.Version(), m.ID, m.Seats)
			}
		}
		if pool.Held > pool.Total || owners != 1 {
			t.Errorf("version %d: %d of %d seats are held, and there are %d owners", s.Version(), pool.Held, pool.Total, owners)
		}
	}
}
