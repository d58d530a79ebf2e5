package engine

import (
	"time"

	"github.com/usher-go/usher"
)

// activityShards are the shards of confirmed users, or of unconfirmed ones.
type activityShards struct {
	shards []*activityShard
	shard  func(userKey) *activityShard
	max    int // users in a shard
}

func (s *activity) confirmedUsers() activityShards {
	shards := make([]*activityShard, 0, shardCount+1)
	for i := range s.shards {
		shards = append(shards, &s.shards[i])
	}
	return activityShards{shards, func(w userKey) *activityShard { return s.shard(s.hash(w.account, w.user)) }, maxWaiting}
}

func (s *activity) unconfirmedUsers() activityShards {
	return activityShards{[]*activityShard{&s.unconfirmed}, func(userKey) *activityShard { return &s.unconfirmed }, maxUnconfirmed}
}

// take returns the waiting times, which count as being written from then on.
func (of activityShards) take() map[usher.AccountID]map[usher.UserID]time.Time {
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

// writes reports whether a user's time is still to be written. It is not if the user was
// removed since take, even if the id was added again.
func (of activityShards) writes(w userKey) bool {
	sh := of.shard(w)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	_, ok := sh.writing[w]
	return ok
}

// putBack makes users wait again whose time is still to be written.
func (of activityShards) putBack(id usher.AccountID, users map[usher.UserID]time.Time) {
	for user, at := range users {
		w := userKey{id, user}
		sh := of.shard(w)
		sh.mu.Lock()
		if _, ok := sh.writing[w]; ok {
			sh.note(w, at, of.max)
		}
		sh.mu.Unlock()
	}
}

func (of activityShards) done() {
	for _, sh := range of.shards {
		sh.mu.Lock()
		sh.writing = nil
		sh.mu.Unlock()
	}
}
