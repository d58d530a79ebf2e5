package agreement_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Two companies with mostly the same ids for different things: mia is the owner of umbrella, and a
// member of acme; sales has a different manager in each. Only umbrella has uma, the team west and
// the calendars from 3 on. Only acme has adam, and tom manages there.
const (
	acme     usher.AccountID = "acme"
	umbrella usher.AccountID = "umbrella"
)

func companies() map[usher.AccountID]account.Seed {
	sales := func(roles ...role.Name) []policy.Membership {
		return []policy.Membership{{Team: "sales", Roles: roles}}
	}
	phone := []account.Field{{Name: "phone", Type: account.TextField}}
	return map[usher.AccountID]account.Seed{
		acme: {
			Seats: map[seat.PoolName]int{"booking": 5}, Teams: map[usher.TeamID]usher.TeamID{"sales": "", "east": "sales"}, Fields: phone,
			Users: map[usher.UserID]policy.User{
				"olivia": {Role: "owner"}, "adam": {Role: "admin"}, "mia": {Teams: sales()}, "tom": {Teams: sales("manager")},
				"max": {Teams: []policy.Membership{{Team: "east"}}, Seats: []seat.PoolName{"booking"}},
			},
			Values: map[usher.UserID]map[string]account.Value{"mia": {"phone": "1"}},
		},
		umbrella: {
			Seats: map[seat.PoolName]int{"booking": 5}, Teams: map[usher.TeamID]usher.TeamID{"sales": "", "west": "sales"}, Fields: phone,
			Users: map[usher.UserID]policy.User{
				"mia": {Role: "owner"}, "olivia": {}, "tom": {Teams: sales()}, "max": {Teams: sales("manager")},
				"uma": {Role: "admin", Teams: []policy.Membership{{Team: "west"}}, Seats: []seat.PoolName{"booking"}},
			},
			Values: map[usher.UserID]map[string]account.Value{"mia": {"phone": "2"}, "uma": {"phone": "3"}},
		},
	}
}

// companyCalendars have the same local ids in both accounts, except for the last of umbrella.
var companyCalendars = []map[string][]string{
	{"host": {"mia"}}, {"host": {"mia", "max"}}, {"team": {"sales"}}, {"host": {"uma"}}, {"team": {"west"}}, {},
}

func newCompanies(t *testing.T) *host {
	t.Helper()
	p, err := preset.Load("oncehub")
	if err != nil {
		t.Fatal(err)
	}
	everybody := []usher.UserID{"adam", "max", "mia", "nobody", "olivia", "tom", "uma"}
	s := &host{
		policy: p, now: new(clock), seen: new(counts),
		users: map[usher.AccountID][]usher.UserID{acme: everybody, umbrella: everybody}, rows: map[usher.AccountID][]*resource{},
		layouts: map[string]layout{"calendar": {typ: "calendar", parties: map[string]slot{"host": {"local", 0}, "team": {"column", 1}}}},
	}
	s.now.set(anyTime)
	s.engine = live(t, p, s.now, companies())
	s.decider = s.engine
	t.Cleanup(func() { s.close(t) })
	for i, parties := range companyCalendars {
		for _, id := range []usher.AccountID{acme, umbrella} {
			if id == umbrella || i < 3 {
				s.rows[id] = append(s.rows[id], &resource{typ: "calendar", id: 10*i + len(id), local: fmt.Sprint(i), account: id, parties: parties})
			}
		}
	}
	s.routes = newRoutes(t, s, s.everyPermission())
	return s
}

// TestAccountsAreApart makes all calls in each of two companies about the calendars of both, with
// the engine and with Readers.
func TestAccountsAreApart(t *testing.T) {
	s := newCompanies(t)
	s.bases = []*base{newBase(t, filter.PostgreSQL), newBase(t, filter.SQLite)}
	for _, b := range s.bases {
		w := b.begin(t)
		for _, rows := range s.rows {
			for _, row := range rows {
				w.store(t, s.layouts["calendar"], row)
			}
		}
		w.commit(t)
	}
	atLeast, at := versions(s.engine)
	for _, s.decider = range []decider{s.engine, atLeast, at} {
		s.routes = newRoutes(t, s, s.everyPermission())
		for _, permission := range s.permissionsOn("calendar") {
			for _, ids := range [][2]usher.AccountID{{acme, umbrella}, {umbrella, acme}} {
				q := question{account: ids[0], permission: permission, time: anyTime}
				if err := s.asideFrom(q, ids[1]); err != nil {
					t.Errorf("%T: %v", s.decider, err)
				}
			}
		}
	}
	if s.seen.Selected < 200 || s.seen.Foreign < 1000 || s.seen.Admitted < 200 {
		t.Errorf("%+v is too little", *s.seen)
	}
}

