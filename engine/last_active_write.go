package engine

import (
	"time"

	"github.com/usher-go/usher"
)

// sightingsOf are the shards of users who are confirmed, or of those who are not.
type sightingsOf struct {
	shards []*seenShard
	shard  func(whom) *seenShard
	most   int // users in a shard
}

func (s *activity) confirmed() sightingsOf {
	shards := make([]*seenShard, 0, seenShards+1)
	for i := range s.shards {
		shards = append(shards, &s.shards[i])
	}
	return sightingsOf{shards, func(w whom) *seenShard { return s.shard(s.hash(w.account, w.user)) }, mostSeen}
}

func (s *activity) others() sightingsOf {
	return sightingsOf{[]*seenShard{&s.unconfirmed}, func(whom) *seenShard { return &s.unconfirmed }, mostUnconfirmed}
}

// take returns what waits to be written, which counts as being written from then on.
func (of sightingsOf) take() map[usher.AccountID]map[usher.UserID]time.Time {
	all := map[usher.AccountID]map[usher.UserID]time.Time{}
	for _, sh := range of.shards {
		sh.mu.Lock()
		sh.writing, sh.waiting = sh.waiting, nil
		for w, at := range sh.writing {
			if all[w.account] == nil {
				all[w.account] = map[usher.UserID]time.Time{}
			}
			all[w.account][w.user] = at
		}
		sh.mu.Unlock()
	}
	return all
}

// writes reports whether a user is still to be written. One who was removed since is
// not, even if a user of the same id was added again.
func (of sightingsOf) writes(w whom) bool {
	sh := of.shard(w)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	_, ok := sh.writing[w]
	return ok
}

// putBack has users wait again who are still to be written.
func (of sightingsOf) putBack(id usher.AccountID, users map[usher.UserID]time.Time) {
	for user, at := range users {
		w := whom{id, user}
		sh := of.shard(w)
		sh.mu.Lock()
		if _, ok := sh.writing[w]; ok {
			sh.note(w, at, of.most)
		}
		sh.mu.Unlock()
	}
}

func (of sightingsOf) written() {
	for _, sh := range of.shards {
		sh.mu.Lock()
		sh.writing = nil
		sh.mu.Unlock()
	}
}
