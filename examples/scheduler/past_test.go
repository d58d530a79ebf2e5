package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// past is an account at each version, rebuilt from its journal, with the decisions of the
// policy on it. It shares no state with the service.
type past struct {
	policy *policy.Policy
	states []*account.State // by version
	listed []*calendar      // whose hosts do not change
}

func (w *world) replay() *past {
	w.Helper()
	p := &past{policy: w.server.engine.Policy(), states: []*account.State{account.New("acme")}}
	for c, err := range w.server.engine.Journal(w.Context(), "acme", 0) {
		if err != nil {
			w.Fatal(err)
		}
		next, err := p.states[len(p.states)-1].Apply(c)
		if err != nil {
			w.Fatal(err)
		}
		p.states = append(p.states, next)
	}
	for id, hosts := range map[string][]string{"intro": {"mia"}, "demo": {"max", "mia"}, "help": {"sam"}} {
		p.listed = append(p.listed, &calendar{ID: id, Account: "acme", Hosts: hosts})
	}
	for i := range members {
		m := memberName(i)
		p.listed = append(p.listed,
			&calendar{ID: fmt.Sprintf("c%d", i), Account: "acme", Hosts: []string{m}},
			&calendar{ID: fmt.Sprintf("d%d", i), Account: "acme", Hosts: []string{m, "tom"}})
	}
	return p
}

// about returns a request on a calendar.
func (q asked) about(p permission.Permission, id string, hosts ...string) usher.Request {
	r := q.ask(p)
	r.Resource = &calendar{ID: id, Account: "acme", Hosts: hosts}
	return r
}

// ask returns the request of a client.
func (q asked) ask(p permission.Permission) usher.Request {
	who, mfa := strings.CutSuffix(q.who, " with mfa")
	return usher.Request{
		Account: "acme", Subject: usher.UserID(who), Permission: p, Context: usher.Context{"mfa": mfa},
		Time: time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC),
	}
}

// explains reports whether a response is correct at a version during the request.
func (p *past) explains(q asked) bool {
	if q.bookingOf != "" {
		return p.explainsBooking(q)
	}
	return slices.ContainsFunc(p.states[q.before:q.after+1], func(s *account.State) bool {
		switch {
		case q.command != nil:
			return q.status == p.commandAt(s, q)
		case q.list:
			return p.listAt(s, q)
		}
		switch view := q.about(viewCalendar, "", q.question.Resource.(*calendar).Hosts...); {
		case !p.allows(s, view):
			return q.status == 404
		case !p.allows(s, q.question):
			return q.status == 403
		case q.question.Permission.Equal(editCalendar):
			return q.status == 200 || q.status == 409 && strings.Contains(q.answer.body, ":changed-meanwhile")
		}
		return q.status == 200
	})
}

func (p *past) allows(s *account.State, r usher.Request) bool {
	d, err := p.policy.Decide(s, &r)
	return err == nil && d.Allowed()
}

// commandAt returns the status of a command at a version.
func (p *past) commandAt(s *account.State, q asked) int {
	r := q.ask(enter)
	_, err := s.Propose(p.policy, account.Proposal{
		Actor: account.AsUser(r.Subject), Context: r.Context, Time: r.Time, Commands: []account.Command{q.command},
	})
	var refusal *account.Refusal
	switch {
	case err == nil:
		return 200
	case !errors.As(err, &refusal):
		return 0
	}
	switch refusal.Code {
	case account.CodeDenied, account.CodeEscalation:
		return 403
	case account.CodeUnknownUser:
		return 404
	}
	return 409
}

// listAt reports whether a list contains exactly the visible calendars at a version.
func (p *past) listAt(s *account.State, q asked) bool {
	if !p.allows(s, q.ask(enter)) {
		return q.status == 403
	}
	var got struct{ Calendars []struct{ ID string } }
	if err := json.Unmarshal([]byte(q.answer.body), &got); err != nil || q.status != 200 {
		return false
	}
	want := 0
	for _, c := range p.listed {
		r := q.ask(viewCalendar)
		r.Resource = c
		if !p.allows(s, r) {
			continue
		}
		want++
		if !slices.ContainsFunc(got.Calendars, func(g struct{ ID string }) bool { return g.ID == c.ID }) {
			return false
		}
	}
	return len(got.Calendars) == want
}

// explainsBooking accepts that a booking makes three checks, maybe at three versions.
func (p *past) explainsBooking(q asked) bool {
	host := q.bookingOf
	create, received := q.ask(createBooking), q.ask(receive)
	create.Resource = &booking{Account: "acme", Host: host}
	received.Subject, received.Context, received.Resource = usher.UserID(host), nil, personal("booking", "acme", host)
	ever := func(r usher.Request, want bool) bool {
		return slices.ContainsFunc(p.states[q.before:q.after+1], func(s *account.State) bool { return p.allows(s, r) == want })
	}
	view := q.about(viewCalendar, "", host)
	switch {
	case q.status == 404:
		return ever(view, false)
	case q.status == 403:
		return ever(view, true) && ever(create, false)
	case !ever(view, true) || !ever(create, true):
		return false
	case q.status == 409 && strings.Contains(q.answer.body, ":not-bookable"):
		return ever(received, false)
	case q.status == 409:
		return ever(received, true) && strings.Contains(q.answer.body, ":slot-taken")
	}
	return q.status == 201 && ever(received, true)
}
