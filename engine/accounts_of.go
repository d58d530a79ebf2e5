package engine

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Errors of AccountsOf and IndexUsers.
var (
	// ErrNoUserIndex means that the store is not a store.UserIndex.
	ErrNoUserIndex = errors.New("the store has no index of users")

	// ErrNotIndexed means that the index of users lacks more than MaxCatchUp accounts, so that it
	// must be completed by IndexUsers first.
	ErrNotIndexed = errors.New("the index of users is not complete; call IndexUsers, or run: usher index STORE")
)

const (
	// DefaultAccounts is the number of accounts in a page of AccountsOf without a Limit.
	DefaultAccounts = 50

	// MaxAccounts is the maximum number of accounts in a page of AccountsOf.
	MaxAccounts = 1000

	// MaxCatchUp is the maximum number of accounts that AccountsOf itself adds to the index.
	MaxCatchUp = 64
)

// AccountsPage states which accounts AccountsOf returns. The zero AccountsPage is the first page.
type AccountsPage struct {
	After usher.AccountID // the cursor: accounts with a greater id; AccountsOfUser.Next of the page before
	Limit int             // at most this many accounts; more than MaxAccounts counts as MaxAccounts. Default: DefaultAccounts
}

// AccountsOfUser is a page of the accounts in which a user is. The zero AccountsOfUser has none.
type AccountsOfUser struct {
	Accounts []AccountOfUser // sorted by the bytes of their ids
	Next     usher.AccountID // the cursor of the next page; "" if this is the last one
}

// AccountOfUser is an account in which a user is, with the user there at a version. The member
// has the user's role and status: a user who is not active is listed, but can do nothing there.
type AccountOfUser struct {
	Account usher.AccountID
	Version uint64
	Member  account.Member // the zero Member if Err is set

	// Err is set if the account cannot be read, because it is damaged: whether the user is in it is
	// then unknown.
	Err error
}

// AccountsOf returns in which accounts a user is, whatever the user's status, as after a login. It
// returns the users of the newest commits at the time of the call, or of later ones, after what has become
// due since: a user whose invitation or membership has ended is not in the account. Accounts that were
// deleted or erased are not returned.
//
// AccountsOf requires no permission, and accounts know nothing of each other: call it only for the
// user who asks. Its result is not a decision. Check each request in the account.
//
// The store must be a store.UserIndex, which finds the accounts without reading others. Each account
// of a page is then read from the cache or the store, so a page costs as much as one check in each of
// its accounts. Accounts that the index lacks, because an earlier version of the store wrote to
// them, are added to it first, at most MaxCatchUp; beyond that the error is ErrNotIndexed.
// IndexUsers adds all of them. Damaged accounts cannot be added, and so are missing.
//
// The error is an *Error. It wraps ErrNoUserIndex, ErrNotIndexed, store.ErrInvalid for an invalid
// user id, ErrClosed, an error of the context, or an error of the store.
func (e *Engine) AccountsOf(ctx context.Context, user usher.UserID, page AccountsPage) (AccountsOfUser, error) {
	found, err := e.accountsOf(ctx, user, page)
	if err != nil {
		return AccountsOfUser{}, wrapped("list the accounts of a user in", "", err)
	}
	return found, nil
}

func (e *Engine) accountsOf(ctx context.Context, user usher.UserID, page AccountsPage) (found AccountsOfUser, err error) {
	index, err := e.userIndex()
	if err != nil {
		return AccountsOfUser{}, err
	}
	if _, err := e.indexUsers(ctx, index, MaxCatchUp); err != nil {
		return AccountsOfUser{}, err
	}
	limit := page.Limit
	if limit <= 0 {
		limit = DefaultAccounts
	}
	limit = min(limit, MaxAccounts)
	for id, err := range index.AccountsOf(ctx, user, page.After) {
		if err != nil {
			return AccountsOfUser{}, err
		}
		if len(found.Accounts) == limit {
			found.Next = found.Accounts[limit-1].Account
			return found, nil
		}
		one, is, err := e.accountOf(ctx, id, user)
		if err != nil {
			return AccountsOfUser{}, err
		}
		if is {
			found.Accounts = append(found.Accounts, one)
		}
	}
	return found, nil
}

