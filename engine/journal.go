package engine

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// Journal yields the commits of an account after a version, in their order, up to the
// newest one when the loop begins. The journal is the account's audit log, and serves as
// an outbox or a change feed. That of a deleted account stays until Erase. Journal
// requires no permission; callers must check audit.view before they show it to a user.
//
// For a feed that misses no commit, keep a cursor for each account: the version of the last
// commit that was handled. Read from the cursor on, and store the new cursor in the
// transaction that stores the effect of the commit. Read when a hint of a store.Watcher
// names the account or is "", and also on a timer, since a hint may be lost. The feed has
// the commits of all processes, also those of SubmitTx, in the order of their versions.
//
// An error ends the loop. It is an *Error, and wraps usher.ErrUnknownAccount for an
// erased account. An account that never existed has no commits and returns no error.
func (e *Engine) Journal(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[*account.Commit, error] {
	return func(yield func(*account.Commit, error) bool) {
		fail := func(err error) {
			yield(nil, wrapped("read journal", id, err))
		}
		if err := e.usable(id); err != nil {
			fail(err)
			return
		}
		for stored, err := range e.whole(e.store).Commits(ctx, id, after) {
			if err != nil {
				fail(err)
				return
			}
			c, err := decode(id, stored)
			if err != nil {
				fail(err)
				return
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Accounts yields the ids of the accounts after the one given, sorted by their bytes, so
// that callers can read them page by page. It includes deleted accounts until they are
// erased. An error ends the loop; it is an *Error.
func (e *Engine) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return func(yield func(usher.AccountID, error) bool) {
		if err := e.open(); err != nil {
			yield("", &Error{Op: "list accounts", Err: err})
			return
		}
		for id, err := range e.store.Accounts(ctx, after) {
			if err != nil {
				yield("", &Error{Op: "list accounts", Err: err})
				return
			}
			if !yield(id, nil) {
				return
			}
		}
	}
}
