package sqljournal

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Limits of a group, the entries that share a transaction.
const (
	maxGroup      = 256     // entries
	maxGroupBytes = 4 << 20 // bytes; entries of more bytes are stored alone
)

// Limits of the wait for more entries.
const (
	maxGather = 10 * time.Millisecond
	maxMisses = 11 // a leader waits after at most 1024 groups
)

// lane stores the entries of different accounts in groups, one group at a time, so that they share
// the costs of a transaction. A caller that finds the lane free stores its entry at once. Callers
// that come meanwhile form the next group, which the first of them, the leader, stores for all.
//
// Callers whose entries have just been stored often come again. Without a wait for them, half of the
// callers would be in one group and half in the next. So a leader waits, for at most half the time
// that the last group took, until there are as many entries as there were then. If they do not come,
// the next wait is after one group, then after two, four, and so on. A single caller never waits.
type lane struct {
	mu      sync.Mutex
	busy    bool // there is a leader
	waiting []*waiter

	want   int           // the number of entries for which the next leader waits
	until  time.Time     // when this wait ends
	enough chan struct{} // closed when there are as many; nil unless a leader waits

	misses int // consecutive waits in vain
	skip   int // groups after which no leader waits
}

// waiter is a call that waits for its turn.
type waiter struct {
	entry *entry
	size  int
	err   error
	leads bool          // it stores the next group
	turn  chan struct{} // closed after err, or leads, is set
}

// appendGrouped stores an entry together with those of other callers. It returns nil and leaves
// entry.stored false if the entry must be stored alone.
func (j *Journal) appendGrouped(ctx context.Context, e *entry) error {
	w := &waiter{entry: e, size: e.size(), turn: make(chan struct{})}
	if j.dialect.ownStatement() && (e.Version == 1 || w.size > maxGroupBytes) {
		// A new row cannot be stored without a wait for others that store the same.
		return j.appendAlone(ctx, e)
	}
	if !j.lane.enter(w) {
		select {
		case <-w.turn:
		case <-ctx.Done():
			if j.lane.cancel(w) {
				return notBegun(ctx)
			}
			<-w.turn
		}
	}
	if w.leads {
		j.lead(ctx, w)
	}
	return w.err
}

// notBegun is the error of a call whose context was done before its entry was written.
func notBegun(ctx context.Context) error {
	return printable.Errorf("%w: %w", store.ErrNotStored, ctx.Err())
}

// enter makes a caller the leader if there is none. Otherwise it returns false, and the caller must
// wait.
func (l *lane) enter(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.busy {
		l.busy, w.leads = true, true
		return true
	}
	l.waiting = append(l.waiting, w)
	if l.enough != nil && l.has() >= l.want {
		close(l.enough)
		l.enough = nil
	}
	return false
}

// has returns the number of entries that wait, with that of the leader. It needs l.mu.
func (l *lane) has() int { return 1 + len(l.waiting) }

// cancel removes a caller that waits. It reports false if it was in a group, or has become the
// leader.
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

// errAborted is the outcome for the callers of a group if the goroutine that stores it panics.
var errAborted = errors.New("the call that stored this entry with its own was aborted")

// lead stores the group of a leader, and then passes the lane on, even after a panic.
func (j *Journal) lead(ctx context.Context, w *waiter) {
	l := &j.lane
	l.gather(ctx)
	if ctx.Err() != nil {
		w.err = notBegun(ctx)
		l.pass()
		return
	}
	group := l.take(w)
	for _, member := range group {
		member.err = errAborted
	}
	began := time.Now()
	defer func() {
		l.expect(len(group), time.Since(began))
		l.pass()
		for _, member := range group {
			if member != w {
				close(member.turn)
			}
		}
	}()
	j.storeGroup(ctx, group)
}

// gather waits until there are as many entries as the lane wants, or no longer.
func (l *lane) gather(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	wait := time.Until(l.until)
	if l.has() >= l.want || wait <= 0 {
		return
	}
	enough := make(chan struct{})
	l.enough = enough
	l.mu.Unlock()
	timer := time.NewTimer(wait)
	select {
	case <-enough:
	case <-timer.C:
	case <-ctx.Done():
	}
	timer.Stop()
	l.mu.Lock()
	l.enough = nil
	switch {
	case l.has() >= l.want:
		l.misses = 0
	case ctx.Err() == nil:
		l.misses = min(l.misses+1, maxMisses)
		l.skip = 1 << (l.misses - 1)
	}
}

// take removes and returns the group of a leader: at most one entry of each account, and no more
// entries or bytes than a statement may have. The others stay in their order.
func (l *lane) take(leader *waiter) []*waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	group, rest := []*waiter{leader}, []*waiter(nil)
	accounts, size := map[string]bool{string(leader.entry.account): true}, leader.size
	for _, w := range l.waiting {
		account := string(w.entry.account)
		if len(group) == maxGroup || size+w.size > maxGroupBytes || accounts[account] {
			rest = append(rest, w)
			continue
		}
		accounts[account] = true
		size += w.size
		group = append(group, w)
	}
	l.waiting = rest
	return group
}

// expect notes how long a group took. The next leader waits for all callers that there were at its
// end.
func (l *lane) expect(stored int, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.skip > 0 {
		l.skip--
		l.want = 0
		return
	}
	l.want = min(stored+len(l.waiting), maxGroup)
	l.until = time.Now().Add(min(took/2, maxGather))
}

// pass makes the first caller that waits the leader.
func (l *lane) pass() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.busy = false
		return
	}
	next := l.waiting[0]
	l.waiting = l.waiting[1:]
	next.leads = true
	close(next.turn)
}

func (e *entry) size() int {
	size := len(e.Data)
	for _, r := range e.Records {
		size += len(r.User) + len(r.Data)
	}
	for _, users := range [][][]byte{e.added, e.left} {
		for _, user := range users {
			size += len(user)
		}
	}
	return size
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
			entries[0].stored, err = j.dialect.append(ctx, c, entries[0], noWait)
			return err
		}
		return j.dialect.group(ctx, c, entries)
	})
	if store.IsRejected(err) && len(group) > 1 {
		err = nil // an entry alone may be stored although the group was rejected
	}
	for _, w := range group {
		w.err = err
	}
}
