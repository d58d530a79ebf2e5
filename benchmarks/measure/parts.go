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

// questions asks a peer about a list, over and over.
func questions(p peer.Peer, list []world.Question) func(i int) {
	return func(i int) { _, _ = p.Ask(&list[i%len(list)]) }
}

// check times questions in turns, on one goroutine and on many, and counts allocations.
func (r *run) check() error {
	r.stage("check", 0)
	reference, asked := questions(r.reference, r.questions), questions(r.peer, r.questions)
	for _, ask := range []func(int){reference, asked} { // all once, so that a cache is full
		for i, start := 0, time.Now(); i < len(r.questions) && time.Since(start) < r.Budget.WarmFor; i++ {
			ask(i)
		}
	}
	r.result.Check = pair(r.Budget.rounds(serialTurn, (*side).serial, reference, asked), 0, 1)
	r.stage("parallel", 0)
	r.result.Parallel = pair(r.Budget.rounds(min(parallelTurn, r.Budget.Round), (*side).parallel, reference, asked), 0, 1)

	n := max(1, min(r.Budget.Agree, int(float64(r.Budget.EachFor)/r.result.Check.Peer)))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // nobody else allocates meanwhile
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

// singles times calls one by one, two thousand of each side in turns, so that most find
// the processor's memory as their own side left it. What reading the clock takes is
// taken off.
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

// change times from asking for a change of a role until a check has seen it. Half make
// a member an administrator, the other half are back. Afterwards the peer has to agree
// with the reference still.
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

// agreeChanged makes some members administrators on both sides, and has them asked
// about by questions of all kinds.
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

// actions times all actions on a calendar, next to one check of the same.
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

// list times which calendars of a page a user may edit.
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
