package agreement_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var errTables = errors.New("the table of users does not answer")

// failing has facts that return an error for one user.
type failing struct {
	policy.Facts
	user usher.UserID
}

func (f failing) User(id usher.UserID) (*policy.User, error) {
	if id == f.user {
		return nil, errTables
	}
	return f.Facts.User(id)
}

func (f failing) UsersAfter(after usher.UserID) iter.Seq2[policy.Listed, error] {
	return f.Facts.(policy.Lister).UsersAfter(after)
}

// TestFactsThatFail makes all calls for a user whose facts return an error: each call
// returns an error, and a route returns 503. Calls for other users succeed.
func TestFactsThatFail(t *testing.T) {
	s := newCompanies(t)
	facts := func(user usher.UserID) decider {
		v, err := s.engine.View(ctx, acme)
		if err != nil {
			t.Fatal(err)
		}
		return ownTables{s.policy, map[usher.AccountID]policy.Facts{acme: failing{v.State(), user}}, s.now}
	}
	q := question{account: acme, permission: mustPermission("calendar.view"), time: anyTime}
	for _, user := range []usher.UserID{"olivia", "mia", "tom"} {
		s.decider = facts(user)
		s.routes = newRoutes(t, s, []permission.Permission{q.permission})
		for _, row := range s.rows[acme] {
			if row.parties["host"] != nil && user != "olivia" {
				continue // they are looked up as hosts, too
			}
			if err := s.failsFor(q, user, row); err != nil {
				t.Errorf("%s, %v: %v", user, row, err)
			}
			if err := errors.Join(s.guarded(q, "max", row), s.actions(q, "max", row), s.lists(q, "max", 1)); err != nil {
				t.Errorf("%s, an unrelated user: %v", user, err)
			}
		}
	}
}

// failsFor checks that each call returns an error for a user, and for no other user.
func (s *host) failsFor(q question, user usher.UserID, row *resource) error {
	d, errCheck := s.Check(ctx, q.by(user, row))
	x, errExplain := s.Explain(ctx, q.by(user, row))
	actions, errActions := s.Actions(ctx, q.by(user, row))
	f, errFilter := s.Filter(ctx, q.by(user, nil))
	for path, err := range map[string]error{"Check": errCheck, "Explain": errExplain, "Actions": errActions, "Filter": errFilter} {
		if !errors.Is(err, errTables) {
			return fmt.Errorf("%s: the error is %w", path, err)
		}
	}
	selected, err := f.Match(row) // of the zero Filter, which reads no facts
	if err != nil || selected || d.Allowed() || x.Decision.Allowed() || len(actions) > 0 || !f.None() {
		return errors.New("something is allowed beside the error")
	}
	named := 0
	for who, err := range s.WhoMay(ctx, q.by("", row), "") {
		switch {
		case who.ID != user && err != nil, who.ID == user && !errors.Is(err, errTables), who.ID == user && who.Decision.Allowed():
			return fmt.Errorf("WhoMay yields %q with %v", who.ID, err)
		case who.ID == user:
			named++
		}
	}
	if named != 1 {
		return fmt.Errorf("WhoMay returned %d errors for the user", named)
	}
	for _, kind := range []string{"in", "concealed", "visible"} {
		if reply, err := s.routes.get(kind, q, user, acme, row.typ, row.local); err != nil || reply.status != http.StatusServiceUnavailable {
			return fmt.Errorf("a route %s answers %v, %v", kind, reply, err)
		}
	}
	reply, err := s.routes.send(q, user, http.MethodGet, "/actions?on=calendar:"+row.local, "")
	if err != nil || reply.status != http.StatusServiceUnavailable {
		return fmt.Errorf("the handler of actions returned %v, %v", reply, err)
	}
	return nil
}
