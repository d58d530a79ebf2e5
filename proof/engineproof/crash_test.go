package engineproof_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/raced"
)

// fullKills is the number of kills in a full run.
const fullKills = 120

var kills = flag.Int("kills", raced.Part(fullKills, 20), "the number of kills of a process that writes to a file")

const (
	crashFiles = 4  // number of files that are written concurrently
	mostRounds = 50 // with the same file
)

// TestKilled has processes write to boltstores and SQLite files through engines, and kills them while
// they write. Each reported commit must be there. Each other batch must be committed once or not at
// all, and a retry with its idempotency key must return the outcome.
func TestKilled(t *testing.T) {
	var seen counts
	events := fullOnly(*kills >= fullKills, []string{
		"kills at the start", "kills with a batch in flight", "in flight: was stored", "in flight: was not, and is now", "told done", "told refused", "told idle",
		"snapshots compared", "values compared", "tables of members compared",
	})
	var begun, files atomic.Int64
	newFile := func() *crash {
		path := filepath.Join(t.TempDir(), "journal")
		if files.Add(1)%2 == 0 {
			return newCrash(t, &seen, place{SQLite: path, Members: true})
		}
		return newCrash(t, &seen, place{Bolt: path})
	}
	together(crashFiles, func() {
		c := newFile()
		for seen.goOn(int(begun.Add(1)-1), *kills, events) && !t.Failed() {
			c.examine(c.round())
			if c.rounds == mostRounds {
				c.examine(nil)
				c = newFile()
			}
		}
		c.examine(nil) // the batches that were retried last
	})
	t.Logf("counts:\n%v", &seen)
	assert.GreaterOrEqual(t, seen.of("kills"), *kills*5/6)
	assert.Empty(t, seen.missing(events...))
}

// crash is one store, with the outcomes that its writers reported.
type crash struct {
	t      testing.TB
	seen   *counts
	place  place
	rounds int
	chance *rand.Rand

	mu   sync.Mutex
	told map[string]outcome // by the key; of all rounds
}

func newCrash(t testing.TB, seen *counts, p place) *crash {
	c := &crash{t: t, seen: seen, place: p, told: map[string]outcome{}, chance: rand.New(rand.NewPCG(rand.Uint64(), 0))}
	require.NoError(t, p.migrate(context.Background()))
	_, e, closeAll := c.open()
	defer closeAll()
	for _, id := range crashAccounts {
		commands := append(initialCommands(), account.DefineField{Field: nick, Type: account.TextField})
		_, err := e.Do(context.Background(), account.AsHost("setup"), id, commands...)
		require.NoError(t, err)
	}
	return c
}

// open opens the store and an engine, in the same way as the processes that write to it.
func (c *crash) open() (h handle, e *engine.Engine, closeAll func()) {
	h, closeStore, err := c.place.open(context.Background())
	require.NoError(c.t, err)
	e, err = openEngine(h.store, 0)
	require.NoError(c.t, err)
	return h, e, func() {
		assert.NoError(c.t, e.Close())
		closeStore()
	}
}

// round lets a process write for a moment, and kills it. It returns the keys for which the process
// reported no outcome.
func (c *crash) round() (untold []string) {
	c.rounds++
	p := c.start(writer{Place: c.place, Keys: fmt.Sprint(c.rounds)})
	if c.chance.IntN(12) == 0 {
		c.killIn(p, 40*time.Millisecond)
		c.seen.add("kills at the start", 1)
	} else {
		<-p.begun
		c.killIn(p, 60*time.Millisecond)
	}
	return c.ended(p)
}

// killIn kills a process at a random time, at the latest after most.
func (c *crash) killIn(p *process, most time.Duration) {
	d := time.Duration(c.chance.Int64N(int64(most)))
	time.AfterFunc(d, func() { _ = p.Process.Kill() }) // if the process has ended, Wait reports it
}

// process is a process that writes.
type process struct {
	*exec.Cmd
	stderr strings.Builder
	begun  chan struct{} // closed when it begins to write, or ends
	read   chan struct{} // closed when it has ended and its output is read
	asked  map[string]bool
	told   atomic.Int64 // number of reported outcomes
}

// start starts a process, and reads what it reports.
func (c *crash) start(w writer) *process {
	text, err := json.Marshal(w)
	require.NoError(c.t, err)
	p := &process{Cmd: exec.Command(os.Args[0]), begun: make(chan struct{}), read: make(chan struct{}), asked: map[string]bool{}}
	for _, key := range w.Retry {
		p.asked[key] = true // has no outcome until the process reports one
	}
	p.Env = append(os.Environ(), childEnv+"="+string(text))
	p.Stderr = &p.stderr
	_, err = p.StdinPipe()
	require.NoError(c.t, err)
	stdout, err := p.StdoutPipe()
	require.NoError(c.t, err)
	require.NoError(c.t, p.Start())
	go func() {
		defer close(p.read)
		begun := sync.OnceFunc(func() { close(p.begun) })
		defer begun()
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			switch verb, rest, _ := strings.Cut(lines.Text(), " "); verb {
			case "begun":
				begun()
			case "asks":
				p.asked[rest] = true
			case "seen":
				c.seen.add(rest, 1)
			case "told":
				key, text, _ := strings.Cut(rest, " ")
				delete(p.asked, key)
				o := c.outcome(text)
				c.mu.Lock()
				c.told[key] = o
				c.mu.Unlock()
				p.told.Add(1)
			default:
				c.t.Errorf("the process printed %q", lines.Text())
			}
		}
	}()
	return p
}

// ended waits for the end of a process that was killed. It returns the keys without an outcome.
func (c *crash) ended(p *process) (untold []string) {
	<-p.read
	err := p.Wait()
	require.Empty(c.t, p.stderr.String())
	require.EqualError(c.t, err, "signal: killed")
	c.seen.add("kills", 1)
	if len(p.asked) > 0 {
		c.seen.add("kills with a batch in flight", 1)
	}
	return slices.Collect(maps.Keys(p.asked))
}

// outcome parses the output of outcome.String.
func (c *crash) outcome(text string) (o outcome) {
	word, rest, _ := strings.Cut(text, " ")
	o.word = word
	if word == "done" || word == "repeated" {
		_, err := fmt.Sscanf(rest, "%d %s", &o.version, &o.commit)
		assert.NoError(c.t, err, text)
	}
	switch word {
	case "done", "repeated", "idle", "refused":
		c.seen.add("told "+word, 1)
	default:
		c.t.Errorf("unexpected outcome: %s", text)
	}
	return o
}
