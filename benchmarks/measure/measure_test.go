package measure_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/benchmarks/measure"
	"github.com/usher-go/usher/benchmarks/peers/byhand"
	"github.com/usher-go/usher/benchmarks/world"
)

var spec = measure.Spec{Peer: "test", Users: 100, Seed: 1, Budget: measure.Quick}

func run(p *peerOf) (*measure.Result, []string, error) {
	var stages []string
	r, err := measure.Run(spec, p, func(stage string, _ time.Duration) { stages = append(stages, stage) })
	return r, stages, err
}

// peerOf is the reference with configurable faults.
type peerOf struct {
	byhand.Peer
	ask      func(q *world.Question, a bool) (bool, error)
	stuck    bool // roles do not change
	actions  world.Actions
	editable int // of the list that are left out
	keeps    []byte
}

func (p *peerOf) Ask(q *world.Question) (bool, error) {
	a, err := p.Peer.Ask(q)
	if p.ask != nil {
		return p.ask(q, a)
	}
	return a, err
}

func (p *peerOf) SetRole(user, role string) error {
	if p.stuck {
		return nil
	}
	return p.Peer.SetRole(user, role)
}

func (p *peerOf) Actions(user string, on *world.Calendar) (world.Actions, error) {
	a, err := p.Peer.Actions(user, on)
	return a ^ p.actions, err
}

func (p *peerOf) Editable(user string, page []*world.Calendar) ([]*world.Calendar, error) {
	list, err := p.Peer.Editable(user, page)
	return list[min(p.editable, len(list)):], err
}

func (p *peerOf) Load(w *world.World) error {
	p.keeps = make([]byte, 1<<20)
	return p.Peer.Load(w)
}

func TestEverythingIsMeasured(t *testing.T) {
	r, stages, err := run(new(peerOf))
	require.NoError(t, err)
	require.Equal(t, []string{"load", "agree", "check", "parallel", "single calls", "role change", "actions", "list"}, stages)
	require.Empty(t, r.Refused)
	require.Equal(t, measure.Quick.Agree, r.Agreed)
	require.Greater(t, r.Heap, float64(1<<20)/100, "what the peer keeps counts")
	require.Less(t, r.Heap, float64(1<<20)/50)
	require.Zero(t, r.Allocs)
	require.Positive(t, r.ListOf)
	require.Positive(t, r.ActionsEach)
	for name, p := range map[string]measure.Pair{
		"check": r.Check, "parallel": r.Parallel, "p50": r.P50, "p99": r.P99, "change": r.Change, "actions": r.Actions, "list": r.List,
	} {
		require.Positive(t, p.Reference, name)
		require.Positive(t, p.Peer, name)
		require.Positive(t, p.Ratio, name)
	}
}

func TestAllocationsAreCounted(t *testing.T) {
	var kept atomic.Pointer[[64]byte]
	r, _, err := run(&peerOf{ask: func(_ *world.Question, a bool) (bool, error) {
		kept.Store(new([64]byte))
		return a, nil
	}})
	require.NoError(t, err)
	require.NotNil(t, kept.Load())
	require.InDelta(t, 1, r.Allocs, 0.01)
	require.InDelta(t, 64, r.Bytes, 1)
}

func TestAPeerThatIsWrongIsNotTimed(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		peer *peerOf
		last string // stage
		says string
	}{
		"a permission too many": {
			&peerOf{ask: func(q *world.Question, a bool) (bool, error) { return a || q.Kind == world.SeatAssign, nil }},
			"agree", "seat.assign",
		},
		"an error":           {&peerOf{ask: func(*world.Question, bool) (bool, error) { return false, broken }}, "agree", "broken"},
		"an action too many": {&peerOf{actions: 1}, "agree", "actions of"},
		"one left out":       {&peerOf{editable: 1}, "agree", "may edit"},
		"a change not seen":  {&peerOf{stuck: true}, "role change", "is admin now"},
	} {
		r, stages, err := run(c.peer)
		require.ErrorContains(t, err, c.says, name)
		require.Nil(t, r)
		require.Equal(t, c.last, stages[len(stages)-1], name)
	}
}

func TestAPeerThatIsTooSlowIsReported(t *testing.T) {
	slow := spec
	slow.Budget.OneLimit = time.Millisecond
	r, err := measure.Run(slow, &peerOf{ask: func(_ *world.Question, a bool) (bool, error) {
		time.Sleep(2 * time.Millisecond)
		return a, nil
	}}, func(string, time.Duration) {})
	require.NoError(t, err)
	require.Contains(t, r.Refused, "a check took")
	require.Zero(t, r.Check)
}

// callerOf is a peerOf with all forms of calls.
type callerOf struct {
	peerOf
	wrong string // the form with wrong answers
}

func (p *callerOf) AskArguments(q *world.Question) (bool, error) {
	a, err := p.Ask(q)
	return a != (p.wrong == "arguments"), err
}

func (p *callerOf) all(form string, list []world.Question, allowed []bool) (err error) {
	for i := range list {
		if allowed[i], err = p.Ask(&list[i]); err != nil {
			return err
		}
		allowed[i] = allowed[i] != (p.wrong == form)
	}
	return nil
}

func (p *callerOf) AskVisit(list []world.Question, allowed []bool) error {
	return p.all("visit", list, allowed)
}

func (p *callerOf) AskBatch(list []world.Question, allowed []bool) error {
	return p.all("batch", list, allowed)
}

func TestFormsAreMeasured(t *testing.T) {
	r, err := measure.Run(spec, new(callerOf), func(string, time.Duration) {})
	require.NoError(t, err)
	f := r.Forms
	require.NotNil(t, f)
	for _, p := range []measure.Pair{f.Arguments, f.Visit, f.Batch} {
		require.Positive(t, p.Ratio)
		require.Positive(t, p.Reference)
	}
	require.Positive(t, f.Cores)
	require.Positive(t, f.CoresChanged)
	require.Positive(t, f.Commits)
	for _, form := range []string{"arguments", "visit", "batch"} {
		_, err := measure.Run(spec, &callerOf{wrong: form}, func(string, time.Duration) {})
		require.ErrorContains(t, err, form+": ")
	}
}

func TestFewerQuestionsWhereTheyTakeLong(t *testing.T) {
	s := spec
	s.Budget.AgreeFor = time.Nanosecond
	r, err := measure.Run(s, new(peerOf), func(string, time.Duration) {})
	require.NoError(t, err)
	require.Equal(t, 100, r.Agreed)
}
