package store

import (
	"context"
	"iter"
	"math"

	"github.com/usher-go/usher"
)

// Tx reads and writes journals inside a transaction of the host application, so that usher's
// changes and the host's own rows are committed together, or neither. The module of a store makes
// a Tx from the host's transaction; the host begins and ends the transaction. The contract of Store
// applies to a Tx too, except where it says otherwise.
//
// A Tx never begins, commits or rolls back a transaction. Like the transaction, it may be used by
// one goroutine at a time, and by the bodies of its loops. The store keeps no state of a Tx: after a
// rollback, also to a savepoint, nothing of it remains, and the rolled-back versions are free again.
//
// Reads see the transaction's own commits. Others see them after the transaction has committed.
//
// After a rejection the transaction is still usable, as if the call had not been made. After
// ErrRetry the transaction is lost: the host must roll it back, and may run it again from its
// beginning. Any other error may have ended the transaction too.
type Tx interface {
	// Lock returns the position of an account's journal as the transaction sees it. With ShareLock
	// or WriteLock it also locks the account until the transaction ends. It waits for other
	// transactions that have locked the account, and returns ErrNotStored or ErrRetry if that takes
	// too long. An account without commits has the zero Position, and Lock cannot lock it. For an
	// erased account, Lock returns ErrErased.
	Lock(ctx context.Context, account usher.AccountID, mode LockMode) (Position, error)

	// Append does what Store.Append does. The entry is stored when the transaction commits.
	Append(ctx context.Context, account usher.AccountID, e Entry) error

	// Commits does what Store.Commits does.
	Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[Commit, error]

	// Snapshot does what Store.Snapshot does.
	Snapshot(ctx context.Context, account usher.AccountID) (Snapshot, error)

	// Record does what UserDataStore.Record does. A store that is not a UserDataStore returns
	// ErrNoUserData.
	Record(ctx context.Context, account usher.AccountID, user usher.UserID) ([]byte, error)
}

// LockMode states how Tx.Lock locks an account.
type LockMode uint8

// The modes. The zero value locks nothing.
const (
	NoLock    LockMode = iota // only reads the position
	ShareLock                 // delays commits of others to the account; others may hold it too
	WriteLock                 // excludes all other locks and commits
)

// Position is where the journal of an account ends for a transaction. The zero Position is that of
// an account without commits.
type Position struct {
	Last uint64 // the version of the last commit that the transaction sees

	// Committed is the version of a commit that others see too. Commits after it may be the
	// transaction's own. A store that does not know it returns 0.
	Committed uint64
}

// Transactor is a Store that can run a transaction of its own.
type Transactor interface {
	Store

	// InTx begins a transaction, calls f once, and commits if f returns nil. If f returns an error
	// or panics, InTx rolls back, and returns the error of f or goes on with the panic. The Tx must
	// not be used after f has returned. If the commit fails, IsRejected reports whether the
	// transaction has certainly stored nothing.
	InTx(ctx context.Context, f func(Tx) error) error
}

// VersionReader is a Store that reads the versions of many accounts at once.
type VersionReader interface {
	Store

	// Versions returns the version of the last commit of each account, in the order of the ids: 0
	// for an account without commits, and Erased for an erased account. It reads all versions from
	// one state of the store, or each from a state after the call began.
	Versions(ctx context.Context, accounts []usher.AccountID) ([]uint64, error)
}

// Erased is the version that VersionReader returns for an erased account.
const Erased uint64 = math.MaxUint64
