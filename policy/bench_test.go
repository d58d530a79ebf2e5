package policy_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

// The benchmarks check OnceHub's matrix of a company: 5% team managers, teams of
// 20, two calendars a user, 15% of them with two or three hosts, 5% hosted by a
// team; 60% of the checks on calendars, 20% on seats, 20% on the account. The
// reference is hand-written code for this one matrix: a map from user to a struct,
// and a switch over permissions.

type company struct {
	people    map[string]*employee          // for the reference
	users     map[usher.UserID]*policy.User // the same users for the policy
	ids       []string
	calendars []*calendar
	entries   []*entry
	account   policy.Account
}

type employee struct {
	role    string
	active  bool
	team    string
	manages string
}

func (c *company) User(id usher.UserID) (*policy.User, error) { return c.users[id], nil }

func (c *company) Account() (*policy.Account, error) { return &c.account, nil }

type calendar struct {
	id    string
	hosts []string
	teams []string
}

func (c *calendar) Ref() usher.Ref { return usher.Ref{Type: "calendar", ID: c.id} }

func (c *calendar) InAccount() usher.AccountID { return "" }

func (c *calendar) Party(name string) ([]string, bool) {
	switch name {
	case "host":
		return c.hosts, true
	case "team":
		return c.teams, true
	}
	return nil, false
}

// entry is a user as the resource of seat.assign.
type entry struct {
	id   string
	self []string
}

func (e *entry) Ref() usher.Ref { return usher.Ref{Type: "seat", ID: e.id} }

func (e *entry) InAccount() usher.AccountID { return "" }

func (e *entry) Party(name string) ([]string, bool) { return e.self, name == "user" }

func newCompany(users int, random *rand.Rand) *company {
	c := &company{people: make(map[string]*employee, users), users: make(map[usher.UserID]*policy.User, users)}
	var shared [2][]policy.Membership // of the current team: its members', its managers'
	for i := range users {
		id := fmt.Sprintf("user-%07d", i)
		if i%20 == 0 {
			team := usher.TeamID(fmt.Sprintf("team-%06d", i/20))
			shared = [2][]policy.Membership{{{Team: team}}, {{Team: team, Roles: []role.Name{"manager"}}}}
		}
		e := &employee{role: "member", active: true, team: string(shared[0][0].Team)}
		u := &policy.User{Status: usher.Active, Role: "member", Teams: shared[0]}
		switch {
		case i == 0:
			e.role, u.Role = "owner", "owner"
		case i%50 == 7:
			e.role, u.Role = "admin", "admin"
		case i%20 == 1:
			e.manages, u.Teams = e.team, shared[1]
		}
		c.people[id], c.users[usher.UserID(id)] = e, u
		c.ids = append(c.ids, id)
		c.entries = append(c.entries, &entry{id, []string{id}})
	}
	for i, id := range c.ids {
		for k := range 2 {
			cal := &calendar{id: fmt.Sprintf("%s-%d", id, k), hosts: []string{id}}
			switch n := random.IntN(100); {
			case n < 5:
				cal.hosts, cal.teams = nil, []string{c.people[id].team}
			case n < 20:
				for range 1 + random.IntN(2) { // most co-hosts are colleagues
					other := min(i/20*20+random.IntN(20), len(c.ids)-1)
					if random.IntN(4) == 0 {
						other = random.IntN(len(c.ids))
					}
					if host := c.ids[other]; !slices.Contains(cal.hosts, host) {
						cal.hosts = append(cal.hosts, host)
					}
				}
			}
			c.calendars = append(c.calendars, cal)
		}
	}
	return c
}

// byHand is the reference.
func (c *company) byHand(user, permission string, on usher.Resource) bool {
	subject := c.people[user]
	if subject == nil || !subject.active {
		return false
	}
	switch permission {
	case "account.delete":
		return subject.role == "owner"
	case "account.configure", "subscription.manage", "user.create":
		return subject.role == "owner" || subject.role == "admin"
	case "seat.assign":
		if subject.role != "member" {
			return true
		}
		target := c.people[on.(*entry).id]
		return subject.manages != "" && target != nil && target.team == subject.manages
	case "calendar.view":
		return subject.role != "member" || c.mayView(user, subject, on.(*calendar))
	case "calendar.edit":
		return subject.role != "member" || c.mayEdit(user, subject, on.(*calendar))
	}
	return false
}

