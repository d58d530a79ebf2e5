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
	locks      locks
	erased     bool
	commits    [][]byte // commits[0] has version 1
	snapshot   store.Snapshot
	records    map[usher.UserID][]byte
	lastActive map[usher.UserID]int64 // Unix time in milliseconds
}

// accepts returns an error if the entry cannot be the next one after the commits and a number of
// commits that are not applied yet. The caller has locked the journal.
func (j *journal) accepts(e store.Entry, pending int) error {
	if j.erased {
		return store.ErrErased
	}
	return e.CheckNext(uint64(len(j.commits) + pending))
}

// apply appends the entry. The caller has locked the journal, and accepts has returned nil.
func (j *journal) apply(e store.Entry) {
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

// record returns a copy of the user's record.
func (j *journal) record(user usher.UserID) ([]byte, error) {
	if err := store.CheckUser(user); err != nil {
		return nil, err
	}
	j.mu.RLock()
	data, erased := j.records[user], j.erased
	j.mu.RUnlock()
	if erased {
		return nil, store.ErrErased
	}
	return slices.Clone(data), nil
}

// version returns the version of the last commit, and store.Erased for an erased account.
func (j *journal) version() uint64 {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if j.erased {
		return store.Erased
	}
	return uint64(len(j.commits))
}

// erase removes all data. The caller has locked the journal.
func (j *journal) erase() {
	j.erased = true
	j.commits, j.snapshot, j.records, j.lastActive = nil, store.Snapshot{}, nil, nil
}
