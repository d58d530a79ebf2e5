package natsstore_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/natstest"
)

// faultWriters is the number of goroutines that call faulty.write. Each may have stored one commit that is
// not acknowledged yet.
const faultWriters = 9

// commits returns the number of commits that were acknowledged.
func (f *faulty) commits() (n uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, all := range f.acked {
		n += uint64(len(all))
	}
	return n
}

func olderDisk(s *natstest.Server) string { return s.Dir + ".older" }

// copyDisks ends all servers at once, copies their disks for rollBack, and starts them again.
func (f *faulty) copyDisks(t *testing.T) {
	t.Helper()
	for _, server := range f.cluster.Servers {
		require.NoError(t, server.Kill())
	}
	for i, server := range f.cluster.Servers {
		require.NoError(t, os.CopyFS(olderDisk(server), os.DirFS(server.Dir)))
		f.copied[i] = f.commits()
	}
	for _, server := range f.cluster.Servers {
		require.NoError(t, server.Start())
	}
	f.progressed(t)
	f.healthy(t)
}

// rollBack gives a server the disk that it had when it was last copied, which lacks commits that the others
// have, and keeps a copy of the one that it had until now.
func (f *faulty) rollBack(t *testing.T, i int) func() {
	server := f.cluster.Servers[i]
	require.Eventually(t, func() bool { return f.commits() > f.copied[i]+faultWriters }, 90*time.Second, 20*time.Millisecond,
		"no commit is newer than the earlier disk")
	require.NoError(t, server.Kill())
	f.copied[i] = f.commits()
	older, now := olderDisk(server), server.Dir+".now"
	require.NoError(t, os.Rename(server.Dir, now))
	require.NoError(t, os.Rename(older, server.Dir))
	require.NoError(t, os.Rename(now, older))
	return func() { require.NoError(t, server.Start()) }
}
