package agreement_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/seat"
)

var (
	seedFlag   = flag.Uint64("seed", 1, "the first seed of the random rounds")
	roundsFlag = flag.Int("rounds", raced.Part(1200, 100), "the number of rounds")
)

const (
	rowsOfAnAccount = 10
	roundsOfABatch  = 100 // with rows in the tables at the same time
)

// round is a random policy, and two accounts under it. In each account, a user has the same
// permission checked on the rows of the account. Ids of users and teams, and local ids of rows,
// occur in both.
type round struct {
	seed     uint64
	text     string // of the policy
	typ      string // of the rows
	host     *host
	fixtures map[usher.AccountID]*fixture
	asks     []asks

	containers []*resource
}

type asks struct {
	question
	user usher.UserID
}

// drawRound draws a round. In half of the rounds, the accounts are in an engine.
func drawRound(t *testing.T, seed uint64, id *int, bases []*base, seen *counts) *round {
	t.Helper()
	d := newDice(seed)
	x := &round{seed: seed, text: addWords(d, drawPolicy(d)), fixtures: map[usher.AccountID]*fixture{}}
	p, err := policyfile.Load("random.yaml", []byte(x.text))
	if err != nil {
		t.Fatalf("%s\n%v", x.text, err)
	}
	x.host = &host{
		policy: p, now: new(clock), bases: bases, seen: seen, layouts: map[string]layout{},
		users: map[usher.AccountID][]usher.UserID{}, rows: map[usher.AccountID][]*resource{},
	}
	x.host.now.set(anyTime)
	engined := d.chance(50)
	for i := range 2 {
		w := drawFixture(d)
		if p.UniqueRole().Name == "" {
			seen.Ownerless++
			w.addBosses(d)
		}
		w.addWords(d)
		w.addRolesOn(d, p, 4*i)
		if engined {
			w.fit()
			w.fitWords(p)
			w.fitRolesOn(p)
		}
		r := drawRequest(d, w, usher.AccountID(fmt.Sprintf("%s %d", []string{"acme", "umbrella"}[i], seed)))
		if r.Visitor {
			r.Subject = visitor
		}
		x.asks = append(x.asks, asks{question{r.Account, r.Permission, r.Context, r.Time, r.Gives}, r.Subject})
		x.asks[i].permission = x.asks[0].permission
		x.fixtures[r.Account] = w
		x.host.users[r.Account] = append(sortedKeys(w.users), "nobody")
		slices.Sort(x.host.users[r.Account])
	}
	x.typ = pick(d, x.host.types(x.asks[0].permission))
	l := *drawNestedLayout(d, p, x.typ, x.host.layouts)
	l.members = pick(d, []memberRows{noMembers, allMembers, allMembers, allMembers, hollowMembers})
	x.host.layouts[x.typ] = l
	pools := map[usher.AccountID]map[string][]*resource{}
	for _, a := range x.asks {
		pools[a.account] = x.drawContainers(d, a, id)
	}
	x.contain(d, pools)
	for i, a := range x.asks {
		x.drawRows(d, a, 4*i, id, pools)
		for _, typ := range sortedKeys(pools[a.account]) {
			x.containers = append(x.containers, pools[a.account][typ]...)
		}
	}
	if engined {
		x.useEngine(t, d)
	} else {
		x.useOwnTables(d)
	}
	x.host.routes = newRoutes(t, x.host, []permission.Permission{x.asks[0].permission})
	return x
}

// drawRows draws the rows of an account. Their local ids are numbered from local.
func (x *round) drawRows(d dice, a asks, local int, id *int, pools map[usher.AccountID]map[string][]*resource) {
	for range rowsOfAnAccount {
		*id++
		r := &resource{
			typ: x.typ, id: *id, local: fmt.Sprint(local), account: a.account,
			parties: map[string][]string{}, attributes: map[string]bool{}, unknown: map[string]bool{},
		}
		local++
		x.drawParties(d, a, r, 25)
		x.putIn(d, r, pools)
		for _, name := range attributes {
			if d.chance(70) {
				r.attributes[name] = d.chance(50)
			}
		}
		x.host.layouts[x.typ].fit(r)
		x.host.rows[a.account] = append(x.host.rows[a.account], r)
	}
}

// useEngine makes the calls with an engine. Grants that the policy does not declare come from an earlier policy.
func (x *round) useEngine(t *testing.T, d dice) {
	t.Helper()
	older := strings.Replace(x.text, "features: [sms]", "features: [sms, gone]", 1)
	p, err := policyfile.Load("older.yaml", []byte(older))
	if err != nil {
		t.Fatal(err)
	}
	contents := map[usher.AccountID]account.Seed{}
	for id, w := range x.fixtures {
		contents[id] = w.contents()
	}
	x.host.engine = live(t, p, x.host.now, contents)
	if err := x.host.engine.SetPolicy(ctx, x.host.policy); err != nil {
		t.Fatal(err)
	}
	atLeast, at := versions(x.host.engine)
	x.host.decider = pick(d, []decider{x.host.engine, x.host.engine, atLeast, at})
}

// useOwnTables makes the calls with the policy over a host's own facts.
func (x *round) useOwnTables(d dice) {
	o := ownTables{x.host.policy, map[usher.AccountID]policy.Facts{}, x.host.now}
	for _, id := range sortedKeys(x.fixtures) {
		o.accounts[id] = x.fixtures[id]
		if d.chance(50) {
			o.accounts[id] = indexed{x.fixtures[id]}
		}
	}
	x.host.decider = o
}

