package measure

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/usher-go/usher/benchmarks/peer"
	"github.com/usher-go/usher/benchmarks/world"
)

// questions returns a function that asks a peer the questions of a list in a cycle.
func questions(p peer.Peer, list []world.Question) func(i int) {
	return func(i int) { _, _ = p.Ask(&list[i%len(list)]) }
}

// check measures the time of questions, on one goroutine and on many, and the allocations.
func (r *run) check() error {
	r.stage("check", 0)
	reference, asked := questions(r.reference, r.questions), questions(r.peer, r.questions)
	for _, ask := range []func(int){reference, asked} { // each question once, to warm caches
		for i, start := 0, time.Now(); i < len(r.questions) && time.Since(start) < r.Budget.WarmFor; i++ {
			ask(i)
		}
	}
	r.result.Check = pair(r.Budget.rounds(serialTurn, (*side).serial, reference, asked), 0, 1)
	r.stage("parallel", 0)
	r.result.Parallel = pair(r.Budget.rounds(min(parallelTurn, r.Budget.Round), (*side).parallel, reference, asked), 0, 1)

	n := max(1, min(r.Budget.Agree, int(float64(r.Budget.EachFor)/r.result.Check.Peer)))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // no other goroutine allocates meanwhile
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range n {
		asked(i)
	}
	runtime.ReadMemStats(&after)
	r.result.Allocs = float64(after.Mallocs-before.Mallocs) / float64(n)
	r.result.Bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
	return nil
}

// singles measures calls one by one, in turns of two thousand calls for each side, so that
// most calls find the processor's caches as their own side left them. It subtracts the time
// to read the clock.
func (r *run) singles() error {
	r.stage("single calls", 0)
	var took [2][]float64
	var clock []float64
	asks := []func(int){questions(r.reference, r.questions), questions(r.peer, r.questions)}
	runtime.GC()
	block := min(2048, r.Budget.Singles)
	for i, begin := 0, time.Now(); i < r.Budget.Singles && (i == 0 || time.Since(begin) < r.Budget.EachFor); i += block {
		for k, ask := range asks {
			for n := range block {
				start := time.Now()
				ask(i + n + k*r.Budget.Questions/2)
				took[k] = append(took[k], float64(time.Since(start)))
			}
		}
		for range block {
			start := time.Now()
			clock = append(clock, float64(time.Since(start)))
		}
	}
	off := quantile(clock, 50)
	for percent, p := range map[int]*Pair{50: &r.result.P50, 99: &r.result.P99} {
		*p = Pair{Reference: max(1, quantile(took[0], percent)-off), Peer: max(1, quantile(took[1], percent)-off)}
		p.Ratio = p.Peer / p.Reference
	}
	return nil
}

// change measures the time from the call of SetRole until a check returns the new answer.
// Half of the changes make a member an administrator, and half undo that. Afterwards the
// peer must still agree with the reference.
func (r *run) change() error {
	r.stage("role change", 0)
	var took [2][]float64
	people := r.world.Plain((r.Budget.Changes + 1) / 2)
	runtime.GC()
	begin := time.Now()
	for _, user := range people {
		for _, role := range []string{world.Admin, world.Member} {
			for k, p := range []peer.Peer{r.reference, r.peer} {
				q := world.Question{
					Account: r.world.Account, User: user,
					Permission: world.SubscriptionManage.String(), Kind: world.SubscriptionManage,
				}
				start := time.Now()
				err := p.SetRole(user, role)
				allowed, err2 := p.Ask(&q)
				took[k] = append(took[k], float64(time.Since(start)))
				if err = errors.Join(err, err2); err != nil {
					return fmt.Errorf("making %s %s: %w", user, role, err)
				}
				if allowed != (role == world.Admin) {
					return fmt.Errorf("%s is %s now, and subscription.manage is %t", user, role, allowed)
				}
			}
		}
		if time.Since(begin) > r.Budget.EachFor {
			break
		}
	}
	r.result.ChangeP99 = quantile(took[1], 99)
	r.result.Change = Pair{Reference: quantile(took[0], 50), Peer: quantile(took[1], 50)}
	r.result.Change.Ratio = r.result.Change.Peer / r.result.Change.Reference
	slices.Sort(people)
	people = slices.Compact(people)
	return r.agreeChanged(people[:min(len(people), 10)])
}

// agreeChanged makes some members administrators on both sides, and compares the answers to
// questions of all kinds about them.
func (r *run) agreeChanged(people []string) error {
	for _, role := range []string{world.Admin, world.Member} {
		for i, user := range people {
			if err := errors.Join(r.reference.SetRole(user, role), r.peer.SetRole(user, role)); err != nil {
				return err
			}
			q := r.questions[i]
			q.User = user
			if _, err := r.same(&q); err != nil {
				return fmt.Errorf("after %s became %s: %w", user, role, err)
			}
		}
		for i := range r.questions[:min(len(r.questions), 100)] {
			if _, err := r.same(&r.questions[i]); err != nil {
				return fmt.Errorf("after changes of roles: %w", err)
			}
		}
	}
	return nil
}

// actions measures all actions on a calendar, and one check of the same calendar.
func (r *run) actions() error {
	r.stage("actions", 0)
	on := func(p peer.Peer) func(int) {
		return func(i int) {
			q := &r.calendars[i%len(r.calendars)]
			_, _ = p.Actions(q.User, q.Calendar)
		}
	}
	rounds := r.Budget.rounds(serialTurn, (*side).serial, on(r.reference), questions(r.peer, r.calendars), on(r.peer))
	r.result.Actions = pair(rounds, 0, 2)
	r.result.ActionsEach = pair(rounds, 1, 2).Ratio
	return nil
}

// list measures Editable on pages of calendars.
func (r *run) list() error {
	r.stage("list", 0)
	of := func(p peer.Peer) func(int) {
		return func(i int) {
			page := &r.pages[i%len(r.pages)]
			_, _ = p.Editable(page.User, page.Calendars)
		}
	}
	r.result.List = pair(r.Budget.rounds(serialTurn, (*side).serial, of(r.reference), of(r.peer)), 0, 1)
	for _, page := range r.pages {
		r.result.ListOf += float64(len(page.Calendars)) / float64(len(r.pages))
	}
	return nil
}