func (c *company) mayView(user string, subject *employee, cal *calendar) bool {
	for _, host := range cal.hosts {
		if host == user {
			return true
		}
		if other := c.people[host]; subject.manages != "" && other != nil && other.team == subject.manages {
			return true
		}
	}
	for _, team := range cal.teams {
		if team == subject.team {
			return true
		}
	}
	return false
}

func (c *company) mayEdit(user string, subject *employee, cal *calendar) bool {
	if subject.manages == "" {
		return len(cal.hosts) == 1 && cal.hosts[0] == user && len(cal.teams) == 0
	}
	for _, host := range cal.hosts {
		if host == user {
			continue
		}
		if other := c.people[host]; other == nil || other.team != subject.manages {
			return false
		}
	}
	for _, team := range cal.teams {
		if team != subject.manages {
			return false
		}
	}
	return len(cal.hosts)+len(cal.teams) > 0
}

type asked struct {
	request usher.Request
	user    string
	name    string
}

// questions draws checks of which about half are allowed.
func (c *company) questions(n int, random *rand.Rand) []asked {
	var accountLevel, onCalendars []permission.Permission
	for _, name := range []string{"account.delete", "account.configure", "subscription.manage", "user.create"} {
		accountLevel = append(accountLevel, permission.MustParse(name))
	}
	for _, name := range []string{"calendar.view", "calendar.edit"} {
		onCalendars = append(onCalendars, permission.MustParse(name))
	}
	assign := permission.MustParse("seat.assign")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	anyone := func() int { return random.IntN(len(c.ids)) }
	admin := func() int { return min(anyone()/50*50+7, len(c.ids)-1) }
	list := make([]asked, n)
	for i := range list {
		q := &list[i]
		q.request.Time = now
		who := anyone()
		switch kind := random.IntN(10); {
		case kind < 6:
			q.request.Permission = onCalendars[random.IntN(2)]
			at := 2 * anyone()
			switch random.IntN(8) {
			case 0, 1, 2: // an own calendar
				who = at / 2
			case 3, 4: // the manager of its first host
				who = at/2/20*20 + 1
			case 5:
				who = admin()
			}
			q.request.Resource = c.calendars[at+random.IntN(2)]
		case kind < 8:
			q.request.Permission = assign
			target := anyone()
			switch random.IntN(4) {
			case 0:
				who = target/20*20 + 1
			case 1:
				who = admin()
			}
			q.request.Resource = c.entries[target]
		default:
			q.request.Permission = accountLevel[random.IntN(len(accountLevel))]
			if random.IntN(2) == 0 {
				who = admin()
			}
		}
		q.user = strings.Clone(c.ids[min(who, len(c.ids)-1)]) // a new string, as it comes with a request
		q.request.Subject = usher.UserID(q.user)
		q.name = strings.Clone(q.request.Permission.String())
	}
	return list
}

