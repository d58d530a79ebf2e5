package engineproof_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store/memstore"
)

var soakTime = flag.Duration("soak", 3*time.Second, "the duration of the soak test")

// soakRound is how long an engine is used before it is closed under load.
const soakRound = 500 * time.Millisecond

// TestSoak makes all kinds of calls concurrently, on an engine with a cache that is too small,
// while the policy is replaced all the time and until the engine is closed. Each result must be
// that of a version and a policy that were current between call and return.
func TestSoak(t *testing.T) {
	mem := new(memstore.Store)
	var seen counts
	missing := func() []string {
		return seen.missing(
			"checks allowed", "checks denied", "checks that only one version can answer", "checks that only one policy can answer", "actions",
			"batches done", "batches refused", "policies exchanged", "unfit policies refused", "journals read", "views of the past", "last-active times read",
		)
	}
	// On a busy machine, it takes longer until all events have occurred.
	for round := 0; (time.Duration(round)*soakRound < *soakTime || len(missing()) > 0) && !t.Failed(); round++ {
		s := newSoak(t, mem, round, &seen)
		s.run()
		s.verify()
	}
	t.Logf("counts:\n%v", &seen)
}

// soak is one engine, with its calls.
type soak struct {
	*engine.Engine
	t    *testing.T
	mem  *memstore.Store
	seen *counts

	policies [2]*policy.Policy // the first is the policy after an even number of exchanges
	unfit    *policy.Policy
	accounts [8]soakAccount

	parting   usher.AccountID // is created while the engine closes
	appending chan struct{}   // closed while its commit is being stored

	// The numbers of policy exchanges that have begun and ended.
	exchanging, exchanged atomic.Int64

	mu      sync.Mutex
	checks  []checked
	pasts   []past
	commits []reportedCommit
}

// soakAccount is an account with bounds of its version.
type soakAccount struct {
	id    usher.AccountID
	least atomic.Uint64 // the newest version that a caller got
	most  atomic.Int64  // the version if all running batches were stored
}

// untouched is an account with a clerk. No batch changes it.
const untouched usher.AccountID = "untouched"

func newSoak(t *testing.T, mem *memstore.Store, round int, seen *counts) *soak {
	s := &soak{t: t, mem: mem, seen: seen, parting: usher.AccountID(fmt.Sprint("parting-", round)), appending: make(chan struct{})}
	s.policies[0] = loadPolicy(t, officeText)
	s.policies[1] = loadPolicy(t, bytes.ReplaceAll(officeText, []byte("lock: {admin: any}"), []byte("lock: {owner: any}")))
	s.unfit = loadPolicy(t, bytes.ReplaceAll(officeText, []byte("clerk"), []byte("teller")))
	o := engine.Options{Policy: s.policies[0], Store: storefault.Wrap(mem, s.slowAppends), Accounts: 3, LastActiveEvery: 5 * time.Millisecond}
	if round%2 == 1 {
		o.MaxStaleness = time.Millisecond
	}
	e, err := engine.Open(o)
	require.NoError(t, err)
	s.Engine = e
	for i := range s.accounts {
		a := &s.accounts[i]
		a.id = usher.AccountID(fmt.Sprint("soaked-", i))
		if round == 0 {
			s.createAccount(a.id)
		}
		v, err := e.View(context.Background(), a.id)
		require.NoError(t, err)
		a.least.Store(v.Version())
		a.most.Store(int64(v.Version()))
	}
	if round == 0 {
		s.createAccount(untouched)
	}
	return s
}

// slowAppends delays the append of the last batch, so that it is running when the engine closes.
func (s *soak) slowAppends(_ context.Context, c storefault.Call) (f storefault.Fault) {
	if c.Method == "Append" && c.Account == s.parting {
		close(s.appending)
		f.Delay = 20 * time.Millisecond
	}
	return f
}

func (s *soak) createAccount(id usher.AccountID) {
	_, err := s.Do(context.Background(), account.AsHost("setup"), id, initialCommands()...)
	require.NoError(s.t, err)
}

