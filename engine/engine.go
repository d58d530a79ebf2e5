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

// Engine evaluates checks of accounts, and commits changes to them. It is safe for
// concurrent use, also by many processes over one store. Open makes an Engine; the zero
// Engine returns ErrClosed.
type Engine struct {
	index   index
	options Options // Policy is the initial one
	store   store.Store
	opened  time.Time

	// The optional interfaces of the store; nil if the store does not have them.
	userData   store.UserDataStore
	transactor store.Transactor
	versions   store.VersionReader

	mu           sync.Mutex
	policy       *policy.Policy
	policyBefore *policy.Policy   // if accounts in the store were not compared when policy replaced it, else nil
	closed       bool             // new calls are rejected
	stopped      bool             // the cache is empty and stays so
	accounts     int              // accounts in memory, without unknown ones
	users        int              // users of all these accounts
	underway     int              // batches that have begun, until their outcome is known
	paused       chan struct{}    // closed when batches may begin again; nil while none is paused
	idle         chan struct{}    // closed when underway is 0; nil unless a swap waits for it
	policySwap   *policySwap      // the swap in progress, or nil
	saves        []*cachedAccount // accounts of which a snapshot is due
	sweeping     bool
	hinted       []*cachedAccount // accounts that had a hint and are not compared yet
	comparing    bool             // a goroutine compares them

	saver    sync.Mutex    // held while snapshots are stored
	swapping chan struct{} // holds one value while a policy is swapped
	saveNow  chan struct{} // holds one value while saves is not empty
	activity activity

	backgroundCtx    context.Context // of the background work
	cancelBackground context.CancelFunc
	confirmations    confirmations
	closing          chan struct{} // closed when Close begins
	calls            sync.WaitGroup
	background       sync.WaitGroup
}

// Open returns an Engine. It loads an account when the first call needs it. Unlike
// SetPolicy, it does not compare the stored accounts with the policy: if the policy
// lacks the role, team role or seat of a user, every check of that user returns an
// error, and if it lacks the unique role of an account, so does every check of the
// account.
func Open(o Options) (*Engine, error) {
	o, err := o.complete()
	if err != nil {
		return nil, &Error{Op: "open", Err: err}
	}
	e := &Engine{
		options: o, store: o.Store, policy: o.Policy.Base(), opened: o.Clock(),
		swapping: make(chan struct{}, 1), saveNow: make(chan struct{}, 1), closing: make(chan struct{}),
	}
	e.transactor, _ = o.Store.(store.Transactor)
	e.versions, _ = o.Store.(store.VersionReader)
	e.index.init()
	e.activity.init()
	e.confirmations.init()
	e.backgroundCtx, e.cancelBackground = context.WithCancel(context.Background())
	e.background.Add(1)
	go e.save()
	if userData, ok := o.Store.(store.UserDataStore); ok {
		e.userData = userData
		e.background.Add(1)
		go e.flushActivity()
	}
	if watcher, ok := o.Store.(store.Watcher); ok {
		e.background.Add(1)
		go e.watch(watcher)
	}
	if confirmer, ok := o.Store.(store.Confirmer); ok && o.MaxStaleness > 0 {
		e.confirmations.store = confirmer
		e.background.Add(1)
		go e.confirmAll()
	}
	return e, nil
}

// closeTimeout limits how long Close writes.
const closeTimeout = 30 * time.Second

// Close waits for running batches, writes the pending last-active times and due
// snapshots, and ends the background work. Later calls return ErrClosed. Close does not
// close the store. The error joins what could not be written; it never concerns a commit
// that Submit or Do reported. Further calls of Close do nothing and return nil.
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
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	errs := append(e.writeActivity(ctx), e.saveAll(ctx)...)
	e.mu.Lock()
	e.stopped = true
	e.index.clear()
	e.mu.Unlock()
	e.cancelBackground()
	e.background.Wait()
	return errors.Join(errs...)
}

// enter begins a call that Close waits for. leave ends the call.
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

// usable returns an error if id is invalid or e is closed.
func (e *Engine) usable(id usher.AccountID) error {
	if err := checkAccount(id); err != nil {
		return err
	}
	return e.open()
}

// open returns ErrClosed once Close has begun, and for the zero Engine.
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

// Policy returns the current policy: Options.Policy until SetPolicy replaces it. It
// returns nil for the zero Engine.
func (e *Engine) Policy() *policy.Policy {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.policy
}

// Now returns the time of Options.Clock: that of a check without a time, unless the account has a
// later commit. Pages that show what has ended compare it with this time. The zero Engine returns
// the time of the system.
func (e *Engine) Now() time.Time {
	if e == nil || e.options.Clock == nil {
		return time.Now()
	}
	return e.options.Clock()
}

// elapsed returns the time since Open.
func (e *Engine) elapsed() time.Duration { return e.options.Clock().Sub(e.opened) }

// failed reports an error that no caller receives to the Observer.
func (e *Engine) failed(op string, id usher.AccountID, err error) {
	if e.options.Observer.Failed == nil {
		return
	}
	_ = safely(func() error { // a panic of the Observer cannot be reported
		e.options.Observer.Failed(&Error{Op: op, Account: id, Err: err})
		return nil
	})
}
