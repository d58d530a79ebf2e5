package engine

import (
	"fmt"
	"slices"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
)

// MaxChanged limits the commits in a ChangedError.
const MaxChanged = 100

// ChangedError is the error of a batch whose Expect is no longer true. It matches
// ErrChanged with errors.Is. Its commits name users and other parts of the account: show
// them only to users who may see these.
type ChangedError struct {
	Expected uint64            // Batch.Expect
	Version  uint64            // the version on which the batch was evaluated
	Commits  []*account.Commit // the commits since Expected that concern the batch, oldest first, at most MaxChanged
}

// Error returns text such as "what the batch names has changed since version 7: version 9 by
// mia; read the account again, and submit with its new version".
func (e *ChangedError) Error() string {
	text := fmt.Sprintf("%s version %d", ErrChanged, e.Expected)
	if n := len(e.Commits); n > 0 {
		last := e.Commits[n-1]
		text += fmt.Sprintf(": version %d by %s", last.Version, last.Actor)
		if n > 1 {
			text += fmt.Sprintf(", and %d before it", n-1)
		}
	}
	return text + "; read the account again, and submit with its new version"
}

// Is matches ErrChanged.
func (e *ChangedError) Is(target error) bool { return target == ErrChanged }

// Refused returns the code of ErrChanged. usherhttp derives its response from it.
func (e *ChangedError) Refused() string { return changed.code }

// expected returns an error if what the batch names has changed since Batch.Expect.
func expected(records *recordCache, b *Batch) error {
	snap := records.snap
	switch {
	case b.Expect == 0 || b.Expect == snap.version():
		return nil
	case b.Expect > snap.version():
		return printable.Errorf("%w: the newest is %d, and the batch expects %d", ErrFutureVersion, snap.version(), b.Expect)
	}
	concerns := account.Concerns(b.Actor, b.Commands...)
	var since []*account.Commit
	for stored, err := range records.from.Commits(records.ctx, snap.id, b.Expect) {
		if err != nil {
			return err
		}
		if stored.Version > snap.version() || len(since) == MaxChanged {
			break
		}
		c, err := decode(snap.id, stored)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(c.Changes, concerns) {
			since = append(since, c)
		}
	}
	if len(since) == 0 {
		return nil
	}
	return &ChangedError{Expected: b.Expect, Version: snap.version(), Commits: since}
}
