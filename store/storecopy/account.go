package storecopy

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// copier copies the accounts of one store into another.
type copier struct {
	source, target store.Store

	// The same stores, or nil if they do not store user data.
	sourceData, targetData store.UserDataStore

	erased ErasedLister // the source, or nil if it is not one

	compared sync.WaitGroup // the accounts that the stores list
	foreign  atomic.Bool    // the target has an account of another origin
}

// foreign is the error for an account of the target that was not copied from the source.
type foreign struct{ error }

func (f foreign) Unwrap() error { return f.error }

func newCopier(source, target store.Store) *copier {
	c := &copier{source: source, target: target}
	c.sourceData, _ = source.(store.UserDataStore)
	c.targetData, _ = target.(store.UserDataStore)
	c.erased, _ = source.(ErasedLister)
	return c
}

// copy makes the account in the target equal to the one in the source, and returns why it is not.
func (c *copier) copy(ctx context.Context, a *Account) error {
	err := c.bring(ctx, a)
	if in := (*Error)(nil); !errors.As(err, &in) || in.Store != "source" || !errors.Is(err, store.ErrErased) {
		return err
	}
	if c.erased != nil {
		return errLater
	}
	return c.erase(ctx, a)
}

// bring copies an account that is not erased, and compares the result.
func (c *copier) bring(ctx context.Context, a *Account) error {
	before, err := c.commits(ctx, a)
	if err != nil {
		return err
	}
	if err := c.snapshot(ctx, a); err != nil {
		return err
	}
	return c.verify(ctx, a, before)
}

// tries is how often Copy reads the user data of an account again because the source has got
// another commit meanwhile.
const tries = 20

// commits appends the missing commits, and returns the version before them. The last one is
// appended together with the user data, which is read between two moments at which it was the last
// commit of the source. The target thus has the user data of exactly this commit, or lacks the
// commit.
func (c *copier) commits(ctx context.Context, a *Account) (before uint64, err error) {
	last, err := c.missing(ctx, a, 0)
	if last == nil {
		return a.Version, err
	}
	before = a.Version - a.Commits
	for range tries {
		entry := store.Entry{Commit: *last}
		if entry.Records, err = c.records(ctx, a.ID); err != nil {
			return before, err
		}
		next, err := c.missing(ctx, a, last.Version-1)
		switch {
		case err != nil:
			return before, err
		case next == nil:
			return before, errNowhere(a)
		case next.Version == last.Version:
			err := c.target.Append(ctx, a.ID, entry)
			if err == nil {
				a.added(1)
			}
			return before, targetError(err)
		}
		last = next
	}
	return before, errors.New("the source changes faster than its user data can be read; stop the services that use it, and copy again")
}

func (a *Account) added(n int) {
	a.Version += uint64(n)
	a.Commits += uint64(n)
}

func errNowhere(a *Account) error {
	return printable.Errorf("the source has lost commits after version %d", a.Version)
}

// Limits of the commits that missing appends at once.
const (
	groupLength = 256
	groupBytes  = 1 << 20
)

// missing appends the commits of the source that the target lacks, except for the last, which it
// returns: nil for none. It first compares the commits after a version that both have.
func (c *copier) missing(ctx context.Context, a *Account, after uint64) (last *store.Commit, err error) {
	var group []store.Entry
	size := 0
	for p, err := range pairs(c.source.Commits(ctx, a.ID, after), c.target.Commits(ctx, a.ID, after), versionOf) {
		switch {
		case err != nil:
			return nil, err
		case p.target != nil:
			if err := sameCommit(p); err != nil {
				return nil, err
			}
			a.Version = p.target.Version
			continue
		case last != nil:
			group = append(group, store.Entry{Commit: *last})
			size += len(last.Data)
		}
		last = p.source
		if len(group) == groupLength || size >= groupBytes {
			if err := c.append(ctx, a, group); err != nil {
				return nil, err
			}
			group, size = nil, 0
		}
	}
	return last, c.append(ctx, a, group)
}

func versionOf(c store.Commit) uint64 { return c.Version }

// append appends entries in order, in one transaction if the target can do this.
func (c *copier) append(ctx context.Context, a *Account, group []store.Entry) error {
	if t, ok := c.target.(store.Transactor); ok && len(group) > 1 {
		err := t.InTx(ctx, func(tx store.Tx) error {
			for _, e := range group {
				if err := tx.Append(ctx, a.ID, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			a.added(len(group))
		}
		return targetError(err)
	}
	for _, e := range group {
		if err := c.target.Append(ctx, a.ID, e); err != nil {
			return targetError(err)
		}
		a.added(1)
	}
	return nil
}

// snapshot copies the snapshot. A snapshot of a commit that the target lacks is left out: it would
// only save time.
func (c *copier) snapshot(ctx context.Context, a *Account) error {
	s, err := c.source.Snapshot(ctx, a.ID)
	if err != nil {
		return sourceError(err)
	}
	if s.Version == 0 || s.Version > a.Version {
		return nil
	}
	old, err := c.target.Snapshot(ctx, a.ID)
	if err != nil || old.Version == s.Version && bytes.Equal(old.Data, s.Data) {
		return targetError(err)
	}
	return targetError(c.target.SaveSnapshot(ctx, a.ID, s))
}

// erase erases an account in the target that is erased in the source.
func (c *copier) erase(ctx context.Context, a *Account) error {
	*a = Account{ID: a.ID}
	_, err := c.target.Snapshot(ctx, a.ID)
	switch {
	case err == nil && c.foreign.Load():
		return errors.New("the account is erased in the source, and not in the target, which has accounts of another origin")
	case err == nil:
		err = c.target.Erase(ctx, a.ID)
	case errors.Is(err, store.ErrErased):
		err = nil
	}
	a.Erased = err == nil
	return targetError(err)
}

// extra handles an account that the target lists and the source does not.
func (c *copier) extra(ctx context.Context, a *Account) error {
	_, err := c.source.Snapshot(ctx, a.ID)
	switch {
	case errors.Is(err, store.ErrErased) && c.erased != nil:
		return errLater
	case errors.Is(err, store.ErrErased):
		return c.erase(ctx, a)
	case err != nil:
		return sourceError(err)
	}
	switch has, err := hasAfter(ctx, c.source, a.ID, 0); {
	case err != nil:
		return sourceError(err)
	case has:
		return c.copy(ctx, a) // it was created meanwhile
	}
	return foreign{errors.New("the source has no such account; the target must contain nothing else than the copy")}
}

// errLater means that the account is in the list of erased accounts, which follows.
var errLater = errors.New("handled later")

// hasAfter reports whether an account has commits after a version.
func hasAfter(ctx context.Context, s store.Store, account usher.AccountID, version uint64) (bool, error) {
	for _, err := range s.Commits(ctx, account, version) {
		return err == nil, err
	}
	return false, nil
}
