package natsstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/natstest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/natsstore"
)

var (
	faultCount  = flag.Int("faults", 10, "the number of faults in TestFaults")
	faultLength = flag.Duration("fault-length", 2*time.Second, "the time that a fault lasts at most")
	faultSeed   = flag.Uint64("faults-seed", 1, "the seed of the faults")
)

// faultKinds are what happens to a cluster: to its leader or to another server. The function that begin
// returns ends the fault.
var faultKinds = []struct {
	name  string
	begin func(t *testing.T, f *faulty, leader, other int) (end func())
}{
	{"kill the leader", func(t *testing.T, f *faulty, leader, other int) func() {
		return f.kill(t, leader)
	}},
	{"kill a follower", func(t *testing.T, f *faulty, leader, other int) func() {
		return f.kill(t, other)
	}},
	{"pause the leader", func(t *testing.T, f *faulty, leader, other int) func() {
		return f.pause(t, leader)
	}},
	{"pause a follower", func(t *testing.T, f *faulty, leader, other int) func() {
		return f.pause(t, other)
	}},
	{"cut the leader off", func(t *testing.T, f *faulty, leader, other int) func() {
		return f.cut(leader)
	}},
	{"cut a follower off", func(t *testing.T, f *faulty, leader, other int) func() {
		return f.cut(other)
	}},
	{"kill two of three", func(t *testing.T, f *faulty, leader, other int) func() {
		first, second := f.kill(t, leader), f.kill(t, other)
		return func() { first(); second() }
	}},
	{"end the leader in an orderly way", func(t *testing.T, f *faulty, leader, other int) func() {
		require.NoError(t, f.cluster.Servers[leader].Term())
		return func() { require.NoError(t, f.cluster.Servers[leader].Start()) }
	}},
	{"roll back the disk of a follower", func(t *testing.T, f *faulty, leader, other int) func() {
		return f.rollBack(t, other)
	}},
}

func (f *faulty) kill(t *testing.T, i int) func() {
	require.NoError(t, f.cluster.Servers[i].Kill())
	return func() { require.NoError(t, f.cluster.Servers[i].Start()) }
}

func (f *faulty) pause(t *testing.T, i int) func() {
	require.NoError(t, f.cluster.Servers[i].Pause())
	return func() { require.NoError(t, f.cluster.Servers[i].Resume()) }
}

func (f *faulty) cut(i int) func() {
	f.cluster.Servers[i].Cut()
	return f.cluster.Servers[i].Heal
}

// faulty is a cluster, a store through each of its servers, and a load on them that notes what was
// acknowledged.
type faulty struct {
	cluster *natstest.Cluster
	stores  []*natsstore.Store
	conns   []*nats.Conn

	copied   [3]uint64 // the acknowledged commits when a server's disk was copied
	mu       sync.Mutex
	acked    map[usher.AccountID][]string // the data of versions whose Append returned nil
	progress [3]atomic.Int64              // writes through each store
	unknown  atomic.Int64
	stale    atomic.Int64 // reads that lack what was acknowledged before they began
	reads    atomic.Int64
}

const faultTimeout = time.Second

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	c, err := natstest.Start(natstest.Options{})
	require.NoError(t, err)
	t.Cleanup(c.Stop)
	f := &faulty{cluster: c, acked: map[usher.AccountID][]string{}}
	for i := range c.Servers {
		s, nc := f.openAt(t, i)
		f.stores, f.conns = append(f.stores, s), append(f.conns, nc)
	}
	return f
}

// openAt opens a store through one server only. It waits until the server has what Open reads, also after
// a fault or on a busy machine.
func (f *faulty) openAt(t *testing.T, i int) (*natsstore.Store, *nats.Conn) {
	t.Helper()
	nc, err := nats.Connect(f.cluster.Servers[i].URL, natsstore.ConnectOptions()...)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	var s *natsstore.Store
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var err error
		s, err = natsstore.Open(context.Background(), nc, natsstore.Options{Partitions: 1, Timeout: faultTimeout})
		assert.NoError(c, err)
	}, 2*time.Minute, 20*time.Millisecond)
	t.Cleanup(func() { _ = s.Close() })
	return s, nc
}

