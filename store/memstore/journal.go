package memstore

import (
	"slices"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// journal contains all data of one account. The elements of its slices do not change; slices are
// only replaced or extended. A reader therefore needs the lock only to copy the slice header.
type journal struct {
	mu         sync.RWMutex
	erased     bool
	commits    [][]byte // commits[0] has version 1
	snapshot   store.Snapshot
	records    map[usher.UserID][]byte
	lastActive map[usher.UserID]int64 // Unix time in milliseconds
}

func (j *journal) append(e store.Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.erased {
		return store.ErrErased
	}
	if err := e.CheckNext(uint64(len(j.commits))); err != nil {
		return err
	}
	j.commits = append(j.commits, e.Data)
	for _, r := range e.Records {
		if len(r.Data) == 0 {
			delete(j.records, r.User)
			delete(j.lastActive, r.User)
			continue
		}
		if j.records == nil {
			j.records = map[usher.UserID][]byte{}
		}
		j.records[r.User] = r.Data
	}
	return nil
}

// after returns the commits after a version. Callers must not change them.
func (j *journal) after(version uint64) ([][]byte, error) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if j.erased {
		return nil, store.ErrErased
	}
	return j.commits[min(version, uint64(len(j.commits))):], nil
}

func (j *journal) save(s store.Snapshot) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.erased {
		return store.ErrErased
	}
	if err := s.CheckLast(uint64(len(j.commits))); err != nil {
		return err
	}
	if s.Version >= j.snapshot.Version {
		j.snapshot = s
	}
	return nil
}

func (j *journal) latestSnapshot() (store.Snapshot, error) {
	j.mu.RLock()
	s, erased := j.snapshot, j.erased
	j.mu.RUnlock()
	if erased {
		return store.Snapshot{}, store.ErrErased
	}
	s.Data = slices.Clone(s.Data)
	return s, nil
}

// exists reports whether the account has commits. An erased account has none.
func (j *journal) exists() bool {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return len(j.commits) > 0
}

func (j *journal) isErased() bool {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.erased
}

func (j *journal) erase() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.erased = true
	j.commits, j.snapshot, j.records, j.lastActive = nil, store.Snapshot{}, nil, nil
}
