package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/store"
)

// openedStore is an engine on a store, for one run of the command.
type openedStore struct {
	*engine.Engine
	path   string
	store  store.Store
	policy *policy.Policy

	mu     sync.Mutex
	failed []error // background failures
}

// newOpenedStore opens an engine whose time is at, or the real one if at is zero. The archive may be nil.
func newOpenedStore(path string, s store.Store, p *policy.Policy, archive store.Archive, at time.Time) (*openedStore, error) {
	o := &openedStore{path: path, store: s, policy: p}
	options := engine.Options{Policy: p, Store: s, Archive: archive, Observer: engine.Observer{Failed: o.note}}
	if !at.IsZero() {
		options.Clock = func() time.Time { return at }
	}
	e, err := engine.Open(options)
	o.Engine = e
	return o, err
}

func (o *openedStore) note(err error) {
	if errors.Is(err, store.ErrReadOnly) {
		return // a snapshot could not be saved; it would only save time
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failed = append(o.failed, err)
}

// close closes the engine, and prints the background failures as warnings.
func (o *openedStore) close(r *run) {
	if err := o.Close(); err != nil {
		o.note(err)
	}
	for _, err := range o.failed {
		r.stderr.line("usher: warning: %s", printable.Text(err.Error()))
	}
}

// view returns the account at a version, 0 for the newest. For an unknown account or
// version the error is a usageError, and for a policy mismatch a syntax.Problem.
func (o *openedStore) view(ctx context.Context, id usher.AccountID, version uint64) (account.View, error) {
	read := o.View
	if version != 0 {
		read = o.At(id, version).View
	}
	view, err := read(ctx, id)
	var mismatch *account.PolicyMismatchError
	switch {
	case errors.Is(err, usher.ErrUnknownAccount):
		return view, missingAccount(ctx, o.path, o.store, id)
	case errors.Is(err, engine.ErrFutureVersion):
		return view, wrongUsage("%s has no version %d yet; usher log shows its versions", printable.Text(string(id)), version)
	case errors.As(err, &mismatch):
		return view, o.mismatch(mismatch)
	}
	return view, err
}

// mismatch returns a policy mismatch as a problem of the policy file.
func (o *openedStore) mismatch(err *account.PolicyMismatchError) error {
	return syntax.Problem{File: o.policy.File(), Message: err.Error()}
}

// noteOtherPolicy prints a warning if the commit of the shown version was made under
// another policy.
func (o *openedStore) noteOtherPolicy(ctx context.Context, r *run, view account.View) error {
	for stored, err := range o.store.Commits(ctx, view.ID(), view.Version()-1) {
		if err != nil {
			return err
		}
		c, err := account.DecodeCommit(stored.Data)
		if err != nil {
			return err
		}
		if c.Policy != o.policy.Digest() {
			r.stderr.line("usher: warning: version %d of %s was made under another policy (%s) than %s (%s)",
				c.Version, printable.Text(string(view.ID())), shortDigest(c.Policy), printable.Text(o.policy.File()), shortDigest(o.policy.Digest()))
		}
		break
	}
	return nil
}

// shortDigest returns the beginning of a digest, enough to distinguish policies.
func shortDigest(digest string) string {
	const enough = 12
	if len(digest) <= enough {
		return printable.Text(digest)
	}
	return printable.Text(digest[:enough])
}
