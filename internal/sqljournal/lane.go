package sqljournal

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Limits of a group, the entries that share a transaction.
const (
	maxGroup      = 256     // entries
	maxGroupBytes = 4 << 20 // bytes; entries of more bytes are stored alone
)

// lane stores the entries of different accounts in groups, one group at a time, so that they share
// the costs of a transaction. The first caller does not wait for others: it stores its entry at
// once. Callers that come meanwhile form the next group, which one of them stores for all.
type lane struct {
	mu      sync.Mutex
	busy    bool
	waiting []*waiter
}

// waiter is a call that waits for its turn.
type waiter struct {
	entry *entry
	size  int
	err   error
	group []*waiter     // set for the caller that stores the group
	turn  chan struct{} // closed after err, or group, is set
}

// appendGrouped stores an entry together with those of other callers. It returns nil and leaves
// entry.stored false if the entry must be stored alone.
func (j *Journal) appendGrouped(ctx context.Context, e *entry) error {
	w := &waiter{entry: e, size: e.size(), turn: make(chan struct{})}
	if j.Dialect.ownStatement() && (e.Version == 1 || w.size > maxGroupBytes) {
		// A new row cannot be stored without a wait for others that store the same.
		return j.appendAlone(ctx, e)
	}
	l := &j.lane
	l.mu.Lock()
	if l.busy {
		l.waiting = append(l.waiting, w)
		l.mu.Unlock()
		select {
		case <-w.turn:
		case <-ctx.Done():
			if l.cancel(w) {
				return printable.Errorf("%w: %w", store.ErrNotStored, ctx.Err())
			}
			<-w.turn
		}
	} else {
		l.busy = true
		l.mu.Unlock()
		w.group = []*waiter{w}
	}
	if w.group == nil {
		return w.err
	}
	j.lead(ctx, w)
	return w.err
}

// errAborted is the outcome for the callers of a group if the goroutine that stores it panics.
var errAborted = errors.New("the call that stored this entry with its own was aborted")

// lead stores the group of a caller, and then passes the lane on, even after a panic.
func (j *Journal) lead(ctx context.Context, w *waiter) {
	for _, other := range w.group {
		other.err = errAborted
	}
	defer func() {
		j.lane.pass()
		for _, other := range w.group {
			if other != w {
				close(other.turn)
			}
		}
	}()
	j.storeGroup(ctx, w.group)
}

func (e *entry) size() int {
	size := len(e.Data)
	for _, r := range e.Records {
		size += len(r.User) + len(r.Data)
	}
	return size
}

// cancel removes a caller that waits. It reports false if its group has begun.
func (l *lane) cancel(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.waiting, w)
	if i < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	return true
}

// pass makes the first caller that waits store the next group.
func (l *lane) pass() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.busy = false
		return
	}
	var group, rest []*waiter
	accounts, size := map[string]bool{}, 0
	for _, w := range l.waiting {
		account := string(w.entry.account)
		if len(group) == maxGroup || len(group) > 0 && size+w.size > maxGroupBytes || accounts[account] {
			rest = append(rest, w)
			continue
		}
		accounts[account] = true
		size += w.size
		group = append(group, w)
	}
	l.waiting = rest
	group[0].group = group
	close(group[0].turn)
}

// storeGroup stores a group and sets the errors of its callers. A caller whose entry neither is
// stored nor has an error must store it alone.
//
// The context is that of one of the callers. It ends only the wait for a connection; the others then
// wait for a connection of their own.
func (j *Journal) storeGroup(ctx context.Context, group []*waiter) {
	entries := make([]*entry, len(group))
	for i, w := range group {
		entries[i] = w.entry
	}
	slices.SortFunc(entries, func(a, b *entry) int { return bytes.Compare([]byte(a.account), []byte(b.account)) })
	err := j.store(ctx, entries, func(c Conn) (err error) {
		if len(entries) == 1 {
			entries[0].stored, err = j.Dialect.append(ctx, c, entries[0], noWait)
			return err
		}
		return j.Dialect.group(ctx, c, entries)
	})
	if store.IsRejected(err) && len(group) > 1 {
		err = nil // an entry alone may be stored although the group was rejected
	}
	for _, w := range group {
		w.err = err
	}
}
