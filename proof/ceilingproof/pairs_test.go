package ceilingproof_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/seat"
)

var pairsFlag = flag.Int("pairs", raced.Part(70, 5), "the number of pairs of users")

const commandsOfAPair = 200

// TestPairs lets two users together send 200 commands. Afterwards each user can do only what the
// user could do at first, or what one of the two could have done at first in that user's place.
//
// The end is compared at the time of the commands and at each later time at which something scheduled takes effect. No time
// passes between the commands, no ownership is transferred, and no policy lets users delegate. Seats, settings
// and facts of the request may have been different when a command was sent, so for the two users
// each of them counts with every value.
func TestPairs(t *testing.T) {
	acted, broke := 0, 0
	for i := range *pairsFlag {
		seed := *seedFlag + uint64(i)
		w := drawFixture(t, seed)
		for tries := uint64(1); isDelegating(w.doc); tries++ {
			w = drawFixture(t, seed+tries<<32)
		}
		first := scenario{doc: w.doc, contents: seedOf(w.state)}
		pair, proposals, err := w.pair()
		if err != nil {
			t.Fatal(err)
		}
		first.proposals = proposals
		if len(proposals) > 0 {
			acted++
		}
		text := first.pairBreaks(pair)
		if text == "" {
			continue
		}
		broke++
		if *goOnFlag {
			t.Logf("%s (seed %d)", text, seed)
			continue
		}
		small, text := shrink(first, func(s scenario) string { return s.pairBreaks(pair) })
		t.Fatalf("%s\n\n%v\nto repeat: go test ./ceilingproof -run TestPairs -pairs 1 -seed %d", text, small, seed)
	}
	t.Logf("%d pairs acted, and %d of them got what neither had", acted, broke)
	if *pairsFlag >= 70 && acted < *pairsFlag/2 {
		t.Errorf("only %d of %d pairs changed anything", acted, *pairsFlag)
	}
}

// pair lets two users send commands, and returns those that changed something.
func (w *fixture) pair() (pair []usher.UserID, done []account.Proposal, err error) {
	pair = some(w.dice, 2, 2, w.users()...)
	for range commandsOfAPair {
		actor := pick(w.dice, pair...)
		if u := w.find(actor); u == nil || u.Status != usher.Active {
			continue
		}
		p := w.proposal(actor)
		if _, transfer := p.Commands[0].(account.TransferOwnership); transfer {
			continue
		}
		out, err := w.propose(w, p)
		if _, refused := err.(*account.Refusal); err != nil && !refused {
			return nil, nil, fmt.Errorf("%s: %w", describe(p), err)
		}
		if err == nil && len(out.Changes) > 0 {
			w.state = out.Next
			done = append(done, p)
		}
	}
	return pair, done, nil
}

// pairBreaks replays the proposals of two users, and describes something that a user can do in the
// end and should not; "" if there is nothing.
func (s scenario) pairBreaks(pair []usher.UserID) string {
	l, err := newPolicies(s.doc)
	if err != nil {
		return ""
	}
	first, err := open(l.policy, s.contents)
	if err != nil {
		return ""
	}
	a := pairResult{policies: l, first: first, at: noon, had: map[usher.UserID]subject{}}
	for id := range s.contents.Users {
		u, _ := first.User(id)
		a.had[id] = subjectOf(u, surroundingsOf(first).tree)
	}
	a.last = first
	for _, p := range s.proposals {
		out, err := a.last.Propose(l.policy, p)
		if err != nil {
			continue // shrink has removed the proposals that made it possible
		}
		for _, had := range a.had {
			had.addCreatedTeams(p.Commands)
		}
		a.last = out.Next
	}
	if text := a.gained(pair); text != "" {
		return text
	}
	var times []time.Time
	for e := range a.last.View(nil).Scheduled(account.ScheduleEntry{}) {
		times = append(times, e.At)
	}
	for _, at := range slices.CompactFunc(times, time.Time.Equal) {
		then := a
		then.last, then.at = a.last.At(l.policy, at), at
		if text := then.gained(pair); text != "" {
			return "scheduled, " + text
		}
	}
	return ""
}

// pairResult is an account before and after the commands of two users.
type pairResult struct {
	*policies
	first, last *account.State
	at          time.Time
	had         map[usher.UserID]subject // at first
}

// gained describes something that a user can do at the end, that the user could not do at first,
// and that neither of the two could do at first in that user's place.
func (a *pairResult) gained(pair []usher.UserID) string {
	for l := range a.last.UsersAfter("") {
		in, id := surroundingsOf(a.last), l.ID
		had, is := a.had[id], subjectOf(l.User, in.tree)
		had.seats = is.seats
		before, after := a.whole.standIn(in, id, l.User.Teams, had), activeFacts(a.last, id, circumstancesOf(in, l.User))
		var places []standIn
		for _, one := range pair {
			for _, seats := range [][]seat.PoolName{nil, {"desk"}} {
				for _, open := range []bool{false, true} {
					s, around := a.had[one], in
					s.seats, around.settings = seats, map[string]bool{"open": open}
					places = append(places, a.whole.standIn(around, id, l.User.Teams, s))
				}
			}
		}
		times := append([]time.Time{a.at}, ends(a.at, had.grants, is.grants, a.had[pair[0]].grants, a.had[pair[1]].grants)...)
		for _, q := range a.questions(in, id, pair[0]) {
			for _, q.at = range times {
				now := decide(a.decides, after, id, q)
				if !now.allowed {
					continue
				}
				then := before.answer(q)
				if then.allowed && then.hidden&^now.hidden == 0 {
					continue
				}
				if could := either(places, q); !could.allowed && !then.allowed || could.hidden&then.hidden&^now.hidden != 0 {
					return fmt.Sprintf("together %s give to %s what neither had: %v", pair, id, q)
				}
			}
		}
	}
	return ""
}

// either decides a question for the places of two users, with and without a strong login.
func either(places []standIn, q question) answer {
	could := answer{hidden: allHidden}
	with := func(mfa bool) usher.Context {
		c := usher.Context{"mfa": mfa}
		for fact, value := range q.context {
			if fact != "mfa" {
				c[fact] = value
			}
		}
		return c
	}
	for _, q.context = range []usher.Context{q.context, with(true), with(false)} {
		for _, place := range places {
			a := place.answer(q)
			could.allowed = could.allowed || a.allowed
			could.hidden &= a.hidden
		}
	}
	return could
}
