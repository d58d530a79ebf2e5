package sqlstore_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

var kills = flag.Int("kills", 10, "number of processes that TestKill kills")

const (
	// killChild is the environment variable that makes this test binary a child process of TestKill.
	// Its value is the path of the file to write to.
	killChild = "USHER_SQLSTORE_KILL_CHILD"

	killWriters  = 6
	killAccounts = 3 // with two concurrent writers each in a process
)

// Two processes write to one file at the same time, and one of them is killed. The other goes on,
// and the file contains all commits that either of them acknowledged.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usher.db")
	own := handle{driver: "sqlite", dsn: killDSN(path), options: sqlstore.Options{Dialect: sqlstore.SQLite}}.open(t)
	acknowledged, both := map[string]bool{}, 0
	for n := 0; (n < *kills || n < 10**kills && both == 0) && !t.Failed(); n++ {
		pause := time.Duration(rand.Int64N(int64(100 * time.Millisecond)))
		theirs, ours := runAndKill(t, path, own, pause)
		for _, c := range append(theirs, ours...) {
			acknowledged[c] = true
		}
		if len(theirs) > 0 && len(ours) > 0 {
			both++
		}
	}
	assert.Positive(t, both, "kills before which both processes had written")
	reopened := handle{driver: "sqlite", dsn: killDSN(path), options: sqlstore.Options{Dialect: sqlstore.SQLite}}.open(t)
	stored := map[string]bool{}
	for account, err := range reopened.Accounts(t.Context(), "") {
		require.NoError(t, err)
		last := store.Commit{}
		for c, err := range reopened.Commits(t.Context(), account, 0) {
			require.NoError(t, err)
			require.Equal(t, last.Version+1, c.Version)
			name, sum, _ := strings.Cut(string(c.Data), "\n")
			require.Equal(t, killSum(name), sum, "the data of %s", name)
			stored[name], last = true, c
		}
		record, err := reopened.Record(t.Context(), account, "last")
		require.NoError(t, err)
		assert.Equal(t, string(last.Data), string(record), "the record and the data of its commit")
	}
	for c := range acknowledged {
		assert.True(t, stored[c], "%s was acknowledged, but is lost", c)
	}
	t.Logf("%d kills, %d acknowledged commits, %d stored", *kills, len(acknowledged), len(stored))
}

// runAndKill starts a child that writes, writes too, and kills the child some time after its first
// acknowledgement. It returns the commits that the child and this process acknowledged.
func runAndKill(t *testing.T, path string, own *sqlstore.Store, after time.Duration) (theirs, ours []string) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killChild+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var group sync.WaitGroup
	for writer := range killWriters {
		group.Go(func() {
			err := killWriter(ctx, own, fmt.Sprint(child.Process.Pid, "-parent-", writer), writer, func(name string) {
				mu.Lock()
				defer mu.Unlock()
				ours = append(ours, name)
			})
			assert.ErrorIs(t, err, context.Canceled)
		})
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if theirs = append(theirs, lines.Text()); len(theirs) == 1 {
			timer := time.AfterFunc(after, func() { _ = child.Process.Kill() })
			defer timer.Stop()
		}
	}
	_ = child.Wait() // it was killed
	cancel()
	group.Wait()
	return theirs, ours
}

func killDSN(path string) string { return "file:" + path + "?_pragma=busy_timeout(5000)" }

// writeUntilKilled is the child process. It prints each commit that is acknowledged, with one write.
func writeUntilKilled(path string) error {
	db, err := sql.Open("sqlite", killDSN(path))
	if err != nil {
		return err
	}
	s, err := sqlstore.Open(context.Background(), db, sqlstore.Options{Dialect: sqlstore.SQLite})
	if err != nil {
		return err
	}
	failed := make(chan error)
	for writer := range killWriters {
		go func() {
			failed <- killWriter(context.Background(), s, fmt.Sprint(os.Getpid(), "-", writer), writer, func(name string) {
				_, _ = os.Stdout.WriteString(name + "\n")
			})
		}()
	}
	return <-failed
}

// killWriter appends until the context is done or a call fails, except for one that waits too long for the lock.
func killWriter(ctx context.Context, s *sqlstore.Store, name string, writer int, acknowledged func(name string)) error {
	account := usher.AccountID(fmt.Sprint("account", writer%killAccounts))
	version := uint64(0)
	for {
		for c, err := range s.Commits(ctx, account, version) {
			if err != nil {
				return err
			}
			version = c.Version
		}
		of := fmt.Sprintf("%s %s %d", name, account, version+1)
		data := []byte(of + "\n" + killSum(of))
		err := s.Append(ctx, account, store.Entry{
			Commit:  store.Commit{Version: version + 1, Data: data},
			Records: []store.Record{{User: "last", Data: data}},
		})
		switch {
		case err == nil:
			acknowledged(of)
		case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotStored): // others write all the time, and may hold the lock for long
		default:
			return err
		}
	}
}

// killSum returns text of some pages that depends on a name.
func killSum(name string) string {
	sum := sha256.Sum256([]byte(name))
	return strings.Repeat(fmt.Sprintf("%x", sum), 1+int(sum[0]))
}
