package natsstore_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/natsstore"
)

func newEngine(t testing.TB, s store.Store, maxStaleness time.Duration) *engine.Engine {
	t.Helper()
	p, err := preset.Load("oncehub")
	require.NoError(t, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: s, MaxStaleness: maxStaleness})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// check asks whether mia may do what only administrators may.
func check(e *engine.Engine) (usher.Decision, error) {
	return e.Check(context.Background(), usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse("account.configure")})
}

var roles atomic.Int64

// setRole makes n commits, and returns the version of the last one.
func setRole(t testing.TB, e *engine.Engine, n int) (version uint64) {
	t.Helper()
	for range n {
		require.Eventually(t, func() bool {
			result, err := e.Do(context.Background(), account.AsHost("test"), "acme", account.SetRole{User: "mia", Role: [2]role.Name{"member", "admin"}[roles.Add(1)%2]})
			version = result.Version
			return err == nil
		}, 2*time.Minute, 50*time.Millisecond)
	}
	return version
}

// The majority of the servers loses acknowledged commits: one was cut off, and another one comes back
// with an earlier copy of its disk, as after a power failure of a server that does not wait for the
// disk. A process that has seen the commits never uses the older state, or other commits in their
// place.
func TestRolledBackDisk(t *testing.T) {
	const maxStaleness = 300 * time.Millisecond
	f := newFaulty(t)
	leader := f.leader(t)
	a, b := (leader+1)%3, (leader+2)%3
	servers := f.cluster.Servers
	var engines []*engine.Engine
	for _, s := range f.stores {
		engines = append(engines, newEngine(t, s, maxStaleness))
	}
	require.Eventually(t, func() bool {
		_, err := engines[leader].Do(context.Background(), account.AsHost("test"), "acme", account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"})
		return err == nil || errors.Is(err, account.CodeExists)
	}, time.Minute, 50*time.Millisecond)
	has := func(e *engine.Engine, version uint64) {
		t.Helper()
		require.Eventually(t, func() bool { d, err := check(e); return err == nil && d.Detail().Version == version }, time.Minute, 20*time.Millisecond)
	}
	known := setRole(t, engines[leader], 5)
	for _, e := range engines {
		has(e, known)
	}

	require.NoError(t, servers[a].Kill())
	require.NoError(t, os.CopyFS(servers[a].Dir+".older", os.DirFS(servers[a].Dir)))
	require.NoError(t, servers[a].Start())
	require.NoError(t, f.cluster.Wait(time.Minute))
	setRole(t, engines[a], 1) // its server is back

	servers[b].Cut()
	lost := setRole(t, engines[leader], 6)
	for _, i := range []int{leader, a} {
		has(engines[i], lost)
	}
	require.NoError(t, servers[a].Kill())
	require.NoError(t, servers[leader].Kill())
	require.NoError(t, os.RemoveAll(servers[a].Dir))
	require.NoError(t, os.Rename(servers[a].Dir+".older", servers[a].Dir))
	servers[b].Heal()
	require.NoError(t, servers[a].Start())

	require.Eventually(t, func() bool {
		_, err := check(engines[a])
		return errors.Is(err, natsstore.ErrLost)
	}, 2*time.Minute, 50*time.Millisecond, "a process that has seen the commits")
	overtaken := setRole(t, engines[b], 12) // a process that has not
	require.Greater(t, overtaken, lost)
	require.NoError(t, servers[leader].Start()) // it has a journal of its own, and may never follow the others
	for until := time.Now().Add(8 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		for _, i := range []int{leader, a} {
			d, err := check(engines[i])
			if !assert.Error(t, err, "version %d, which is not of the journal that the process knows", d.Detail().Version) {
				return
			}
		}
	}
	_, err := check(engines[a])
	t.Log(err)

	// A process that is started again may find a server that keeps a journal of its own forever. It then
	// mixes commits of two journals, which the chain of commits shows.
	for i := range servers {
		s, _ := f.openAt(t, i)
		e := newEngine(t, s, maxStaleness)
		for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) { // a call may wait in vain for a server that is behind
			d, err := check(e)
			if err == nil {
				assert.Equal(t, overtaken, d.Detail().Version, "through server %d", i)
				break
			}
			// The store or the engine finds it, depending on where the histories part.
			if errors.Is(err, natsstore.ErrDamaged) || strings.Contains(err.Error(), "commits were lost or replaced") {
				t.Log(err)
				break
			}
			require.Less(t, time.Since(begun), 2*time.Minute, "through server %d: %v", i, err)
		}
	}
}
