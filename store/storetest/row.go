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

// row is a test of a sentence of the contract.
type row struct {
	Name     string
	Sentence string // a quote from the comments of package store
	needs    need
	check    func(*probe)
}

// need is a requirement of a row. Its text is the reason to skip the row where the requirement is
// not met.
type need string

const (
	needsUserData         need = "the store is not a UserDataStore"
	needsNoUserData       need = "the store is a UserDataStore"
	needsWatcher          need = "the store is not a Watcher"
	needsReopen           need = "the suite has no Reopen"
	needsRefuse           need = "the suite has no Refuse"
	needsDurableUserData  need = "the store is not a UserDataStore, or the suite has no Reopen"
	needsSecond           need = "the suite has no Second"
	needsSecondWatcher    need = "the store is not a Watcher, or the suite has no Second"
	needsConfirmer        need = "the store is not a Confirmer"
	needsSecondConfirmer  need = "the store is not a Confirmer, or the suite has no Second"
	needsTransactor       need = "the store is not a Transactor"
	needsVersions         need = "the store is not a VersionReader"
	needsUserIndex        need = "the store is not a UserIndex"
	needsShortener        need = "the store is not a Shortener"
	needsShortenerWatcher need = "the store is not a Shortener, or not a Watcher"
	needsDurableShortener need = "the store is not a Shortener, or the suite has no Reopen"
	needsSavepoint        need = "the suite has no Savepoint"
	needsBreak            need = "the suite has no Break"
	needsConcurrentTx     need = "the store has one transaction at a time"
)

// test opens a store and checks the row. A failure is an error of t that contains the row's name
// and sentence. If a requirement of the row is not met, it skips t.
func (r row) test(t testing.TB, s Suite) {
	t.Helper()
	if s.Open == nil {
		t.Fatalf("%s: Suite.Open is nil (want a function that returns a new store)", r.Name)
	}
	if s.Patience == 0 {
		s.Patience = 5 * time.Minute
	}
	label := fmt.Sprintf("%s %d", r.Name, checks.Add(1))
	hung := false
	t.Cleanup(func() {
		if hung {
			return // already reported
		}
		if left := leaked(label, min(s.Patience, time.Minute)); left != "" {
			t.Errorf("%s: goroutines still run after the row and its cleanup:\n%s", r.Name, left)
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

// run reports whether the row's check returned in time. The check has its own goroutine, so that a
// store that hangs fails only this row.
func (r row) run(ctx context.Context, t testing.TB, s Suite, opened store.Store) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &probe{TB: t, row: r, suite: s, over: new(atomic.Bool), ctx: ctx}
	p.use(opened)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer p.recover()
		r.check(p)
	}()
	timer := time.NewTimer(s.Patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		p.Errorf("hangs: not finished after %s; all goroutines:\n%s", s.Patience, stacks)
		p.over.Store(true)
		return false
	}
}

func (r row) applies(opened store.Store, s Suite) bool {
	_, hasUserData := opened.(store.UserDataStore)
	_, canWatch := opened.(store.Watcher)
	_, canConfirm := opened.(store.Confirmer)
	_, canTransact := opened.(store.Transactor)
	_, hasVersions := opened.(store.VersionReader)
	_, hasIndex := opened.(store.UserIndex)
	_, canShorten := opened.(store.Shortener)
	switch r.needs {
	case needsUserData:
		return hasUserData
	case needsNoUserData:
		return !hasUserData
	case needsWatcher:
		return canWatch
	case needsReopen:
		return s.Reopen != nil
	case needsRefuse:
		return s.Refuse != nil
	case needsDurableUserData:
		return hasUserData && s.Reopen != nil
	case needsSecond:
		return s.Second != nil
	case needsSecondWatcher:
		return canWatch && s.Second != nil
	case needsConfirmer:
		return canConfirm
	case needsSecondConfirmer:
		return canConfirm && s.Second != nil
	case needsTransactor:
		return canTransact
	case needsVersions:
		return hasVersions
	case needsUserIndex:
		return hasIndex
	case needsShortener:
		return canShorten
	case needsShortenerWatcher:
		return canShorten && canWatch
	case needsDurableShortener:
		return canShorten && s.Reopen != nil
	case needsSavepoint:
		return s.host.Savepoint != nil
	case needsBreak:
		return s.host.Break != nil
	case needsConcurrentTx:
		return !s.host.OneAtATime
	}
	return true
}

// checks counts the checks of the process. Each check has a label with its number. Goroutines
// inherit labels, so the label identifies the goroutines that a row started.
var checks atomic.Int64

const labelKey = "storetest"

// leaked returns the stacks of the goroutines with a label that have not ended within a duration,
// or "".
func leaked(label string, wait time.Duration) string {
	until := time.Now().Add(wait)
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

// recover reports a panic of the store as a failure. Callers defer it.
func (p *probe) recover() {
	if r := recover(); r != nil {
		p.Errorf("panic: %v\n%s", r, debug.Stack())
	}
}
