package filterproof_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/policy"
)

var (
	seedFlag   = flag.Uint64("seed", 1, "the first seed of the random rounds")
	roundsFlag = flag.Int("rounds", 2500, "how many rounds there are")
)

const rowsOfARound = 16

// round is a request about some rows of a table.
type round struct {
	seed   uint64
	text   string // of the policy
	policy *policy.Policy
	facts  policy.Facts
	r      usher.Request
	layout layout
	rows   []*resource
}

// drawRound draws a policy, a world, a request and the rows of an account of their own.
func drawRound(seed uint64, nextID *int) (*round, error) {
	d := newDice(seed)
	x := &round{seed: seed, text: drawPolicy(d)}
	var err error
	if x.policy, err = policy.Load("random.yaml", []byte(x.text)); err != nil {
		return nil, fmt.Errorf("%s\n%w", x.text, err)
	}
	w := drawWorld(d)
	x.facts = w
	if d.chance(50) {
		x.facts = indexed{w}
	}
	account := usher.AccountID(fmt.Sprintf("acme-%d", seed))
	x.r = drawRequest(d, w, account)
	typ := x.typ(d)
	x.layout = drawLayout(d, typ, x.policy.Parties(typ), attributes)
	for range rowsOfARound {
		*nextID++
		r := &resource{typ: typ, id: *nextID, account: account, parties: map[string][]string{}, attributes: map[string]bool{}, unknown: map[string]bool{}}
		for _, name := range sortedKeys(x.policy.Parties(typ)) {
			if !d.chance(25) {
				r.parties[name] = drawIDs(d, w, x.r.Subject, x.policy.Parties(typ)[name])
			}
		}
		for _, name := range attributes {
			if d.chance(70) {
				r.attributes[name] = d.chance(50)
			}
		}
		x.layout.fit(r)
		x.rows = append(x.rows, r)
	}
	return x, nil
}

// typ chooses one of the types that the request asks about.
func (x *round) typ(d dice) string {
	perms, ok := x.policy.Bundle(x.r.Permission)
	if !ok {
		return x.r.Permission.Resource()
	}
	return pick(d, perms).Resource()
}

// want returns the rows that a check allows, with what it hides.
func (x *round) want() (map[int][]string, error) {
	allowed := map[int][]string{}
	for _, row := range x.rows {
		r := x.r
		r.Resource = row
		decision, err := x.policy.Decide(x.facts, &r)
		if err != nil {
			return nil, err
		}
		if decision.Allowed() {
			allowed[row.id] = decision.Hidden()
		}
	}
	return allowed, nil
}

// got returns the rows that a query selects, with what it masks.
func (x *round) got(b *base, f filter.Filter) (rows map[int][]string, query string, err error) {
	table, err := x.layout.mapping().Compile(b.dialect)
	if err != nil {
		return nil, "", err
	}
	first := int(x.seed%3) + 1
	where, err := f.SQL(table, first)
	if err != nil {
		return nil, "", err
	}
	args := make([]any, first-1, first-1+len(where.Args))
	columns := []string{"t.id"}
	for i := range args {
		args[i] = fmt.Sprintf("before %d", i)
		columns = append(columns, mark(b.dialect, i+1)+" AS before"+fmt.Sprint(i))
	}
	args = append(args, where.Args...)
	masked := f.Fields()
	for _, field := range masked {
		shown, err := f.Shown(field, table, len(args)+1)
		if err != nil {
			return nil, "", err
		}
		columns = append(columns, "CASE WHEN "+shown.SQL+" THEN 1 END")
		args = append(args, shown.Args...)
	}
	query = "SELECT " + strings.Join(columns, ", ") + " FROM things t WHERE " + where.SQL
	found, err := b.db.QueryContext(context.Background(), query, args...)
	if err != nil {
		return nil, query, err
	}
	defer found.Close()
	rows = map[int][]string{}
	for found.Next() {
		var id int
		shows := make([]*int, len(masked))
		targets := []any{&id}
		for range first - 1 {
			targets = append(targets, new(any))
		}
		for i := range shows {
			targets = append(targets, &shows[i])
		}
		if err := found.Scan(targets...); err != nil {
			return nil, query, err
		}
		if _, twice := rows[id]; twice {
			return nil, query, fmt.Errorf("row %d comes twice", id)
		}
		var hidden []string
		for i, shown := range shows {
			if shown == nil {
				hidden = append(hidden, masked[i])
			}
		}
		rows[id] = hidden
	}
	return rows, fmt.Sprintf("%s\n%q", query, args), found.Err()
}

func mark(d filter.Dialect, n int) string {
	if d == filter.SQLite {
		return fmt.Sprintf("?%d", n)
	}
	return fmt.Sprintf("$%d::text", n)
}

