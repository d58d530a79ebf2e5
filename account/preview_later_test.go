package account_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

const latePreview = `
usher: 1
seats: {desk: {holds: [active]}}
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {seats: {desk: optional}}
  member: {default: true, seats: {desk: optional}}
  pro:    {seats: {desk: required}}
  scribe: {beside: true}
  viewer: {held-on: page}
resources:
  page:
    permissions:
      read:  {admin: any, pro: any}
      edit:  {admin: any}
      print: {scribe: any}
      view:  {viewer: here}
      pay:   {}
`

func lateOffice(t testing.TB) (*policy.Policy, *account.State) {
	p := compile(t, latePreview)
	return p, open(t, p, account.Seed{
		Seats: map[seat.PoolName]int{"desk": 1},
		Users: map[usher.UserID]policy.User{"olga": user("owner"), "mia": user("member"), "max": user("member")},
	})
}

var lateUsers = []usher.UserID{"mia", "max", "ned"}

func hour(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }

// may returns what users may do at a time, by decisions.
func may(t testing.TB, p *policy.Policy, s *account.State, at time.Time) map[string]bool {
	t.Helper()
	allowed := map[string]bool{}
	for _, id := range lateUsers {
		u, err := s.User(id)
		require.NoError(t, err)
		for _, action := range []string{"read", "edit", "print", "pay", "view"} {
			q := usher.Request{Account: "club", Subject: id, Permission: permission.MustParse("page." + action), Time: at}
			if action == "view" {
				q.Resource = &usher.Object{Type: "page", ID: "p1", Account: "club"}
			}
			d, err := p.Decide(s, &q)
			require.NoError(t, err)
			allowed[string(id)+" "+action] = u != nil && d.Allowed()
		}
	}
	return allowed
}

// differences is what the last of the previews up to a time say about all users: "+mia read".
type differences struct {
	users map[usher.UserID]account.UserPreview
	on    map[usher.UserID]account.RolesOnPreview
	seats map[seat.PoolName]account.SeatsPreview
}

func (d differences) note(users []account.UserPreview, on []account.RolesOnPreview, seats []account.SeatsPreview) {
	for _, u := range users {
		d.users[u.User] = u
	}
	for _, r := range on {
		d.on[r.User] = r
	}
	for _, p := range seats {
		d.seats[p.Pool] = p
	}
}

