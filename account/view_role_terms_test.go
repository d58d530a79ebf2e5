package account_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// termTexts has a line for each holder, resource and term: "max editor calendar c1 0-3". A term that has begun
// starts at 0, and one without an end ends with "-".
func termTexts(list []account.RoleTerms) []string {
	lines := []string{}
	for _, h := range list {
		for _, t := range h.Terms {
			from, until := 0, ""
			if !t.From.IsZero() {
				from = int(t.From.Sub(noon).Hours())
			}
			if !t.Until.IsZero() {
				until = fmt.Sprint(t.Until.Sub(noon).Hours())
			}
			lines = append(lines, fmt.Sprintf("%s%s %s %s %s %d-%s", h.User, h.Team, t.Role, h.On.Type, h.On.ID, from, until))
		}
	}
	return lines
}

func termsOn(s *account.State, on usher.Ref) []string {
	return termTexts(slices.Collect(s.View(nil).TermsOn(on, account.Holder{})))
}

func termsOf(s *account.State, h account.Holder) []string {
	return termTexts(slices.Collect(s.View(nil).TermsOf(h, usher.Ref{})))
}

// The times of a role are those for which it was given, for users and for teams.
func TestTermsOfRolesOn(t *testing.T) {
	p, s := shared(t)
	host := account.AsHost("test")
	c2, room := usher.Ref{Type: "calendar", ID: "c2"}, usher.Ref{Type: "room", ID: "b"}
	s = do(t, p, s, host,
		account.GiveRoleOn{User: "max", Role: "editor", On: c1, Until: hours(3)},
		account.GiveRoleOn{User: "max", Role: "editor", On: c1, From: hours(5), Until: hours(7)},
		account.GiveRoleOn{User: "max", Role: "keeper", On: room, From: hours(2)},
		account.GiveRoleOn{User: "max", Role: "editor", On: c2},
		account.GiveRoleOn{User: "mia", Role: "editor", On: c1},
		account.GiveRoleOn{User: "ivan", Role: "editor", On: c1, From: hours(1), Until: hours(2)},
		account.GiveRoleOn{Team: "red", Role: "editor", On: c1, Until: hours(4)},
		account.GiveRoleOn{Team: "red", Role: "keeper", On: room, From: hours(4), Until: hours(6)},
		account.AddToTeam{User: "max", Team: "red", Until: hours(9)}) // nothing about a resource
	assert.Equal(t, []string{"ivan editor calendar c1 1-2", "max editor calendar c1 0-3", "max editor calendar c1 5-7", "mia editor calendar c1 0-", "red editor calendar c1 0-4"}, termsOn(s, c1))
	assert.Equal(t, []string{"max keeper room b 2-", "red keeper room b 4-6"}, termsOn(s, room))
	assert.Equal(t, []string{"max editor calendar c1 0-3", "max editor calendar c1 5-7", "max editor calendar c2 0-", "max keeper room b 2-"}, termsOf(s, account.Holder{User: "max"}))
	assert.Equal(t, []string{"red editor calendar c1 0-4", "red keeper room b 4-6"}, termsOf(s, account.Holder{Team: "red"}))
	for _, none := range [][]string{termsOn(s, usher.Ref{}), termsOn(s, usher.Ref{Type: "room", ID: "a"}), termsOf(s, account.Holder{}), termsOf(s, account.Holder{User: "red"}), termsOf(s, account.Holder{Team: "max"})} {
		assert.Empty(t, none)
	}
	assert.Empty(t, slices.Collect(account.View{}.TermsOn(c1, account.Holder{})))

	// Entry is the number with which Cancel withdraws a role that begins later.
	for h := range s.View(p).TermsOn(c1, account.Holder{User: "ivan"}) {
		require.Equal(t, usher.UserID("max"), h.User)
		assert.Zero(t, h.Terms[0].Entry)
		cancelled := do(t, p, s, host, account.Cancel{ID: h.Terms[1].Entry})
		assert.NotContains(t, termsOn(cancelled, c1), "max editor calendar c1 5-7")
		break
	}

	// At its time, what is scheduled has happened.
	assert.Equal(t, []string{"max editor calendar c1 5-7", "mia editor calendar c1 0-", "red editor calendar c1 0-4"}, termsOn(s.At(p, hours(3)), c1))
	assert.Equal(t, []string{"mia editor calendar c1 0-"}, termsOn(s.At(p, hours(8)), c1))

	// Each command that changes the times changes the lists.
	for name, row := range map[string]struct {
		command account.Command
		on      []string
	}{
		"another end":          {account.GiveRoleOn{User: "max", Role: "editor", On: c1, Until: hours(4)}, []string{"ivan editor calendar c1 1-2", "max editor calendar c1 0-4", "max editor calendar c1 5-7", "mia editor calendar c1 0-", "red editor calendar c1 0-4"}},
		"no end":               {account.GiveRoleOn{User: "max", Role: "editor", On: c1}, []string{"ivan editor calendar c1 1-2", "max editor calendar c1 0-", "mia editor calendar c1 0-", "red editor calendar c1 0-4"}},
		"without a gap":        {account.GiveRoleOn{User: "max", Role: "editor", On: c1, From: hours(3), Until: hours(6)}, []string{"ivan editor calendar c1 1-2", "max editor calendar c1 0-6", "mia editor calendar c1 0-", "red editor calendar c1 0-4"}},
		"taken":                {account.TakeRoleOn{User: "max", Role: "editor", On: c1}, []string{"ivan editor calendar c1 1-2", "mia editor calendar c1 0-", "red editor calendar c1 0-4"}},
		"taken from the team":  {account.TakeRoleOn{Team: "red", Role: "editor", On: c1}, []string{"ivan editor calendar c1 1-2", "max editor calendar c1 0-3", "max editor calendar c1 5-7", "mia editor calendar c1 0-"}},
		"a team that is gone":  {account.DeleteTeam{Team: "red"}, []string{"ivan editor calendar c1 1-2", "max editor calendar c1 0-3", "max editor calendar c1 5-7", "mia editor calendar c1 0-"}},
		"a user who is gone":   {account.RemoveUser{User: "max"}, []string{"ivan editor calendar c1 1-2", "mia editor calendar c1 0-", "red editor calendar c1 0-4"}},
		"a renamed user":       {account.RenameUser{From: "ivan", To: "zoe"}, []string{"max editor calendar c1 0-3", "max editor calendar c1 5-7", "mia editor calendar c1 0-", "zoe editor calendar c1 1-2", "red editor calendar c1 0-4"}},
		"a merged user":        {account.RenameUser{From: "max", To: "ivan"}, nil},
		"a forgotten resource": {account.Forget{On: c1}, []string{}},
		"a forgotten room":     {account.Forget{On: room}, termsOn(s, c1)},
	} {
		next := do(t, p, s, host, row.command)
		if row.on != nil {
			assert.Equal(t, row.on, termsOn(next, c1), name)
		}
		compareTerms(t, next, name)
		read, err := account.DecodeState(next.Encode())
		require.NoError(t, err, name)
		assert.Equal(t, termsOn(next, c1), termsOn(read, c1), name)
	}
	assert.Empty(t, termsOn(do(t, p, s, host, account.Forget{On: room}), room))
}

