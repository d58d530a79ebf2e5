package engineproof_test

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store"
)

//go:embed testdata/office.yaml
var officeText []byte

func loadPolicy(t testing.TB, text []byte) *policy.Policy {
	t.Helper()
	p, err := policyfile.Load("office.yaml", text)
	require.NoError(t, err)
	return p
}

// setup is the stores and the engines of a history.
type setup struct {
	name         string
	handles      []handle // without faults; the engines use them in turn
	engines      int      // number of engines over the data
	freshness    freshness
	transactions bool // half of the batches are made in transactions of a host
	faultLevel   faultLevel
	broken       broken
}

func (p setup) handle(engine int) handle { return p.handles[engine%len(p.handles)] }

// freshness is how an engine learns about commits of other engines.
type freshness uint8

const (
	unwatched freshness = iota // by conflicts, and on calls with a version
	watching                   // also by watching the store
	fresh                      // by reading the store for each call
)

var freshnessNames = [...]string{"unwatched", "watching", "fresh"}

func (s freshness) String() string { return freshnessNames[s] }

// promise returns what the engines of a setup promise. An engine learns of a commit in a transaction
// of a host as it does of one by another engine.
func (p setup) promise() promise {
	if p.engines == 1 && !p.transactions || p.freshness == fresh {
		return strict
	}
	return loose
}

// broken inserts a fault between clients and engines, or between engines and the store, or in the
// transactions of hosts. Tests show that the fault is found.
type broken struct {
	wrapTarget func(target) target
	wrapStore  func(store.UserDataStore) store.UserDataStore
	wrapHost   func(handle) handle
}

// history has the calls of all clients for one account, with their results.
type history struct {
	setup
	t       testing.TB
	seed    uint64
	account usher.AccountID
	running []*engine.Engine
	targets []target
	keyed   []question // the batches with an idempotency key
	padding string     // of notes

	calm      atomic.Bool
	conflicts atomic.Int64
	clock     atomic.Int64  // counts calls and returns
	newest    atomic.Uint64 // version that a client got

	late    sync.WaitGroup // commits that are stored after their append failed
	settled bool           // each engine has resolved its unknown outcomes

	mu       sync.Mutex
	records  []*record
	observed map[string]int    // how often the engines observed a commit, by its id
	rejected []*account.Commit // the commits that the store's rule rejected, one for each rejection
}

// record is a call with its result, and the times of both.
type record struct {
	*question
	*answer
	call, ret int64
}

func (r *record) String() string {
	return fmt.Sprintf("%4d to %4d  %v → %v", r.call, r.ret, r.question, r.answer)
}

// elsewhere is an account that clients read so that engines evict other accounts.
const elsewhere usher.AccountID = "elsewhere"

// begin creates the account and opens the engines.
func begin(t testing.TB, p setup, seed uint64) *history {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	h := &history{setup: p, t: t, seed: seed, account: usher.AccountID(fmt.Sprint("history-", seed)), observed: map[string]int{}}
	h.createAccount()
	for i := range 4 {
		q := question{key: fmt.Sprint("key-", i), request: "first"}
		q.actor, q.ops = drawBatch(r)
		h.keyed = append(h.keyed, q)
	}
	if r.IntN(3) == 0 {
		h.padding = strings.Repeat("~", 2500) // so that snapshots are written
	}
	options := engine.Options{
		Policy: loadPolicy(t, officeText), CommitTimeout: time.Duration(1+r.IntN(4)) * time.Millisecond,
		Observer: engine.Observer{Committed: h.observe},
	}
	if p.freshness == fresh {
		options.MaxStaleness = 1
	}
	if r.IntN(3) == 0 {
		options.Accounts = 1
	}
	for i := range p.engines {
		options.Store = h.storeOf(uint64(i))
		e, err := engine.Open(options)
		require.NoError(t, err)
		h.running = append(h.running, e)
		d := target(engineTarget{e})
		if p.broken.wrapTarget != nil {
			d = p.broken.wrapTarget(d)
		}
		h.targets = append(h.targets, d)
	}
	return h
}

// storeOf wraps the store for one engine.
func (h *history) storeOf(i uint64) store.Store {
	own := h.handle(int(i)).store
	base := own
	if h.broken.wrapStore != nil {
		base = h.broken.wrapStore(base)
	}
	s := &slow{UserDataStore: base, history: h, chance: rand.New(rand.NewPCG(h.seed, 1000+i))}
	inner := store.Store(s)
	if h.freshness == watching {
		inner = withWatch(s, own)
	}
	return storefault.Wrap(inner, faults(h.seed*mostEngines+i, h.faultLevel, &h.calm))
}

// createAccount creates the account in the initial state of the model.
func (h *history) createAccount() {
	e, err := engine.Open(engine.Options{Policy: loadPolicy(h.t, officeText), Store: h.handle(0).store})
	require.NoError(h.t, err)
	defer e.Close()
	require.NoError(h.t, doOnceFree(e, h.account, initialCommands()...))
	err = doOnceFree(e, elsewhere, account.CreateAccount{Owner: names[0]})
	if !errors.Is(err, account.CodeExists) {
		require.NoError(h.t, err)
	}
}

// doOnceFree runs commands of the host. While other histories keep the database busy, it retries.
func doOnceFree(e *engine.Engine, id usher.AccountID, commands ...account.Command) (err error) {
	for err = store.ErrNotStored; errors.Is(err, store.ErrNotStored); {
		_, err = e.Do(context.Background(), account.AsHost("setup"), id, commands...)
	}
	return err
}

// run runs clients concurrently, each with a number of calls, and closes the engines.
func (h *history) run(clients, questions int) {
	var busy sync.WaitGroup
	for i := range clients {
		c := h.client(i)
		busy.Go(func() {
			for range questions {
				c.turn()
			}
		})
	}
	busy.Wait()
	h.calm.Store(true)
	last := h.client(clients)
	if h.freshness == watching && h.faultLevel == faultFree {
		last.catchUp()
	}
	if h.seed%3 != 0 { // otherwise unknown outcomes stay unknown
		last.settle()
		h.settled = true
	}
	for _, e := range h.running {
		if err := e.Close(); err != nil {
			h.errorf("Close: %v", err)
		}
	}
	h.late.Wait()
	last.final()
}

func (h *history) keep(r *record) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.records = append(h.records, r)
}

func (h *history) observe(_ context.Context, c *account.Commit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.Account == h.account {
		h.observed[c.ID]++
	}
}

// reject records that the store's rule rejects an entry, and reports whether it does. While calm is
// set, it rejects an entry only if it has rejected it before.
func (h *history) reject(e store.Entry) bool {
	c, err := account.DecodeCommit(e.Data)
	if err != nil {
		h.errorf("commit %d cannot be read: %v", e.Version, err)
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.calm.Load() && !h.wasRejected(c) {
		return false
	}
	h.rejected = append(h.rejected, c)
	return true
}

// wasRejected needs h.mu, unless all calls have returned.
func (h *history) wasRejected(c *account.Commit) bool {
	return slices.ContainsFunc(h.rejected, func(r *account.Commit) bool { return r.ID == c.ID })
}

func (h *history) errorf(format string, args ...any) {
	h.t.Errorf("seed %d, %v, %v: %s", h.seed, h.setup, h.faultLevel, fmt.Sprintf(format, args...))
}