// run makes all kinds of calls concurrently until the engine is closed, and for a moment after
// that.
func (s *soak) run() {
	var busy sync.WaitGroup
	for i, turn := range []func(*soakWorker) error{
		(*soakWorker).check, (*soakWorker).check, (*soakWorker).check, (*soakWorker).act, (*soakWorker).submit, (*soakWorker).submit, (*soakWorker).submit,
		(*soakWorker).swapPolicy, (*soakWorker).readPast, (*soakWorker).readJournal, (*soakWorker).readLastActive,
	} {
		w := &soakWorker{soak: s, chance: rand.New(rand.NewPCG(rand.Uint64(), uint64(i)))}
		busy.Go(func() { w.work(turn) })
	}
	time.Sleep(soakRound)
	busy.Go(func() {
		_, err := s.Do(context.Background(), host.actor(), s.parting, account.CreateAccount{Owner: names[0]})
		assert.NoError(s.t, err)
	})
	<-s.appending
	assert.NoError(s.t, s.Close())
	_, ids := s.replay(s.parting)
	assert.Len(s.t, ids, 2, "Close waits for batches under way")
	busy.Wait()
	s.checkClosed()
}

// checkClosed checks that all calls return engine.ErrClosed, even for cached accounts.
func (s *soak) checkClosed() {
	ctx := context.Background()
	for i := range s.accounts {
		id := s.accounts[i].id
		r := usher.Request{Account: id, Subject: names[0], Permission: doorOpen}
		d, err := s.Check(ctx, r)
		assert.ErrorIs(s.t, err, engine.ErrClosed)
		assert.False(s.t, d.Allowed())
		_, err = s.AtLeast(id, 1).Check(ctx, r)
		assert.ErrorIs(s.t, err, engine.ErrClosed)
		_, err = s.View(ctx, id)
		assert.ErrorIs(s.t, err, engine.ErrClosed)
		_, err = s.Do(ctx, host.actor(), id, account.SetSeats{Pool: desk, Total: 99})
		assert.ErrorIs(s.t, err, engine.ErrClosed)
	}
}

// soakWorker repeats one kind of call.
type soakWorker struct {
	*soak
	chance *rand.Rand

	checks  []checked
	pasts   []past
	commits []reportedCommit
}

// work ends at the first error, which must be engine.ErrClosed.
func (w *soakWorker) work(turn func(*soakWorker) error) {
	var err error
	for err == nil {
		w.MarkActive(w.anyAccount().id, w.anyUser())
		err = turn(w)
	}
	assert.ErrorIs(w.t, err, engine.ErrClosed)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.soak.checks = append(w.soak.checks, w.checks...)
	w.soak.pasts = append(w.soak.pasts, w.pasts...)
	w.soak.commits = append(w.soak.commits, w.commits...)
}

// anyAccount returns one of two accounts most of the time. They stay in the cache.
func (w *soakWorker) anyAccount() *soakAccount {
	if w.chance.IntN(10) > 0 {
		return &w.accounts[w.chance.IntN(2)]
	}
	return &w.accounts[w.chance.IntN(len(w.accounts))]
}

func (w *soakWorker) anyUser() usher.UserID { return names[w.chance.IntN(len(names))] }

// doors are the permissions that are checked.
var doors = []permission.Permission{doorOpen, doorLock, doorGuard}

func (w *soakWorker) check() error {
	ctx := context.Background()
	a := w.anyAccount()
	r := usher.Request{Account: a.id, Subject: w.anyUser(), Permission: doors[w.chance.IntN(len(doors))]}
	c := w.before(a)
	var d usher.Decision
	var err error
	switch w.chance.IntN(8) {
	case 0:
		d, err = w.AtLeast(a.id, c.least).Check(ctx, r)
	case 1:
		var x usher.Explanation
		x, err = w.Explain(ctx, r)
		d = x.Decision
	default:
		d, err = w.Check(ctx, r)
	}
	if err != nil {
		assert.False(w.t, d.Allowed(), "with the error %v", err)
		return err
	}
	w.after(c, r.Subject, r.Permission, d)
	return nil
}