// asideFrom makes the calls in one account, also about resources of another account.
func (s *host) asideFrom(q question, other usher.AccountID) error {
	var errs []error
	for _, row := range s.rows[q.account] {
		errs = append(errs, s.whoMay(q, row))
	}
	for _, user := range s.users[q.account] {
		errs = append(errs, s.lists(q, user, 1))
		var strange []*resource
		for _, row := range s.rows[q.account] {
			errs = append(errs, s.guarded(q, user, row), s.actions(q, user, row), s.explained(q, user, row))
		}
		for _, row := range s.rows[other] {
			errs = append(errs, s.apart(q, user, row))
			if !slices.ContainsFunc(s.rows[q.account], func(r *resource) bool { return r.local == row.local }) {
				strange = append(strange, row)
			}
		}
		errs = append(errs, s.buttons(q, user, s.rows[q.account], strange...))
	}
	return errors.Join(errs...)
}

// TestUsersAreApart makes calls for users of another account. Their role there does not count: the
// result is that for a user who is in no account.
func TestUsersAreApart(t *testing.T) {
	s := newCompanies(t)
	for _, row := range []struct {
		account usher.AccountID
		user    usher.UserID
	}{{acme, "uma"}, {umbrella, "adam"}} {
		for _, permission := range s.permissionsOn("calendar") {
			q := question{account: row.account, permission: permission, time: anyTime}
			for _, calendar := range append(s.rows[row.account], nil) {
				d, err := s.Check(ctx, q.by(row.user, calendar))
				if err != nil || d.Reason() != usher.ReasonUnknownUser {
					t.Errorf("%q asks for %v on %v: %v, %v, want unknown-user", row.user, q, calendar, d, err)
				}
				for who, err := range s.WhoMay(ctx, q.by("", calendar), "") {
					if _, theirs := companies()[row.account].Users[who.ID]; err != nil || !theirs {
						t.Errorf("WhoMay: %v on %v yields %q, %v", q, calendar, who.ID, err)
					}
				}
				if calendar == nil {
					continue
				}
				if actions, err := s.Actions(ctx, q.by(row.user, calendar)); err != nil || len(actions) > 0 {
					t.Errorf("Actions of %q on %v = %v, %v, want none", row.user, calendar, actions, err)
				}
			}
			if f, err := s.Filter(ctx, q.by(row.user, nil)); err != nil || !f.None() {
				t.Errorf("the filter of %q for %v selects something: %v", row.user, q, err)
			}
			s.sameAsUnknown(t, q, row.user)
		}
	}
}

// sameAsUnknown checks that a route returns the same for a user who is not in the account and for
// an account that does not exist, so that users cannot find out which accounts exist.
func (s *host) sameAsUnknown(t *testing.T, q question, user usher.UserID) {
	t.Helper()
	path := "/whole/" + q.permission.String()
	got, err := s.routes.send(q, user, http.MethodGet, path, "")
	if err != nil {
		t.Fatal(err)
	}
	q.account = "there is no such account"
	want, err := s.routes.send(q, user, http.MethodGet, path, "")
	if err != nil {
		t.Fatal(err)
	}
	if got != want || got.status != http.StatusForbidden {
		t.Errorf("the route of %s says to %q\n%v\nand of an account that there is not\n%v", q.permission, user, got, want)
	}
}

// TestUnknownAccount makes all calls in an account that does not exist.
func TestUnknownAccount(t *testing.T) {
	s := newCompanies(t)
	before := companies()
	_, err := s.engine.Do(ctx, account.AsHost("proof"), "closed", account.Import{Seed: before[acme]}, account.DeleteAccount{})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []usher.AccountID{"", "Acme", "acme ", "there is none", "closed"} {
		q := question{account: id, permission: mustPermission("calendar.view"), time: anyTime}
		calendar := &resource{typ: "calendar", local: "0", account: id, parties: map[string][]string{"host": {"mia"}}}
		r := q.by("mia", calendar)
		d, err := s.Check(ctx, r)
		s.unknown(t, "Check", id, err, d == usher.Decision{})
		x, err := s.Explain(ctx, r)
		s.unknown(t, "Explain", id, err, x.Decision == usher.Decision{})
		actions, err := s.Actions(ctx, r)
		s.unknown(t, "Actions", id, err, len(actions) == 0)
		f, err := s.Filter(ctx, q.by("mia", nil))
		s.unknown(t, "Filter", id, err, f.None())
		for who, err := range s.WhoMay(ctx, r, "") {
			s.unknown(t, "WhoMay", id, err, who.ID == "")
		}
		v, err := s.engine.View(ctx, id)
		s.unknown(t, "View", id, err, v.Len() == 0)
		_, err = s.engine.Do(ctx, account.AsHost("proof"), id, account.SetRole{User: "mia", Role: "admin"})
		s.unknown(t, "Do", id, err, true)
		reply, err := s.routes.get("in", q, "mia", acme, "calendar", "0")
		misused := id == "" && reply.status == http.StatusInternalServerError // a subject without an account is a configuration error
		if err != nil || reply.status != http.StatusNotFound && !misused {
			t.Errorf("%q: a route to a calendar of acme answers %v, %v", id, reply, err)
		}
	}
}

func (s *host) unknown(t *testing.T, path string, id usher.AccountID, err error, nothing bool) {
	t.Helper()
	if !errors.Is(err, usher.ErrUnknownAccount) || !nothing {
		t.Errorf("%s in %q: the error is %v, and nothing else %t", path, id, err, nothing)
	}
}
