package engineproof_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storecopy"
)

// dueMachine is an engine with a clock of its own.
type dueMachine struct {
	*engine.Engine
	clock *hourClock
	store *memstore.Store
}

func newDueMachine(t *testing.T, hour int, s *memstore.Store) *dueMachine {
	m := &dueMachine{clock: &hourClock{}, store: s}
	m.clock.hour.Store(int64(hour))
	e, err := engine.Open(engine.Options{Policy: loadPolicy(t, officeText), Store: s, Clock: m.clock.now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	m.Engine = e
	return m
}

// facts is all that the view of a machine shows, without versions and the numbers of the schedule.
func (m *dueMachine) facts(t *testing.T) string {
	t.Helper()
	v, err := m.View(context.Background(), dueAccount)
	require.NoError(t, err)
	var b strings.Builder
	for u := range v.AllUsers() {
		fmt.Fprintf(&b, "%s: %s %s, beside %v, teams %+v, outside %+v, seats %v, grants %v\n", u.ID, u.Status, u.Role, u.Beside, u.Teams, u.Outside, u.Seats, u.Grants)
	}
	for e := range v.Scheduled(account.ScheduleEntry{}) {
		fmt.Fprintf(&b, "%s: %s, ends %t\n", e.At.Format(time.RFC3339), account.Describe(e.Command), e.Ends)
	}
	for _, e := range v.Skipped() {
		fmt.Fprintf(&b, "skipped %s: %s\n", e.At.Format(time.RFC3339), account.Describe(e.Command))
	}
	for _, p := range v.Seats() {
		fmt.Fprintf(&b, "%s: %d of %d\n", p.Pool, p.Held, p.Total)
	}
	for r := range v.AllRolesOn() {
		fmt.Fprintf(&b, "%+v\n", r)
	}
	lines := strings.Split(b.String(), "\n")
	slices.Sort(lines) // a view has no order of all users
	return strings.Join(lines, "\n")
}

// drawDue draws a command with a beginning or an end.
func drawDue(d *rand.Rand, hour int) account.Command {
	user := dueUsers[d.IntN(len(dueUsers))]
	var from, until time.Time
	first := hour
	if d.IntN(2) == 0 {
		first += 1 + d.IntN(4)
		from = dueTime(first)
	}
	if d.IntN(3) > 0 {
		until = dueTime(first + 1 + d.IntN(5))
	}
	switch d.IntN(9) {
	case 0, 1, 2:
		return account.SetRole{User: user, Role: []role.Name{"admin", "member", "clerk"}[d.IntN(3)], From: from, Until: until}
	case 3:
		return account.SetRoleBeside{User: user, Role: keeper, From: from, Until: until}
	case 4:
		return account.SetTeamRole{Team: crew, User: user, Role: chief, From: from, Until: until}
	case 5:
		return account.AddToTeam{Team: crew, User: user, Until: until}
	case 6:
		return account.GiveRoleOn{User: user, Role: porter, On: frontDoor.Ref(), From: from, Until: until}
	case 7:
		return account.Invite{Key: usher.UserID(fmt.Sprint("key-", d.IntN(3))), Until: until}
	}
	return account.SetSeats{Pool: desk, Total: 1 + d.IntN(3), From: from}
}

// TestDueOnEveryMachine gives the same journal to machines that came to it in other ways: one whose clock moved through all
// hours, and that made the commits; one whose clock was behind; one that was not running; and one that made the commands of an
// hour as one batch. At each later hour, all of them show the same account. Then each of them makes the same next commit,
// with the same due changes.
func TestDueOnEveryMachine(t *testing.T) {
	ctx := context.Background()
	due, skipped := 0, 0
	for seed := range uint64(60) {
		d := rand.New(rand.NewPCG(seed, 3))
		first := newDueMachine(t, 0, new(memstore.Store))
		batches := newDueMachine(t, 0, new(memstore.Store))
		for _, m := range []*dueMachine{first, batches} {
			_, err := m.Do(ctx, account.AsHost("test"), dueAccount, account.CreateAccount{Owner: names[0]}, account.SetSeats{Pool: desk, Total: 1},
				account.AddUser{User: dueUsers[0]}, account.AddUser{User: dueUsers[1]}, account.AddUser{User: dueUsers[2]}, account.CreateTeam{Team: crew})
			require.NoError(t, err)
		}
		hour := 0
		for range 3 + d.IntN(6) {
			hour += d.IntN(3)
			first.clock.hour.Store(int64(hour))
			batches.clock.hour.Store(int64(hour))
			if d.IntN(2) == 0 {
				first.facts(t) // what is due takes effect in memory
			}
			var done []account.Command
			for range 1 + d.IntN(4) {
				c := drawDue(d, hour)
				r, err := first.Do(ctx, account.AsHost("test"), dueAccount, c)
				if err == nil && r.Commit != nil {
					done = append(done, c)
				}
			}
			if len(done) == 0 {
				continue
			}
			_, err := batches.Do(ctx, account.AsHost("test"), dueAccount, done...)
			require.NoError(t, err, "seed %d", seed)
		}
		behind := newDueMachine(t, -48, dueCopy(t, first.store))
		behind.facts(t)
		late := newDueMachine(t, hour+14, dueCopy(t, first.store))
		all := []*dueMachine{first, behind, late, batches}
		for at := hour; at < hour+14; at += 1 + d.IntN(3) {
			for _, m := range all[:2] {
				m.clock.hour.Store(int64(at))
			}
			batches.clock.hour.Store(int64(at))
			want := first.facts(t)
			require.Equal(t, want, behind.facts(t), "seed %d, hour %d, clock behind", seed, at-hour)
			require.Equal(t, want, batches.facts(t), "seed %d, hour %d, batches", seed, at-hour)
		}
		for _, m := range all {
			m.clock.hour.Store(int64(hour + 14))
		}
		want := first.facts(t)
		var changes []string
		for i, m := range all {
			require.Equal(t, want, m.facts(t), "seed %d, machine %d", seed, i)
			r, err := m.Do(ctx, account.AsHost("test"), dueAccount, account.AddUser{User: "zoe"})
			require.NoError(t, err)
			var list []string
			for _, c := range r.Commit.Changes {
				list = append(list, account.DescribeChange(c))
				switch c.(type) {
				case account.Due:
					due++
				case account.DueSkipped:
					skipped++
				}
			}
			switch {
			case i == 0:
				changes = list
			case m != batches:
				require.Equal(t, changes, list, "seed %d, machine %d", seed, i)
			default:
				require.Len(t, list, len(changes), "seed %d", seed)
			}
		}
	}
	t.Logf("%d entries of schedules became due in the last commits, and %d could not take effect", due, skipped)
	require.Greater(t, due, 200)
}

func dueCopy(t *testing.T, from store.Store) *memstore.Store {
	t.Helper()
	to := new(memstore.Store)
	for a, err := range storecopy.Copy(context.Background(), from, to) {
		require.NoError(t, err)
		require.NoError(t, a.Problem)
	}
	return to
}
