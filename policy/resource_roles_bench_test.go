package policy_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

// indexedShares are facts with an index from holder and resource to roles.
type indexedShares struct {
	*world
	users map[userOn][]role.Name
	teams map[teamOn][]role.Name
}

type userOn struct {
	user usher.UserID
	on   usher.Ref
}

type teamOn struct {
	team usher.TeamID
	on   usher.Ref
}

func (s *indexedShares) UserRolesOn(id usher.UserID, on usher.Ref) ([]role.Name, error) {
	return s.users[userOn{id, on}], nil
}

func (s *indexedShares) TeamRolesOn(id usher.TeamID, on usher.Ref) ([]role.Name, error) {
	return s.teams[teamOn{id, on}], nil
}

// manyShares returns a world in which mia edits many calendars, many users edit c1, and max is in a
// team that views many calendars.
func manyShares(n int) *indexedShares {
	s := &indexedShares{
		world: &world{
			users: map[usher.UserID]*policy.User{
				"mia": {Status: usher.Active, Role: "member"},
				"max": {Status: usher.Active, Role: "member", Teams: in("emea")},
			},
			teams: map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales"},
		},
		users: map[userOn][]role.Name{}, teams: map[teamOn][]role.Name{},
	}
	editor, viewer := []role.Name{"editor"}, []role.Name{"viewer"}
	for i := range n {
		on := usher.Ref{Type: "calendar", ID: fmt.Sprintf("c%d", i+1)}
		s.users[userOn{"mia", on}] = editor
		s.teams[teamOn{"sales", on}] = viewer
		id := usher.UserID(fmt.Sprintf("user%d", i))
		s.world.users[id] = &policy.User{Status: usher.Active, Role: "member"}
		s.users[userOn{id, usher.Ref{Type: "calendar", ID: "c1"}}] = editor
	}
	return s
}

var shareChecks = []struct {
	name, perm string
	user       usher.UserID
	on         usher.Resource
}{
	{"of-a-user", "calendar.view", "mia", &thing{ref: usher.Ref{Type: "calendar", ID: "c1"}}},
	{"of-a-team", "calendar.view", "max", &thing{ref: usher.Ref{Type: "calendar", ID: "c1"}}},
	{"above", "event.view", "mia", &thing{ref: usher.Ref{Type: "event", ID: "e1"}, in: &thing{ref: usher.Ref{Type: "calendar", ID: "c1"}}}},
	{"none", "event.view", "mia", &thing{ref: usher.Ref{Type: "event", ID: "e1"}, in: &thing{ref: usher.Ref{Type: "calendar", ID: "other"}}}},
}

// A check allocates nothing, and asks about the resource alone, however many there are.
func TestManyRolesOnResources(t *testing.T) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(t, err)
	s := manyShares(10_000)
	for _, row := range shareChecks {
		r := usher.Request{Subject: row.user, Permission: permission.MustParse(row.perm), Resource: quiet{row.on.(*thing)}, Time: noon}
		d, err := p.Decide(s, &r)
		require.NoError(t, err)
		require.Equal(t, row.name != "none", d.Allowed(), row.name)
		require.Zero(t, testing.AllocsPerRun(100, func() {
			d, _ := p.Decide(s, &r)
			sink = d.Allowed()
		}), row.name)
	}
}

// quiet is a thing that does not record what it is asked for.
type quiet struct{ *thing }

func (q quiet) Party(name string) ([]string, bool) { return q.parties[name], true }

func (q quiet) Attribute(name string) (value, known bool) { return false, false }

func (q quiet) Container() (usher.Resource, bool) {
	if q.in == nil {
		return nil, true
	}
	return q.in, true
}

// BenchmarkRolesOnResources compares checks of a user who holds roles on 1 and on 10,000 calendars,
// of which one has as many holders.
func BenchmarkRolesOnResources(b *testing.B) {
	p, err := policyfile.Load("sharing.yaml", []byte(sharing))
	require.NoError(b, err)
	for _, n := range []int{1, 10_000} {
		s := manyShares(n)
		for _, row := range shareChecks {
			b.Run(fmt.Sprintf("%s/%d", row.name, n), func(b *testing.B) {
				r := usher.Request{Subject: row.user, Permission: permission.MustParse(row.perm), Resource: quiet{row.on.(*thing)}, Time: noon}
				b.ReportAllocs()
				for b.Loop() {
					d, err := p.Decide(s, &r)
					if err != nil {
						b.Fatal(err)
					}
					sink = d.Allowed()
				}
			})
		}
	}
}
