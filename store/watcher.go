package store

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
)

// Watcher is a Store that notifies callers of new commits. A notification is a hint: it may come
// twice, late, or once for several commits, and a caller that missed one finds the commits by
// reading.
type Watcher interface {
	Store

	// Watch yields hints for accounts that may have new commits or were erased, whichever process
	// changed them. The first value is the zero Hint, which stands for any account: it shows that
	// watching has begun, so that a caller that reads afterwards misses no change. Watch yields it
	// again if it may have missed a change. A store that finds changes by polling yields hints for
	// the changed accounts, since a caller may have to read every account after the zero Hint.
	//
	// A slow loop body does not delay Append. The loop ends without an error when the context is
	// done, unless the context was done before the loop; any error ends it too.
	Watch(ctx context.Context) iter.Seq2[Hint, error]
}

// Hint is what Watch yields. The zero Hint stands for any account.
type Hint struct {
	Account usher.AccountID

	// Version is the version of a commit of the account. A caller that has it need not read. It is
	// 0 if the store does not know it, or if the account was erased.
	Version uint64

	// Mark is not 0 only in the answer to a call of Confirm. Such a hint is about no account.
	Mark uint64
}

// Confirmer is a Watcher that shows for all accounts together which of them have not changed. A
// caller thus finds out with one call that everything it has in memory is current.
type Confirmer interface {
	Watcher

	// Confirm makes the loops of Watch that run on this value yield a hint with a mark of at least
	// the mark that it returns. Before it, such a loop yields a hint for each commit and each
	// erasure that was acknowledged before the call began and after the loop began, or the zero
	// Hint. Marks ascend. A caller waits for its loop, and not only for Confirm: a loop that has
	// ended, or does not reach the storage, yields no mark. After an error no loop need yield one.
	Confirm(ctx context.Context) (mark uint64, err error)
}
