package natsstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/natstest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/natsstore"
)

// BenchmarkOpen opens an account of a million users in 50,000 teams, in turns from a file of boltstore and
// from three servers. It measures the time from opening the store to the first View, and reports that of the
// servers as a multiple of that of the file.
func BenchmarkOpen(b *testing.B) {
	oncehub, err := preset.Load("oncehub")
	require.NoError(b, err)
	seed := account.Seed{Teams: map[usher.TeamID]usher.TeamID{}, Users: map[usher.UserID]policy.User{"olivia": {Role: "owner"}}}
	for i := range 1_000_000 {
		in := usher.TeamID(fmt.Sprint("team-", i/20))
		seed.Teams[in] = ""
		seed.Users[usher.UserID(fmt.Sprintf("user-%07d", i))] = policy.User{Teams: []policy.Membership{{Team: in}}}
	}
	path, name := filepath.Join(b.TempDir(), "usher.db"), newName()
	nc := connect(b, cluster(b), 0)
	ways := []func() (store.Store, func() error, error){
		func() (store.Store, func() error, error) {
			s, err := boltstore.Open(path, boltstore.Options{})
			return s, s.Close, err
		},
		func() (store.Store, func() error, error) {
			s, err := natsstore.Open(context.Background(), nc, natsstore.Options{Name: name, Partitions: 4})
			return s, s.Close, err
		},
	}
	run := func(way int, first func(*engine.Engine)) time.Duration {
		begun := time.Now()
		s, closeStore, err := ways[way]()
		require.NoError(b, err)
		e, err := engine.Open(engine.Options{Policy: oncehub, Store: s})
		require.NoError(b, err)
		first(e)
		took := time.Since(begun)
		require.NoError(b, e.Close())
		require.NoError(b, closeStore())
		return took
	}
	for way := range ways {
		run(way, func(e *engine.Engine) {
			_, err := e.Do(context.Background(), account.AsHost("bench"), "acme", account.Import{Seed: seed})
			require.NoError(b, err)
		})
	}
	var took [2]time.Duration
	for b.Loop() {
		for way := range ways {
			took[way] += run(way, func(e *engine.Engine) {
				v, err := e.View(context.Background(), "acme")
				require.NoError(b, err)
				require.Equal(b, 1_000_001, v.Len())
			})
		}
	}
	b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "x-boltstore")
	b.ReportMetric(took[0].Seconds()/float64(b.N), "s-boltstore")
	b.ReportMetric(took[1].Seconds()/float64(b.N), "s-natsstore")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkServerMemory stores b.N accounts with one commit each, and reports the memory that each server
// uses more than before: -benchtime 100000x for 100,000 accounts. Linux only. The servers do not wait for the disk.
func BenchmarkServerMemory(b *testing.B) {
	c, err := natstest.Start(natstest.Options{Lazy: true})
	require.NoError(b, err)
	b.Cleanup(c.Stop)
	s := openOn(b, c, 0, natsstore.Options{Name: "memory", Partitions: 16})
	create := func(id string) error {
		return s.Append(context.Background(), usher.AccountID(id), store.Entry{Commit: store.Commit{Version: 1, Data: make([]byte, 250)}})
	}
	for i := range 100 {
		require.NoError(b, create(fmt.Sprint("first-", i)))
	}
	before := residentOf(b, c)
	const writers = 64
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := w; i < b.N; i += writers {
				if err := create(fmt.Sprintf("account-%07d", i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	after := residentOf(b, c)
	for i := range after {
		b.ReportMetric(float64(after[i]-before[i])/float64(b.N), fmt.Sprintf("B/account-%d", i+1))
	}
	b.ReportMetric(float64(after[0])/(1<<20), "MiB-server-1")
	b.ReportMetric(0, "ns/op")
}

// residentOf returns the resident memory of each server's process, in bytes.
func residentOf(b *testing.B, c *natstest.Cluster) (list []int64) {
	b.Helper()
	for _, s := range c.Servers {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
		require.NoError(b, err)
		_, line, _ := strings.Cut(string(text), "VmRSS:")
		number := strings.Fields(line)[0]
		kib, err := strconv.ParseInt(number, 10, 64)
		require.NoError(b, err)
		list = append(list, kib<<10)
	}
	return list
}
