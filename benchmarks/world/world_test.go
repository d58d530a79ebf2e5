package world_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/benchmarks/world"
)

func newWorld(t *testing.T, users int, seed uint64) *world.World {
	t.Helper()
	w, err := world.New(users, seed)
	require.NoError(t, err)
	return w
}

func TestTheSameSeedMakesTheSameWorld(t *testing.T) {
	a, b := newWorld(t, 1000, 7), newWorld(t, 1000, 7)
	require.Equal(t, slices.Collect(a.Rows()), slices.Collect(b.Rows()))
	require.Equal(t, a.Questions(2000), b.Questions(2000))
	require.Equal(t, a.Questions(2000)[:500], b.Questions(500), "fewer questions are the first of more")
	require.Equal(t, a.Pages(50), b.Pages(50))
	require.Equal(t, a.Plain(50), b.Plain(50))
	require.Equal(t, a.Calendars(18), b.Calendars(18))

	other := newWorld(t, 1000, 8)
	require.NotEqual(t, a.Questions(2000), other.Questions(2000))
}

func TestTheNumberOfUsersComesOutEven(t *testing.T) {
	for _, users := range []int{-100, 0, 1, 99, 150} {
		_, err := world.New(users, 1)
		require.Error(t, err, users)
	}
}

func TestWhoIsInTheCompany(t *testing.T) {
	for _, users := range []int{100, 10_000} {
		roles, teams, managers := map[string]int{}, map[string]int{}, map[string]int{}
		ids, adminOnly := map[string]bool{}, 0
		for r := range newWorld(t, users, 1).Rows() {
			ids[r.User] = true
			roles[r.Role]++
			teams[r.Team]++
			if r.Manages {
				managers[r.Team]++
				require.Equal(t, world.Member, r.Role, "managers are members")
			}
			if r.AdminOnly {
				adminOnly++
				require.Equal(t, world.Admin, r.Role)
			}
		}
		require.Len(t, ids, users)
		require.Equal(t, 1, roles[world.Owner])
		require.Equal(t, users*3/100, adminOnly)
		require.Equal(t, users*5/100, roles[world.Admin], "2%% administrators and 3%% admin-only")
		require.Equal(t, users-1-users*5/100, roles[world.Member])
		require.Len(t, teams, users/20)
		require.Len(t, managers, users*5/100)
		for team, n := range teams {
			require.Equal(t, 20, n)
			require.Equal(t, 1, managers[team])
		}
	}
}

func TestTheCalendars(t *testing.T) {
	w := newWorld(t, 10_000, 1)
	all, several, byTeam := 0, 0, 0
	for i, r := range enumerate(w) {
		list := w.Calendars(i)
		if r.AdminOnly {
			require.Empty(t, list)
			continue
		}
		require.Len(t, list, 2)
		for _, c := range list {
			all++
			require.Equal(t, w.Account, c.Account)
			switch {
			case len(c.Teams) == 1:
				byTeam++
				require.Empty(t, c.Hosts)
				require.Equal(t, r.Team, c.Teams[0])
			case len(c.Hosts) > 1:
				several++
				require.LessOrEqual(t, len(c.Hosts), 3)
				require.Len(t, slices.Compact(slices.Sorted(slices.Values(c.Hosts))), len(c.Hosts), "no host is listed twice")
			}
			if len(c.Teams) == 0 {
				require.Equal(t, r.User, c.Hosts[0])
			}
		}
	}
	require.InDelta(t, 0.15, float64(several)/float64(all), 0.01)
	require.InDelta(t, 0.05, float64(byTeam)/float64(all), 0.01)
}

func enumerate(w *world.World) (list []world.Row) { return slices.Collect(w.Rows()) }

func TestWhatIsAsked(t *testing.T) {
	for _, users := range []int{100, 10_000} {
		w := newWorld(t, users, 1)
		known := map[string]bool{}
		for r := range w.Rows() {
			known[r.User] = true
		}
		const n = 20_000
		kinds := map[world.Kind]float64{}
		for _, q := range w.Questions(n) {
			kinds[q.Kind] += 1. / n
			require.Equal(t, w.Account, q.Account)
			require.True(t, known[q.User])
			require.Equal(t, q.Kind.String(), q.Permission)
			require.Equal(t, q.Kind < world.OfCalendars, q.Calendar != nil)
			require.Equal(t, q.Kind == world.SeatAssign || q.Kind == world.UserDelete, q.Entry != nil)
		}
		for kind, share := range map[world.Kind]float64{
			world.CalendarView: 0.3, world.CalendarEdit: 0.3, world.SeatAssign: 0.2,
			world.UserDelete: 0.2 / 3, world.SubscriptionManage: 0.2 / 3, world.AccountDelete: 0.2 / 3,
		} {
			require.InDelta(t, share, kinds[kind], 0.01, kind.String())
			delete(kinds, kind)
		}
		require.Empty(t, kinds, "no other permission is asked for")
	}
}

func TestPlainMembersHaveNoOtherRole(t *testing.T) {
	w := newWorld(t, 10_000, 1)
	plain := map[string]bool{}
	for r := range w.Rows() {
		plain[r.User] = r.Role == world.Member && !r.Manages
	}
	for _, user := range w.Plain(500) {
		require.True(t, plain[user], user)
	}
}
