package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// hours is a time after the commands of these tests.
func hours(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }

// roleAt returns a user's role at a time.
func roleAt(p *policy.Policy, s *account.State, id usher.UserID, at time.Time) role.Name {
	u, _ := s.At(p, at).User(id)
	if u == nil {
		return ""
	}
	return u.Role
}

// timeline returns a user's role now and at the full hours after, as long as it changes.
func timeline(p *policy.Policy, s *account.State, id usher.UserID) (list []role.Name) {
	for n := range 10 {
		list = append(list, roleAt(p, s, id, hours(n)))
	}
	return list
}

func rolesIn(list ...role.Name) []role.Name {
	for len(list) < 10 {
		list = append(list, list[len(list)-1])
	}
	return list
}

const (
	a = role.Name("admin")
	m = role.Name("member")
	d = role.Name("desk")
)

// Each row runs commands on max, a member, and states the roles at each hour from now on.
func TestRoleForATerm(t *testing.T) {
	p := compile(t, club)
	set := func(r role.Name, from, until int) account.SetRole {
		c := account.SetRole{User: "max", Role: r}
		if from > 0 {
			c.From = hours(from)
		}
		if until > 0 {
			c.Until = hours(until)
		}
		return c
	}
	for name, row := range map[string]struct {
		commands []account.Command
		want     []role.Name
	}{
		"an end":                                 {[]account.Command{set(a, 0, 2)}, rolesIn(a, a, m)},
		"a beginning":                            {[]account.Command{set(a, 2, 0)}, rolesIn(m, m, a)},
		"both":                                   {[]account.Command{set(a, 1, 3)}, rolesIn(m, a, a, m)},
		"a later end":                            {[]account.Command{set(a, 0, 2), set(a, 0, 4)}, rolesIn(a, a, a, a, m)},
		"an earlier end":                         {[]account.Command{set(a, 0, 4), set(a, 0, 2)}, rolesIn(a, a, m)},
		"no end any more":                        {[]account.Command{set(a, 0, 4), set(a, 0, 0)}, rolesIn(a)},
		"another role ends it":                   {[]account.Command{set(a, 0, 4), set(d, 0, 0)}, rolesIn(d)},
		"the role before comes back":             {[]account.Command{set(a, 0, 4), set(d, 0, 2)}, rolesIn(d, d, a, a, m)},
		"the role before has ended meanwhile":    {[]account.Command{set(a, 0, 2), set(d, 0, 4)}, rolesIn(d, d, d, d, m)},
		"a role that begins in a term":           {[]account.Command{set(a, 2, 0), set(d, 1, 4)}, rolesIn(m, d, d, d, a)},
		"a term in a term":                       {[]account.Command{set(a, 0, 6), set(d, 2, 4)}, rolesIn(a, a, d, d, a, a, m)},
		"a term that ends as another one begins": {[]account.Command{set(d, 4, 6), set(a, 2, 4)}, rolesIn(m, m, a, a, d, d, m)},
		"a term before another one, of the same role": {[]account.Command{set(a, 4, 6), set(a, 2, 4)}, rolesIn(m, m, a, a, m)},
		"a role without an end gets one":              {[]account.Command{set(a, 0, 0), set(a, 0, 3)}, rolesIn(a, a, a, m)},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, p, members())
			for _, c := range row.commands {
				s = do(t, p, s, account.AsHost("test"), c)
			}
			assert.Equal(t, row.want, timeline(p, s, "max"))
			read, err := account.DecodeState(s.Encode())
			require.NoError(t, err)
			assert.Equal(t, row.want, timeline(p, read, "max"), "also from a snapshot")
		})
	}
}

// What is due takes effect before the commands of the next commit, which records it.
func TestNextCommitRecordsWhatWasDue(t *testing.T) {
	p := compile(t, club)
	s := do(t, p, open(t, p, members()), account.AsHost("test"), account.SetRole{User: "max", Role: "coach", Until: hours(1)})
	u, _ := s.User("max")
	require.Len(t, u.Seats, 1, "a coach has a seat")
	late := s.At(p, hours(2))
	assert.Equal(t, s.Version(), late.Version())
	assert.Equal(t, s.Encode(), late.Encode(), "a snapshot has the account after the last commit")
	assert.Equal(t, []account.Change{account.Due{ID: 1, At: hours(1), Changes: 1}, account.RoleSet{User: "max", From: "coach", To: "member"}}, late.Due())

	for _, from := range []*account.State{s, late} {
		o, err := from.Propose(p, account.Proposal{Actor: account.AsUser("adam"), Time: hours(2), Commands: []account.Command{account.AddToTeam{Team: "chess", User: "max"}}})
		require.NoError(t, err)
		assert.Equal(t, append(late.Due(), account.MemberAdded{Team: "chess", User: "max"}), o.Changes)
		assert.Equal(t, 2, o.Due)
		c := &account.Commit{Account: s.ID(), Version: s.Version() + 1, Time: hours(2), Actor: account.AsUser("adam"), Changes: o.Changes}
		for _, on := range []*account.State{s, late} {
			next, err := on.Apply(c)
			require.NoError(t, err)
			assert.Equal(t, o.Next.Encode(), next.Encode())
			assert.Empty(t, next.Due())
			_, ok := next.NextDue()
			assert.False(t, ok)
		}
		c.Time = noon
		_, err = s.Apply(c)
		assert.ErrorContains(t, err, "is after that of the commit")
	}
	o, err := late.Propose(p, account.Proposal{Actor: account.AsUser("adam"), Time: hours(2), Commands: []account.Command{account.SetRole{User: "max", Role: "member"}}})
	require.NoError(t, err)
	assert.Empty(t, o.Changes, "what is due alone makes no commit")
}

