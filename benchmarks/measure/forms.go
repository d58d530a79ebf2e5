package measure

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher/benchmarks/peer"
	"github.com/usher-go/usher/benchmarks/world"
)

// batch is the number of questions in a batch.
const batch = 16

// forms measures the other forms of calls of a peer.Caller.
func (r *run) forms() error {
	p, ok := r.peer.(peer.Caller)
	if !ok {
		return nil
	}
	r.stage("forms", 0)
	visits := r.world.Visits(r.Budget.Visits)
	batches := slices.Collect(slices.Chunk(r.questions[:min(len(r.questions), r.Budget.Visits*batch)], batch))
	if err := r.agreeForms(p, visits, batches); err != nil {
		return err
	}
	f := new(Forms)
	r.result.Forms = f
	f.Arguments = pair(r.Budget.rounds(serialTurn, (*side).serial, questions(r.reference, r.questions), func(i int) {
		_, _ = p.AskArguments(&r.questions[i%len(r.questions)])
	}), 0, 1)
	f.Visit = pair(r.Budget.rounds(serialTurn, (*side).serial, each(r.reference, visits), func(i int) {
		var allowed [batch]bool
		_ = p.AskVisit(visits[i%len(visits)], allowed[:])
	}), 0, 1)
	f.Batch = pair(r.Budget.rounds(serialTurn, (*side).serial, each(r.reference, batches), func(i int) {
		var allowed [batch]bool
		_ = p.AskBatch(batches[i%len(batches)], allowed[:])
	}), 0, 1)
	f.Allocs = r.formAllocs(p, visits, batches)
	r.stage("cores", 0)
	f.Cores = r.cores()
	stop := r.commit(p)
	f.CoresChanged = r.cores()
	f.Commits = stop()
	return nil
}

// each returns a function that asks a peer the questions of lists one by one.
func each(p peer.Peer, lists [][]world.Question) func(i int) {
	return func(i int) {
		list := lists[i%len(lists)]
		for k := range list {
			_, _ = p.Ask(&list[k])
		}
	}
}

// agreeForms compares all forms with the reference.
func (r *run) agreeForms(p peer.Caller, visits, batches [][]world.Question) error {
	var allowed [batch]bool
	compare := func(form string, list []world.Question, err error) error {
		if err != nil {
			return fmt.Errorf("%s of %s: %w", form, list[0].User, err)
		}
		for i := range list {
			if want, _ := r.reference.Ask(&list[i]); want != allowed[i] {
				return fmt.Errorf("%s: %s of %s: %t, want %t", form, list[i].Permission, list[i].User, allowed[i], want)
			}
		}
		return nil
	}
	for _, list := range visits {
		if err := compare("visit", list, p.AskVisit(list, allowed[:])); err != nil {
			return err
		}
	}
	for _, list := range batches {
		if err := compare("batch", list, p.AskBatch(list, allowed[:])); err != nil {
			return err
		}
		for i := range list {
			var err error
			if allowed[0], err = p.AskArguments(&list[i]); err != nil {
				return err
			}
			if err := compare("arguments", list[i:i+1], nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// formAllocs returns the allocations of one call of each form.
func (r *run) formAllocs(p peer.Caller, visits, batches [][]world.Question) float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // no other goroutine allocates meanwhile
	var allowed [batch]bool
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range visits {
		_, _ = p.AskArguments(&visits[i][0])
		_ = p.AskVisit(visits[i], allowed[:])
		_ = p.AskBatch(batches[i%len(batches)], allowed[:])
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(len(visits))
}

// cores returns how many times as many checks all processors make as one. The turns alternate.
func (r *run) cores() float64 {
	all := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(all)
	s := side{ask: questions(r.peer, r.questions)}
	turn := min(parallelTurn, r.Budget.Round)
	s.pace(turn)
	var ratios []float64
	for range r.Budget.Rounds {
		var each [2][]float64 // nanoseconds of a check
		for start := time.Now(); time.Since(start) < max(r.Budget.Round, 4*turn) || len(each[1]) == 0; {
			for i, processors := range []int{1, all} {
				runtime.GOMAXPROCS(processors)
				took, n := s.parallel()
				each[i] = append(each[i], float64(took)/float64(n))
			}
		}
		ratios = append(ratios, quantile(each[0], 25)/quantile(each[1], 25))
	}
	return quantile(ratios, 50)
}

// commitsPerSecond is the number of role changes beside the checks.
const commitsPerSecond = 10_000

// commit changes roles of users until stop is called, which returns the commits a second.
func (r *run) commit(p peer.Caller) (stop func() (perSecond float64)) {
	people := r.world.Plain(100)
	var done atomic.Bool
	var n int
	var all sync.WaitGroup
	start := time.Now()
	all.Go(func() {
		for !done.Load() {
			for ; float64(n) < time.Since(start).Seconds()*commitsPerSecond && !done.Load(); n++ {
				role := []string{world.Admin, world.Member}[n/len(people)%2]
				_ = p.SetRole(people[n%len(people)], role)
			}
			time.Sleep(time.Millisecond)
		}
	})
	return func() float64 {
		done.Store(true)
		all.Wait()
		return float64(n) / time.Since(start).Seconds()
	}
}
