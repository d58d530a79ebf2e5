package engine

import (
	"context"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
)

// activeAs returns, for the users whose ids changes replace, when they were last active, under their
// new ids. Users without a time are left out. It reads the store, so it is not for use in a
// transaction, which may hold the only connection.
func (e *Engine) activeAs(ctx context.Context, id usher.AccountID, changes []account.Change) (list []store.LastActive, err error) {
	if e.userData == nil {
		return nil, nil
	}
	moved := map[usher.UserID]time.Time{} // renamed twice in a batch
	for _, change := range changes {
		var from, to usher.UserID
		switch c := change.(type) {
		case account.UserRenamed:
			from, to = c.From, c.To
		case account.UserMerged:
			from, to = c.From, c.To
		default:
			continue
		}
		at, known := moved[from]
		if !known {
			if at, err = e.lastActive(ctx, id, from); err != nil {
				return nil, err
			}
		}
		delete(moved, from)
		if !at.IsZero() {
			moved[to] = later(at, moved[to])
		}
	}
	return sortedActivity(moved), nil
}

// lastActive returns when a user was last active, or the zero time. It includes a time that is not
// written yet.
func (e *Engine) lastActive(ctx context.Context, id usher.AccountID, user usher.UserID) (at time.Time, err error) {
	if list := e.activity.unwritten(id, before(user)); len(list) > 0 && list[0].User == user {
		at = list[0].At
	}
	for s, err := range e.userData.LastActiveTimes(ctx, id, before(user)) {
		switch {
		case err != nil:
			return time.Time{}, err
		case s.User != user:
			return at, nil
		}
		return later(at, s.At), nil
	}
	return at, nil
}

// noteAll stores times of users, to be written with the others.
func (s *activity) noteAll(id usher.AccountID, list []store.LastActive) {
	for _, a := range list {
		w := userKey{id, a.User}
		sh := s.shard(s.hash(id, a.User))
		sh.mu.Lock()
		sh.note(w, a.At, maxWaiting)
		sh.mu.Unlock()
	}
}
