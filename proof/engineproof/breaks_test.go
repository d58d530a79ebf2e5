package engineproof_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
)

// brokenProcess is a fault of processes that write, or of the database after they have ended. Tests
// show that it is found.
type brokenProcess struct {
	store  func(store.UserDataStore) store.UserDataStore
	target func(target) target
	after  func(ctx context.Context, c *pgx.Conn, schema string) error

	faults []fault // that occur meanwhile
	found  string  // must be in a complaint
}

const lost = "but the journal has <nil>"

var breaks = map[string]brokenProcess{
	"acknowledges before it commits": {
		store: func(s store.UserDataStore) store.UserDataStore { return hasty{s} }, faults: []fault{killClient, killClient, killClient}, found: lost,
	},
	"loses a commit": {
		store: func(s store.UserDataStore) store.UserDataStore { return &lostCommits{UserDataStore: s} }, found: lost,
	},
	"commits what another commit excludes": {
		store: func(s store.UserDataStore) store.UserDataStore { return stubborn{s} }, found: "apply commit ",
	},
	"loses a record": {
		store: func(s store.UserDataStore) store.UserDataStore { return &lostRecords{UserDataStore: s} }, found: ": values map[",
	},
	"applies a batch twice": {
		target: func(d target) target { return appliesAgain{d} }, found: "was done before",
	},
	"reports a commit as failed": {
		target: func(d target) target { return &reportsFailure{target: d} }, found: "which a try stored that failed",
	},
	"sells a seat twice":  {after: oversold, found: ": seats in use ("},
	"has a version twice": {after: duplicated, found: "the next version of"},
	"replaces a commit":   {after: replaced, found: "commits were lost or replaced"},
	"changes the tables of members": {
		after: statement("UPDATE {schema}.members SET status = 'invited' WHERE user_id = 'adam'"), found: "the tables of members differ: ",
	},
	"sells a seat only in the tables of members": {
		after: statement("INSERT INTO {schema}.seats SELECT account, 'desk', 'stranger' FROM {schema}.seats LIMIT 1"), found: "the tables of members differ: ",
	},
}

// TestBrokenStorm has processes with a fault write to a database. What is stored must show it.
func TestBrokenStorm(t *testing.T) {
	number := 0
	for name, broken := range breaks {
		number++
		t.Run(name, func(t *testing.T) {
			var text string
			const most = 20 // rounds, since some faults rarely do harm
			for round := range most {
				p := place{Schema: fmt.Sprintf("broken %d.%d", number, round), Members: true}
				text = strings.Join(listen(t, func(heard testing.TB) { runBroken(heard, p, name, round) }), "\n")
				if before, after, found := strings.Cut(text, broken.found); found {
					t.Logf("found in round %d: …%s%s%.100s…", round+1, before[max(0, len(before)-100):], broken.found, after)
					return
				}
			}
			t.Errorf("in %d rounds there was no complaint with %q; the last ones:\n%s", most, broken.found, text)
		})
	}
}

// runBroken has processes with a fault write, and examines what is stored. Later rounds are longer, for
// slow machines.
func runBroken(t testing.TB, p place, name string, round int) {
	s := newStorm(t, new(counts), server.Server(t), p, name)
	s.stalled = time.Duration(round+1) * 300 * time.Millisecond
	s.progress(200)
	untold := s.run(breaks[name].faults)
	if f := breaks[name].after; f != nil {
		s.admin(func(ctx context.Context, c *pgx.Conn) error {
			assert.NoError(t, f(ctx, c, pgx.Identifier{p.Schema}.Sanitize()), "the fault itself")
			return nil
		})
	}
	s.examine(untold)
}

// hasty acknowledges entries before they are stored.
type hasty struct{ store.UserDataStore }

func (h hasty) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	go func() {
		time.Sleep(3 * time.Millisecond)
		_ = h.UserDataStore.Append(context.WithoutCancel(ctx), id, e) // an error comes too late
	}()
	return nil
}