// accountOf returns the user in an account that the index found, and whether the user is there.
func (e *Engine) accountOf(ctx context.Context, id usher.AccountID, user usher.UserID) (AccountOfUser, bool, error) {
	snap, err := e.newest(ctx, id)
	switch {
	case errors.Is(err, usher.ErrUnknownAccount):
		return AccountOfUser{}, false, nil // erased since
	case isDamage(err):
		return AccountOfUser{Account: id, Err: err}, true, nil
	case err != nil:
		return AccountOfUser{}, false, err
	}
	now := snap.asOf(time.Time{})
	m, is := now.State.View(now.policy).User(user)
	return AccountOfUser{Account: id, Version: snap.version(), Member: m}, is, nil
}

// newest returns an account at the version that the store has at the time of the call, or at a later
// one, since the cache may be older if other instances write to the store. The account may be deleted,
// and need not fit the policy.
func (e *Engine) newest(ctx context.Context, id usher.AccountID) (*snapshot, error) {
	version := uint64(1)
	if versions, ok := e.store.(store.VersionReader); ok {
		list, err := versions.Versions(ctx, []usher.AccountID{id})
		switch {
		case err != nil:
			return nil, err
		case list[0] == store.Erased:
			return nil, usher.ErrUnknownAccount
		}
		version = max(version, list[0])
	}
	if snap := e.find(id); e.suffices(snap, version) {
		return snap, nil
	}
	l, err := e.pin(id)
	if err != nil {
		return nil, err
	}
	defer e.release(l)
	snap, err := e.await(ctx, l, version)
	switch {
	case err != nil:
		return nil, err
	case snap.version() == 0:
		return nil, usher.ErrUnknownAccount
	}
	return snap, nil
}

// IndexUsers completes the index of users of the store, and returns how many accounts it has added.
// It is needed once, after an upgrade from a version without the index, and after storecopy.Copy;
// instances of any version may write meanwhile. It reads each account that the index lacks. If ctx
// ends, a later call goes on from there. The error is that of AccountsOf; accounts that are damaged are
// left out, and the error names the first of them.
func (e *Engine) IndexUsers(ctx context.Context) (added int, err error) {
	index, err := e.userIndex()
	if err == nil {
		added, err = e.indexUsers(ctx, index, -1)
	}
	if err != nil {
		return added, wrapped("index the users of", "", err)
	}
	return added, nil
}

func (e *Engine) userIndex() (store.UserIndex, error) {
	if err := e.open(); err != nil {
		return nil, err
	}
	index, ok := e.store.(store.UserIndex)
	if !ok {
		return nil, ErrNoUserIndex
	}
	return index, nil
}

// indexUsers adds accounts that the index lacks. With a limit of 0 or more, it returns ErrNotIndexed
// if there are more, and ignores damaged ones.
func (e *Engine) indexUsers(ctx context.Context, index store.UserIndex, limit int) (added int, err error) {
	var damaged error
	for id, err := range index.Unindexed(ctx, "") {
		if err != nil {
			return added, err
		}
		if added == limit {
			return added, printable.Errorf("%w: it lacks %d accounts and more, such as %s", ErrNotIndexed, limit+1, id)
		}
		err = e.indexAccount(ctx, index, id)
		switch {
		case errors.Is(err, store.ErrErased), errors.Is(err, usher.ErrUnknownAccount):
		case isDamage(err):
			if damaged == nil && limit < 0 {
				damaged = printable.Errorf("%s: %w", id, err)
			}
		case err != nil:
			return added, err
		default:
			added++
		}
	}
	return added, damaged
}

func (e *Engine) indexAccount(ctx context.Context, index store.UserIndex, id usher.AccountID) error {
	snap, err := e.newest(ctx, id)
	if errors.Is(err, usher.ErrUnknownAccount) { // the index removes what it has of an erased account
		return index.IndexUsers(ctx, id, 1, nil)
	}
	if err != nil {
		return err
	}
	users := make([]usher.UserID, 0, snap.Users())
	for m := range snap.State.View(nil).AllUsers() {
		users = append(users, m.ID)
	}
	return index.IndexUsers(ctx, id, snap.version(), users)
}

// usersChanged returns which users the changes add and remove.
func usersChanged(before, after *account.State, changes []account.Change) store.Users {
	users := store.Users{Known: true, Cleared: after.Deleted()}
	for _, id := range account.UsersOf(changes...) {
		was, _ := before.User(id)
		is, _ := after.User(id)
		switch {
		case was == nil && is != nil:
			users.Added = append(users.Added, id)
		case was != nil && is == nil && !users.Cleared:
			users.Removed = append(users.Removed, id)
		}
	}
	return users
}
