package store

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
)

// Watcher is a Store that tells when accounts have new commits. It hints: a hint
// may come twice, late, or for several commits at once, and who missed one finds
// out by reading.
type Watcher interface {
	Store

	// Watch yields the ids of accounts that may have new commits or were erased,
	// whoever changed them. The first that it yields is "", which stands for any
	// account: from then on it watches, so that nothing falls between reading and
	// watching. It yields "" again where it may have missed something.
	//
	// A body that is slow holds up no Append. The loop ends without an error when
	// the context is done, unless it was done before; any error ends it too.
	Watch(ctx context.Context) iter.Seq2[usher.AccountID, error]
}
