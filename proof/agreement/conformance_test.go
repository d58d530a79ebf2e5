package agreement_test

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policytest"
)

// TestConformance makes all calls for the account of each file of the conformance data and of the
// words of the format: for each user, a user who is not in the account and a visitor, each permission and bundle on each resource of
// the file, with the facts and times of its checks. Check, Actions, Filter in Go and on both
// databases, WhoMay, and the routes of a server must agree, and Check must return what the checks
// of the file expect.
//
// Beside each account is its twin, which differs only in the id. Under the race detector, it makes the calls for
// some of the files.
func TestConformance(t *testing.T) {
	bases := []*base{newBase(t, filter.PostgreSQL), newBase(t, filter.SQLite)}
	files, err := filepath.Glob("../../testdata/*/*.yaml")
	files = slices.DeleteFunc(files, func(file string) bool {
		folder := filepath.Base(filepath.Dir(file))
		return folder != "conformance" && (folder != "words" || !strings.HasSuffix(file, ".test.yaml"))
	})
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	files = files[:raced.Part(len(files), 5)]
	var seen counts
	var all []*corpus
	var id int
	for _, file := range files {
		c := newCorpus(t, file, &id)
		c.host.bases, c.host.seen = bases, &seen
		all = append(all, c)
	}
	for _, b := range bases {
		w := b.begin(t)
		for _, c := range all {
			for _, rows := range c.host.rows {
				for _, row := range rows {
					w.store(t, c.host.layouts[row.typ], row)
				}
			}
		}
		w.commit(t)
	}
	for _, c := range all {
		t.Run(c.name, c.run)
	}
	t.Logf("%+v", seen)
	if !raced.Enabled && (seen.Checks < 203 || seen.Selected < 2000 || seen.Masked == 0 || seen.Partly == 0 || seen.Foreign < 5000 || seen.Strangers < 1000) {
		t.Error("too few mistakes are rejected")
	}
}

// corpus is a test file with all calls for its account.
type corpus struct {
	name       string
	suite      *policytest.Suite
	host       *host
	situations []question           // facts and times, without a permission
	known      map[string]*resource // rows of the account, by their description
}

