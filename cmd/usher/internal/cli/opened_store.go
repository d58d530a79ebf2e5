package cli

import (
	"context"
	"errors"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/store"
)

// office is an engine on a store, for one run.
type openedStore struct {
	*engine.Engine
	path   string
	store  store.Store
	policy *policy.Policy

	mu     sync.Mutex
	failed []error // in the background
}

func openOffice(path string, s store.Store, p *policy.Policy) (*openedStore, error) {
	o := &openedStore{path: path, store: s, policy: p}
	e, err := engine.Open(engine.Options{Policy: p, Store: s, Observer: engine.Observer{Failed: o.note}})
	o.Engine = e
	return o, err
}

func (o *openedStore) note(err error) {
	if errors.Is(err, store.ErrReadOnly) {
		return // a snapshot to save some time, which nobody misses here
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failed = append(o.failed, err)
}

// close closes the engine, and tells what went wrong beside what was asked for.
func (o *openedStore) close(r *run) {
	if err := o.Close(); err != nil {
		o.note(err)
	}
	for _, err := range o.failed {
		r.stderr.line("usher: warning: %s", printable.Text(err.Error()))
	}
}

// view returns the account at a version, 0 for the newest. An error is a sentence
// about the command line where it can be one.
func (o *openedStore) view(ctx context.Context, id usher.AccountID, version uint64) (account.View, error) {
	read := o.View
	if version != 0 {
		read = o.At(id, version).View
	}
	view, err := read(ctx, id)
	var unfit *account.PolicyMismatchError
	switch {
	case errors.Is(err, usher.ErrUnknownAccount):
		return view, missing(ctx, o.path, o.store, id)
	case errors.Is(err, engine.ErrFutureVersion):
		return view, wrongUsage("%s has not come to version %d; usher log shows its versions", printable.Text(string(id)), version)
	case errors.As(err, &unfit):
		return view, o.unfit(unfit)
	}
	return view, err
}

// unfit says why a policy cannot decide for an account, which is the policy's fault.
func (o *openedStore) unfit(err *account.PolicyMismatchError) error {
	return syntax.Problem{File: o.policy.File(), Message: err.Error()}
}

// noteOtherPolicy points out that the policy is not the one that allowed the
// commit which made the version that is looked at.
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

// shortDigest is enough of a digest to tell two of them apart.
func shortDigest(digest string) string {
	const enough = 12
	if len(digest) <= enough {
		return printable.Text(digest)
	}
	return printable.Text(digest[:enough])
}