// compareTerms compares the lists of the resources with those of the holders.
func compareTerms(t *testing.T, s *account.State, about any) {
	t.Helper()
	var on, of []string
	for _, id := range []string{"c1", "c2", "b"} {
		on = append(on, termsOn(s, usher.Ref{Type: "calendar", ID: id})...)
		on = append(on, termsOn(s, usher.Ref{Type: "room", ID: id})...)
	}
	for u := range s.View(nil).AllUsers() {
		of = append(of, termsOf(s, account.Holder{User: u.ID})...)
	}
	for team := range s.View(nil).Teams("") {
		of = append(of, termsOf(s, account.Holder{Team: team.ID})...)
	}
	assert.ElementsMatch(t, on, of, "%v", about)
}

// The terms of random commands cover exactly the hours at which the role is held.
func TestRandomTermsOfRolesOn(t *testing.T) {
	p, start := shared(t)
	for seed := range uint64(200) {
		r, s := rand.New(rand.NewPCG(seed, 0)), start
		for range 8 {
			on := usher.Ref{Type: "calendar", ID: []string{"c1", "c2"}[r.IntN(2)]}
			h := []account.Holder{{User: "max"}, {User: "mia"}, {Team: "red"}}[r.IntN(3)]
			give := account.GiveRoleOn{User: h.User, Team: h.Team, Role: "editor", On: on}
			var c account.Command = give
			switch from := r.IntN(6); r.IntN(6) {
			case 0:
				c = account.TakeRoleOn{User: h.User, Team: h.Team, Role: "editor", On: on}
			case 1:
				give.From = hours(1 + from)
				c = give
			case 2:
				give.Until = hours(1 + from)
				c = give
			default:
				give.From, give.Until = hours(1+from), hours(2+from+r.IntN(3))
				c = give
			}
			o, err := propose(p, s, account.AsHost("test"), c)
			require.NoError(t, err)
			s = o.Next // the same if the command changes nothing
		}
		compareTerms(t, s, seed)
		for n := range 12 {
			at := hours(n)
			got, want := map[string]bool{}, map[string]bool{}
			for h := range s.At(p, at).View(p).AllRolesOn() {
				want[fmt.Sprint(h.Holder, h.On)] = true
			}
			for _, id := range []string{"c1", "c2"} {
				for h := range s.View(p).TermsOn(usher.Ref{Type: "calendar", ID: id}, account.Holder{}) {
					for _, term := range h.Terms {
						if !at.Before(term.From) && (term.Until.IsZero() || at.Before(term.Until)) {
							got[fmt.Sprint(h.Holder, h.On)] = true
						}
					}
				}
			}
			require.Equal(t, want, got, "seed %d, %d hours later", seed, n)
		}
	}
}

