package natsstore

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nuid"
)

// Confirm implements store.Confirmer. It publishes one barrier in each partition, however many accounts
// there are. A barrier that comes back was stored by a majority, and comes after all that a majority
// stored before it: so a loop that received it in each partition has all hints of earlier commits, or
// has found from the sequences that some are missing.
func (s *Store) Confirm(ctx context.Context) (mark uint64, err error) {
	err = s.call(ctx, "confirm", "", 0, func() error {
		nonce := nuid.Next()
		mark = s.feeds.await(nonce, len(s.partitions))
		errs := make([]error, len(s.partitions))
		var all sync.WaitGroup
		for n, p := range s.partitions {
			all.Go(func() {
				t := s.tries(ctx)
				for {
					_, errs[n] = s.publish(ctx, p.journal, newMessage(p.journal.barrier, nil, headerRollup, "sub", headerNonce, nonce))
					if errs[n] == nil {
						return
					}
					if errs[n] = t.again(errs[n]); errs[n] != nil {
						return
					}
				}
			})
		}
		all.Wait()
		return errors.Join(errs...)
	})
	if err != nil {
		return 0, err
	}
	return mark, nil
}

// feeds are the running loops of Watch. The zero value has none.
type feeds struct {
	mu    sync.Mutex
	all   map[*feed]bool
	marks uint64 // of Confirm so far
}

func (fs *feeds) add(f *feed) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.all == nil {
		fs.all = map[*feed]bool{}
	}
	fs.all[f] = true
}

func (fs *feeds) remove(f *feed) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.all, f)
}

// await makes each feed yield a new mark after it has received a barrier with a nonce in each partition.
// The barriers must be published afterwards.
func (fs *feeds) await(nonce string, partitions int) (mark uint64) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.marks++
	for f := range fs.all {
		f.mu.Lock()
		if len(f.marks) == maxAwaited {
			f.marks = f.marks[1:]
		}
		f.marks = append(f.marks, &awaited{mark: fs.marks, nonce: nonce, came: make([]bool, partitions), missing: partitions})
		f.mu.Unlock()
	}
	return fs.marks
}

// awaited is a call of Confirm whose barriers have not all come.
type awaited struct {
	mark    uint64
	nonce   string
	came    []bool // the barrier of a partition
	missing int    // how many have not
}

// maxAwaited limits the calls that a feed remembers whose barriers do not come. It forgets the oldest.
const maxAwaited = 64

// came notes the barrier of a partition. It needs f.mu.
func (f *feed) came(nonce string, partition int) {
	for i, a := range f.marks {
		if a.nonce != nonce || a.came[partition] {
			continue
		}
		a.came[partition] = true
		if a.missing--; a.missing == 0 {
			f.confirmed = a.mark
			f.marks = f.marks[i+1:] // a mark stands for all before it
		}
		return
	}
}
