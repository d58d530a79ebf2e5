package engineproof_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store/memstore"
)

// hourly is the role of a user at each hour; later than the last one, the role stays. It knows no schedule.
type hourly []role.Name

const (
	dueHours = 40
	dueEver  = dueHours // no end
)

// with gives the role from one hour up to another one. If the role is the same at the end, the user gets the next other
// role, or the default role. It returns false if the role cannot end.
func (h hourly) with(r role.Name, from, until int) (hourly, bool) {
	next := slices.Clone(h)
	for i := from; i < until; i++ {
		next[i] = r
	}
	if until == dueEver || h[until] != r {
		return next, true
	}
	other, end := role.Name("member"), dueHours
	for i := until; i < dueHours; i++ {
		if h[i] != r {
			other, end = h[i], i
			break
		}
	}
	for i := until; i < end; i++ {
		next[i] = other
	}
	return next, other != r
}

var (
	dueStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	dueUsers = names[1:4]
)

func dueTime(hour int) time.Time { return dueStart.Add(time.Duration(hour) * time.Hour) }

func dueHour(at time.Time) int { return int(at.Sub(dueStart) / time.Hour) }

// hourClock is a clock of several engines, which a test moves by hours.
type hourClock struct{ hour atomic.Int64 }

func (c *hourClock) now() time.Time { return dueTime(int(c.hour.Load())) }

// dueAnswer is a check or a view, with the hours of the clock before and after it.
type dueAnswer struct {
	engine      int
	user        int
	before, ret int
	version     uint64
	hour        int // at which the decision was made; -1 for a view
	leads       bool
}

// dueHistory has engines over one store, of which clients change roles for a time while the clock moves.
type dueHistory struct {
	t       *testing.T
	policy  *policy.Policy
	clock   *hourClock
	engines []*engine.Engine
	check   func(*engine.Engine, usher.Request) (d usher.Decision, version uint64, err error)

	mu      sync.Mutex
	answers []dueAnswer
	done    map[uint64]account.SetRole // by version
	hours   map[uint64]int             // the hour of each commit
}

const dueAccount usher.AccountID = "due"

func beginDue(t *testing.T) *dueHistory {
	h := &dueHistory{t: t, policy: loadPolicy(t, officeText), clock: &hourClock{}, done: map[uint64]account.SetRole{}, hours: map[uint64]int{}}
	h.check = func(e *engine.Engine, r usher.Request) (usher.Decision, uint64, error) {
		d, err := e.Check(context.Background(), r)
		return d, d.Detail().Version, err
	}
	s := new(memstore.Store)
	for i := range 3 {
		o := engine.Options{Policy: h.policy, Store: s, Clock: h.clock.now}
		if i == 2 {
			o.Accounts = 1 // it reads the journal often
		}
		e, err := engine.Open(o)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, e.Close()) })
		h.engines = append(h.engines, e)
	}
	require.NoError(t, doOnceFree(h.engines[0], dueAccount, account.CreateAccount{Owner: names[0]}, account.AddUser{User: dueUsers[0]}, account.AddUser{User: dueUsers[1]}, account.AddUser{User: dueUsers[2]}))
	require.NoError(t, doOnceFree(h.engines[0], elsewhere, account.CreateAccount{Owner: names[0]}))
	return h
}

// run has clients send commands and checks while the clock moves.
func (h *dueHistory) run(seed uint64) {
	var busy sync.WaitGroup
	var ended atomic.Bool
	busy.Go(func() {
		for range 24 {
			time.Sleep(300 * time.Microsecond)
			h.clock.hour.Add(1)
		}
		ended.Store(true)
	})
	for i := range 6 {
		d := rand.New(rand.NewPCG(seed, uint64(i)))
		busy.Go(func() {
			for n := 0; n < 60 && !ended.Load(); n++ {
				e := d.IntN(len(h.engines))
				switch d.IntN(8) {
				case 0:
					h.send(d, e)
				case 1:
					_, _ = h.engines[e].View(context.Background(), elsewhere)
				default:
					h.ask(d, e)
				}
			}
		})
	}
	busy.Wait()
}

func (h *dueHistory) send(d *rand.Rand, e int) {
	c := account.SetRole{User: dueUsers[d.IntN(len(dueUsers))], Role: []role.Name{"admin", "member"}[d.IntN(2)]}
	now, from := int(h.clock.hour.Load()), 0
	if d.IntN(2) == 0 {
		from = 1 + d.IntN(4)
		c.From = dueTime(now + from)
	}
	if d.IntN(4) > 0 {
		c.Until = dueTime(now + from + 1 + d.IntN(4))
	}
	result, err := h.engines[e].Do(context.Background(), account.AsHost("test"), dueAccount, c)
	if errors.Is(err, account.ErrInvalid) || errors.Is(err, engine.ErrContention) {
		return // the role cannot end, the clock has moved, or other clients were faster
	}
	if err != nil {
		h.t.Errorf("%s: %v", account.Describe(c), err)
	}
	if err != nil || result.Commit == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done[result.Version], h.hours[result.Version] = c, dueHour(result.Commit.Time)
}