func onceHub(tb testing.TB) *policy.Policy {
	src, err := os.ReadFile("../preset/oncehub.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	p, err := policyfile.Load("oncehub.yaml", src)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// BenchmarkDecide times the same checks on both sides. Under ratio the sides
// alternate within one run, which is stable on a noisy machine. Under ratio-apart,
// other work separates the checks, as in a server, so that the processor cannot
// start the next check while it waits for memory.
func BenchmarkDecide(b *testing.B) {
	p := onceHub(b)
	for _, users := range []int{100, 10_000, 1_000_000} {
		random := rand.New(rand.NewPCG(1, uint64(users)))
		c := newCompany(users, random)
		list := c.questions(1<<17, random)
		allowed := 0
		for _, q := range list {
			d, err := p.Decide(c, &q.request)
			if want := c.byHand(q.user, q.name, q.request.Resource); err != nil || d.Allowed() != want {
				b.Fatalf("Decide(%s, %s, %+v) = %v, %v, want %t", q.user, q.name, q.request.Resource, d, err, want)
			}
			if d.Allowed() {
				allowed++
			}
		}
		runtime.GC() // garbage of the set-up must not be collected during the checks
		byHand := func(i int) {
			q := &list[i&(len(list)-1)]
			sink = c.byHand(q.user, q.name, q.request.Resource)
		}
		decide := func(i int) {
			d, _ := p.Decide(c, &list[i&(len(list)-1)].request)
			sink = d.Allowed()
		}
		for _, side := range []struct {
			name string
			ask  func(int)
		}{{"reference", byHand}, {"usher", decide}} {
			b.Run(fmt.Sprintf("%s/users=%d", side.name, users), func(b *testing.B) {
				b.ReportAllocs()
				for i := range b.N {
					side.ask(i)
				}
				b.ReportMetric(float64(allowed)/float64(len(list)), "allowed")
			})
		}
		for _, way := range []struct {
			name    string
			between func()
		}{{"ratio", func() {}}, {"ratio-apart", func() { fence = time.Now() }}} {
			b.Run(fmt.Sprintf("%s/users=%d", way.name, users), func(b *testing.B) {
				var took [2]time.Duration
				const turn = 2048
				for i := 0; i < b.N; i += turn {
					for side, ask := range []func(int){byHand, decide} {
						start := time.Now()
						for k := range turn {
							ask(i + k + side*len(list)/2) // not the entries that the other side has just loaded into the cache
							way.between()
						}
						took[side] += time.Since(start)
					}
				}
				start := time.Now()
				for range b.N {
					way.between()
				}
				between := time.Since(start)
				b.ReportMetric(float64(took[1]-between)/float64(took[0]-between), "x-reference")
			})
		}
	}
}

// fence keeps the processor from starting a check before the previous one is
// finished.
var fence time.Time

var sink bool

// BenchmarkLoad reads and compiles a policy of 50 roles and 500 permissions.
func BenchmarkLoad(b *testing.B) {
	src := largePolicy(50, 500)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := policyfile.Load("large.yaml", src); err != nil {
			b.Fatal(err)
		}
	}
}

// largePolicy has roles that include each other in groups of four, a tenth of them team
// roles, and for each permission a cell of every fifth role.
func largePolicy(roles, permissions int) []byte {
	var w strings.Builder
	w.WriteString("usher: 1\nfeatures: [f]\nconditions:\n  has-f: {feature: f}\n  mfa: {context: mfa}\nroles:\n")
	w.WriteString("  r0: {unique: true, hands-over-to: r1}\n  r1: {default: true}\n")
	for i := 2; i < roles; i++ {
		switch {
		case i%10 == 9:
			fmt.Fprintf(&w, "  r%d: {held-on: team}\n", i)
		case i%4 != 2 && (i-1)%10 != 9:
			fmt.Fprintf(&w, "  r%d: {includes: [r%d]}\n", i, i-1)
		default:
			fmt.Fprintf(&w, "  r%d: {requires: [mfa]}\n", i)
		}
	}
	w.WriteString("resources:\n")
	texts := []string{"any", "own", "sole as owner", "team if has-f", "[own if not has-f, shared hiding more]"}
	for i := range permissions {
		if i%10 == 0 {
			fmt.Fprintf(&w, "  thing%d:\n    parties: {owner: users, group: teams}\n    fields: {more: [a, b, c]}\n    permissions:\n", i/10)
		}
		fmt.Fprintf(&w, "      act%d: {", i%10)
		for r := i % 5; r < roles; r += 5 {
			fmt.Fprintf(&w, "r%d: %s, ", r, texts[(i+r)%len(texts)])
		}
		w.WriteString("}\n")
	}
	return []byte(w.String())
}

func BenchmarkActions(b *testing.B) {
	p := onceHub(b)
	c := newCompany(10_000, rand.New(rand.NewPCG(1, 1)))
	list := c.questions(1<<15, rand.New(rand.NewPCG(2, 2)))
	list = slices.DeleteFunc(list, func(q asked) bool { return q.request.Permission.Resource() != "calendar" })
	var actions []policy.Action
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			d, _ := p.Decide(c, &list[i%len(list)].request)
			sink = d.Allowed()
		}
	})
	b.Run("actions", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			actions, _ = p.AppendActions(actions[:0], c, &list[i%len(list)].request)
		}
	})
}
