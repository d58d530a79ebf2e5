package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
)

// The benchmarks use OnceHub's matrix of companies: 5% team managers, 2% admins, teams
// of 20; 60% of the checks are about calendars, 20% about seats, 20% about the account.
// The reference is code written by hand for this one matrix: maps from user to a struct,
// and a switch over permissions.

type employee struct {
	role    string
	active  bool
	team    string
	manages string
}

// byHand is the reference for one company.
type byHand map[string]*employee

func (people byHand) may(user, permission string, on usher.Resource) bool {
	asker := people[user]
	if asker == nil || !asker.active {
		return false
	}
	switch permission {
	case "account.delete":
		return asker.role == "owner"
	case "account.configure", "subscription.manage", "user.create":
		return asker.role == "owner" || asker.role == "admin"
	case "seat.assign":
		if asker.role != "member" {
			return true
		}
		target := people[on.(*chair).user]
		return asker.manages != "" && target != nil && target.team == asker.manages
	case "calendar.view":
		return asker.role != "member" || people.mayView(user, asker, on.(*calendar))
	case "calendar.edit":
		return asker.role != "member" || people.mayEdit(user, asker, on.(*calendar))
	}
	return false
}

func (people byHand) mayView(user string, asker *employee, c *calendar) bool {
	for _, host := range c.hosts {
		if host == user {
			return true
		}
		if other := people[host]; asker.manages != "" && other != nil && other.team == asker.manages {
			return true
		}
	}
	for _, team := range c.teams {
		if team == asker.team {
			return true
		}
	}
	return false
}

func (people byHand) mayEdit(user string, asker *employee, c *calendar) bool {
	if asker.manages == "" {
		return len(c.hosts) == 1 && c.hosts[0] == user && len(c.teams) == 0
	}
	for _, host := range c.hosts {
		if host == user {
			continue
		}
		if other := people[host]; other == nil || other.team != asker.manages {
			return false
		}
	}
	for _, team := range c.teams {
		if team != asker.manages {
			return false
		}
	}
	return len(c.hosts)+len(c.teams) > 0
}

type calendar struct {
	company usher.AccountID
	hosts   []string
	teams   []string
}

func (c *calendar) Ref() usher.Ref             { return usher.Ref{Type: "calendar"} }
func (c *calendar) InAccount() usher.AccountID { return c.company }

func (c *calendar) Party(name string) ([]string, bool) {
	switch name {
	case "host":
		return c.hosts, true
	case "team":
		return c.teams, true
	}
	return nil, false
}

// chair is a user as the resource of seat.assign.
type chair struct {
	company usher.AccountID
	user    string
	self    []string
}

func (c *chair) Ref() usher.Ref                     { return usher.Ref{Type: "seat"} }
func (c *chair) InAccount() usher.AccountID         { return c.company }
func (c *chair) Party(name string) ([]string, bool) { return c.self, name == "user" }

func userID(i int) string { return fmt.Sprintf("user-%07d", i) }
func teamID(i int) string { return fmt.Sprintf("team-%06d", i/20) }

// staff returns a company with a number of users for both sides.
func staff(users int) (byHand, account.Seed) {
	people := make(byHand, users)
	c := account.Seed{
		Seats: map[seat.PoolName]int{"booking": users},
		Teams: map[usher.TeamID]usher.TeamID{},
		Users: make(map[usher.UserID]policy.User, users),
	}
	for i := range users {
		id, team := userID(i), teamID(i)
		c.Teams[usher.TeamID(team)] = ""
		e := &employee{role: "member", active: true, team: team}
		u := policy.User{Role: "member", Teams: []policy.Membership{{Team: usher.TeamID(team)}}}
		switch {
		case i == 0:
			e.role, u.Role = "owner", "owner"
		case i%50 == 7:
			e.role, u.Role = "admin", "admin"
		case i%20 == 1:
			e.manages, u.Teams[0].Roles = team, []role.Name{"manager"}
		}
		people[id], c.Users[usher.UserID(id)] = e, u
	}
	return people, c
}

// market is many companies of the same size, for the engine and for the reference.
type market struct {
	*engine.Engine
	store  *memstore.Store
	people map[string]byHand
	ids    []usher.AccountID
	users  int // of each company
}

// markets caches the markets, since making one takes long.
var markets sync.Map