// ask checks whether a user leads, or looks at the user's role in a view.
func (h *dueHistory) ask(d *rand.Rand, e int) {
	a := dueAnswer{engine: e, user: d.IntN(len(dueUsers)), hour: -1, before: int(h.clock.hour.Load())}
	if d.IntN(4) == 0 {
		v, err := h.engines[e].View(context.Background(), dueAccount)
		if err != nil {
			h.t.Errorf("view: %v", err)
			return
		}
		m, _ := v.User(dueUsers[a.user])
		a.version, a.leads = v.Version(), m.Role == "admin"
	} else {
		decision, version, err := h.check(h.engines[e], usher.Request{Account: dueAccount, Subject: dueUsers[a.user], Permission: doorLock})
		if err != nil {
			h.t.Errorf("check: %v", err)
			return
		}
		a.version, a.leads, a.hour = version, decision.Allowed(), dueHour(decision.Time())
	}
	a.ret = int(h.clock.hour.Load())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers = append(h.answers, a)
}

// wrong returns the first answer that is not what the commands up to its version say for its hour. It counts the answers
// that the commit of their version alone does not explain, because something became due since.
func (h *dueHistory) wrong() (text string, due int) {
	first := make([]hourly, len(dueUsers))
	for i := range first {
		first[i] = slices.Repeat(hourly{"member"}, dueHours)
	}
	at := map[uint64][]hourly{1: first}
	var newest uint64
	for v := range h.done {
		newest = max(newest, v)
	}
	for v := uint64(2); v <= newest; v++ {
		c, ok := h.done[v]
		if !ok {
			return fmt.Sprintf("version %d is of no command", v), due
		}
		u := slices.Index(dueUsers, c.User)
		from, until := h.hours[v], dueEver
		if !c.From.IsZero() {
			from = dueHour(c.From)
		}
		if !c.Until.IsZero() {
			until = dueHour(c.Until)
		}
		next := slices.Clone(at[v-1])
		if next[u], ok = next[u].with(c.Role, from, until); !ok {
			return fmt.Sprintf("version %d: %s cannot end", v, account.Describe(c)), due
		}
		at[v] = next
	}
	for _, a := range h.answers {
		roles, ok := at[a.version]
		if !ok {
			return fmt.Sprintf("%+v is of no version", a), due
		}
		r := roles[a.user]
		low, high := a.before, a.ret
		if a.hour >= 0 {
			if a.hour < a.before || a.hour > a.ret {
				return fmt.Sprintf("%+v is decided at another hour than those of the call", a), due
			}
			low, high = a.hour, a.hour
		}
		if !slices.ContainsFunc(r[low:high+1], func(n role.Name) bool { return (n == "admin") == a.leads }) {
			return fmt.Sprintf("%+v, and the role of %s at these hours is %s", a, dueUsers[a.user], r[low:high+1]), due
		}
		if (r[h.hours[a.version]] == "admin") != a.leads {
			due++
		}
	}
	return "", due
}

// TestDueInEveryAnswer has clients give roles for a time, through three engines with one clock that moves. What is due takes
// effect in each answer from its hour on: the answer is that of the commands up to its version, at the hour of its decision,
// which is one of the hours of the call.
func TestDueInEveryAnswer(t *testing.T) {
	due, commits := 0, 0
	for seed := range uint64(40) {
		h := beginDue(t)
		h.run(seed)
		text, n := h.wrong()
		if text != "" {
			t.Fatalf("history %d: %s", seed, text)
		}
		due, commits = due+n, commits+len(h.done)
	}
	t.Logf("%d commits, and %d answers by what became due after the commit", commits, due)
	require.Greater(t, due, 100)
}

// Engines that decide by the last commit alone are found.
func TestDueThatIsIgnoredIsFound(t *testing.T) {
	for seed := range uint64(40) {
		h := beginDue(t)
		h.check = func(e *engine.Engine, r usher.Request) (usher.Decision, uint64, error) {
			r.Time = h.clock.now()
			s := account.New(dueAccount)
			for c, err := range e.Journal(context.Background(), dueAccount, 0) {
				if err != nil {
					return usher.Decision{}, 0, err
				}
				if s, err = s.Apply(c); err != nil {
					return usher.Decision{}, 0, err
				}
			}
			d, err := s.Policy(h.policy).Decide(s, &r)
			return d, s.Version(), err
		}
		h.run(seed)
		if text, _ := h.wrong(); text != "" {
			t.Logf("found in history %d: %s", seed+1, text)
			return
		}
	}
	t.Error("no wrong answer was found in 40 histories")
}
