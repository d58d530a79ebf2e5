package byhand_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/benchmarks/peers/byhand"
	"github.com/usher-go/usher/benchmarks/world"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
)

// facts is the company as policy.Facts, without an engine.
type facts map[usher.UserID]*policy.User

func (f facts) User(id usher.UserID) (*policy.User, error) { return f[id], nil }

func (f facts) Account() (*policy.Account, error) { return new(policy.Account), nil }

func load(w *world.World) facts {
	f := facts{}
	for r := range w.Rows() {
		m := policy.Membership{Team: usher.TeamID(r.Team)}
		if r.Manages {
			m.Roles = []role.Name{"manager"}
		}
		f[usher.UserID(r.User)] = &policy.User{Status: usher.Active, Role: role.Name(r.Role), Teams: []policy.Membership{m}}
	}
	return f
}

// request returns a question as a usher.Request, with a usher.Object as its resource.
func request(q *world.Question, k world.Kind) *usher.Request {
	r := &usher.Request{Subject: usher.UserID(q.User), Permission: permission.MustParse(k.String()), Time: time.Unix(0, 0)}
	switch {
	case q.Calendar != nil:
		r.Resource = &usher.Object{
			Type: "calendar", ID: q.Calendar.ID,
			Parties: map[string][]string{"host": q.Calendar.Hosts, "team": q.Calendar.Teams},
		}
	case q.Entry != nil:
		r.Resource = &usher.Object{Type: r.Permission.Resource(), Parties: map[string][]string{"user": q.Entry.ID[:]}}
	}
	return r
}

func TestTheReferenceDecidesAsThePresetDoes(t *testing.T) {
	oncehub, err := preset.Load("oncehub")
	require.NoError(t, err)
	for _, users := range []int{100, 1000} {
		w, err := world.New(users, 3)
		require.NoError(t, err)
		f, allowed := load(w), 0
		var p byhand.Peer
		require.NoError(t, p.Load(w))
		list := w.Questions(20_000)
		for i := range list {
			q := &list[i]
			d, err := oncehub.Decide(f, request(q, q.Kind))
			require.NoError(t, err)
			got, err := p.Ask(q)
			require.NoError(t, err)
			require.Equal(t, d.Allowed(), got, "%+v on %+v %+v", q, q.Calendar, q.Entry)
			if got {
				allowed++
			}
			if q.Calendar == nil {
				continue
			}
			var want world.Actions
			for k := range world.OfCalendars {
				d, err := oncehub.Decide(f, request(q, k))
				require.NoError(t, err)
				if d.Allowed() {
					want = want.With(k)
				}
			}
			actions, err := p.Actions(q.User, q.Calendar)
			require.NoError(t, err)
			require.Equal(t, want, actions, "%+v on %+v", q, q.Calendar)
			one := world.Question{Account: q.Account, User: q.User, Calendar: q.Calendar}
			for k := range world.OfCalendars {
				one.Kind, one.Permission = k, k.String()
				yes, err := p.Ask(&one)
				require.NoError(t, err)
				require.Equal(t, want&(1<<k) != 0, yes, "%s of %s on %+v", k, q.User, q.Calendar)
			}
		}
		require.InDelta(t, 0.5, float64(allowed)/float64(len(list)), 0.1, "about half are allowed")
		for _, page := range w.Pages(200) {
			var want []*world.Calendar
			for _, c := range page.Calendars {
				d, err := oncehub.Decide(f, request(&world.Question{User: page.User, Calendar: c}, world.CalendarEdit))
				require.NoError(t, err)
				if d.Allowed() {
					want = append(want, c)
				}
			}
			got, err := p.Editable(page.User, page.Calendars)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
}

func TestNobodyMayDoAnything(t *testing.T) {
	w, err := world.New(100, 1)
	require.NoError(t, err)
	var p byhand.Peer
	q := w.Questions(1)[0]
	for _, load := range []bool{false, true} {
		if load {
			require.NoError(t, p.Load(w))
			q.User = "stranger"
		}
		got, err := p.Ask(&q)
		require.NoError(t, err)
		require.False(t, got)
	}
	require.Error(t, p.SetRole("stranger", world.Admin))
}
