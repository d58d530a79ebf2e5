package policy_test

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

// world is an account for tests. A literal is safe for concurrent use; its fields must not change
// from then on.
//
//	w := &world{
//		users: map[usher.UserID]*policy.User{
//			"mia": {Status: usher.Active, Role: "member", Teams: in("sales", "manager")},
//		},
//		teams: map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales"},
//	}
//	d, err := p.Decide(w, &usher.Request{Subject: "mia", Permission: edit, Time: noon})
type world struct {
	users    map[usher.UserID]*policy.User
	teams    map[usher.TeamID]usher.TeamID        // each with the team above it, or ""
	settings map[string]bool                      // those that differ from their defaults
	held     map[usher.Ref]map[string][]role.Name // roles on resources, of "user mia" and "team sales"
	now      time.Time                            // the time of the clock of ticking

	once    sync.Once
	account *policy.Account
	err     error
}

// in returns a membership in one team, with the roles held there.
func in(id usher.TeamID, roles ...string) []policy.Membership {
	m := policy.Membership{Team: id}
	for _, r := range roles {
		m.Roles = append(m.Roles, role.Name(r))
	}
	return []policy.Membership{m}
}

func (w *world) User(id usher.UserID) (*policy.User, error) { return w.users[id], nil }

func (w *world) Account() (*policy.Account, error) {
	w.once.Do(func() {
		w.account = &policy.Account{Settings: w.settings}
		if len(w.teams) > 0 {
			w.account.Teams, w.err = team.New(w.teams)
		}
	})
	return w.account, w.err
}

func (w *world) UserRolesOn(id usher.UserID, on usher.Ref) ([]role.Name, error) {
	return w.held[on]["user "+string(id)], nil
}

func (w *world) TeamRolesOn(id usher.TeamID, on usher.Ref) ([]role.Name, error) {
	return w.held[on]["team "+string(id)], nil
}

func (w *world) UserResources(id usher.UserID, typ string) iter.Seq2[policy.RolesOn, error] {
	return w.heldBy("user "+string(id), typ)
}

func (w *world) TeamResources(id usher.TeamID, typ string) iter.Seq2[policy.RolesOn, error] {
	return w.heldBy("team "+string(id), typ)
}

func (w *world) heldBy(holder, typ string) iter.Seq2[policy.RolesOn, error] {
	return func(yield func(policy.RolesOn, error) bool) {
		for on, holders := range w.held {
			if on.Type == typ && len(holders[holder]) > 0 && !yield(policy.RolesOn{ID: on.ID, Roles: holders[holder]}, nil) {
				return
			}
		}
	}
}

// facts returns the world as Facts: with a clock if it has a time.
func (w *world) facts() policy.Facts {
	if w.now.IsZero() {
		return w
	}
	return ticking{w}
}

// ticking is a world with a clock that always returns the same time.
type ticking struct{ *world }

func (t ticking) Now() time.Time { return t.now }

// String returns the world for failure messages, a line for each user and team.
func (w *world) String() string {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(w.users)) {
		fmt.Fprintf(&b, "user %s\n", describeUser(id, w.users[id]))
	}
	for _, id := range slices.Sorted(maps.Keys(w.teams)) {
		fmt.Fprintf(&b, "team %s", id)
		if above := w.teams[id]; above != "" {
			fmt.Fprintf(&b, " below %s", above)
		}
		b.WriteByte('\n')
	}
	for on, holders := range w.held {
		fmt.Fprintf(&b, "%s: %v\n", on, holders)
	}
	for _, name := range slices.Sorted(maps.Keys(w.settings)) {
		fmt.Fprintf(&b, "setting %s: %t\n", name, w.settings[name])
	}
	if !w.now.IsZero() {
		fmt.Fprintf(&b, "clock %s\n", w.now.Format(time.RFC3339))
	}
	return b.String()
}

func describeUser(id usher.UserID, u *policy.User) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v %s", id, u.Status, u.Role)
	for _, m := range u.Teams {
		fmt.Fprintf(&b, ", in %s", m.Team)
		if len(m.Roles) > 0 {
			fmt.Fprintf(&b, " as %v", m.Roles)
		}
	}
	if len(u.Beside) > 0 {
		fmt.Fprintf(&b, ", beside %v", u.Beside)
	}
	for _, m := range u.Outside {
		fmt.Fprintf(&b, ", outside %s as %v", m.Team, m.Roles)
	}
	if len(u.Seats) > 0 {
		fmt.Fprintf(&b, ", seats %v", u.Seats)
	}
	for _, g := range u.Grants {
		fmt.Fprintf(&b, ", grant %s", g.Name)
		if !g.Until.IsZero() {
			fmt.Fprintf(&b, " until %s", g.Until.Format(time.RFC3339))
		}
	}
	return b.String()
}

// thing is a resource as a type of the host: it can have unknown parties and attributes, and
// it records the names that it is asked for.
type thing struct {
	ref        usher.Ref
	account    usher.AccountID
	parties    map[string][]string
	teams      map[string][]string // of parties of users and teams
	attributes map[string]bool     // those that are not listed are unknown
	silent     []string            // the unknown parties; "teams of x" are the unknown teams of a party of users and teams
	in         usher.Resource      // what contains it; nil for nothing
	noIn       bool                // what contains it is unknown
	asked      []string            // the names that were requested, as "party host"
}

func (t *thing) Ref() usher.Ref { return t.ref }

func (t *thing) InAccount() usher.AccountID { return t.account }

func (t *thing) Party(name string) (ids []string, known bool) {
	t.asked = append(t.asked, "party "+name)
	return t.parties[name], !slices.Contains(t.silent, name)
}

func (t *thing) TeamParty(name string) (ids []string, known bool) {
	t.asked = append(t.asked, "teams "+name)
	return t.teams[name], !slices.Contains(t.silent, "teams of "+name)
}

func (t *thing) Container() (in usher.Resource, known bool) {
	t.asked = append(t.asked, "container")
	return t.in, !t.noIn
}

func (t *thing) Attribute(name string) (value, known bool) {
	t.asked = append(t.asked, "attribute "+name)
	value, known = t.attributes[name]
	return value, known
}
