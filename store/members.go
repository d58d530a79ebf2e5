package store

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
)

// MembersStore is a Store that keeps tables of members beside the journals, which a host
// application can join with its own tables. Each commit and its rows are stored together. The
// documentation of the module of a store describes the tables. For a store that was opened without
// them, both methods return an error.
type MembersStore interface {
	Store

	// RebuildMembers replaces the rows of accounts, each in a transaction of its own. Without ids,
	// it does so for every account that the tables lack, and for every account that a version of usher
	// wrote that does not know all tables. It returns ErrErased for the id of an
	// erased account, and usher.ErrUnknownAccount for one without commits. An account whose ids
	// cannot be stored as text is skipped, and is in the error that RebuildMembers returns after all
	// others; that error is ErrRefused.
	//
	// Commits may be stored meanwhile. After an error, the accounts so far are rebuilt, and another
	// call continues.
	RebuildMembers(ctx context.Context, accounts ...usher.AccountID) error

	// CheckMembers compares the tables with the journals, and yields each difference: first those of
	// each account, then accounts that have rows and no journal. Commits may be stored meanwhile. It
	// yields an account whose journal cannot be read as a difference. After an error the loop ends.
	CheckMembers(ctx context.Context) iter.Seq2[MembersDifference, error]
}

// MembersDifference is a difference between the tables of members and the journal of an account.
type MembersDifference struct {
	Account usher.AccountID
	Text    string // such as "members of acme: user_id mia has role admin (want staff)"; safe to print
}
