package measure

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/usher-go/usher/benchmarks/peer"
	"github.com/usher-go/usher/benchmarks/peers/byhand"
	"github.com/usher-go/usher/benchmarks/world"
)

// run is the state of one measurement.
type run struct {
	Spec
	world     *world.World
	reference peer.Peer
	peer      peer.Peer
	questions []world.Question
	calendars []world.Question // the questions about calendars
	pages     []world.Page
	result    *Result
	stage     func(name string, limit time.Duration)
}

// Run measures a peer that is not loaded yet. At the beginning of each part, it calls stage
// with the time limit of the part, 0 for none. Callers must end the process when a limit is
// exceeded. An error means that the peer failed or disagrees with the reference.
func Run(s Spec, p peer.Peer, stage func(name string, limit time.Duration)) (*Result, error) {
	w, err := world.New(s.Users, s.Seed)
	if err != nil {
		return nil, err
	}
	r := &run{
		Spec: s, world: w, reference: new(byhand.Peer), peer: p, stage: stage,
		questions: w.Questions(s.Budget.Questions), pages: w.Pages(s.Budget.Pages),
		result: &Result{Peer: s.Peer, Users: s.Users},
	}
	for _, q := range r.questions {
		if q.Calendar != nil {
			r.calendars = append(r.calendars, q)
		}
	}
	if err := r.reference.Load(w); err != nil {
		return nil, err
	}
	for _, part := range []func() error{r.load, r.agree, r.check, r.singles, r.change, r.actions, r.list, r.forms} {
		if err := part(); err != nil {
			return nil, fmt.Errorf("%s at %d users: %w", s.Peer, s.Users, err)
		}
		if r.result.Refused != "" {
			break
		}
	}
	runtime.KeepAlive(r)
	return r.result, nil
}

// load measures time and heap. The questions and the reference are created before, and the
// world returns new strings, so the heap grows only by what the peer keeps.
func (r *run) load() error {
	r.stage("load", r.Budget.LoadLimit)
	before := heap()
	between := before
	if p, ok := r.peer.(peer.Preparer); ok {
		start := time.Now()
		if err := p.Prepare(r.world); err != nil {
			return err
		}
		r.result.PrepareTime = time.Since(start).Seconds()
		between = heap()
	}
	start := time.Now()
	if err := r.peer.Load(r.world); err != nil {
		return err
	}
	r.result.LoadTime = time.Since(start).Seconds()
	after, users := heap(), float64(r.Users)
	r.result.Heap, r.result.HeapStored = float64(after-between)/users, float64(after-before)/users
	return nil
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// agree compares the answers of both sides to the same questions. A slow peer answers
// fewer questions, but at least one.
func (r *run) agree() error {
	r.stage("agree", 0)
	list := r.world.Questions(r.Budget.Agree)
	start, allowed := time.Now(), 0
	for i := range list {
		if i >= 100 && time.Since(start) > r.Budget.AgreeFor {
			break
		}
		one := time.Now()
		yes, err := r.same(&list[i])
		if err != nil {
			return err
		}
		if took := time.Since(one); took > r.Budget.OneLimit && i > 0 {
			r.result.Refused = fmt.Sprintf("a check took %.1f s", took.Seconds())
			return nil
		}
		if yes {
			allowed++
		}
		r.result.Agreed++
	}
	r.result.Allowed = float64(allowed) / float64(r.result.Agreed)
	for i := range r.calendars[:min(len(r.calendars), max(20, r.Budget.Agree/20))] {
		if time.Since(start) > r.Budget.AgreeFor*5/4 && i >= 20 {
			break
		}
		q := &r.calendars[i]
		want, _ := r.reference.Actions(q.User, q.Calendar)
		got, err := r.peer.Actions(q.User, q.Calendar)
		if err != nil {
			return fmt.Errorf("actions of %s: %w", q.User, err)
		}
		if got != want {
			return fmt.Errorf("actions of %s on %+v: %05b, want %05b", q.User, *q.Calendar, got, want)
		}
	}
	for _, p := range r.pages {
		want, _ := r.reference.Editable(p.User, p.Calendars)
		got, err := r.peer.Editable(p.User, p.Calendars)
		if err != nil {
			return fmt.Errorf("list of %s: %w", p.User, err)
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("%s may edit %d of %d calendars, want %d", p.User, len(got), len(p.Calendars), len(want))
		}
	}
	return nil
}

func (r *run) same(q *world.Question) (bool, error) {
	want, _ := r.reference.Ask(q)
	got, err := r.peer.Ask(q)
	if err != nil {
		return false, fmt.Errorf("%s of %s: %w", q.Permission, q.User, err)
	}
	if got != want {
		return false, fmt.Errorf("%s of %s on %+v %+v: %t, want %t", q.Permission, q.User, q.Calendar, q.Entry, got, want)
	}
	return got, nil
}