func (d differences) say(active func(usher.UserID) bool) (list []string) {
	add := func(id usher.UserID, sign string, rules []policy.Entitlement) {
		for _, h := range rules {
			list = append(list, sign+string(id)+" "+h.Permission.Action())
		}
	}
	for id, u := range d.users {
		add(id, "+", u.Gains)
		add(id, "-", u.Loses)
	}
	for id, r := range d.on {
		if active(id) { // for a user who is not active, a role on a resource is without effect
			add(id, "+", r.Gains)
			add(id, "-", r.Loses)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func drawLater(d *rand.Rand) account.Command {
	id := lateUsers[d.IntN(2)]
	var from, until time.Time
	if d.IntN(2) == 0 {
		from = hour(1 + d.IntN(6))
	}
	if d.IntN(2) == 0 {
		until = hour(7 + d.IntN(3))
		if from.IsZero() {
			until = hour(1 + d.IntN(8))
		}
	}
	switch d.IntN(11) {
	case 0, 1, 2:
		return account.SetRole{User: id, Role: []role.Name{"admin", "member", "pro", "pro"}[d.IntN(4)], From: from, Until: until}
	case 3:
		return account.SetRoleBeside{User: id, Role: "scribe", From: from, Until: until}
	case 4, 5:
		return account.GiveGrant{User: id, Grant: "page.pay", From: from, Until: until}
	case 6:
		return account.RevokeGrant{User: id, Grant: "page.pay"}
	case 7:
		return account.GiveRoleOn{User: id, Role: "viewer", On: usher.Ref{Type: "page", ID: "p1"}, From: from, Until: until}
	case 8:
		return account.Cancel{ID: 1 + d.IntN(4)}
	case 9:
		return []account.Command{account.RemoveUser{User: id}, account.AddUser{User: "ned", Role: "pro"}}[d.IntN(2)]
	}
	return account.SetSeats{Pool: "desk", Total: 1 + d.IntN(2), From: from}
}

// What a preview says about a time is what decisions at that time say, with and without the commands.
func TestPreviewOfLaterTimes(t *testing.T) {
	p, first := lateOffice(t)
	said, others := map[string]int{}, 0
	for seed := range uint64(1500) {
		d := rand.New(rand.NewPCG(seed, 15))
		s := first
		for range d.IntN(5) {
			if o, err := propose(p, s, account.AsHost("test"), drawLater(d)); err == nil {
				s = o.Next
			}
		}
		commands := []account.Command{drawLater(d)}
		if d.IntN(3) == 0 {
			commands = append(commands, drawLater(d))
		}
		o, err := propose(p, s, account.AsHost("test"), commands...)
		if err != nil || len(o.Changes) == 0 {
			continue
		}
		got, err := s.Preview(p, o, noon)
		require.NoError(t, err)
		require.Zero(t, got.LaterFrom)
		last := differences{map[usher.UserID]account.UserPreview{}, map[usher.UserID]account.RolesOnPreview{}, map[seat.PoolName]account.SeatsPreview{}}
		last.note(got.Users, got.RolesOn, got.Seats)
		ending := map[usher.UserID]bool{} // what the preview says about now includes the end of a grant
		for _, u := range got.Users {
			for _, user := range []*policy.User{u.Before, u.After} {
				ending[u.User] = ending[u.User] || user != nil && slices.ContainsFunc(user.Grants, func(g policy.Grant) bool { return !g.Until.IsZero() })
			}
		}
		now := []string{}
		later := got.Later
		for h := range 12 {
			at := hour(h)
			for len(later) > 0 && !later[0].At.After(at) {
				require.NotZero(t, len(later[0].Users)+len(later[0].RolesOn)+len(later[0].Seats))
				last.note(later[0].Users, later[0].RolesOn, later[0].Seats)
				for _, u := range later[0].Users {
					delete(ending, u.User)
					if !slices.Contains(account.UsersOf(o.Changes...), u.User) {
						others++
					}
				}
				later = later[1:]
			}
			without, with := s.At(p, at), o.Next.At(p, at)
			before, after := may(t, p, without, at), may(t, p, with, at)
			var want []string
			for what := range before {
				switch {
				case after[what] && !before[what]:
					want = append(want, "+"+what)
				case before[what] && !after[what]:
					want = append(want, "-"+what)
				}
			}
			slices.Sort(want)
			active := func(id usher.UserID) bool {
				was, _ := without.User(id)
				is, _ := with.User(id)
				return was != nil && is != nil && was.Counts() && is.Counts()
			}
			is := last.say(active)
			is = slices.DeleteFunc(is, func(text string) bool {
				return len(text) > 5 && text[len(text)-4:] == "view" && !active(usher.UserID(text[1:4]))
			})
			want = slices.DeleteFunc(want, func(text string) bool { return text[len(text)-4:] == "view" && !active(usher.UserID(text[1:4])) })
			if h == 0 {
				now = want
			}
			for id, ends := range ending {
				if !ends {
					continue
				}
				pays := func(text string) bool { return text[1:] == string(id)+" pay" }
				is = slices.DeleteFunc(is, pays)
				if i := slices.IndexFunc(now, pays); i >= 0 {
					is = append(is, now[i])
				}
			}
			slices.Sort(is)
			require.Equal(t, fmt.Sprint(want), fmt.Sprint(is), "seed %d, hour %d: %v", seed, h, o.Changes)
			for _, text := range want {
				if h > 0 {
					said[text[:1]+text[5:]]++
				}
			}
			shown, wanted := last.seats["desk"], [2]int{with.Pool("desk").Total - without.Pool("desk").Total, with.Pool("desk").Held - without.Pool("desk").Held}
			require.Equal(t, wanted, [2]int{shown.After.Total - shown.Before.Total, shown.After.Held - shown.Before.Held}, "seed %d, hour %d", seed, h)
		}
		require.Empty(t, later, "no time is before all decisions")
	}
	for _, action := range []string{"read", "edit", "print", "pay", "view"} {
		assert.Positive(t, said["+"+action], action)
		assert.Positive(t, said["-"+action], action)
	}
	assert.Positive(t, others, "decisions about a user differ later, although no change names the user")
}

// A preview has a limited number of later times, and states the first one that it leaves out.
func TestPreviewOfManyLaterTimes(t *testing.T) {
	p, s := lateOffice(t)
	var commands []account.Command
	for i := range account.MaxLater + 5 {
		commands = append(commands, account.SetRole{User: "mia", Role: []role.Name{"admin", "member"}[i%2], From: hour(i + 1)})
	}
	got := preview(t, p, s, commands...)
	require.Len(t, got.Later, account.MaxLater)
	assert.True(t, got.LaterFrom.Equal(hour(account.MaxLater+1)), got.LaterFrom)
	assert.Empty(t, preview(t, p, s, account.SetRole{User: "mia", Role: "admin"}).Later)

	// At times that requests cannot have, nothing is decided.
	end := time.Date(2999, 12, 31, 0, 0, 0, 0, time.UTC)
	grant := account.GiveGrant{User: "mia", Grant: "page.pay", Until: end}
	got = preview(t, p, s, grant, account.SetRole{User: "mia", Role: "admin", Until: hour(1)})
	assert.Len(t, got.Later, 1)
	assert.True(t, got.LaterFrom.Equal(end))
	until, err := do(t, p, s, account.AsHost("test"), grant).View(p).AllowedUntil(usher.Request{Account: "club", Subject: "mia", Permission: permission.MustParse("page.pay"), Time: noon})
	require.NoError(t, err)
	assert.True(t, until.Equal(end))

	got = preview(t, p, s, account.SetRole{User: "mia", Role: "admin", Until: hour(2)})
	require.Len(t, got.Later, 1)
	assert.True(t, got.Later[0].At.Equal(hour(2)))
	assert.Equal(t, role.Name("member"), got.Later[0].Users[0].After.Role)
	assert.Empty(t, got.Later[0].Users[0].Gains)
}