func (w *soakWorker) act() error {
	a, user := w.anyAccount(), w.anyUser()
	c := w.before(a)
	actions, err := w.Actions(context.Background(), usher.Request{Account: a.id, Subject: user, Resource: &usher.Object{Type: "door", Account: a.id}})
	if err != nil {
		assert.Empty(w.t, actions)
		return err
	}
	for _, action := range actions {
		w.after(c, user, action.Permission, action.Decision)
	}
	w.seen.add("actions", len(actions))
	return nil
}

func (w *soakWorker) submit() error {
	a := w.anyAccount()
	actor, ops := drawBatch(w.chance)
	batch := engine.Batch{Actor: actor.actor(), Account: a.id, Commands: commands(ops), Resources: []usher.Resource{frontDoor}}
	if w.chance.IntN(4) == 0 {
		batch.Note = string(bytes.Repeat([]byte("~"), 4000)) // so that snapshots are written
	}
	a.most.Add(1)
	result, err := w.Submit(context.Background(), batch)
	switch answer := answerOf(result, err); answer.result {
	case done:
		w.seen.add("batches done", 1)
		raise(&a.least, result.Version)
		w.commits = append(w.commits, reportedCommit{a, result.Version, result.Commit.ID})
		return nil
	case refused, idle:
		w.seen.add("batches refused", 1)
		a.most.Add(-1)
		return nil
	default:
		a.most.Add(-1)
		return err
	}
}

func raise(v *atomic.Uint64, to uint64) {
	for old := v.Load(); old < to && !v.CompareAndSwap(old, to); old = v.Load() {
	}
}

// swapPolicy replaces the policy, or tries to with a policy that does not fit.
func (w *soakWorker) swapPolicy() error {
	time.Sleep(time.Millisecond)
	if w.chance.IntN(3) == 0 {
		err := w.SetPolicy(context.Background(), w.unfit)
		var unfit *engine.PolicyMismatchError
		if errors.As(err, &unfit) {
			w.seen.add("unfit policies refused", 1)
			return nil
		}
		assert.Error(w.t, err)
		return err
	}
	n := w.exchanging.Add(1)
	if err := w.SetPolicy(context.Background(), w.policies[n%2]); err != nil {
		return err
	}
	w.exchanged.Store(n)
	w.seen.add("policies exchanged", 1)
	return nil
}

// readPast reads an earlier version of an account.
func (w *soakWorker) readPast() error {
	time.Sleep(100 * time.Microsecond)
	a := w.anyAccount()
	version := 1 + w.chance.Uint64N(a.least.Load())
	v, err := w.At(a.id, version).View(context.Background(), a.id)
	if err != nil {
		return err
	}
	assert.Equal(w.t, version, v.Version())
	w.pasts = append(w.pasts, past{a, v.State()})
	w.seen.add("views of the past", 1)
	return nil
}

// readJournal reads a part of the journal, which must contain all versions that a caller got.
func (w *soakWorker) readJournal() error {
	time.Sleep(100 * time.Microsecond)
	a := w.anyAccount()
	least := a.least.Load()
	after := w.chance.Uint64N(least + 1)
	last := after
	for c, err := range w.Journal(context.Background(), a.id, after) {
		if err != nil {
			return err
		}
		assert.Equal(w.t, last+1, c.Version)
		last = c.Version
		w.commits = append(w.commits, reportedCommit{a, c.Version, c.ID})
	}
	assert.GreaterOrEqual(w.t, last, least)
	w.seen.add("journals read", 1)
	return nil
}

func (w *soakWorker) readLastActive() error {
	time.Sleep(time.Millisecond)
	var users []usher.UserID
	for seen, err := range w.LastActiveTimes(context.Background(), w.anyAccount().id, "") {
		if err != nil {
			return err
		}
		users = append(users, seen.User)
		assert.Contains(w.t, names, seen.User)
		assert.False(w.t, seen.At.After(time.Now()), "%s was seen at %s", seen.User, seen.At)
	}
	assert.True(w.t, slices.IsSorted(users), "%v", users)
	w.seen.add("last-active times read", len(users))
	return nil
}
