package engineproof_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/store/pgstore"
)

// fullStorm is the number of faults in a full run.
const fullStorm = 200

var stormFaults = flag.Int("faults", raced.Part(fullStorm, 25), "the number of faults of clients, connections and servers over PostgreSQL")

const (
	stormInstances = 4
	faultsPerStorm = 25

	// patience is the most time that a test waits for an event that must occur.
	patience = 2 * time.Minute
)

// fault is a kind of fault.
type fault uint8

const (
	killClient fault = iota
	cutAll
	cutBefore
	cutWithin
	cutDuring
	cutAfter
	cutTxBefore
	cutTxWithin
	cutTxDuring
	cutTxAfter
	terminate
	killBackend
	crashServer
)

// kinds are the kinds of faults, with how often each occurs in 50, and where a connection is cut.
var kinds = [...]struct {
	name   string
	weight int
	at     cutPoint
}{
	killClient:  {name: "kill -9 of a client", weight: 9},
	cutAll:      {name: "connections of a client cut", weight: 5},
	cutBefore:   {"cut before an append arrives", 3, cutPoint{moment: beforeMessage}},
	cutWithin:   {"cut within the message of an append", 3, cutPoint{moment: withinMessage}},
	cutDuring:   {"cut while an append runs", 5, cutPoint{moment: afterMessage}},
	cutAfter:    {"cut after an append", 5, cutPoint{moment: beforeResponse}},
	cutTxBefore: {"cut before a COMMIT arrives", 3, cutPoint{beforeMessage, true}},
	cutTxWithin: {"cut within the message of a COMMIT", 2, cutPoint{withinMessage, true}},
	cutTxDuring: {"cut while a COMMIT runs", 4, cutPoint{afterMessage, true}},
	cutTxAfter:  {"cut after a COMMIT", 4, cutPoint{beforeResponse, true}},
	terminate:   {name: "pg_terminate_backend", weight: 3},
	killBackend: {name: "kill -9 of a server process", weight: 2},
	crashServer: {name: "immediate restart of the server", weight: 2},
}

func (f fault) String() string { return kinds[f].name }

// drawFaults returns n faults in random order, each kind as often as its weight says.
func drawFaults(n int) (all []fault) {
	for len(all) < n {
		var block []fault
		for f, kind := range kinds {
			block = append(block, slices.Repeat([]fault{fault(f)}, kind.weight)...)
		}
		rand.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
		all = append(all, block...)
	}
	return all[:n]
}

// TestStorm has processes write to one PostgreSQL database through engines with stores of their own,
// half of the batches in transactions of hosts, while clients, connections and the server fail. No
// acknowledged commit may be lost, no version and no batch may occur twice, no seat may be sold
// twice, and the tables of members must equal the journals.
func TestStorm(t *testing.T) {
	var seen counts
	events := []string{
		"kills with a batch in flight", "in flight: was stored", "in flight: was not, and is now",
		"told done", "told repeated", "told refused", "told idle", "unknown outcomes", "failed tries", "transactions rolled back",
		"snapshots compared", "values compared", "tables of members compared",
	}
	for _, kind := range kinds {
		events = append(events, kind.name)
	}
	events = fullOnly(*stormFaults >= fullStorm, events)
	faults := drawFaults(*stormFaults)
	want := map[fault]int{}
	db := startDurable(t)
	for i := 0; seen.goOn(i*faultsPerStorm, *stormFaults, events) && !t.Failed(); i++ {
		if len(faults) == 0 {
			faults = drawFaults(faultsPerStorm)
		}
		these := faults[:min(len(faults), faultsPerStorm)]
		faults = faults[len(these):]
		s := newStorm(t, &seen, db, place{
			Schema: fmt.Sprint("storm ", i), Members: i%2 == 0, Notify: pgstore.NotifyMode(i / 2 % 2),
		}, "")
		s.examine(s.run(these))
		seen.add("commits", s.examine(nil)) // again, after the last retries
		for _, f := range these {
			want[f]++
		}
	}
	t.Logf("counts:\n%v", &seen)
	for f, n := range want {
		assert.Equal(t, n, seen.of(f.String()), f.String())
	}
	assert.Empty(t, seen.missing(events...))
}

// startDurable starts a server that keeps its promises in a crash.
func startDurable(t testing.TB) *pgtest.Server {
	db, err := pgtest.Start(pgtest.Options{Settings: []string{"max_connections=100"}})
	require.NoError(t, err)
	t.Cleanup(db.Stop)
	return db
}

// storm is some processes that write to one schema, each through a proxy.
type storm struct {
	*crash
	db        *pgtest.Server
	broken    bool          // the processes have a fault
	stalled   time.Duration // without an outcome, after which processes with a fault are given up
	instances [stormInstances]*instance
}

type instance struct {
	*proxy
	*process
	writer  writer
	started int
	before  atomic.Int64 // outcomes of the processes before
}