func TestEndAlwaysTakesEffect(t *testing.T) {
	p := compile(t, club)
	host := account.AsHost("test")
	s := open(t, p, members())
	// cora is a coach, which requires a seat. She gives it up for an hour, and max gets it.
	s = do(t, p, s, host, account.SetRole{User: "adam", Role: "coach"}, account.SetRole{User: "cora", Role: "desk", Until: hours(1)},
		account.SetRole{User: "max", Role: "coach"})
	u, _ := s.At(p, hours(1)).User("cora")
	assert.Equal(t, role.Name("coach"), u.Role)
	assert.Equal(t, usher.Inactive, u.Status, "no seat is left")
	assert.Empty(t, u.Seats)
}

// A seat that inactive users need too cannot be released by becoming inactive, and service accounts hold none.
func TestEndWithoutASeatTakesEffect(t *testing.T) {
	p := compile(t, `
usher: 1
seats: {locker: {holds: [active, inactive]}}
roles:
  owner:  {unique: true, hands-over-to: boss}
  boss:   {seat: none}
  member: {default: true, seats: {locker: required}}
resources: {pay: {permissions: {out: {boss: any}}}}
`)
	host := account.AsHost("test")
	s := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{
		"olga": user("owner"), "zed": user("boss"), "sync": {Role: "boss", Kind: usher.ServiceAccount},
	}})
	s = do(t, p, s, host, account.SetRole{User: "zed", Role: "boss", Until: hours(1)}, account.SetRole{User: "sync", Role: "boss", Until: hours(1)})
	late := s.At(p, hours(1))
	for _, id := range []usher.UserID{"zed", "sync"} {
		u, _ := late.User(id)
		assert.Equal(t, role.Name("member"), u.Role)
		assert.Equal(t, usher.Inactive, u.Status)
		assert.Empty(t, u.Seats)
		assert.ErrorIs(t, late.FitsUser(p, id), account.ErrPolicyMismatch)
	}
	o, err := s.Propose(p, account.Proposal{Actor: host, Time: hours(1), Commands: []account.Command{
		account.SetSeats{Pool: "locker", Total: 1}, account.AssignSeat{User: "zed", Pool: "locker"}, account.SetRole{User: "sync", Role: "boss"},
	}})
	require.NoError(t, err)
	assert.NoError(t, o.Next.FitsUser(p, "zed"))
	assert.NoError(t, o.Next.FitsUser(p, "sync"))
}

// The value of a setting ends, although the policy of that time lacks the setting.
func TestSettingThatThePolicyLacksEnds(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	s = do(t, p, s, account.AsHost("test"), account.ChangeSetting{Setting: "open", Value: true, Until: hours(1)})
	late := s.At(clubBut(t, "open: false", "shut: false"), hours(1))
	value, _ := late.Setting("open")
	assert.False(t, value, "for a policy that has it again")
}

func TestBeginningThatIsNotPossible(t *testing.T) {
	p := compile(t, club)
	host := account.AsHost("test")
	s := open(t, p, members())
	s = do(t, p, s, host, account.SetRole{User: "ivan", Role: "coach", From: hours(1)}, account.SetSeats{Pool: "booking", Total: 3})
	late := s.At(p, hours(1))
	assert.Equal(t, m, roleAt(p, s, "ivan", hours(1)))
	assert.Equal(t, []account.Change{account.DueSkipped{ID: 1, At: hours(1), User: "ivan"}}, late.Due())
	require.Len(t, late.View(p).Skipped(), 1)
	assert.Equal(t, account.ScheduleEntry{ID: 1, At: hours(1), Command: account.SetRole{User: "ivan", Role: "coach"}}, late.View(p).Skipped()[0])
}

