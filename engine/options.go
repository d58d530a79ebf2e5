package engine

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/store"
)

// Options configure an Engine. Policy and Store are required.
type Options struct {
	// Policy evaluates the requests. SetPolicy replaces it.
	Policy *policy.Policy

	// Store keeps the journals. The Engine does not close it. If it is also a
	// store.UserDataStore, the Engine keeps values of custom fields and last-active
	// times. If it is also a store.Watcher, the Engine sees changes of other processes
	// without a check of its own; a store.VersionReader makes that cheap after a missed
	// hint, and a store.Confirmer makes MaxStaleness cheap. If it is also a
	// store.Transactor, Submit locks an account after two tries that concurrent commits
	// made void.
	Store store.Store

	// Archive has the first commits of journals that Shorten has shortened, and Shorten moves them
	// there. At, Journal, Seats, and a batch with Expect or IdempotencyKey read them there. Set it in every
	// Engine of the store: without it, what needs such a commit is an error that wraps store.ErrShortened,
	// and so is Erase, which also erases the account in the archive. Accounts are loaded without it, from
	// their snapshots. Default: none.
	Archive store.Archive

	// Accounts limits how many accounts the cache holds, and Users how many users these
	// accounts have in total. Above a limit, the cache evicts accounts that were not
	// used for a while. A user takes about 100 bytes. Accounts that are being read or
	// written are not evicted, so both limits may be exceeded for a moment, and Users by
	// a single larger account. Default: 10,000 accounts and 5,000,000 users.
	Accounts int
	Users    int

	// MaxStaleness limits the age of a cached account. An older one is compared with the
	// store before it is used, once for all concurrent callers; if that fails, they get
	// ErrStale. If the store is a store.Confirmer, one call of it confirms all cached accounts
	// together, so that the cost does not depend on their number. It begins when a check uses
	// an account of half the age, so that checks wait for it only after a pause. 0 sets no limit: use it if only this Engine writes to the store, or if
	// the store is a store.Watcher and a lost hint does no harm. Default: 0.
	MaxStaleness time.Duration

	// CommitTimeout limits how long Submit tries to find out whether a commit was
	// stored, after the store failed during the append. It applies even if the caller's
	// context has ended. After that, Submit returns ErrOutcomeUnknown, and the Engine
	// goes on in the background. Default: 5 seconds.
	CommitTimeout time.Duration

	// Tries limits how often a batch is tried while concurrent commits come first. After
	// the last try Submit returns ErrContention. From the third failed try on there is a
	// short pause before the next one. Use more if several processes write to one
	// account; use 1 if the caller retries. Default: 16.
	Tries int

	// LastActiveEvery is the shortest time between two writes of a user's last-active
	// time. Default: one minute.
	LastActiveEvery time.Duration

	// Clock returns the time of commits, of requests without a time, and of
	// MaxStaleness. For commits and requests, a time before the account's last commit is
	// replaced by the time of that commit. Without Go's monotonic reading, MaxStaleness
	// is only as reliable as the clock. Default: time.Now.
	Clock func() time.Time

	// Observer receives events. Default: none.
	Observer Observer
}

// Observer has a function for each kind of event; nil functions are skipped. The
// functions run concurrently and with no lock held, so they may call the Engine. A slow
// function delays the caller stated below. A panic reaches that caller; in the
// background it is recovered.
type Observer struct {
	// Decided receives the result of each Check, on the goroutine of the caller.
	Decided func(ctx context.Context, r usher.Request, d usher.Decision, err error)

	// Committed receives the commits of Submit and Do of this Engine, once they are stored
	// and visible to checks. It does not receive those of SubmitTx, which may be rolled
	// back, and those of other processes. It is not a reliable feed: a crash loses calls,
	// and commits of one account may arrive out of order. Journal is the reliable feed.
	Committed func(ctx context.Context, c *account.Commit)

	// Rejected receives each batch that Submit or SubmitTx rejected, with the error that
	// the caller gets. The commands may contain personal data; account.Describe describes
	// them without it.
	Rejected func(ctx context.Context, b Batch, err error)

	// Failed receives errors of the background work, and errors that do not affect a
	// caller. The error is an *Error.
	Failed func(err error)
}

const (
	defaultAccounts        = 10_000
	defaultUsers           = 5_000_000
	defaultCommitTimeout   = 5 * time.Second
	defaultTries           = 16
	defaultLastActiveEvery = time.Minute
)

// complete validates the options and sets the defaults.
func (o Options) complete() (Options, error) {
	switch {
	case o.Policy == nil:
		return o, errors.New("Options.Policy is nil")
	case len(o.Policy.Roles()) == 0:
		return o, errors.New("Options.Policy is not compiled")
	case o.Store == nil:
		return o, errors.New("Options.Store is nil; use a memstore.Store for journals in memory")
	}
	for _, option := range []struct {
		name  string
		value int64
	}{
		{"Accounts", int64(o.Accounts)},
		{"Users", int64(o.Users)},
		{"MaxStaleness", int64(o.MaxStaleness)},
		{"CommitTimeout", int64(o.CommitTimeout)},
		{"Tries", int64(o.Tries)},
		{"LastActiveEvery", int64(o.LastActiveEvery)},
	} {
		if option.value < 0 {
			return o, printable.Errorf("Options.%s is negative (want 0 for the default, or more)", option.name)
		}
	}
	defaulted(&o.Accounts, defaultAccounts)
	defaulted(&o.Users, defaultUsers)
	defaulted(&o.CommitTimeout, defaultCommitTimeout)
	defaulted(&o.Tries, defaultTries)
	defaulted(&o.LastActiveEvery, defaultLastActiveEvery)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o, nil
}

func defaulted[T int | time.Duration](value *T, to T) {
	if *value == 0 {
		*value = to
	}
}
