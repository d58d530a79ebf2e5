package boltstore_test

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

var (
	kills    = flag.Int("kills", 100, "number of processes that TestKill kills")
	killSeed = flag.Uint64("killseed", 0, "seed of TestKill; 0 for a random one")
)

// killed contains the commits that a child process had begun and acknowledged when it was killed.
type killed struct {
	begun, acked map[killedCommit]bool
}

type killedCommit struct {
	account usher.AccountID
	version uint64
	writer  int
}

// After a process is killed while it writes, the file can be opened. It contains all acknowledged
// commits, and no commit that was never appended.
func TestKill(t *testing.T) {
	const files = 4
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("repeat with: -run TestKill -kills %d -killseed %d", *kills, seed)
	var left, unacked, lost, acked atomic.Int64
	left.Store(int64(*kills))
	var group sync.WaitGroup
	for file := range files {
		path := filepath.Join(t.TempDir(), "journal")
		random := rand.New(rand.NewPCG(seed, uint64(file)))
		group.Go(func() {
			known := map[killedCommit]bool{} // found in the file after earlier kills
			for left.Add(-1) >= 0 && !t.Failed() {
				k := runAndKill(t, path, time.Millisecond+time.Duration(random.Int64N(int64(39*time.Millisecond))))
				found := look(t, path)
				for c := range k.acked {
					assert.True(t, found[c], "%v was acknowledged, but is lost", c)
				}
				for c := range known {
					assert.True(t, found[c], "%v was found after an earlier kill, but is lost", c)
				}
				for c := range found {
					assert.True(t, known[c] || k.begun[c], "%v was never appended", c)
				}
				for c := range k.begun {
					switch {
					case k.acked[c]:
						acked.Add(1)
					case found[c]:
						unacked.Add(1)
					case !overtaken(found, c):
						lost.Add(1)
					}
				}
				known = found
			}
		})
	}
	group.Wait()
	t.Logf("%d kills: %d commits were acknowledged; of the others that had begun, %d were stored and %d were not", *kills, acked.Load(), unacked.Load(), lost.Load())
	assert.Greater(t, acked.Load(), int64(*kills), "commits acknowledged")
	assert.Positive(t, unacked.Load(), "kills between a commit's sync and its acknowledgement")
	assert.Positive(t, lost.Load(), "kills before a commit's sync")
}

// overtaken reports whether another writer stored the version.
func overtaken(found map[killedCommit]bool, c killedCommit) bool {
	for writer := range killWriters {
		if found[killedCommit{c.account, c.version, writer}] {
			return true
		}
	}
	return false
}

// runAndKill starts a child process, kills it some time after its first acknowledgement, and
// returns the commits that it had printed.
func runAndKill(t *testing.T, path string, after time.Duration) killed {
	k := killed{begun: map[killedCommit]bool{}, acked: map[killedCommit]bool{}}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killChild+"="+path)
	var stderr bytes.Buffer
	child.Stderr = &stderr
	out, err := child.StdoutPipe()
	if !assert.NoError(t, err) || !assert.NoError(t, child.Start()) {
		return k
	}
	lines := bufio.NewReader(out)
	for first := true; ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			if err != io.EOF {
				t.Error(err)
			}
			break // an incomplete line does not count
		}
		var what string
		var c killedCommit
		if _, err := fmt.Sscan(line, &what, &c.account, &c.version, &c.writer); err != nil {
			t.Errorf("the child printed %q: %v", line, err)
		}
		switch what {
		case "begin":
			k.begun[c] = true
		case "acked":
			k.acked[c] = true
			if first {
				first = false
				timer := time.AfterFunc(after, func() { _ = child.Process.Kill() })
				defer timer.Stop()
			}
		}
	}
	_ = child.Wait() // it was killed
	if stderr.Len() > 0 {
		t.Errorf("the child failed: %s", stderr.String())
	}
	return k
}

// look opens the file, checks its commits, records and snapshots, and returns all commits.
func look(t *testing.T, path string) map[killedCommit]bool {
	found := map[killedCommit]bool{}
	ctx := context.Background()
	s, err := boltstore.Open(path, boltstore.Options{})
	if !assert.NoError(t, err) {
		return found
	}
	defer func() { assert.NoError(t, s.Close()) }()
	accounts := 0
	for account, err := range s.Accounts(ctx, "") {
		assert.NoError(t, err)
		accounts++
		var last store.Commit
		for c, err := range s.Commits(ctx, account, 0) {
			if !assert.NoError(t, err) {
				return found
			}
			assert.Equal(t, last.Version+1, c.Version)
			writer, err := killWriterOf(account, c.Version, c.Data)
			assert.NoError(t, err)
			found[killedCommit{account, c.Version, writer}] = true
			last = c
		}
		record, err := s.Record(ctx, account, "last")
		assert.NoError(t, err)
		assert.Equal(t, string(last.Data), string(record), "the record of %s and the data of its commit", account)
		snapshot, err := s.Snapshot(ctx, account)
		assert.NoError(t, err)
		assert.LessOrEqual(t, snapshot.Version, last.Version)
		if snapshot.Version > 0 {
			_, err = killWriterOf(account, snapshot.Version, snapshot.Data)
			assert.NoError(t, err)
		}
		for active, err := range s.LastActiveTimes(ctx, account, "") {
			assert.NoError(t, err)
			assert.LessOrEqual(t, uint64(active.At.UnixMilli()), last.Version)
		}
	}
	assert.LessOrEqual(t, accounts, killAccounts)
	return found
}
