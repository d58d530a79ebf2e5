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

// place is where a history takes place.
type place struct {
	name    string
	store   store.UserDataStore // without faults
	engines int                 // over the one store
	sight   sight
	weather weather
	broken  broken
}

// sight is how an engine learns what the others do.
type sight uint8

const (
	deaf     sight = iota // by conflicts, and when it is asked for a version
	watching              // by watching the store, too
	fresh                 // by comparing with the store for each question
)

var sightNames = [...]string{"deaf", "watching", "fresh"}

func (s sight) String() string { return sightNames[s] }

// promise is what the engines of the place promise.
func (p place) promise() promise {
	if p.engines == 1 || p.sight == fresh {
		return strict
	}
	return loose
}

// broken puts something wrong between clients and engines, or engines and store, to show
// that it would be found.
type broken struct {
	door  func(fault) fault
	store func(store.UserDataStore) store.UserDataStore
}

// history is what clients asked about one account, and what they were answered.
type history struct {
	place
	t       testing.TB
	seed    uint64
	account usher.AccountID
	running []*engine.Engine
	doors   []fault
	keyed   []question // the batches that are asked under keys
	padding string     // of notes

	calm      atomic.Bool
	conflicts atomic.Int64
	clock     atomic.Int64  // counts calls and returns
	newest    atomic.Uint64 // version that any client was told of

	late    sync.WaitGroup // commits that are stored when nobody expects it any more
	settled bool           // each engine found out what it did not know

	mu       sync.Mutex
	records  []*record
	observed map[string]int    // how often the engines told of a commit, by its id
	rejected []*account.Commit // those that the store's rule rejected, each as often
}

// record is a question with its answer, and when it was asked and answered.
type record struct {
	*question
	*answer
	call, ret int64
}

func (r *record) String() string {
	return fmt.Sprintf("%4d to %4d  %v → %v", r.call, r.ret, r.question, r.answer)
}

// elsewhere is an account that is asked about to push others out of memory.
const elsewhere usher.AccountID = "elsewhere"

// begin makes the account and opens the engines.
func begin(t testing.TB, p place, seed uint64) *history {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	h := &history{place: p, t: t, seed: seed, account: usher.AccountID(fmt.Sprint("history-", seed)), observed: map[string]int{}}
	h.found()
	for i := range 4 {
		h.keyed = append(h.keyed, question{
			key: fmt.Sprint("key-", i), request: "first", actor: drawActor(r), deeds: drawDeeds(r),
		})
	}
	if r.IntN(3) == 0 {
		h.padding = strings.Repeat("~", 2500) // so that snapshots are due
	}
	options := engine.Options{
		Policy: loadPolicy(t, officeText), CommitTimeout: time.Duration(1+r.IntN(4)) * time.Millisecond,
		Observer: engine.Observer{Committed: h.observe},
	}
	if p.sight == fresh {
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
		d := fault(front{e})
		if p.broken.door != nil {
			d = p.broken.door(d)
		}
		h.doors = append(h.doors, d)
	}
	return h
}

// storeOf wraps the store for one engine.
func (h *history) storeOf(i uint64) store.Store {
	base := h.store
	if h.broken.store != nil {
		base = h.broken.store(base)
	}
	s := &slow{UserDataStore: base, history: h, chance: rand.New(rand.NewPCG(h.seed, 1000+i))}
	inner := store.Store(s)
	if watcher, ok := h.store.(store.Watcher); ok && h.sight == watching {
		inner = watched{s, watcher}
	}
	return storefault.Wrap(inner, faults(h.seed*mostEngines+i, h.weather, &h.calm))
}

// found makes the account as the model begins.
func (h *history) found() {
	e, err := engine.Open(engine.Options{Policy: loadPolicy(h.t, officeText), Store: h.store})
	require.NoError(h.t, err)
	defer e.Close()
	_, err = e.Do(context.Background(), account.AsHost("setup"), h.account, founding()...)
	require.NoError(h.t, err)
	_, err = e.Do(context.Background(), account.AsHost("setup"), elsewhere, account.CreateAccount{Owner: names[0]})
	if !errors.Is(err, account.CodeExists) {
		require.NoError(h.t, err)
	}
}

// run has clients ask at the same time, each so many questions, and closes the engines.
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
	if h.sight == watching && h.weather == fair {
		last.catchUp()
	}
	if h.seed%3 != 0 { // else what nobody knows stays so
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

// reject keeps that the store's rule rejects an entry, and reports whether it does: once calm is
// set, only if it did before.
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

// wasRejected needs h.mu, or that all is over.
func (h *history) wasRejected(c *account.Commit) bool {
	return slices.ContainsFunc(h.rejected, func(r *account.Commit) bool { return r.ID == c.ID })
}

func (h *history) errorf(format string, args ...any) {
	h.t.Errorf("seed %d, %v, %v: %s", h.seed, h.place, h.weather, fmt.Sprintf(format, args...))
}
