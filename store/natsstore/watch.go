package natsstore

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// The leader of a journal stream republishes each message, without its data, to all servers. The
// sequences show whether one was lost; and each Watch publishes a barrier where nothing was
// republished for a while, so that a loss is found also without later commits.

// quietFor is the time without a message of a stream after which Watch publishes a barrier.
const quietFor = 2 * time.Second

// Watch implements store.Watcher.
func (s *Store) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return func(yield func(store.Hint, error) bool) {
		fail := func(err error) { yield(store.Hint{}, &store.Error{Op: "watch", Err: err}) }
		var f *feed
		err := s.during(ctx, func() (err error) {
			f, err = s.follow()
			return err
		})
		if err != nil {
			fail(err)
			return
		}
		s.feeds.add(f)
		defer func() {
			s.feeds.remove(f)
			f.end()
		}()
		if err := f.begin(ctx); err != nil {
			if ctx.Err() == nil && s.ctx.Err() == nil {
				fail(err)
			}
			return
		}
		f.miss()
		timer := time.NewTicker(quietFor / 2)
		defer timer.Stop()
		for {
			for _, hint := range f.take() {
				if !yield(hint, nil) {
					return
				}
			}
			select {
			case <-f.changed:
			case <-timer.C:
				f.tick()
			case <-ctx.Done():
				return
			case <-s.ctx.Done():
				return
			}
		}
	}
}

// feed receives the republished messages of all partitions.
type feed struct {
	s       *Store
	prefix  string
	sub     *nats.Subscription
	changed chan struct{} // contains a value if there are hints

	mu         sync.Mutex
	hints      map[usher.AccountID]uint64 // the highest version, or 0 for unknown
	all        bool                       // any account may have changed
	marks      []*awaited                 // calls of Confirm, in ascending order
	confirmed  uint64                     // the mark to yield, or 0
	partitions []feedPartition
	reconnects uint64
}

// feedPartition is what a feed knows of a partition.
type feedPartition struct {
	seq   uint64    // of the latest message
	heard time.Time // when it came
}

// maxHints limits the memory of a feed; with more accounts, all are read again.
const maxHints = 1 << 16

// follow subscribes to the republished messages.
func (s *Store) follow() (*feed, error) {
	f := &feed{
		s: s, prefix: s.options.Name + ".", changed: make(chan struct{}, 1),
		hints:      map[usher.AccountID]uint64{},
		partitions: make([]feedPartition, len(s.partitions)),
		reconnects: s.nc.Stats().Reconnects,
	}
	var err error
	if f.sub, err = s.nc.Subscribe(f.prefix+"*.h.>", f.received); err != nil {
		return nil, printable.Errorf("subscribe: %w", printable.Error(err))
	}
	return f, nil
}

func (f *feed) end() {
	if f.sub.IsValid() {
		_ = f.sub.Unsubscribe()
	}
}

// begin waits until a barrier of each partition came back, which shows that all servers know the
// subscription.
func (f *feed) begin(ctx context.Context) error {
	t := f.s.tries(ctx)
	for n := range f.s.partitions {
		for !f.heard(n) {
			if err := f.s.ctx.Err(); err != nil {
				return err
			}
			err := f.s.during(ctx, func() error {
				_, err := f.s.barrier(ctx, f.s.partitions[n].journal)
				return err
			})
			if err == nil {
				err = errBehind
			}
			if f.heard(n) {
				break
			}
			if err := t.again(err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *feed) heard(n int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.partitions[n].seq > 0
}

// received handles a message: PREFIX.PARTITION.h.KIND.ACCOUNT, or b as the kind of a barrier.
func (f *feed) received(m *nats.Msg) {
	number, rest, _ := strings.Cut(strings.TrimPrefix(m.Subject, f.prefix), ".h.")
	n, err := strconv.Atoi(number)
	seq, seqErr := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil || seqErr != nil || n < 0 || n >= len(f.partitions) {
		return
	}
	f.mu.Lock()
	p := &f.partitions[n]
	if p.seq > 0 && seq != p.seq+1 {
		f.all = true // messages were lost, or come in another order, or the stream was rolled back
	}
	p.seq, p.heard = seq, time.Now()
	if text, found := strings.CutPrefix(rest, kindCommits+"."); found {
		if id, err := idText.DecodeString(text); err == nil && !f.all {
			f.add(usher.AccountID(id), hintedVersion(m.Header))
		}
		f.all = f.all || len(f.hints) > maxHints
	}
	if nonce := m.Header.Get(headerNonce); nonce != "" && rest == kindBarrier {
		f.came(nonce, n)
	}
	wake := f.all || len(f.hints) > 0 || f.confirmed > 0
	f.mu.Unlock()
	if wake {
		f.wake()
	}
}

// hintedVersion returns the version of a republished commit, and 0 for a tombstone.
func hintedVersion(h nats.Header) uint64 {
	version, err := strconv.ParseUint(h.Get(headerVersion), 10, 64)
	if err != nil || h.Get(headerErased) != "" {
		return 0
	}
	return version
}

// add adds a hint. It needs f.mu.
func (f *feed) add(id usher.AccountID, version uint64) {
	if before, known := f.hints[id]; known && (before == 0 || version == 0) {
		version = 0
	} else {
		version = max(before, version)
	}
	f.hints[id] = version
}

func (f *feed) wake() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// miss notes that hints may be missing.
func (f *feed) miss() {
	f.mu.Lock()
	f.all = true
	f.mu.Unlock()
	f.wake()
}

// take returns the hints, or the zero Hint if some may be missing, and then the mark.
func (f *feed) take() (hints []store.Hint) {
	n := f.s.nc.Stats().Reconnects
	f.mu.Lock()
	defer f.mu.Unlock()
	if n != f.reconnects { // hints may be missing, also where the sequences go on
		f.reconnects, f.all = n, true
	}
	if f.all {
		hints = append(hints, store.Hint{})
	} else {
		for id, version := range f.hints {
			hints = append(hints, store.Hint{Account: id, Version: version})
		}
	}
	if f.confirmed > 0 {
		hints = append(hints, store.Hint{Mark: f.confirmed})
	}
	f.all, f.confirmed = false, 0
	clear(f.hints)
	return hints
}

// tick publishes barriers where no message came for a while.
func (f *feed) tick() {
	now := time.Now()
	for n, p := range f.s.partitions {
		f.mu.Lock()
		quiet := now.Sub(f.partitions[n].heard) > quietFor
		f.mu.Unlock()
		if quiet {
			_ = f.s.replies.send(newMessage(p.journal.barrier, nil, headerRollup, "sub"))
		}
	}
}