// At one time, a role of one holder can end for one user and begin for another.
func TestSameTime(t *testing.T) {
	p := compile(t, club)
	host := account.AsHost("test")
	s := open(t, p, members())
	s = do(t, p, s, host, account.SetRole{User: "ivan", Role: "coach", From: hours(1)}, account.SetRole{User: "dora", Role: "coach", Until: hours(1)})
	assert.Equal(t, role.Name("coach"), roleAt(p, s, "ivan", hours(1)), "the seat of dora is free then")
	assert.Equal(t, d, roleAt(p, s, "dora", hours(1)))
}

func TestCeilingOfTerms(t *testing.T) {
	p := compile(t, club)
	host := account.AsHost("test")
	s := open(t, p, members())
	refused := func(s *account.State, as usher.UserID, c account.Command) {
		t.Helper()
		_, err := propose(p, s, account.AsUser(as), c)
		assert.Equal(t, account.CodeEscalation, codeOf(t, err), "%v", err)
	}
	allowed := func(s *account.State, as usher.UserID, c account.Command) {
		t.Helper()
		_, err := propose(p, s, account.AsUser(as), c)
		assert.NoError(t, err)
	}
	refused(s, "dora", account.SetRole{User: "max", Role: "admin", From: hours(1)})
	refused(s, "dora", account.SetRole{User: "max", Role: "admin", From: hours(1), Until: hours(2)})
	refused(s, "dora", account.SetRole{User: "adam", Role: "desk", From: hours(1)})
	allowed(s, "dora", account.SetRole{User: "max", Role: "desk", From: hours(1), Until: hours(2)})

	// max is an administrator for an hour: no longer can he give what administrators have.
	s = do(t, p, s, host, account.SetRole{User: "max", Role: "admin", Until: hours(2)})
	refused(s, "max", account.SetRole{User: "mia", Role: "admin"})
	refused(s, "max", account.SetRole{User: "mia", Role: "admin", Until: hours(3)})
	allowed(s, "max", account.SetRole{User: "mia", Role: "admin", Until: hours(2)})
	refused(s, "max", account.SetRole{User: "max", Role: "admin"})
	refused(s, "max", account.SetRole{User: "max", Role: "admin", Until: hours(3)})
	refused(s, "max", account.Cancel{ID: 1})
	refused(s, "dora", account.Cancel{ID: 1})
	allowed(s, "adam", account.Cancel{ID: 1})
	allowed(s, "max", account.SetRole{User: "max", Role: "admin", Until: hours(1)})
}

func TestCancel(t *testing.T) {
	p := compile(t, club)
	host := account.AsHost("test")
	s := do(t, p, open(t, p, members()), host, account.SetRole{User: "max", Role: "admin", From: hours(1), Until: hours(3)})
	assert.Equal(t, rolesIn(m), timeline(p, do(t, p, s, host, account.Cancel{ID: 1}), "max"))
	assert.Equal(t, rolesIn(m, a), timeline(p, do(t, p, s, host, account.Cancel{ID: 2}), "max"))
	s = do(t, p, s, host, account.RemoveUser{User: "max"})
	_, ok := s.NextDue()
	assert.False(t, ok, "nothing is scheduled for a user who is gone")
	s = do(t, p, s, host, account.AddUser{User: "max"})
	assert.Equal(t, rolesIn(m), timeline(p, s, "max"), "adding a user again restores nothing")
}

// What a user gets later can be withdrawn, so it covers nothing that the user gives now for that time.
func TestGivingWhatOneGetsLater(t *testing.T) {
	p := compile(t, club)
	s := do(t, p, open(t, p, members()), account.AsHost("test"), account.SetRole{User: "dora", Role: "admin", From: hours(1)})
	_, err := propose(p, s, account.AsUser("dora"), account.SetRole{User: "max", Role: "admin", From: hours(1)})
	assert.Equal(t, account.CodeEscalation, codeOf(t, err), "%v", err)
}

// A role that another policy made unique does not come back at an end: the user gets the default role.
func TestEndGivesNoUniqueRole(t *testing.T) {
	const equal = `
usher: 1
roles:
  owner:  {at-least: 1}
  admin:  {}
  member: {default: true}
resources: {room: {permissions: {see: {owner: any, admin: any}}}}
`
	before, after := compile(t, equal), compile(t, strings.Replace(equal, "at-least: 1", "unique: true, hands-over-to: admin", 1))
	s := open(t, before, account.Seed{Users: map[usher.UserID]policy.User{"olga": user("owner"), "zed": user("owner")}})
	s = do(t, before, s, account.AsHost("test"), account.SetRole{User: "zed", Role: "admin", Until: hours(2)})
	assert.Equal(t, rolesIn(a, a, "owner"), timeline(before, s, "zed"))
	assert.Equal(t, rolesIn(a, a, m), timeline(after, s, "zed"))
}