func marketOf(b *testing.B, accounts, users int) *market {
	key := [2]int{accounts, users}
	if m, ok := markets.Load(key); ok {
		return m.(*market)
	}
	markets.Clear() // keep one large market at a time
	p, err := preset.Load("oncehub")
	require.NoError(b, err)
	m := &market{store: new(memstore.Store), people: map[string]byHand{}, users: users}
	m.Engine, err = engine.Open(engine.Options{Policy: p, Store: m.store})
	require.NoError(b, err)
	for i := range accounts {
		id := usher.AccountID(fmt.Sprintf("company-%05d", i))
		people, contents := staff(users)
		_, err := m.Do(context.Background(), account.AsHost("import"), id, account.Import{Seed: contents})
		require.NoError(b, err)
		m.people[string(id)] = people
		m.ids = append(m.ids, id)
	}
	markets.Store(key, m)
	return m
}

// asked is a request for both sides. The ids are copies, as they are in a request from
// outside.
type asked struct {
	request usher.Request
	company string
	user    string
	name    string
}

// questions returns requests of which about half are allowed, and verifies that both
// sides return the same results.
func (m *market) questions(b *testing.B, n int) []asked {
	random := rand.New(rand.NewPCG(1, uint64(m.users)))
	list := make([]asked, n)
	allowed := 0
	for i := range list {
		q := &list[i]
		q.company = strings.Clone(string(m.ids[random.IntN(len(m.ids))]))
		m.fill(q, random)
		q.request.Account, q.request.Subject = usher.AccountID(q.company), usher.UserID(q.user)
		q.name = strings.Clone(q.request.Permission.String())
		d, err := m.Check(context.Background(), q.request)
		if want := m.people[q.company].may(q.user, q.name, q.request.Resource); err != nil || d.Allowed() != want {
			b.Fatalf("Check(%+v) = %v, %v, want %t", q.request, d, err, want)
		}
		if d.Allowed() {
			allowed++
		}
	}
	if allowed < n/4 || allowed > n*3/4 {
		b.Fatalf("%d of %d questions are allowed", allowed, n)
	}
	return list
}

var (
	aboutAccounts  = permissions("account.delete", "account.configure", "subscription.manage", "user.create")
	aboutCalendars = permissions("calendar.view", "calendar.edit")
	assignSeat     = permission.MustParse("seat.assign")
)

func permissions(names ...string) (list []permission.Permission) {
	for _, name := range names {
		list = append(list, permission.MustParse(name))
	}
	return list
}

func (m *market) fill(q *asked, random *rand.Rand) {
	anyone := func() int { return random.IntN(m.users) }
	admin := func() int { return min(anyone()/50*50+7, m.users-1) }
	company := usher.AccountID(q.company)
	who := anyone()
	switch kind := random.IntN(10); {
	case kind < 6:
		q.request.Permission = aboutCalendars[random.IntN(2)]
		host := anyone()
		c := &calendar{company: company, hosts: []string{userID(host)}}
		switch n := random.IntN(100); {
		case n < 5:
			c.hosts, c.teams = nil, []string{teamID(host)}
		case n < 20:
			if other := min(host/20*20+random.IntN(20), m.users-1); other != host {
				c.hosts = append(c.hosts, userID(other))
			}
		}
		switch random.IntN(8) {
		case 0, 1, 2:
			who = host
		case 3, 4:
			who = host/20*20 + 1
		case 5:
			who = admin()
		}
		q.request.Resource = c
	case kind < 8:
		q.request.Permission = assignSeat
		target := anyone()
		switch random.IntN(4) {
		case 0:
			who = target/20*20 + 1
		case 1:
			who = admin()
		}
		q.request.Resource = &chair{company, userID(target), []string{userID(target)}}
	default:
		q.request.Permission = aboutAccounts[random.IntN(len(aboutAccounts))]
		if random.IntN(2) == 0 {
			who = admin()
		}
	}
	q.user = userID(min(who, m.users-1))
}

// commitBeside changes roles, about ten thousand a second, until stop is called, which
// returns the number of commits. It changes only users that no check is about, so that
// the results stay the same.
func (m *market) commitBeside(b *testing.B) (stop func() int) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan int)
	for _, id := range m.ids[:min(len(m.ids), 100)] {
		_, _ = m.Do(ctx, account.AsHost("bench"), id, account.AddUser{User: "temp"}) // the user may exist
	}
	go func() {
		n := 0
		start := time.Now()
		for ctx.Err() == nil {
			if due := int(time.Since(start).Seconds() * 10_000); n >= due {
				time.Sleep(100 * time.Microsecond)
				continue
			}
			name := role.Name([]string{"admin", "member"}[n/100%2])
			id := m.ids[n%min(len(m.ids), 100)]
			if len(m.ids) == 1 {
				name = role.Name([]string{"admin", "member"}[n%2])
			}
			_, err := m.Do(context.Background(), account.AsHost("bench"), id, account.SetRole{User: "temp", Role: name})
			if err != nil {
				b.Error(err)
				break
			}
			n++
		}
		done <- n
	}()
	return func() int { cancel(); return <-done }
}
