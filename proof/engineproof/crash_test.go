package engineproof_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
)

// fullKills is the number of kills in a full run.
const fullKills = 120

var kills = flag.Int("kills", fullKills, "the number of kills of a process that writes to a boltstore")

const (
	crashFiles = 4  // number of files that are written concurrently
	mostRounds = 50 // with the same file
)

// TestKilled has processes write to boltstores through engines, and kills them while they write.
// Each reported commit must be there. Each other batch must be committed once or not at all, and a
// retry with its idempotency key must return the outcome.
func TestKilled(t *testing.T) {
	var seen counts
	var begun atomic.Int64
	together(crashFiles, func() {
		c := newCrash(t, &seen)
		for begun.Add(1) <= int64(*kills) && !t.Failed() {
			c.examine(c.round())
			if c.rounds == mostRounds {
				c.examine(nil)
				c = newCrash(t, &seen)
			}
		}
		c.examine(nil) // the batches that were retried last
	})
	t.Logf("counts:\n%v", &seen)
	if *kills >= fullKills {
		assert.GreaterOrEqual(t, seen.of("kills"), 100)
		assert.Empty(t, seen.missing("kills at the start", "kills with a batch in flight", "in flight: was stored", "in flight: was not, and is now", "told done", "told refused", "told idle",
			"snapshots compared", "values compared"))
	}
}

// crash is one file, with the outcomes that its writers reported.
type crash struct {
	t      *testing.T
	seen   *counts
	path   string
	rounds int
	chance *rand.Rand
	told   map[string]outcome // by the key; of all rounds
}

func newCrash(t *testing.T, seen *counts) *crash {
	c := &crash{
		t: t, seen: seen, path: filepath.Join(t.TempDir(), "journal"), told: map[string]outcome{},
		chance: rand.New(rand.NewPCG(rand.Uint64(), 0)),
	}
	s, e, err := openCrash(c.path)
	require.NoError(t, err)
	for _, id := range crashAccounts {
		commands := append(initialCommands(), account.DefineField{Field: nick, Type: account.TextField})
		_, err := e.Do(context.Background(), account.AsHost("setup"), id, commands...)
		require.NoError(t, err)
	}
	require.NoError(t, e.Close())
	require.NoError(t, s.Close())
	return c
}

// round lets a process write for a moment, and kills it. It returns the keys for which the process
// reported no outcome.
func (c *crash) round() (untold []string) {
	c.rounds++
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFile+"="+c.path, fmt.Sprintf("%s=%d", childKeys, c.rounds))
	var stderr strings.Builder
	child.Stderr = &stderr
	_, err := child.StdinPipe()
	require.NoError(c.t, err)
	stdout, err := child.StdoutPipe()
	require.NoError(c.t, err)
	require.NoError(c.t, child.Start())
	atStart := c.chance.IntN(12) == 0
	if atStart {
		c.killIn(child, 40*time.Millisecond)
		c.seen.add("kills at the start", 1)
	}

	asked := map[string]bool{}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "begun":
			if !atStart {
				c.killIn(child, 60*time.Millisecond)
			}
		case "asks":
			asked[rest] = true
		case "told":
			key, text, _ := strings.Cut(rest, " ")
			delete(asked, key)
			c.told[key] = c.outcome(text)
		default:
			c.t.Errorf("the process printed %q", lines.Text())
		}
	}
	err = child.Wait()
	require.Empty(c.t, stderr.String())
	require.EqualError(c.t, err, "signal: killed")
	c.seen.add("kills", 1)
	if len(asked) > 0 {
		c.seen.add("kills with a batch in flight", 1)
	}
	for key := range asked {
		untold = append(untold, key)
	}
	return untold
}

// killIn kills a process at a random time, at the latest after most.
func (c *crash) killIn(child *exec.Cmd, most time.Duration) {
	d := time.Duration(c.chance.Int64N(int64(most)))
	time.AfterFunc(d, func() { _ = child.Process.Kill() }) // if the process has ended, Wait reports it
}

// outcome parses the output of outcome.String.
func (c *crash) outcome(text string) (o outcome) {
	word, rest, _ := strings.Cut(text, " ")
	o.word = word
	if rest != "" {
		_, err := fmt.Sscanf(rest, "%d %s", &o.version, &o.commit)
		assert.NoError(c.t, err, text)
	}
	switch word {
	case "done", "idle", "refused":
		c.seen.add("told "+word, 1)
	default:
		c.t.Errorf("without a fault: %s", text)
	}
	return o
}
