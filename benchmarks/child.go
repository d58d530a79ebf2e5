package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"sync"
	"time"

	"github.com/usher-go/usher/benchmarks/measure"
)

// childVariable is the environment variable that contains the order for a child process.
const childVariable = "USHER_BENCHMARKS_CHILD"

// order is a measurement, and the file for the answer.
type order struct {
	Spec measure.Spec
	File string
}

// answer is the result of a child process.
type answer struct {
	Result measure.Result
	Failed string // the wrong answer or the failure, if any
}

// spawn runs a measurement in a process of its own. So the heap is clean, goroutines of a
// peer do not disturb other measurements, and a peer that crashes or hangs does not end the
// run. An error means that the peer gave a wrong answer or failed. A peer that is too slow
// or too large is not an error; the result states the reason.
func spawn(spec measure.Spec, limit time.Duration) (measure.Result, error) {
	a, err := ask(spec, limit)
	a.Result.Peer, a.Result.Users = spec.Peer, spec.Users
	if err == nil && a.Failed != "" {
		err = errors.New(a.Failed)
	}
	if err != nil {
		a.Result = measure.Result{Peer: spec.Peer, Users: spec.Users, Refused: "failed: " + err.Error()}
	}
	return a.Result, err
}

func ask(spec measure.Spec, limit time.Duration) (a answer, err error) {
	folder, err := os.MkdirTemp("", "benchmarks")
	if err != nil {
		return a, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "answer.json")
	text, err := json.Marshal(order{spec, file})
	if err != nil {
		return a, err
	}
	self, err := os.Executable()
	if err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, self)
	c.Env = append(os.Environ(), childVariable+"="+string(text))
	var said bytes.Buffer
	c.Stderr = &said
	err = c.Run()
	if ctx.Err() != nil {
		a.Result.Refused = fmt.Sprintf("not done after %s", limit)
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("%s at %d users: %w: %s", spec.Peer, spec.Users, err, firstLine(said.String()))
	}
	text, err = os.ReadFile(file)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// child runs an order, and returns the exit status.
func child(text string) int {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	e, ok := find(o.Spec.Peer)
	if !ok {
		fmt.Fprintf(os.Stderr, "unknown peer %q\n", o.Spec.Peer)
		return 2
	}
	g := guard{order: o}
	go g.watch()
	result, err := measure.Run(o.Spec, e.make(), g.begin)
	var a answer
	if err != nil {
		a.Failed = err.Error()
	} else {
		a.Result = *result
	}
	return g.end(a)
}

// guard ends the process if the peer takes too long or too much memory.
type guard struct {
	order order
	mu    sync.Mutex
	stage string
	until time.Time // zero for no limit
	limit time.Duration
	once  sync.Once
}

func (g *guard) begin(stage string, limit time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stage, g.limit, g.until = stage, limit, time.Time{}
	if limit > 0 {
		g.until = time.Now().Add(limit)
	}
}

func (g *guard) watch() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	for range time.Tick(100 * time.Millisecond) {
		metrics.Read(sample)
		g.mu.Lock()
		stage, limit, late := g.stage, g.limit, !g.until.IsZero() && time.Now().After(g.until)
		g.mu.Unlock()
		refused := ""
		switch most := g.order.Spec.Budget.MemoryLimit; {
		case late:
			refused = fmt.Sprintf("%s took more than %.0f s", stage, limit.Seconds())
		case sample[0].Value.Uint64() > most:
			refused = fmt.Sprintf("%s took more than %d GiB", stage, most>>30)
		default:
			continue
		}
		os.Exit(g.end(answer{Result: measure.Result{Refused: refused}}))
	}
}

// end writes the answer, and returns the exit status. Later calls do nothing.
func (g *guard) end(a answer) (status int) {
	g.once.Do(func() {
		text, err := json.Marshal(a)
		if err == nil {
			err = os.WriteFile(g.order.File, text, 0o600)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 2
		}
	})
	return status
}
