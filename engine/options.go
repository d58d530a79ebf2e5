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

// Options say what an Engine works with. Policy and Store are required; the zero
// value of everything else is right for most.
type Options struct {
	// Policy decides. SetPolicy exchanges it.
	Policy *policy.Policy

	// Store keeps the journals. The Engine does not close it. If it is a
	// store.UserDataStore, values of custom fields and last-active times are kept too; if
	// it is a store.Watcher, changes made by others show by themselves.
	Store store.Store

	// Accounts is how many accounts are kept in memory, and Users how many users
	// these may have in all; one that was not asked about for a while makes room.
	// A user takes some 100 bytes. Accounts that are being read or written stay, so
	// that both may be exceeded for a moment, and Users by a single account that is
	// larger. Zero means 10,000 accounts and 5,000,000 users.
	Accounts int
	Users    int

	// MaxStaleness is how old the knowledge of an account may be that a question is
	// answered from. Older knowledge is compared with the store first, once for all
	// who wait, and where that fails the question is an error. Zero sets no bound:
	// right where this Engine alone writes to the store, or where the store tells of
	// changes and a hint that is lost does no harm.
	MaxStaleness time.Duration

	// Settle is how long a writer goes on to find out whether a commit was stored
	// when the store failed while storing it, even after the writer's context has
	// ended. Then ErrOutcomeUnknown is returned, and it is found out in the background.
	// Zero means 5 seconds.
	CommitTimeout time.Duration

	// Tries is how often a batch is tried before ErrContention is returned because others
	// changed the account first each time. From the third try on there is a short pause
	// before the next one. More tries suit accounts that several processes write to;
	// 1 leaves it to the caller to retry. Default: 16.
	Tries int

	// LastActiveEvery is how often a user's last-active time is written. Zero means a
	// minute.
	LastActiveEvery time.Duration

	// Clock tells the time of commits, of questions that have none, and how old
	// knowledge is. For commits and questions it counts as no earlier than the
	// account's last commit. Nil means time.Now. One without Go's monotonic reading makes
	// MaxStaleness as good as the clock of the machine.
	Clock func() time.Time

	// Observer is told what the Engine does. The zero Observer is told nothing.
	Observer Observer
}

// Observer has functions that are called as things happen; nil ones are not. They
// are called by many goroutines at the same time, with no lock held, so that they
// may ask the Engine; a slow one delays whoever is named. A panic in one ends up
// with that caller, but in the background it goes no further.
type Observer struct {
	// Decided is told the answer to each Check, by the goroutine that asked.
	Decided func(ctx context.Context, r usher.Request, d usher.Decision, err error)

	// Committed is told of each commit that this Engine made, once it is known to
	// be stored and checks see it. Commits of one account may come out of order;
	// they have versions.
	Committed func(ctx context.Context, c *account.Commit)

	// Rejected is told of each batch that was not done, with the error that the
	// caller gets. The commands may hold personal data; account.Describe names them
	// without it.
	Rejected func(ctx context.Context, b Batch, err error)

	// Failed is told what went wrong in the background, or without harm to whoever
	// asked. The error is an *Error.
	Failed func(err error)
}

const (
	defaultAccounts  = 10_000
	defaultUsers     = 5_000_000
	defaultSettle    = 5 * time.Second
	defaultTries     = 16
	defaultSeenEvery = time.Minute
)

// complete checks the options, and spells the defaults out.
func (o Options) complete() (Options, error) {
	switch {
	case o.Policy == nil:
		return o, errors.New("there is no Policy in the Options")
	case o.Policy.UniqueRole().Name == "":
		return o, errors.New("the Policy in the Options is empty: it was not compiled")
	case o.Store == nil:
		return o, errors.New("there is no Store in the Options; memstore keeps journals in memory")
	}
	for name, n := range map[string]int64{
		"Accounts": int64(o.Accounts), "Users": int64(o.Users), "MaxStale": int64(o.MaxStaleness), "Settle": int64(o.CommitTimeout), "Tries": int64(o.Tries), "SeenEvery": int64(o.LastActiveEvery),
	} {
		if n < 0 {
			return o, printable.Errorf("%s in the Options is below zero", name)
		}
	}
	defaulted(&o.Accounts, defaultAccounts)
	defaulted(&o.Users, defaultUsers)
	defaulted(&o.CommitTimeout, defaultSettle)
	defaulted(&o.Tries, defaultTries)
	defaulted(&o.LastActiveEvery, defaultSeenEvery)
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