// The pages of both lists have every entry once, in order, also those that only the schedule has.
func TestPagesOfTermsOfRolesOn(t *testing.T) {
	p, s := shared(t)
	var commands []account.Command
	for i := range 30 {
		id := usher.UserID(fmt.Sprintf("u%02d", i))
		commands = append(commands, account.AddUser{User: id}, account.CreateTeam{Team: usher.TeamID(id)})
		from, on := time.Time{}, usher.Ref{Type: []string{"calendar", "room"}[i%2], ID: fmt.Sprint("x", i)}
		if i%3 == 0 {
			from = hours(1 + i%5)
		}
		commands = append(commands,
			account.GiveRoleOn{User: id, Role: "editor", On: c1, From: from}, account.GiveRoleOn{Team: usher.TeamID(id), Role: "editor", On: c1, From: from},
			account.GiveRoleOn{User: "max", Role: []role.Name{"editor", "keeper"}[i%2], On: on, From: from})
	}
	s = do(t, p, s, account.AsHost("test"), commands...)
	v := s.View(p)
	holders := slices.Collect(v.TermsOn(c1, account.Holder{}))
	require.Len(t, holders, 61)
	for i, h := range holders {
		assert.Equal(t, i < 30, h.User != "", "users come first")
		assert.Equal(t, holders[i+1:], append([]account.RoleTerms{}, slices.Collect(v.TermsOn(c1, h.Holder))...))
	}
	assert.True(t, slices.IsSortedFunc(holders[:30], func(a, b account.RoleTerms) int { return slices.Compare([]byte(a.User), []byte(b.User)) }))
	assert.True(t, slices.IsSortedFunc(holders[30:], func(a, b account.RoleTerms) int { return slices.Compare([]byte(a.Team), []byte(b.Team)) }))
	resources := slices.Collect(v.TermsOf(account.Holder{User: "max"}, usher.Ref{}))
	require.Len(t, resources, 30)
	seen := map[usher.Ref]bool{}
	for i, h := range resources {
		seen[h.On] = true
		assert.Equal(t, resources[i+1:], append([]account.RoleTerms{}, slices.Collect(v.TermsOf(account.Holder{User: "max"}, h.On))...))
	}
	assert.Len(t, slices.Collect(maps.Keys(seen)), 30)
	assert.Empty(t, slices.Collect(v.TermsOf(account.Holder{User: "max"}, usher.Ref{Type: "room", ID: "x9"})))
}