// newStorm starts the processes. Broken is the fault of these processes, "" for none.
func newStorm(t testing.TB, seen *counts, db *pgtest.Server, p place, broken string) *storm {
	p.Postgres = db.DSN("postgres", "pool_max_conns=6")
	s := &storm{crash: newCrash(t, seen, p), db: db, broken: broken != ""}
	for i := range s.instances {
		in := &instance{proxy: newProxy(t, db.Dir())}
		in.writer = writer{Place: p, Break: broken}
		in.writer.Place.Postgres = "host=" + in.dir + " user=" + pgtest.User + " dbname=postgres pool_max_conns=6"
		if i == 0 {
			in.writer.CommitTimeout = 20 * time.Millisecond // so that callers get unknown outcomes
		}
		s.instances[i] = in
		s.launch(i, nil)
	}
	t.Cleanup(func() {
		for _, in := range s.instances {
			if in != nil && in.process != nil {
				_ = in.Process.Kill() // after a failure; otherwise they have ended
			}
		}
	})
	return s
}

// launch starts the process of an instance, which first retries keys.
func (s *storm) launch(i int, retry []string) {
	in := s.instances[i]
	in.started++
	in.writer.Keys, in.writer.Retry = fmt.Sprintf("%d.%d", i, in.started), retry
	in.process = s.start(in.writer)
}

// run lets faults occur while the processes write, and kills them. It returns the keys without a
// reported outcome.
func (s *storm) run(faults []fault) (untold []string) {
	s.progress(20)
	for _, f := range faults {
		time.Sleep(rand.N(3 * time.Millisecond)) // otherwise each fault follows a response
		s.occur(f)
		s.seen.add(f.String(), 1)
		s.progress(10)
	}
	for _, in := range s.instances {
		_ = in.Process.Kill()
		untold = append(untold, s.ended(in.process)...)
	}
	s.drain()
	return untold
}

// reported returns the number of reported outcomes.
func (s *storm) reported() (n int64) {
	for _, in := range s.instances {
		n += in.before.Load() + in.process.told.Load()
	}
	return n
}

// progress waits until the processes have reported n more outcomes. Processes with a fault may
// destroy an account, and then make no progress: it waits until they have reported nothing for the
// time that the round allows.
func (s *storm) progress(n int64) {
	goal := s.reported() + n
	if s.broken {
		last, since := s.reported(), time.Now()
		for last < goal && time.Since(since) < s.stalled {
			time.Sleep(time.Millisecond)
			if now := s.reported(); now > last {
				last, since = now, time.Now()
			}
		}
		return
	}
	s.eventually(func() bool { return s.reported() >= goal }, "the processes make no progress")
}

func (s *storm) eventually(condition func() bool, otherwise string) {
	for began := time.Now(); !condition(); time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
			require.FailNow(s.t, otherwise, "%v\n%s", s.seen, s.db.Log())
		}
	}
}

// occur makes a fault occur, and returns after it has.
func (s *storm) occur(f fault) {
	i := s.chance.IntN(len(s.instances))
	in := s.instances[i]
	switch f {
	case killClient:
		require.NoError(s.t, in.Process.Kill())
		untold := s.ended(in.process)
		in.before.Add(in.process.told.Load())
		s.launch(i, untold)
	case cutAll:
		s.eventually(func() bool { return in.cutAll() > 0 }, "a process has no connections")
	case terminate:
		s.eventually(func() bool { return s.queryBackend("SELECT pg_terminate_backend(pid)::int") == 1 }, "there is no server process")
	case killBackend:
		s.eventually(func() bool { return kill(s.queryBackend("SELECT pid")) }, "there is no server process")
	case crashServer:
		require.NoError(s.t, s.db.Crash())
	default:
		in.arm(kinds[f].at)
		select {
		case <-in.cut:
		case <-time.After(patience):
			require.FailNow(s.t, "a process has not committed", f.String())
		}
	}
}

// queryBackend returns the result of a query for a random server process of a client, preferably one
// that runs a statement. It returns 0 if there is none.
func (s *storm) queryBackend(query string) (n int) {
	s.admin(func(ctx context.Context, c *pgx.Conn) error {
		err := c.QueryRow(ctx, query+" FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"+
			" ORDER BY state = 'active' DESC, random() LIMIT 1").Scan(&n)
		if err == pgx.ErrNoRows {
			return nil
		}
		return err
	})
	return n
}

// kill kills a process of the server, and reports whether there was one.
func kill(pid int) bool { return pid > 0 && syscall.Kill(pid, syscall.SIGKILL) == nil }

// drain waits until the server has ended all connections: what clients had sent is then done.
func (s *storm) drain() {
	s.eventually(func() bool {
		n := -1
		s.admin(func(ctx context.Context, c *pgx.Conn) error {
			return c.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()").Scan(&n)
		})
		return n == 0
	}, "the server does not end the connections of processes that were killed")
}

// admin calls f with a connection, as soon as the server accepts one and f succeeds.
func (s *storm) admin(f func(context.Context, *pgx.Conn) error) {
	ctx := context.Background()
	s.eventually(func() bool {
		c, err := pgx.Connect(ctx, s.db.DSN("postgres"))
		if err != nil {
			return false
		}
		defer func() { _ = c.Close(ctx) }()
		return f(ctx, c) == nil
	}, "the server does not respond")
}
