package policytest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/store"
)

// runScenario runs a scenario on a new store that contains the account of the file.
func (s *Suite) runScenario(scenario *testfile.Scenario, open func() (store.Store, error), cover *cover) []Failure {
	p := scenarioRun{suite: s, name: scenario.Name, ctx: context.Background(), cover: cover}
	if err := p.begin(open); err != nil {
		p.pos = scenario.Pos
		p.fail("", "the account of the file", "an account", "an error", err.Error())
		return p.failures
	}
	for _, step := range scenario.Steps {
		switch step := step.(type) {
		case testfile.Do:
			p.pos = step.Pos
			p.do(&step)
		case testfile.Ask:
			p.pos = step.Pos
			p.ask(&step)
		case testfile.State:
			p.pos = step.Pos
			p.compareState(&step)
		}
	}
	if err := p.engine.Close(); err != nil {
		p.fail("", "closing the engine", "no error", "an error", err.Error())
	}
	return p.failures
}

// scenarioRun runs the steps of a scenario.
type scenarioRun struct {
	suite    *Suite
	name     string
	ctx      context.Context
	engine   *engine.Engine
	cover    *cover
	pos      syntax.Pos
	now      atomic.Pointer[time.Time] // of the clock, which loads in the background read: the latest time of a step so far
	failures []Failure

	stated []testfile.Resource // those that the steps so far name with their facts, the last ones for each
}

func (p *scenarioRun) begin(open func() (store.Store, error)) error {
	st, err := open()
	if err != nil {
		return err
	}
	p.now.Store(&p.suite.at)
	p.engine, err = engine.Open(engine.Options{
		Policy: p.suite.policy, Store: st, Clock: func() time.Time { return *p.now.Load() },
	})
	if err != nil {
		return err
	}
	return p.suite.Import(p.ctx, p.engine, worldAccount)
}

func (p *scenarioRun) fail(as usher.UserID, asked, expected, got, why string) {
	p.failures = append(p.failures, Failure{
		File: p.suite.file.Name, Pos: p.pos, Name: p.name, Asked: asked, User: as,
		Expected: expected, Got: got, Why: why,
	})
}

// hostActor is the actor of steps without as.
var hostActor = account.AsHost("scenario")

func (p *scenarioRun) do(step *testfile.Do) {
	b := engine.Batch{
		Actor: hostActor, Account: worldAccount, Time: p.timeOf(step.At),
		Context: flagMap(step.With),
	}
	if step.As.Text != "" {
		b.Actor = account.AsUser(usher.UserID(step.As.Text)).By(usher.UserID(step.By.Text))
	}
	var asked []string
	for _, c := range step.Commands {
		b.Commands = append(b.Commands, c)
		asked = append(asked, account.Describe(c))
	}
	var unknown error
	if b.Resources, unknown = testfile.Resources(p.suite.policy, p.resourcesOf(step), p.ids()); unknown != nil {
		p.fail(usher.UserID(step.As.Text), strings.Join(asked, " and "), outcome(step.Fails), "an error", unknown.Error())
		return
	}
	p.coverBatch(&b)
	_, err := p.engine.Submit(p.ctx, b)
	expected, got := outcome(step.Fails), "an error"
	if code, ok := codeOf(err); ok {
		got = outcome(code)
	}
	if expected == got {
		return
	}
	why := "every command succeeded"
	var refusal *account.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Of > 1:
		why = printable.Sprintf("command %d, %s: %s", refusal.Index+1, account.Describe(refusal.Command), refusal.Text)
	case refusal != nil:
		why = refusal.Text
	case err != nil:
		why = err.Error()
	}
	p.fail(usher.UserID(step.As.Text), strings.Join(asked, " and "), expected, got, why)
}

// resourcesOf returns the resources of a step with their facts. Approve and cancel name none, so they get those
// that earlier steps stated, as a host application reads them again.
func (p *scenarioRun) resourcesOf(step *testfile.Do) []testfile.Resource {
	list := slices.Clone(step.Resources)
	lacks := func(r testfile.Resource) bool {
		return !slices.ContainsFunc(list, func(o testfile.Resource) bool { return o.On == r.On })
	}
	earlier := slices.DeleteFunc(slices.Clone(p.stated), func(r testfile.Resource) bool { return !lacks(r) })
	p.stated = append(earlier, step.Resources...)
	for _, c := range step.Commands {
		switch c.(type) {
		case account.Approve, account.Cancel:
			return append(list, earlier...)
		}
	}
	return list
}

// codeOf returns the code of a refused batch, and 0 for a batch that was done. It returns
// false for any other error.
func codeOf(err error) (account.Code, bool) {
	if err == nil {
		return 0, true
	}
	var refusal *account.Refusal
	if !errors.As(err, &refusal) {
		return 0, false
	}
	return refusal.Code, true
}

func outcome(code account.Code) string {
	if code == 0 {
		return "done"
	}
	return code.String()
}

func (p *scenarioRun) ask(step *testfile.Ask) {
	tested, ids := p.suite.policy, testfile.IDs{}
	if view, err := p.engine.View(p.ctx, worldAccount); err == nil { // of the account at this point of the scenario
		tested, ids = view.Policy(), testfile.IDsOf(view.State())
	}
	request, err := testfile.Request(tested, usher.UserID(step.As.Text), step.Question, p.timeOf(step.At), ids)
	if err != nil {
		p.fail(request.Subject, step.Asked(), "an answer", "an error", err.Error())
		return
	}
	request.Account, request.Visitor, request.By = worldAccount, step.Visitor, usher.UserID(step.By.Text)
	p.coverQuestion(request)
	d, err := p.engine.Check(p.ctx, request)
	w := want{allow: step.Allow, reason: step.Reason}
	if step.Hidden != nil {
		w.hidden = texts(step.Hidden)
		slices.Sort(w.hidden)
	}
	expected, got := w.compare(d, err)
	if expected == got {
		return
	}
	why := d.String()
	if err != nil {
		why = err.Error()
	}
	p.fail(request.Subject, step.Asked(), expected, got, why)
	p.failures[len(p.failures)-1].Visitor = request.Visitor
}

// ids returns the ids of the account at this point of the scenario.
func (p *scenarioRun) ids() testfile.IDs {
	view, err := p.engine.View(p.ctx, worldAccount)
	if err != nil {
		return testfile.IDs{}
	}
	return testfile.IDsOf(view.State())
}

func texts(names []syntax.Name) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = n.Text
	}
	return list
}

func flagMap(flags []testfile.Flag) usher.Context {
	if flags == nil {
		return nil
	}
	m := make(usher.Context, len(flags))
	for _, f := range flags {
		m[f.Name.Text] = f.Value
	}
	return m
}

// timeOf returns the time of a step, and sets the clock to it if it is later: a step without a time
// happens at the latest time of the steps before.
func (p *scenarioRun) timeOf(written time.Time) time.Time {
	if written.IsZero() {
		return *p.now.Load()
	}
	if written.After(*p.now.Load()) {
		p.now.Store(&written)
	}
	return written
}

// addDifference adds a failure of a step with state.
func (p *scenarioRun) addDifference(what, expected, got string) {
	p.fail("", what, expected, got, printable.Sprintf("at version %d", p.version()))
}
