package storetest

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-go/usher/store"
)

// row is a sentence of the contract with its check.
type row struct {
	Name     string
	Sentence string // what package store says
	needs    need
	check    func(*probe)
}

// need is what a row needs besides a store; where that is missing, it is the reason
// to skip the row.
type need string

const (
	aKeeper   need = "the store is no Keeper"
	noKeeper  need = "the store is a Keeper"
	aWatcher  need = "the store is no Watcher"
	aReopener need = "the suite has no Reopen"
	aRule     need = "the suite has no Refuse"
	aMemory   need = "the store is no Keeper, or the suite has no Reopen"
)

// test opens a store and checks the row. A failure is an error of t, with
// the row's name and sentence. A row that does not apply skips t.
func (r row) test(t testing.TB, s Suite) {
	t.Helper()
	if s.Open == nil {
		t.Fatalf("%s: a suite needs an Open that returns a new store", r.Name)
	}
	if s.Patience == 0 {
		s.Patience = 5 * time.Minute
	}
	label := fmt.Sprintf("%s %d", r.Name, checks.Add(1))
	hung := false
	t.Cleanup(func() {
		if hung {
			return // what hangs has been told
		}
		if left := leaked(label, min(s.Patience, 10*time.Second)); left != "" {
			t.Errorf("%s: goroutines are left after the row and its clean-up:\n%s", r.Name, left)
		}
	})
	pprof.Do(context.Background(), pprof.Labels(labelKey, label), func(ctx context.Context) {
		opened := s.Open(t)
		if !r.applies(opened, s) {
			t.Skipf("%s does not apply: %s", r.Name, r.needs)
		}
		hung = !r.run(ctx, t, s, opened)
	})
}

// run reports whether the row came to its end. It has a goroutine of its own, so
// that a store that hangs fails this row and no other.
func (r row) run(ctx context.Context, t testing.TB, s Suite, opened store.Store) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &probe{TB: t, row: r, suite: s, ctx: ctx}
	p.use(opened)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer p.recover()
		r.check(p)
	}()
	patience := time.NewTimer(s.Patience)
	defer patience.Stop()
	select {
	case <-done:
		return true
	case <-patience.C:
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		p.Errorf("hangs: not done after %s; all goroutines:\n%s", s.Patience, stacks)
		p.over.Store(true)
		return false
	}
}

func (r row) applies(opened store.Store, s Suite) bool {
	_, keeper := opened.(store.UserDataStore)
	_, watcher := opened.(store.Watcher)
	switch r.needs {
	case aKeeper:
		return keeper
	case noKeeper:
		return !keeper
	case aWatcher:
		return watcher
	case aReopener:
		return s.Reopen != nil
	case aRule:
		return s.Refuse != nil
	case aMemory:
		return keeper && s.Reopen != nil
	}
	return true
}

// checks numbers the checks of a process. Goroutines inherit the label of the one
// that started them, which tells those of a row from everybody else's.
var checks atomic.Int64

const labelKey = "storetest"

// leaked returns the stacks of the goroutines with a label, once they had time to
// end.
func leaked(label string, patience time.Duration) string {
	until := time.Now().Add(patience)
	for {
		var profile bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
			return err.Error()
		}
		var left []string
		for stack := range strings.SplitSeq(profile.String(), "\n\n") {
			if strings.Contains(stack, fmt.Sprintf("%q:%q", labelKey, label)) {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(until) {
			return strings.Join(left, "\n\n")
		}
		time.Sleep(time.Millisecond)
	}
}

// recover makes a failure of a panic of the store.
func (p *probe) recover() {
	if r := recover(); r != nil {
		p.Errorf("panic: %v\n%s", r, debug.Stack())
	}
}
