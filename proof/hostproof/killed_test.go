package hostproof_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kinds are the kinds of databases by name.
var kinds = map[string]*kind{throughPgx.name: throughPgx, throughSQL.name: throughSQL, lite.name: lite}

const childHosts = 4

// workUntilKilled runs in the process that is killed. It prints each job before its first attempt and
// after its end, each as a line in one write.
func workUntilKilled(kindName, address, keys string) error {
	w := newWorld(kinds[kindName], address)
	if _, err := w.start(context.Background(), pool{name: "child", connections: 8}); err != nil {
		return err
	}
	w.tell = func(verb, key string) { fmt.Fprintf(os.Stdout, "%s %s\n", verb, key) }
	for i := range childHosts {
		h := w.host(keys)
		go func() {
			for n := 0; ; n++ {
				h.run(drawJob(nameOf(fmt.Sprint(keys, "-", i), n)))
				if text := w.findings.String(); text != "" {
					fmt.Fprintf(os.Stdout, "findings %q\n", text)
				}
			}
		}()
	}
	fmt.Fprintln(os.Stdout, "begun")
	_, err := io.Copy(io.Discard, os.Stdin) // ends with the parent process
	return errors.Join(err, errors.New("the process was not killed"))
}

// killedSeen are the events that must occur while processes are killed.
var killedSeen = []string{"kills", "kills with jobs in flight", "told stored", "told absent", "in flight: was not, and is now"}

// TestKilled kills processes with hosts, until all of killedSeen has occurred. After each kill, each row has its commit and each commit its
// row, each job that was reported as committed is there, and retries find out about the others.
func TestKilled(t *testing.T) {
	for _, k := range []*kind{throughPgx, lite} {
		t.Run(k.name, func(t *testing.T) {
			w := set(t, k)
			var events []string
			if *kills >= fullKills {
				events = killedSeen
			}
			for round := 0; w.seen.goOn(round, *kills, events); round++ {
				untold := w.kill(t, fmt.Sprint("kill", round))
				require.NoError(t, w.verify(context.Background()))
				h := w.host("parent")
				for _, key := range untold {
					before := w.isCommitted(t, key)
					j := drawJob(key)
					j.unsure = true // so that it does not give up
					h.run(j)
					w.seen.add(map[bool]string{true: "in flight: was stored", false: "in flight: was not, and is now"}[before])
				}
			}
			require.NoError(t, w.verify(context.Background()))
			t.Logf("counts:\n%v", &w.seen)
			assert.Empty(t, w.findings.String())
			assert.Empty(t, w.seen.missing(events...))
		})
	}
}

// kill lets a process work for a moment, and kills it. It returns the jobs whose end the process did
// not report.
func (w *world) kill(t *testing.T, keys string) (untold []string) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childKind+"="+w.kind.name, childAddress+"="+w.address, childKeys+"="+keys)
	var stderr strings.Builder
	child.Stderr = &stderr
	_, err := child.StdinPipe()
	require.NoError(t, err)
	stdout, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	asked := map[string]bool{}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		verb, key, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "begun":
			time.AfterFunc(200*time.Millisecond+rand.N(500*time.Millisecond), func() { _ = child.Process.Kill() })
		case "asks":
			asked[key] = true
			for _, m := range drawJob(key).members() {
				w.hidden.show(m) // the process does not report when it sends a COMMIT
			}
		case "stored", "absent":
			delete(asked, key)
			w.seen.add("told " + verb)
			w.ended(drawJob(key), map[string]outcome{"stored": stored, "absent": absent}[verb])
		default:
			w.findings.add("child", "%s", lines.Text())
		}
	}
	err = child.Wait()
	require.Empty(t, stderr.String())
	require.EqualError(t, err, "signal: killed")
	w.seen.add("kills")
	if len(asked) > 0 {
		w.seen.add("kills with jobs in flight")
	}
	w.awaitEnd(t)
	for key := range asked {
		untold = append(untold, key)
	}
	return untold
}

// awaitEnd waits until the server has noticed the end of a process.
func (w *world) awaitEnd(t *testing.T) {
	if !w.kind.isPostgres() {
		return
	}
	db, err := w.kind.admin(w.address)
	require.NoError(t, err)
	defer db.Close()
	require.Eventually(t, func() bool {
		var n int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'child' AND datname = current_database()").Scan(&n))
		return n == 0
	}, patience, 5*time.Millisecond)
}

// isCommitted reports whether the changes of a job are there.
func (w *world) isCommitted(t *testing.T, key string) bool {
	rows, err := w.rows(context.Background())
	require.NoError(t, err)
	_, found := rows[change{drawJob(key).accounts[0], key}]
	return found
}
