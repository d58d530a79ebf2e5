package hostproof_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/pgtest"
)

// running is the server of the tests.
var running *pgtest.Server

// set returns a world whose database has accounts.
func set(t *testing.T, k *kind) *world {
	t.Helper()
	if k.isPostgres() {
		running = server.Server(t)
	}
	ctx := context.Background()
	address, err := k.setUp(ctx, t.TempDir())
	require.NoError(t, err)
	w := newWorld(k, address)
	t.Cleanup(w.stop)
	require.NoError(t, w.startAll(ctx))
	require.NoError(t, w.createAccounts(ctx))
	return w
}

// work runs n jobs, bookings and batches of Submit, beside instances that look at the accounts. It goes on
// until each of the events has occurred.
func (w *world) work(n int, events ...string) {
	const hosts, bookers, writers = 6, 2, 2
	var working, looking sync.WaitGroup
	var stop atomic.Bool
	for _, in := range w.instances {
		looking.Go(func() { w.watch(in, &stop) })
	}
	var next atomic.Int64
	for range hosts {
		h := w.host("job")
		working.Go(func() {
			for i := int(next.Add(1)); w.seen.goOn(i-1, n, events); i = int(next.Add(1)) {
				h.run(drawJob(nameOf("job", i)))
			}
		})
	}
	var busy atomic.Bool
	busy.Store(true)
	for i := range bookers + writers {
		h := w.host("beside")
		looking.Go(func() {
			for n := 0; busy.Load(); n++ {
				if i < bookers {
					h.reserve(nameOf([]string{"red", "blue"}[i], n))
				} else {
					h.write(nameOf([]string{"ben", "bob"}[i-bookers], n))
				}
			}
		})
	}
	working.Wait()
	busy.Store(false)
	stop.Store(true)
	looking.Wait()
}

// TestHosts has random hosts work on each kind of database. The PostgreSQL server crashes meanwhile.
func TestHosts(t *testing.T) {
	for _, k := range []*kind{throughPgx, throughSQL, lite} {
		t.Run(k.name, func(t *testing.T) {
			w := set(t, k)
			done := make(chan struct{})
			var crashing sync.WaitGroup
			if k.isPostgres() {
				crashing.Go(func() { w.crash(t, done) })
			}
			begun := time.Now()
			var events []string
			if *jobs >= fullJobs {
				events = w.expected()
			}
			w.work(*jobs, events...)
			close(done)
			crashing.Wait()
			require.NoError(t, w.verify(context.Background()))
			t.Logf("%s; counts:\n%v", time.Since(begun).Round(time.Second), &w.seen)
			assert.Empty(t, w.findings.String())
			assert.Empty(t, w.seen.missing(events...))
		})
	}
}

// crash ends the server at random times, until all jobs are done.
func (w *world) crash(t *testing.T, done chan struct{}) {
	for range *crashes {
		select {
		case <-done:
			return
		case <-time.After(time.Second):
		}
		w.crashing.Store(true)
		err := running.Crash()
		w.crashes.Add(1)
		w.crashing.Store(false)
		if !assert.NoError(t, err) {
			return
		}
		w.seen.add("the server crashed")
	}
}

// expected returns the events that must occur in a run.
func (w *world) expected() []string {
	all := []string{
		"a retry found its commit", "a batch was refused", "a savepoint was rolled back", "a statement failed after a savepoint",
		"others were asked during a transaction", "seen with AtLeast after the commit", "accounts in the wrong order",
		"jobs with a pool of one connection", "jobs with several accounts", "a booking was committed", "a booking was denied",
		"Submit: committed", "a check of a user that is not committed", "a look at an account",
	}
	for _, name := range ways {
		all = append(all, "jobs by "+name)
	}
	for _, name := range []string{"add-user", "request-to-join", "set-role", "set-role-beside", "set-team-role"} {
		all = append(all, "Submit: "+name)
	}
	for _, e := range endings {
		if !e.server || w.kind.isPostgres() {
			all = append(all, "end: "+e.name)
		}
	}
	for _, mode := range w.kind.modes {
		all = append(all, "jobs in "+mode)
	}
	if w.kind.isPostgres() {
		all = append(all, "ErrRetry: deadlock", "ErrRetry: serialization", "ErrRetry in REPEATABLE READ", "ErrRetry in SERIALIZABLE")
		if *crashes >= fullCrashes {
			all = append(all, "connection lost", "the server crashed")
		}
	} else {
		all = append(all, "ErrRetry in "+deferred)
	}
	slices.Sort(all)
	return all
}