// leader returns the server that leads the journal stream, as one of the others sees it.
func (f *faulty) leader(t *testing.T) int {
	t.Helper()
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		for _, nc := range f.conns {
			name := leaderOf(nc, "usher-journal-0")
			if i := slices.IndexFunc(f.cluster.Servers, func(s *natstest.Server) bool { return s.Name == name }); i >= 0 {
				return i
			}
		}
	}
	require.Fail(t, "the stream has no leader")
	return 0
}

// leaderOf returns the name of the server that leads a stream, "" if it is not known.
func leaderOf(nc *nats.Conn, stream string) string {
	m, err := nc.Request("$JS.API.STREAM.INFO."+stream, nil, time.Second)
	if err != nil {
		return ""
	}
	var info struct{ Cluster struct{ Leader string } }
	if json.Unmarshal(m.Data, &info) != nil {
		return ""
	}
	return info.Cluster.Leader
}

func (f *faulty) note(account usher.AccountID, version uint64, data string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.acked[account]
	for uint64(len(all)) < version {
		all = append(all, "")
	}
	all[version-1] = data
	f.acked[account] = all
}

func (f *faulty) last(account usher.AccountID) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return uint64(len(f.acked[account]))
}

// write appends to an account until ctx is done, as the engine does: after an unknown outcome it
// repeats the entry until the outcome is known.
func (f *faulty) write(ctx context.Context, t *testing.T, i int, account usher.AccountID, who string) {
	s := f.stores[i]
	version := uint64(1)
	for n := 0; ctx.Err() == nil; n++ {
		e := commit(version, fmt.Sprintf("%s %d", who, n))
		if n%4 == 3 {
			e.Records = []store.Record{{User: usher.UserID(who), Data: e.Data}}
		}
		for ctx.Err() == nil {
			err := s.Append(ctx, account, e)
			if err == nil {
				f.note(account, version, string(e.Data))
				f.progress[i].Add(1)
				version++
				break
			}
			if errors.Is(err, store.ErrConflict) {
				for c, err := range s.Commits(ctx, account, version-1) {
					if err != nil {
						break // read again after the next conflict
					}
					if string(c.Data) == string(e.Data) {
						f.note(account, c.Version, string(e.Data))
					}
					version = c.Version + 1
				}
				break
			}
			if !assert.NotErrorIs(t, err, store.ErrGap) || !assert.NotErrorIs(t, err, natsstore.ErrLost) || !assert.NotErrorIs(t, err, natsstore.ErrDamaged) {
				return
			}
			if !store.IsRejected(err) {
				f.unknown.Add(1)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// read reads accounts through a store until ctx is done, and counts reads that lack acknowledged
// commits. One that may read an old state returns ErrLost if it has read a newer one before.
func (f *faulty) read(ctx context.Context, t *testing.T, s *natsstore.Store, mayBeOld bool, stale *atomic.Int64, accounts []usher.AccountID) {
	for n := 0; ctx.Err() == nil; n++ {
		account := accounts[n%len(accounts)]
		before, got := f.last(account), uint64(0)
		versions, err := s.Versions(ctx, []usher.AccountID{account})
		if n%2 == 0 && err == nil {
			got = versions[0]
		} else {
			got = max(before, 1) - 1
			for c, e := range s.Commits(ctx, account, got) {
				if err = e; err != nil {
					break
				}
				got = c.Version
			}
		}
		if mayBeOld && errors.Is(err, natsstore.ErrLost) {
			stale.Add(1)
			continue
		}
		if err != nil {
			if !assert.NotErrorIs(t, err, natsstore.ErrLost) || !assert.NotErrorIs(t, err, natsstore.ErrDamaged) {
				return
			}
			continue
		}
		f.reads.Add(1)
		if got < before {
			stale.Add(1)
		}
		time.Sleep(time.Millisecond)
	}
}

// verify compares the journals, through each store, with what was acknowledged.
func (f *faulty) verify(t *testing.T, shortened *shortenLoad) (commits int) {
	t.Helper()
	for i, s := range f.stores {
		for account, acked := range f.acked {
			var kept []string
			var of store.ShortenedError
			require.EventuallyWithT(t, func(c *assert.CollectT) {
				var err error
				kept, of, err = keptJournal(s, account)
				assert.NoError(c, err)
			}, 30*time.Second, 100*time.Millisecond)
			shortened.verify(t, account, of)
			require.GreaterOrEqual(t, of.UpTo+uint64(len(kept)), uint64(len(acked)), "%s through store %d", account, i)
			for k, data := range acked[of.UpTo:] {
				if data != "" {
					require.Equal(t, data, kept[k], "%s version %d through store %d", account, of.UpTo+uint64(k)+1, i)
				}
			}
			commits += len(acked)
		}
	}
	return commits / len(f.stores)
}

// Whatever happens to the servers, no acknowledged commit is lost, no version is stored twice, and no
// read lacks what was acknowledged before it began. A journal that is shortened meanwhile loses what its
// shortening names, and no more. Each store works again by itself.
func TestFaults(t *testing.T) {
	f := newFaulty(t)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	accounts := []usher.AccountID{"shared", "a0", "a1", "a2"}
	for i, s := range f.stores {
		running.Go(func() { f.write(ctx, t, i, "shared", fmt.Sprint("writer", i)) })
		running.Go(func() { f.write(ctx, t, i, usher.AccountID(fmt.Sprint("a", i)), fmt.Sprint("own", i)) })
		running.Go(func() { f.read(ctx, t, s, false, &f.stale, accounts) })
	}
	seats, shortened := newSeatLoad(t, f), newShortenLoad(f)
	for i, s := range f.stores {
		running.Go(func() { seats.submit(ctx, i) })
		running.Go(func() { seats.check(ctx, i) })
		running.Go(func() { f.write(ctx, t, i, shortenedAccount(i), fmt.Sprint("long", i)) })
		running.Go(func() { shortened.shorten(ctx, t, s, shortenedAccount((i+1)%len(f.stores))) })
	}
	r := rand.New(rand.NewPCG(*faultSeed, 0))
	t.Logf("-faults-seed %d", *faultSeed)
	order := []int{}
	for len(order) < *faultCount {
		order = append(order, r.Perm(len(faultKinds))...)
	}
	waits, restarted := map[string][]time.Duration{}, 0
	f.progressed(t)
	f.copyDisks(t)
	for n, kind := range order[:*faultCount] {
		fault := faultKinds[kind]
		leader := f.leader(t)
		begun := time.Now()
		end := fault.begin(t, f, leader, (leader+1+r.IntN(2))%3)
		time.Sleep(*faultLength/4 + time.Duration(r.Int64N(int64(*faultLength)*3/4)))
		end()
		healed := time.Now()
		waited := f.progressed(t)
		waits[fault.name] = append(waits[fault.name], waited)
		t.Logf("%2d %-34s lasted %4.1fs; every store writes again %4.1fs later", n+1, fault.name, healed.Sub(begun).Seconds(), waited.Seconds())
		if t.Failed() {
			break
		}
		restarted += f.healthy(t)
	}
	assert.Eventually(t, func() bool {
		return t.Failed() || shortened.calls.Load() > int64(*faultCount) && seats.assigned.Load() > 10*int64(*faultCount)
	}, 5*time.Minute, 20*time.Millisecond, "too few calls that shorten a journal, or commits of engines")
	cancel()
	running.Wait()
	for _, fault := range faultKinds {
		if all := waits[fault.name]; len(all) > 0 {
			slices.Sort(all)
			t.Logf("%-34s %2d times; every store writes again after %4.1fs (median), %4.1fs (longest)", fault.name, len(all), all[len(all)/2].Seconds(), all[len(all)-1].Seconds())
		}
	}
	commits := f.verify(t, shortened)
	t.Logf("%d commits, %d unknown outcomes, %d reads, %d shortened journals; %d servers that did not recover by themselves were started again",
		commits, f.unknown.Load(), f.reads.Load(), shortened.calls.Load(), restarted)
	assert.Zero(t, f.stale.Load(), "reads that lack acknowledged commits")
	seats.verify(t)
}

// healthy waits until all servers have all data, so that the next fault meets a healthy cluster. After a
// minute it restarts those that do not, as an operator would, and returns their number.
func (f *faulty) healthy(t *testing.T) (restarted int) {
	t.Helper()
	for range 3 {
		err := f.cluster.Wait(time.Minute)
		if err == nil {
			return restarted
		}
		t.Log(err)
		for _, server := range f.cluster.Servers {
			if !server.Healthy() {
				t.Logf("the log of %s ends with:\n%s", server.Name, server.LogEnd(15))
				require.NoError(t, server.Term())
				require.NoError(t, server.Start())
				restarted++
			}
		}
	}
	require.NoError(t, f.cluster.Wait(time.Minute))
	return restarted
}

// progressed waits until each store has written again, and returns for how long.
func (f *faulty) progressed(t *testing.T) time.Duration {
	t.Helper()
	begun := time.Now()
	var before [3]int64
	for i := range f.stores {
		before[i] = f.progress[i].Load()
	}
	for i := range f.stores {
		require.Eventually(t, func() bool { return f.progress[i].Load() > before[i] }, 90*time.Second, 20*time.Millisecond, "store %d does not write again", i)
	}
	return time.Since(begun)
}

// A read without a barrier, and one from the leader, return an old state while the network is divided;
// the store's own reads return errors instead. It shows that the barrier is needed, and that these
// tests would find a store without it.
func TestReadPaths(t *testing.T) {
	f := newFaulty(t)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for i := range f.stores {
		running.Go(func() { f.write(ctx, t, i, usher.AccountID(fmt.Sprint("a", i)), "writer") })
	}
	var stale [3]atomic.Int64
	for try := 0; try < 10 && !t.Failed() && (stale[1].Load() == 0 || stale[2].Load() == 0); try++ {
		f.progressed(t)
		f.divide(t, &stale)
	}
	t.Logf("reads that lack acknowledged commits: %d of the store, %d without a barrier, %d from the leader", stale[0].Load(), stale[1].Load(), stale[2].Load())
	assert.Zero(t, stale[0].Load())
	assert.NotZero(t, stale[1].Load())
	assert.NotZero(t, stale[2].Load())
}

// divide cuts the leader off for a while, and reads through it in three ways what is written elsewhere.
// The cut has no effect if another server became the leader just before.
func (f *faulty) divide(t *testing.T, stale *[3]atomic.Int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	leader := f.leader(t)
	accounts := []usher.AccountID{usher.AccountID(fmt.Sprint("a", (leader+1)%3)), usher.AccountID(fmt.Sprint("a", (leader+2)%3))}
	for k, change := range []func(*natsstore.Store){func(*natsstore.Store) {}, natsstore.ReadWithoutBarrier, natsstore.ReadFromLeader} {
		s, _ := f.openAt(t, leader)
		change(s)
		running.Go(func() { f.read(ctx, t, s, k > 0, &stale[k], accounts) })
	}
	f.cluster.Servers[leader].Cut()
	defer f.cluster.Servers[leader].Heal()
	for until := time.Now().Add(25 * time.Second); time.Now().Before(until) && (stale[1].Load() == 0 || stale[2].Load() == 0); {
		time.Sleep(100 * time.Millisecond)
	}
}