func newCorpus(t *testing.T, file string, id *int) *corpus {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	suite, err := policytest.Load(file, src, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	c := &corpus{name: filepath.Base(file), suite: suite, known: map[string]*resource{}}
	home, twin := usher.AccountID(c.name), c.twin()
	p, now := suite.Policy(), new(clock)
	now.set(anyTime)
	users := append(suite.World().Users(), "", "a stranger", visitor)
	slices.Sort(users)
	c.host = &host{
		policy: p, now: now, layouts: map[string]layout{},
		users: map[usher.AccountID][]usher.UserID{home: users, twin: users}, rows: map[usher.AccountID][]*resource{},
	}
	for _, q := range c.questions() {
		c.situation(c.request(t, q))
		if object, ok := c.request(t, q).Resource.(*usher.Object); ok {
			c.add(object, id)
		}
	}
	for _, typ := range p.Resources() {
		c.add(&usher.Object{Type: typ}, id)
	}
	for _, typ := range p.Resources() {
		c.host.layouts[typ] = *c.layout(typ, uint64(*id))
	}
	contents := suite.World().Contents()
	contents.RolesOn = c.onRows(contents.RolesOn)
	e := live(t, p, now, map[usher.AccountID]account.Seed{home: contents, twin: contents})
	c.host.decider, c.host.engine = e, e
	c.host.routes = newRoutes(t, c.host, c.host.everyPermission())
	c.host.routes.server = httptest.NewServer(c.host.routes.mux)
	t.Cleanup(func() {
		c.host.routes.server.Close()
		c.host.close(t)
	})
	return c
}

func (c *corpus) twin() usher.AccountID { return usher.AccountID(c.name + " twin") }

// questions returns the questions of the checks and of the scenarios. Earlier steps of a scenario
// do not matter: only its resources are used.
func (c *corpus) questions() (list []testfile.Question) {
	for _, check := range c.suite.File().Checks {
		list = append(list, check.Question)
	}
	for _, s := range c.suite.File().Scenarios {
		for _, step := range s.Steps {
			if ask, ok := step.(testfile.Ask); ok {
				list = append(list, ask.Question)
			}
		}
	}
	return list
}

func (c *corpus) request(t *testing.T, q testfile.Question) usher.Request {
	t.Helper()
	r, err := testfile.Request(c.suite.Policy(), "", q, c.suite.Time(), testfile.IDsOf(c.suite.World().State()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// situation adds the facts and the time of a request, if they are new.
func (c *corpus) situation(r usher.Request) {
	same := func(q question) bool { return q.time.Equal(r.Time) && maps.Equal(q.context, r.Context) }
	if !slices.ContainsFunc(c.situations, same) {
		c.situations = append(c.situations, question{account: usher.AccountID(c.name), context: r.Context, time: r.Time})
	}
}

// add puts a resource into the account and its twin, if it is new.
func (c *corpus) add(o *usher.Object, id *int) {
	what := describe(o)
	if c.known[what] != nil {
		return
	}
	for _, in := range []usher.AccountID{c.twin(), usher.AccountID(c.name)} {
		c.known[what] = c.row(o, in, id)
	}
}

// row puts a resource, and what contains it, into an account.
func (c *corpus) row(o *usher.Object, account usher.AccountID, id *int) *resource {
	*id++
	r := &resource{
		typ: o.Type, id: *id, original: o.ID, local: fmt.Sprint(len(c.host.rows[account])), account: account,
		parties: maps.Clone(o.Parties), attributes: o.Attributes, unknown: map[string]bool{},
	}
	for name, ids := range o.Teams {
		r.parties[name+plusTeams] = ids
	}
	c.host.rows[account] = append(c.host.rows[account], r)
	if in, ok := o.In.(*usher.Object); ok {
		r.in = c.row(in, account, id)
	}
	return r
}

// onRows returns the roles on the rows that stand for the resources of the file.
func (c *corpus) onRows(list []account.RolesOn) (roles []account.RolesOn) {
	for _, row := range c.host.rows[usher.AccountID(c.name)] {
		for _, r := range list {
			if row.original != "" && r.On == (usher.Ref{Type: row.typ, ID: row.original}) {
				r.On.ID = row.local
				roles = append(roles, r)
			}
		}
	}
	return roles
}

func describe(o *usher.Object) string {
	text := fmt.Sprintf("%s %q %q %q %v", o.Type, o.ID, o.Parties, o.Teams, o.Attributes)
	if in, ok := o.In.(*usher.Object); ok {
		text += " in " + describe(in)
	}
	return text
}

// layout chooses a form for each party that has room for the parties of all rows.
func (c *corpus) layout(typ string, seed uint64) *layout {
	attributes := c.suite.Policy().Attributes()
	l := drawLayout(newDice(seed), typ, slotNames(c.suite.Policy().Parties(typ)), attributes)
	switch in := c.suite.Policy().Container(typ); in {
	case "":
	case typ:
		l.in, l.container = "row", &l
	default:
		l.in, l.container = "row", c.layout(in, seed)
	}
	for i, name := range attributes {
		l.attributes[name] = i
	}
	for name, s := range l.parties {
		most := 0
		for _, row := range c.host.rowsOf(c.twin(), typ) {
			most = max(most, len(row.parties[name]))
		}
		if s.form == "unknown" || s.form == "none" && most > 0 || s.form == "column" && most > 1 {
			l.parties[name] = slot{"join", s.at}
		}
	}
	return &l
}

func (c *corpus) run(t *testing.T) {
	wrong := 0
	must := func(err error) {
		t.Helper()
		if err == nil {
			return
		}
		t.Error(err)
		if wrong++; wrong == 5 {
			t.FailNow()
		}
	}
	for _, check := range c.suite.File().Checks {
		must(c.expected(t, check))
	}
	for i, q := range c.situations {
		c.host.now.set(q.time)
		must(c.everyRow(q))
		for _, q.permission = range c.host.everyPermission() {
			must(c.ask(q, i == 0))
		}
	}
}

// expected compares a check of the file with Check.
func (c *corpus) expected(t *testing.T, check testfile.Check) error {
	r := c.request(t, check.Question)
	q := question{usher.AccountID(c.name), r.Permission, r.Context, r.Time, r.Gives}
	var on *resource
	if object, ok := r.Resource.(*usher.Object); ok {
		on = c.known[describe(object)]
	}
	allow, reasons, hidden := map[usher.UserID]bool{}, map[usher.UserID]usher.Reason{}, map[usher.UserID][]string{}
	for _, user := range check.Allow {
		allow[usher.UserID(user.Text)] = true
	}
	for _, deny := range check.Deny {
		reasons[usher.UserID(deny.User.Text)] = deny.Reason
	}
	for _, masked := range check.Hidden {
		list := []string{}
		for _, field := range masked.Fields {
			list = append(list, field.Text)
		}
		slices.Sort(list)
		hidden[usher.UserID(masked.User.Text)] = list
	}
	if check.Visitor != nil {
		allow[visitor] = true
		if check.Visitor.Hidden != nil {
			list := []string{}
			for _, field := range check.Visitor.Hidden {
				list = append(list, field.Text)
			}
			slices.Sort(list)
			hidden[visitor] = list
		}
	}
	for _, user := range append(c.suite.World().Users(), visitor) {
		d, err := c.host.Check(ctx, q.by(user, on))
		if err != nil {
			return err
		}
		reason, pinned := reasons[user]
		fields, masked := hidden[user]
		if d.Allowed() != allow[user] || pinned && d.Reason() != reason || masked && !slices.Equal(d.Hidden(), fields) {
			return fmt.Errorf("%s:%d: Check says of %s: %s", c.name, check.Pos.Line, user, verdict(d))
		}
	}
	c.host.seen.Checks++
	return nil
}

// everyRow compares all actions of each user on each row.
func (c *corpus) everyRow(q question) error {
	rows := c.host.rows[q.account]
	for _, user := range c.host.users[q.account] {
		for _, row := range rows {
			if err := c.host.actions(q, user, row); err != nil {
				return err
			}
		}
		if user == "" {
			continue // the request has no user
		}
		if err := c.host.buttons(q, user, rows); err != nil {
			return err
		}
	}
	return nil
}

// ask compares one permission for each user on each row of its types, and on those of the twin.
func (c *corpus) ask(q question, first bool) error {
	s := c.host
	if err := s.whoMay(q, nil); err != nil {
		return err
	}
	for _, typ := range s.types(q.permission) {
		for _, row := range s.rowsOf(q.account, typ) {
			if err := s.whoMay(q, row); err != nil {
				return err
			}
		}
	}
	for _, user := range s.users[q.account] {
		if err := s.lists(q, user, 1); err != nil {
			return err
		}
		if user == "" {
			continue // the request has no user
		}
		if err := s.whole(q, user); err != nil {
			return err
		}
		for _, typ := range s.types(q.permission) {
			for i, row := range s.rowsOf(q.account, typ) {
				if err := s.guarded(q, user, row); err != nil {
					return err
				}
				if !first {
					continue
				}
				if err := s.apart(q, user, s.rowsOf(c.twin(), typ)[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
