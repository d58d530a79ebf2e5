// Package storecopy copies accounts from one store to another, for example from a file into a
// database. It copies commits, snapshots, records, last-active times and the marks of erased
// accounts, and compares the copy with the source.
//
// A copy that was stopped goes on where it ended: Copy compares the commits that are already in the
// target with those of the source, byte by byte, and appends the missing ones. It never changes a
// commit.
//
// The source may be in use. Each account of the copy is then as it was after one of its commits,
// and Account.Changed reports the accounts to which the source has added more meanwhile. The target
// must not be in use until the copy is complete.
package storecopy

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Account is the outcome for one account.
type Account struct {
	ID      usher.AccountID
	Version uint64 // the version of the last commit in the target, 0 if it has none
	Commits uint64 // how many commits this call appended
	Erased  bool   // the account is erased in both stores

	// Changed reports that the source has got more commits or later last-active times while the
	// account was copied. Another copy adds them.
	Changed bool

	// Problem is why the target differs from the source. It is nil if both have the same commits,
	// records and last-active times, except for the changes that Changed reports.
	Problem error
}

// Copy returns an iterator that copies all accounts, and yields the outcome for each of them, in no
// particular order. An account that cannot be copied does not prevent the others. An account that is
// erased meanwhile may be yielded twice. An error ends the loop: the list of accounts cannot be
// read, or the context is done. If the loop body breaks, Copy stops; the target then has complete
// commits, and some accounts may lack the last ones.
//
// Copy never removes an account from the target, with one exception: an account that was erased in
// the source is erased in the target too. Accounts that were erased before they were copied are
// known only if the source is an ErasedLister. An account that exists only in the target, or with
// other commits, is a Problem; it shows that the target is not a copy, so nothing is erased then.
func Copy(ctx context.Context, source, target store.Store) iter.Seq2[Account, error] {
	return func(yield func(Account, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		c := newCopier(source, target)
		outcomes, failed := c.start(ctx)
		goes := true
		for a := range outcomes {
			if goes && !yield(a, nil) {
				goes = false
				cancel() // and read outcomes until all goroutines have ended
			}
		}
		if err := <-failed; goes && err != nil {
			yield(Account{}, err)
		}
	}
}

// ErasedLister is a store.Store that lists its erased accounts. All stores of usher are.
type ErasedLister interface {
	// ErasedAccounts yields the ids of the erased accounts whose id is greater than after, sorted by
	// their bytes; "" is less than all ids. It may or may not yield accounts that are erased during
	// the loop.
	ErasedAccounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error]
}

// workers is how many accounts are copied at the same time. Stores write the commits of concurrent
// calls together, so that one after the other takes much longer.
const workers = 16

// job is one account to copy.
type job struct {
	id   usher.AccountID
	copy func(context.Context, *Account) error

	counted bool // in copier.compared
}

// start begins to copy. The caller must read outcomes until it is closed, and then the error.
func (c *copier) start(ctx context.Context) (outcomes <-chan Account, failed <-chan error) {
	jobs, results, ended := make(chan job), make(chan Account), make(chan error, 1)
	go func() {
		defer close(jobs)
		ended <- c.list(ctx, func(j job) bool {
			select {
			case jobs <- j:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for j := range jobs {
				a := Account{ID: j.id}
				a.Problem = c.run(ctx, j, &a)
				if ctx.Err() == nil && !errors.Is(a.Problem, errLater) {
					results <- a
				}
			}
		})
	}
	go func() {
		all.Wait()
		close(results)
	}()
	return results, ended
}

// run runs a job, and returns the account's Problem.
func (c *copier) run(ctx context.Context, j job, a *Account) error {
	if j.counted {
		defer c.compared.Done()
	}
	err := j.copy(ctx, a)
	if errors.As(err, new(foreign)) {
		c.foreign.Store(true)
	}
	return err
}

// list calls add with a job for each account, until it returns false. It returns the context's
// error if the context is done.
func (c *copier) list(ctx context.Context, add func(job) bool) error {
	for p, err := range pairs(c.source.Accounts(ctx, ""), c.target.Accounts(ctx, ""), func(id usher.AccountID) usher.AccountID { return id }) {
		j := job{copy: c.copy}
		switch {
		case err != nil:
			return errors.Join(ctx.Err(), err)
		case p.source == nil:
			j = job{id: *p.target, copy: c.extra}
		default:
			j.id = *p.source
		}
		c.compared.Add(1)
		j.counted = true
		if !add(j) {
			c.compared.Done()
			return ctx.Err()
		}
	}
	if c.erased == nil {
		return ctx.Err()
	}
	c.compared.Wait() // an account of another origin prevents that others are erased
	for id, err := range c.erased.ErasedAccounts(ctx, "") {
		if err != nil {
			return errors.Join(ctx.Err(), sourceError(err))
		}
		if !add(job{id: id, copy: c.erase}) {
			break
		}
	}
	return ctx.Err()
}
