package store

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
)

// UserIndex is a Store that finds the accounts of a user. The entries of a journal state which users
// they add and remove, and the store keeps an index of them. The contract of Store applies to it
// too.
//
// The index has an account if it has the users of the account after its last commit. It loses the
// account by an entry that states nothing about users: Users.Known is false, or an earlier version
// of the store wrote it. IndexUsers gives it the account again. For an account that it does not
// have, AccountsOf may yield too much or too little.
type UserIndex interface {
	Store

	// AccountsOf yields the ids of the accounts that have the user in the index and whose id is
	// greater than after, sorted by their bytes. It does not yield erased accounts. For a user id
	// that is empty or longer than MaxID, it yields ErrInvalid.
	AccountsOf(ctx context.Context, user usher.UserID, after usher.AccountID) iter.Seq2[usher.AccountID, error]

	// Unindexed yields the ids of the accounts that the index does not have and whose id is greater
	// than after, sorted by their bytes. An erased account is among them if the index still has users
	// of it. If the index has all accounts, the call is fast.
	Unindexed(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error]

	// IndexUsers replaces the users that the index has of an account by those after the commit of a
	// version. If the index has the account at that version or a later one, nothing changes. If the account
	// has later commits, the index still does not have it. For a version after the last commit,
	// IndexUsers returns ErrGap, and for version 0 or an invalid user id ErrInvalid. For an erased
	// account, it removes the users and returns ErrErased.
	IndexUsers(ctx context.Context, account usher.AccountID, version uint64, users []usher.UserID) error
}

// Users states which users of an account an Entry adds and removes, for a UserIndex. Other stores
// ignore it. The index changes together with the journal: after a read of the index that shows the
// change, every read shows the entry, and after an error of Append that says that nothing was
// stored, the index is unchanged. The zero Users states nothing.
type Users struct {
	Known   bool // Added and Removed contain all such users
	Added   []usher.UserID
	Removed []usher.UserID // none of Added
	Cleared bool           // all users but Added are removed
}
