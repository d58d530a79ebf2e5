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
	shortened  uint64   // the version of the last commit that Shorten deleted
	seal       []byte   // of Shorten
	commits    [][]byte // commits[0] has version shortened+1
	snapshot   store.Snapshot
	records    map[usher.UserID][]byte
	lastActive map[usher.UserID]int64 // Unix time in milliseconds
	indexed    uint64                 // the version of users
	users      map[usher.UserID]bool  // of the index
}

// accepts returns an error if the entry cannot be the next one after the commits and a number of
// commits that are not applied yet. The caller has locked the journal.
func (j *journal) accepts(e store.Entry, pending int) error {
	if j.erased {
		return store.ErrErased
	}
	return e.CheckNext(j.last() + uint64(pending))
}

// apply appends the entry. The caller has locked the journal, and accepts has returned nil.
func (j *journal) apply(e store.Entry) {
	j.commits = append(j.commits, e.Data)
	j.index(e)
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

// last returns the version of the last commit. The caller has locked the journal.
func (j *journal) last() uint64 { return j.shortened + uint64(len(j.commits)) }

// after returns the commits after a version. Callers must not change them.
func (j *journal) after(version uint64) ([][]byte, error) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	switch {
	case j.erased:
		return nil, store.ErrErased
	case version < j.shortened:
		return nil, &store.ShortenedError{UpTo: j.shortened, Seal: slices.Clone(j.seal)}
	}
	return slices.Clip(j.commits[min(version-j.shortened, uint64(len(j.commits))):]), nil
}

// shorten deletes the commits up to a version.
func (j *journal) shorten(upTo uint64, seal []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.erased {
		return store.ErrErased
	}
	if err := store.CheckShorten(upTo, seal, j.snapshot.Version); err != nil || upTo <= j.shortened {
		return err
	}
	j.commits = slices.Clone(j.commits[upTo-j.shortened:]) // loops keep the old ones
	j.shortened, j.seal = upTo, slices.Clone(seal)
	return nil
}

func (j *journal) save(s store.Snapshot) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.erased {
		return store.ErrErased
	}
	if err := s.CheckLast(j.last()); err != nil {
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
	return j.last()
}

// erase removes all data. The caller has locked the journal.
func (j *journal) erase() {
	j.erased = true
	j.commits, j.snapshot, j.records, j.lastActive = nil, store.Snapshot{}, nil, nil
	j.indexed, j.users = 0, nil
	j.shortened, j.seal = 0, nil
}