// compare holds a filter in Go and in SQL against checks one by one.
func (x *round) compare(bases []*base, seen *tally) error {
	want, err := x.want()
	if err != nil {
		return err
	}
	every := x.r
	every.Resource = nil
	f, err := x.policy.Filter(x.facts, &every)
	if err != nil {
		return err
	}
	seen.count(x, f, want)
	inGo := map[int][]string{}
	for _, row := range x.rows {
		if f.Match(row) {
			inGo[row.id] = f.Masks(row)
		}
	}
	if err := x.differ("Match and Masks", "", want, inGo); err != nil {
		return err
	}
	for _, b := range bases {
		got, query, err := x.got(b, f)
		if err != nil {
			return fmt.Errorf("%v: %w\n%s", b.dialect, err, query)
		}
		if err := x.differ(b.dialect.String(), query, want, got); err != nil {
			return err
		}
	}
	return nil
}

func (x *round) differ(who, query string, want, got map[int][]string) error {
	if maps.EqualFunc(want, got, slices.Equal) {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nselects and masks %v\nchecks allow      %v\n", who, got, want)
	for _, row := range x.rows {
		fmt.Fprintln(&b, row)
	}
	fmt.Fprintf(&b, "layout %v\n%s", x.layout, query)
	return errors.New(b.String())
}

// describe writes what a round is about, for people.
func (x *round) describe() string {
	w, ok := x.facts.(*world)
	if !ok {
		w = x.facts.(indexed).world
	}
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(w.users)) {
		fmt.Fprintf(&b, "user %q: %+v\n", id, *w.users[id])
	}
	fmt.Fprintf(&b, "teams %v, settings %v\nmay %q %s with %v\n", w.parents, w.settings, x.r.Subject, x.r.Permission, x.r.Context)
	return b.String()
}

// roundsOfABatch is how many rounds have their rows in the tables at the same time.
const roundsOfABatch = 100

// TestRandomRows asks random requests of a check for each row, of a filter, and of databases that
// have the rows. All say the same. Beside the rows of a round are those of others, each round's in an
// account of its own, in which the same ids mean others.
func TestRandomRows(t *testing.T) {
	bases := []*base{newBase(t, filter.PostgreSQL), newBase(t, filter.SQLite)}
	var seen tally
	for first := 0; first < *roundsFlag; first += roundsOfABatch {
		for _, x := range storeBatch(t, bases, first, min(first+roundsOfABatch, *roundsFlag)) {
			if err := x.compare(bases, &seen); err != nil {
				t.Fatalf("%v\n\n%s\n%s\nto see it again: go test ./filterproof -run TestRandomRows -rounds 1 -seed %d", err, x.text, x.describe(), x.seed)
			}
		}
	}
	t.Logf("%+v", seen)
	if *roundsFlag >= 1000 {
		seen.check(t)
	}
}

// storeBatch draws rounds, and puts their rows in the place of those before.
func storeBatch(t *testing.T, bases []*base, first, end int) (rounds []*round) {
	t.Helper()
	var writers []*writer
	for _, b := range bases {
		b.clear(t)
		writers = append(writers, b.begin(t))
	}
	id := 0
	for i := first; i < end; i++ {
		x, err := drawRound(*seedFlag+uint64(i), &id)
		if err != nil {
			t.Fatal(err)
		}
		rounds = append(rounds, x)
		for n, row := range x.rows {
			for _, w := range writers {
				w.store(t, x.layout, string(x.r.Account), fmt.Sprint(n), row)
			}
		}
	}
	for _, w := range writers {
		w.commit(t)
	}
	return rounds
}

// tally counts what rounds were about, so that a test can tell whether that was anything of interest.
type tally struct{ Rounds, Rows, Selected, None, All, Mixed, Maskable, Masked, Partly int }

func (c *tally) count(x *round, f filter.Filter, want map[int][]string) {
	c.Rounds++
	c.Rows += len(x.rows)
	c.Selected += len(want)
	c.None += is(f.None())
	c.All += is(f.All())
	c.Mixed += is(len(want) > 0 && len(want) < len(x.rows))
	c.Maskable += is(len(f.Fields()) > 0)
	masks := map[string]bool{}
	for _, hidden := range want {
		c.Masked += is(len(hidden) > 0)
		masks[strings.Join(hidden, " ")] = true
	}
	c.Partly += is(len(masks) > 1)
}

func is(so bool) int {
	if so {
		return 1
	}
	return 0
}

// check fails a test that asked too much of the same.
func (c *tally) check(t *testing.T) {
	t.Helper()
	for what, percent := range map[string]int{
		"rows selected":              100 * c.Selected / c.Rows,
		"filters that select some":   100 * c.Mixed / c.Rounds,
		"filters that are none":      100 * c.None / c.Rounds,
		"filters that can mask":      100 * c.Maskable / c.Rounds,
		"rows with something masked": 100 * c.Masked / c.Selected,
		"masks that differ by row":   100 * c.Partly / c.Rounds,
	} {
		if percent < 3 {
			t.Errorf("%d percent of %s is too little", percent, what)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
