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

// fullKills is how often a full run kills.
const fullKills = 120

var kills = flag.Int("kills", fullKills, "how often a process that writes to a boltstore is killed")

const (
	crashFiles = 4  // are written to side by side
	mostRounds = 50 // with one file
)

// TestKilled has processes write to boltstores through engines, and kills them in the midst of
// it. What they were told is there, what they were not told is done once or not at all, and
// whoever asks again under the key gets to know.
func TestKilled(t *testing.T) {
	var seen tally
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
		c.examine(nil) // what was asked again last
	})
	t.Logf("what came of it:\n%v", &seen)
	if *kills >= fullKills {
		assert.GreaterOrEqual(t, seen.of("kills"), 100)
		assert.Empty(t, seen.missing("kills at the start", "kills with a batch in flight", "in flight: was stored", "in flight: was not, and is now", "told done", "told refused", "told idle",
			"snapshots compared", "values compared"))
	}
}

// crash is one file, with what the processes that wrote to it were told.
type crash struct {
	t      *testing.T
	seen   *tally
	path   string
	rounds int
	chance *rand.Rand
	told   map[string]outcome // by the key; of all rounds
}

func newCrash(t *testing.T, seen *tally) *crash {
	c := &crash{
		t: t, seen: seen, path: filepath.Join(t.TempDir(), "journal"), told: map[string]outcome{},
		chance: rand.New(rand.NewPCG(rand.Uint64(), 0)),
	}
	s, e, err := openCrash(c.path)
	require.NoError(t, err)
	for _, id := range crashAccounts {
		commands := append(founding(), account.DefineField{Field: nick, Type: account.TextField})
		_, err := e.Do(context.Background(), account.AsHost("setup"), id, commands...)
		require.NoError(t, err)
	}
	require.NoError(t, e.Close())
	require.NoError(t, s.Close())
	return c
}

// round has a process write for a moment, and kills it. It returns the keys under which the
// process asked and was told nothing.
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
			c.t.Errorf("the process said %q", lines.Text())
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

// killIn kills a process at some moment that is not later.
func (c *crash) killIn(child *exec.Cmd, most time.Duration) {
	d := time.Duration(c.chance.Int64N(int64(most)))
	time.AfterFunc(d, func() { _ = child.Process.Kill() }) // one that has ended is found out by Wait
}

// outcome reads what outcome.String writes.
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