// fit removes from a fixture what no engine has: memberships of unknown teams, and seats of users
// whose role or status allows none.
func (w *fixture) fit() {
	for _, u := range w.users {
		u.Teams = slices.DeleteFunc(u.Teams, func(m policy.Membership) bool { _, ok := w.parents[m.Team]; return !ok })
		if u.Status == usher.Inactive || u.Status == usher.Requested {
			u.Seats = nil
		}
	}
}

func (w *fixture) contents() account.Seed {
	c := account.Seed{Settings: w.settings, Seats: map[seat.PoolName]int{"desk": 100}, Teams: w.parents, Users: map[usher.UserID]policy.User{}, RolesOn: w.rolesOn()}
	for id, u := range w.users {
		c.Users[id] = *u
	}
	return c
}

// agree compares all calls.
func (x *round) agree() error {
	for i, a := range x.asks {
		s, rows, foreign := x.host, x.host.rows[a.account], x.host.rows[x.asks[1-i].account]
		for _, row := range rows {
			if err := x.same(a, row); err != nil {
				return err
			}
			if err := s.actions(a.question, a.user, row); err != nil {
				return err
			}
			if err := s.guarded(a.question, a.user, row); err != nil {
				return err
			}
		}
		if err := s.lists(a.question, a.user, int(x.seed%3)+1); err != nil {
			return err
		}
		if err := s.whole(a.question, a.user); err != nil {
			return err
		}
		if err := s.explained(a.question, a.user, rows[0]); err != nil {
			return err
		}
		if err := s.asked(a.question, a.user, rows); err != nil {
			return err
		}
		if err := s.together(a.question, rows[:2]); err != nil {
			return err
		}
		for _, row := range append([]*resource{nil}, rows[:3]...) {
			if err := s.whoMay(a.question, row); err != nil {
				return err
			}
		}
		var strange []*resource
		for _, row := range foreign {
			if !slices.ContainsFunc(rows, func(r *resource) bool { return r.local == row.local }) {
				strange = append(strange, row)
			}
		}
		if err := s.buttons(a.question, a.user, rows, strange...); err != nil {
			return err
		}
		for _, row := range append(foreign[:1:1], strange[0]) {
			if err := s.apart(a.question, a.user, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// same compares a check with the decision of the policy over the original fixture.
func (x *round) same(a asks, row *resource) error {
	r := a.by(a.user, row)
	want, err := x.host.policy.Decide(x.fixtures[a.account], &r)
	if err != nil {
		return err
	}
	got, err := x.host.Check(ctx, r)
	if err != nil {
		return err
	}
	x.host.seen.Checks++
	x.host.seen.words.count(got, x.fixtures[a.account].users[a.user])
	if verdict(got) != verdict(want) {
		return fmt.Errorf("%q asks for %v on %v: Check = %s, Decide = %s", a.user, a.question, row, verdict(got), verdict(want))
	}
	return nil
}

// describe describes a round as text.
func (x *round) describe() string {
	var b strings.Builder
	for _, a := range x.asks {
		w := x.fixtures[a.account]
		fmt.Fprintf(&b, "may %q %v?\n", a.user, a.question)
		for _, id := range sortedKeys(w.users) {
			fmt.Fprintf(&b, "user %q: %+v\n", id, *w.users[id])
		}
		fmt.Fprintf(&b, "teams %v, settings %v, roles on resources %v\n", w.parents, w.settings, w.held)
	}
	return b.String()
}

// TestRandomRounds makes random requests under random policies with all calls: Check, Actions,
// Filter in Go and on both databases, WhoMay, and the routes of a host. All must agree, and none
// may return data of another account.
func TestRandomRounds(t *testing.T) {
	bases := []*base{newBase(t, filter.PostgreSQL), newBase(t, filter.SQLite)}
	seen := counts{words: wordCounts{}}
	for first := 0; first < *roundsFlag; first += roundsOfABatch {
		for _, x := range storeBatch(t, bases, first, min(first+roundsOfABatch, *roundsFlag), &seen) {
			if err := x.agree(); err != nil {
				t.Fatalf("%v\n\n%s\n%s\nto repeat: go test ./agreement -run TestRandomRounds -rounds 1 -seed %d", err, x.text, x.describe(), x.seed)
			}
			x.host.close(t)
		}
	}
	t.Logf("%+v", seen)
	if *roundsFlag >= 1000 {
		seen.check(t)
		seen.words.check(t)
	}
}

// storeBatch draws rounds, and replaces the rows of the earlier ones.
func storeBatch(t *testing.T, bases []*base, first, end int, seen *counts) (rounds []*round) {
	t.Helper()
	var writers []*writer
	for _, b := range bases {
		b.clear(t)
		writers = append(writers, b.begin(t))
	}
	id := 0
	for i := first; i < end; i++ {
		x := drawRound(t, *seedFlag+uint64(i), &id, bases, seen)
		rounds = append(rounds, x)
		for _, a := range x.asks {
			for _, w := range writers {
				w.storeMembers(t, x.host.layouts[x.typ].members, a.account, x.fixtures[a.account])
			}
			for _, row := range x.host.rows[a.account] {
				for _, w := range writers {
					w.store(t, x.host.layouts[x.typ], row)
				}
			}
		}
		for _, row := range x.containers {
			for _, w := range writers {
				w.store(t, x.host.layouts[row.typ], row)
			}
		}
	}
	for _, w := range writers {
		w.commit(t)
	}
	return rounds
}
