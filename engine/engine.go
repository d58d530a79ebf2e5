package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
)

// Engine answers questions about accounts, and changes them. It may be used by
// many goroutines at the same time, and by many processes over one store. Open
// makes one; the zero Engine answers with ErrClosed.
type Engine struct {
	index   index
	options Options // Policy is the one it began with
	store   store.Store
	keeper  store.UserDataStore // nil if the store is none
	opened  time.Time

	mu         sync.Mutex
	policy     *policy.Policy
	closed     bool             // no new calls
	stopped    bool             // nothing is in memory any more
	accounts   int              // in memory, without those that there are not
	users      int              // of all these
	underway   int              // batches that may be stored and are not published
	paused     chan struct{}    // closed when batches may begin again; nil while they may
	quiet      chan struct{}    // closed when none is under way; nil if nobody asks
	policySwap *policySwap      // of the policy, while there is one
	saves      []*cachedAccount // whose snapshots are due
	sweeping   bool

	saver      sync.Mutex    // is held while snapshots are stored
	exchanging chan struct{} // holds one while the policy is exchanged
	saveNow    chan struct{} // holds one while there are saves
	activity   activity

	life       context.Context // of what is done in the background
	end        context.CancelFunc
	closing    chan struct{} // closed when Close begins
	calls      sync.WaitGroup
	background sync.WaitGroup
}

// Open makes an Engine. It reads no account before somebody asks about it, and
// does not compare the accounts of the store with the policy, as SetPolicy does: for a
// user whose role, team role or seat the policy does not have, every question is an
// error, and so it is for all users of an account with another unique role.
func Open(o Options) (*Engine, error) {
	o, err := o.complete()
	if err != nil {
		return nil, &Error{Op: "open", Err: err}
	}
	e := &Engine{
		options: o, store: o.Store, policy: o.Policy, opened: o.Clock(),
		exchanging: make(chan struct{}, 1), saveNow: make(chan struct{}, 1), closing: make(chan struct{}),
	}
	e.index.init()
	e.activity.init()
	e.life, e.end = context.WithCancel(context.Background())
	e.background.Add(1)
	go e.save()
	if keeper, ok := o.Store.(store.UserDataStore); ok {
		e.keeper = keeper
		e.background.Add(1)
		go e.flushSightings()
	}
	if watcher, ok := o.Store.(store.Watcher); ok {
		e.background.Add(1)
		go e.watch(watcher)
	}
	return e, nil
}

// longestClose is how long Close goes on to write what is left to write.
const longestClose = 30 * time.Second

// Close waits for the batches under way, writes what is left to write, last-active
// times and snapshots that are due, and ends all that goes on in the background.
// Whoever asks an Engine that is closed gets ErrClosed. The store stays open. An
// error says what could not be written; a commit that Do reported is never among
// it. To close twice does nothing.
func (e *Engine) Close() error {
	if e.open() != nil {
		return nil
	}
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	close(e.closing)
	e.mu.Unlock()

	e.calls.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), longestClose)
	defer cancel()
	errs := append(e.writeSightings(ctx), e.saveAll(ctx)...)
	e.mu.Lock()
	e.stopped = true
	e.index.clear()
	e.mu.Unlock()
	e.end()
	e.background.Wait()
	return errors.Join(errs...)
}

// enter begins a call that Close waits for; leave ends it.
func (e *Engine) enter() error {
	if err := e.open(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.calls.Add(1)
	return nil
}

func (e *Engine) leave() { e.calls.Done() }

// usable says whether an account can be asked about at all.
func (e *Engine) usable(id usher.AccountID) error {
	if err := checkAccount(id); err != nil {
		return err
	}
	return e.open()
}

// open returns an error once Close has begun, and where Open was never called.
func (e *Engine) open() error {
	if e == nil || e.store == nil {
		return ErrClosed
	}
	select {
	case <-e.closing:
		return ErrClosed
	default:
		return nil
	}
}

// Policy returns the policy of now: the one of Options, until SetPolicy exchanges it.
// It is nil for the zero Engine.
func (e *Engine) Policy() *policy.Policy {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.policy
}

// elapsed is the time since the Engine was opened.
func (e *Engine) elapsed() time.Duration { return e.options.Clock().Sub(e.opened) }

// failed tells the Observer what went wrong and harmed nobody.
func (e *Engine) failed(op string, id usher.AccountID, err error) {
	if e.options.Observer.Failed == nil {
		return
	}
	_ = safely(func() error { // nobody is left to tell
		e.options.Observer.Failed(&Error{Op: op, Account: id, Err: err})
		return nil
	})
}