// stubborn appends an entry that conflicts with another one after that.
type stubborn struct{ store.UserDataStore }

func (s stubborn) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	for {
		err := s.UserDataStore.Append(ctx, id, e)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		c, err := account.DecodeCommit(e.Data)
		if err != nil {
			return err
		}
		for last, err := range s.Commits(ctx, id, e.Version-1) {
			if err != nil {
				return err
			}
			before, err := account.DecodeCommit(last.Data)
			if err != nil {
				return err
			}
			c.Version, c.Previous, e.Version = last.Version+1, account.HashOf(last.Data), last.Version+1
			if c.Time.Before(before.Time) {
				c.Time = before.Time
			}
		}
		if e.Data, err = c.Encode(); err != nil {
			return err
		}
	}
}

// appliesAgain submits each batch a second time under another key.
type appliesAgain struct{ target }

func (a appliesAgain) Submit(ctx context.Context, b engine.Batch) (engine.Result, error) {
	result, err := a.target.Submit(ctx, b)
	b.IdempotencyKey += " again"
	_, _ = a.target.Submit(ctx, b)
	return result, err
}

// lostRecords stores some entries without their records.
type lostRecords struct {
	store.UserDataStore
	appends atomic.Int64
}

func (l *lostRecords) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	if l.appends.Add(1)%3 == 0 {
		e.Records = nil
	}
	return l.UserDataStore.Append(ctx, id, e)
}

func statement(text string) func(context.Context, *pgx.Conn, string) error {
	return func(ctx context.Context, c *pgx.Conn, schema string) error {
		_, err := c.Exec(ctx, strings.ReplaceAll(text, "{schema}", schema))
		return err
	}
}

// duplicated stores a version a second time.
func duplicated(ctx context.Context, c *pgx.Conn, schema string) error {
	return statement("ALTER TABLE {schema}.commits DROP CONSTRAINT commits_pkey; INSERT INTO {schema}.commits SELECT * FROM {schema}.commits WHERE version = 3")(ctx, c, schema)
}

// replaced changes the note of a commit.
func replaced(ctx context.Context, c *pgx.Conn, schema string) error {
	var id, data []byte
	if err := c.QueryRow(ctx, "SELECT account, data FROM "+schema+".commits WHERE version = 3 LIMIT 1").Scan(&id, &data); err != nil {
		return err
	}
	commit, err := account.DecodeCommit(data)
	if err != nil {
		return err
	}
	commit.Note += "~"
	if data, err = commit.Encode(); err != nil {
		return err
	}
	_, err = c.Exec(ctx, "UPDATE "+schema+".commits SET data = $2 WHERE account = $1 AND version = 3", id, data)
	return err
}

// oversold appends a commit that follows from the one before, but leaves fewer seats than are held.
func oversold(ctx context.Context, c *pgx.Conn, schema string) error {
	state, policy := account.New("acme"), ""
	rows, err := c.Query(ctx, "SELECT data FROM "+schema+".commits WHERE account = 'acme' ORDER BY version")
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return err
	}
	for _, data := range all {
		commit, err := account.DecodeCommit(data)
		if err == nil {
			state, err = state.ApplyEncoded(commit, data)
		}
		if err != nil {
			return err
		}
		policy = commit.Policy
	}
	last := account.Commit{
		Account: "acme", Version: state.Version() + 1, Previous: state.Head().Hash, ID: "sold twice", Time: state.Time(),
		Actor: host.actor(), Policy: policy, Note: "sold twice", Changes: []account.Change{account.SeatsSet{Pool: desk, From: state.Pool(desk).Total, To: 0}},
	}
	data, err := last.Encode()
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, "WITH moved AS (UPDATE "+schema+".accounts SET version = version + 1 WHERE account = 'acme' RETURNING xid, version)"+
		" INSERT INTO "+schema+".commits (account, version, xid, data) SELECT 'acme', version, xid, $1 FROM moved", data)
	return err
}
