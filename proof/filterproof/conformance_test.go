package filterproof_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policytest"
)

// listed is the account of a test file, with a list of its users.
type listed struct{ *policytest.World }

func (l listed) UsersAfter(after usher.UserID) iter.Seq2[policy.Listed, error] {
	return func(yield func(policy.Listed, error) bool) {
		for _, id := range slices.Sorted(slices.Values(l.Users())) {
			u, err := l.User(id)
			if id > after && !yield(policy.Listed{ID: id, User: u}, err) {
				return
			}
		}
	}
}

// TestConformance puts the resource of each check in the conformance data into a table, and finds
// there who may see what, as the check says. Without a resource it asks who may.
func TestConformance(t *testing.T) {
	bases := []*base{newBase(t, filter.PostgreSQL), newBase(t, filter.SQLite)}
	files, err := filepath.Glob("../../testdata/conformance/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	var checks []*tabled
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		suite, err := policytest.Load(file, src, os.ReadFile)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range suite.File().Checks {
			checks = append(checks, &tabled{suite: suite, check: c, id: len(checks) + 1})
		}
	}
	for _, b := range bases {
		w := b.begin(t)
		for _, c := range checks {
			c.store(t, w)
		}
		w.commit(t)
	}
	rows := 0
	for _, c := range checks {
		rows += c.verify(t, bases)
	}
	t.Logf("%d checks, %d answers by a table each", len(checks), rows)
	if rows < 500 {
		t.Error("that is too little")
	}
}

// tabled is a check with its resource in a table.
type tabled struct {
	suite  *policytest.Suite
	check  policytest.Check
	id     int
	layout layout
	row    *resource
}

// request asks about an account, of which test files say nothing.
func (c *tabled) request(t *testing.T, user usher.UserID) usher.Request {
	t.Helper()
	r, err := c.suite.Request(user, c.check.Question)
	if err != nil {
		t.Fatal(err)
	}
	r.Account = "acme"
	return r
}

func (c *tabled) store(t *testing.T, w *writer) {
	t.Helper()
	r := c.request(t, "somebody")
	object, ok := r.Resource.(*usher.Object)
	if !ok {
		return
	}
	c.row = &resource{typ: object.Type, id: c.id, account: r.Account, parties: object.Parties, attributes: object.Attributes}
	p := c.suite.Policy()
	d := newDice(uint64(c.id))
	c.layout = drawLayout(d, object.Type, p.Parties(object.Type), p.Attributes())
	for name, s := range c.layout.parties {
		if s.form == "unknown" || s.form == "column" && len(object.Parties[name]) > 1 {
			c.layout.parties[name] = slot{"join", s.at}
		}
	}
	for i, name := range p.Attributes() {
		c.layout.attributes[name] = i
	}
	w.store(t, c.layout, string(r.Account), fmt.Sprint(c.id), c.row)
}

// verify compares who may with the check's list, and returns how many a table answered.
func (c *tabled) verify(t *testing.T, bases []*base) (rows int) {
	t.Helper()
	at := fmt.Sprintf("%s:%d", c.suite.File().Name, c.check.Pos.Line)
	facts := listed{c.suite.World()}
	r := c.request(t, "")
	want := map[usher.UserID]bool{}
	for _, name := range c.check.Allow {
		want[usher.UserID(name.Text)] = true
	}
	who := 0
	for s, err := range c.suite.Policy().WhoMay(facts, &r, "") {
		if err != nil || !want[s.ID] {
			t.Errorf("%s: WhoMay yields %s %v", at, s.ID, err)
		}
		who++
	}
	if who != len(want) {
		t.Errorf("%s: WhoMay yields %d users, want %v", at, who, c.check.Allow)
	}
	if c.row == nil {
		return 0
	}
	for _, user := range facts.Users() {
		r := c.request(t, user)
		d, err := c.suite.Policy().Decide(facts, &r)
		if err != nil {
			t.Fatal(err)
		}
		resource := r.Resource
		r.Resource = nil
		f, err := c.suite.Policy().Filter(facts, &r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Match(resource) != want[user] || want[user] && !slices.Equal(f.Masks(resource), d.Hidden()) {
			t.Errorf("%s: %s: Match = %t, Masks = %q, want %t, %q", at, user, f.Match(resource), f.Masks(resource), want[user], d.Hidden())
		}
		for _, b := range bases {
			rows++
			if got := c.selects(t, b, f); got != want[user] {
				t.Errorf("%s: %s: %v selects it: %t, want %t", at, user, b.dialect, got, want[user])
			}
			for _, field := range f.Fields() {
				if got := c.shows(t, b, f, field); want[user] && got == slices.Contains(d.Hidden(), field) {
					t.Errorf("%s: %s: %v shows %s: %t, and hidden is %q", at, user, b.dialect, field, got, d.Hidden())
				}
			}
		}
	}
	return rows
}

func (c *tabled) selects(t *testing.T, b *base, f filter.Filter) bool {
	t.Helper()
	where, err := f.SQL(c.table(t, b), 1)
	if err != nil {
		t.Fatal(err)
	}
	return c.count(t, b, where)
}

func (c *tabled) shows(t *testing.T, b *base, f filter.Filter, field string) bool {
	t.Helper()
	shown, err := f.Shown(field, c.table(t, b), 1)
	if err != nil {
		t.Fatal(err)
	}
	return c.count(t, b, shown)
}

func (c *tabled) table(t *testing.T, b *base) *filter.Table {
	t.Helper()
	table, err := c.layout.mapping().Compile(b.dialect)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.suite.Policy().CheckTable(table, mustPermission(c.check.Can.Text)); err != nil {
		t.Fatal(err)
	}
	return table
}

func (c *tabled) count(t *testing.T, b *base, where filter.Condition) bool {
	t.Helper()
	n := 0
	query := fmt.Sprintf("SELECT count(*) FROM things t WHERE t.id = %d AND %s", c.id, where.SQL)
	if err := b.db.QueryRowContext(context.Background(), query, where.Args...).Scan(&n); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return n == 1
}
