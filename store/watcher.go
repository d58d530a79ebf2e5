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

	// Watch yields the ids of accounts that may have new commits or were erased, whichever process
	// changed them. The first value is "", which stands for any account: it shows that watching has
	// begun, so that a caller that reads afterwards misses no change. Watch yields "" again if it
	// may have missed a change. A store that finds changes by polling yields the ids of the changed
	// accounts, since a caller may have to read every account after "".
	//
	// A slow loop body does not delay Append. The loop ends without an error when the context is
	// done, unless the context was done before the loop; any error ends it too.
	Watch(ctx context.Context) iter.Seq2[usher.AccountID, error]
}
