package engine

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
)

// activity has the last-active times that are not written yet.
//
// Most calls of MarkActive find in recent that the user was noted a moment ago, and
// return without a lock. A slot has half of the hash of account and user, and the second
// at which the user was noted. Two users with the same slot replace each other, which
// costs a lookup in the shard.
type activity struct {
	seed   maphash.Seed
	recent atomic.Pointer[[recentSlots]atomic.Uint64] // nil before the first call
	shards [shardCount]activityShard

	// unconfirmed has users of accounts that were not in memory, so that it is not known
	// yet whether the users exist.
	unconfirmed activityShard

	flush sync.Mutex // held while the times are written
}

const (
	recentSlots = 1 << 16
	shardCount  = 32

	// maxWaiting limits the users that wait in a shard. Further users are noted by their
	// next call.
	maxWaiting = 1 << 16

	// maxUnconfirmed limits the users that are not known to exist. It is small, since
	// any request can name accounts and users.
	maxUnconfirmed = 1 << 10
)

// activityShard has the users that wait to be written, and those being written.
type activityShard struct {
	mu      sync.Mutex
	waiting map[userKey]time.Time
	writing map[userKey]time.Time
}

type userKey struct {
	account usher.AccountID
	user    usher.UserID
}

func (s *activity) init() { s.seed = maphash.MakeSeed() }

func (s *activity) hash(id usher.AccountID, user usher.UserID) uint64 {
	return maphash.String(s.seed, string(user)) ^ maphash.String(s.seed, string(id))*0x9e3779b97f4a7c15
}

func (s *activity) slot(hash uint64) *atomic.Uint64 {
	recent := s.recent.Load()
	if recent == nil {
		s.recent.CompareAndSwap(nil, new([recentSlots]atomic.Uint64))
		recent = s.recent.Load()
	}
	return &recent[hash%recentSlots]
}

// halfHash selects the part of a slot that has the hash; the rest has a second.
const halfHash = ^uint64(1<<32 - 1)

// notedSince reports whether slot states that the user with hash was noted after a
// second.
func notedSince(slot, hash uint64, second int64) bool {
	return slot != 0 && slot&halfHash == hash&halfHash && int64(slot&^halfHash) > second
}

func (s *activity) shard(hash uint64) *activityShard { return &s.shards[hash>>16%shardCount] }

// all returns all shards, with the unconfirmed one.
func (s *activity) all() []*activityShard { return append(s.confirmedUsers().shards, &s.unconfirmed) }

// note stores the later of two times of a user, unless the shard already has limit
// other users. It reports whether the user is stored. It needs sh.mu.
func (sh *activityShard) note(w userKey, at time.Time, limit int) bool {
	old, ok := sh.waiting[w]
	switch {
	case ok && !at.After(old):
	case ok:
		sh.waiting[w] = at
	case len(sh.waiting) >= limit:
		return false
	default:
		if sh.waiting == nil {
			sh.waiting = map[userKey]time.Time{}
		}
		sh.waiting[userKey{usher.AccountID(strings.Clone(string(w.account))), usher.UserID(strings.Clone(string(w.user)))}] = at
	}
	return true
}

// MarkActive notes that a user was active just now. Call it with every request: most
// calls only read the clock. A user's time is written at most once in
// Options.LastActiveEvery, in the background. Close writes the pending times; a crash
// loses them.
//
// MarkActive ignores ids that are not those of a user of an account, and keeps no memory
// for them. It does nothing if the store is not a store.UserDataStore. If the account is
// not in memory, the store is read later to find the user; until then a small number of
// such users is kept, and further ones are ignored until a check loads their account.
func (e *Engine) MarkActive(id usher.AccountID, user usher.UserID) {
	if e == nil || e.userData == nil {
		return
	}
	s, at := &e.activity, e.options.Clock()
	hash := s.hash(id, user)
	slot := s.slot(hash)
	if notedSince(slot.Load(), hash, at.Add(-e.options.LastActiveEvery).Unix()) {
		return
	}
	if checkAccount(id) != nil || store.CheckUser(user) != nil || !utf8.ValidString(string(id)) || !utf8.ValidString(string(user)) {
		return
	}
	noted := hash&halfHash | uint64(uint32(at.Unix()))
	for {
		snap := e.index.find(id)
		if snap == nil || snap.State == nil {
			s.unconfirmed.mu.Lock()
			ok := s.unconfirmed.note(userKey{id, user}, at, maxUnconfirmed)
			s.unconfirmed.mu.Unlock()
			if ok {
				slot.Store(noted)
			}
			return
		}
		if u, _ := snap.User(user); u == nil {
			return
		}
		slot.Store(noted)
		sh := s.shard(hash)
		sh.mu.Lock()
		sh.note(userKey{id, user}, at, maxWaiting)
		sh.mu.Unlock()
		if e.index.find(id) == snap {
			return
		}
		s.forget(id, []usher.UserID{user}) // a concurrent commit may have removed the user
	}
}

// LastActiveTimes yields when users were last active, sorted by the bytes of their ids
// and beginning after the id given, as View.Users lists them. Users without a time are
// left out. It includes times that are not written yet, and is exact to
// Options.LastActiveEvery. An error ends the loop; it is an *Error that wraps an error
// of View.
func (e *Engine) LastActiveTimes(ctx context.Context, id usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return func(yield func(store.LastActive, error) bool) {
		snap, err := e.current(ctx, id, 1)
		if err != nil {
			yield(store.LastActive{}, wrapped("read last-active times of", id, err))
			return
		}
		if e.userData == nil {
			return
		}
		show := func(s store.LastActive) bool {
			u, _ := snap.User(s.User)
			return u == nil || yield(s, nil)
		}
		unwritten := e.activity.unwritten(id, after)
		for s, err := range e.userData.LastActiveTimes(ctx, id, after) {
			if err != nil {
				yield(store.LastActive{}, wrapped("read last-active times of", id, err))
				return
			}
			for len(unwritten) > 0 && unwritten[0].User < s.User {
				if !show(unwritten[0]) {
					return
				}
				unwritten = unwritten[1:]
			}
			if len(unwritten) > 0 && unwritten[0].User == s.User {
				if unwritten[0].At.After(s.At) {
					s = unwritten[0]
				}
				unwritten = unwritten[1:]
			}
			if !show(s) {
				return
			}
		}
		for _, s := range unwritten {
			if !show(s) {
				return
			}
		}
	}
}

// LastActive returns when a user was last active, as LastActiveTimes does. It returns
// the zero time for a user without a time and for an unknown user. The error is that of
// LastActiveTimes.
func (e *Engine) LastActive(ctx context.Context, id usher.AccountID, user usher.UserID) (time.Time, error) {
	after := user
	if user != "" && len(user) <= account.MaxID {
		after = before(user)
	}
	for s, err := range e.LastActiveTimes(ctx, id, after) {
		if err != nil || s.User != user {
			return time.Time{}, err
		}
		return s.At, nil
	}
	return time.Time{}, nil
}

// before returns the greatest id that sorts before user. It exists because the length of
// ids is limited.
func before(user usher.UserID) usher.UserID {
	most := len(user) - 1
	if user[most] == 0 {
		return user[:most]
	}
	return user[:most] + usher.UserID([]byte{user[most] - 1}) + usher.UserID(strings.Repeat("\xff", account.MaxID-len(user)))
}

// unwritten returns the unwritten times of an account's users after an id, sorted.
func (s *activity) unwritten(id usher.AccountID, after usher.UserID) []store.LastActive {
	latest := map[usher.UserID]time.Time{}
	for _, sh := range s.all() {
		sh.mu.Lock()
		for _, m := range []map[userKey]time.Time{sh.writing, sh.waiting} {
			for w, at := range m {
				if w.account == id && w.user > after && at.After(latest[w.user]) {
					latest[w.user] = at
				}
			}
		}
		sh.mu.Unlock()
	}
	return sortedActivity(latest)
}

func sortedActivity(m map[usher.UserID]time.Time) []store.LastActive {
	list := make([]store.LastActive, 0, len(m))
	for user, at := range m {
		list = append(list, store.LastActive{User: user, At: at.UTC().Truncate(time.Millisecond)})
	}
	slices.SortFunc(list, func(a, b store.LastActive) int { return cmp.Compare(a.User, b.User) })
	return list
}

// forget drops the unwritten times of removed users.
func (s *activity) forget(id usher.AccountID, users []usher.UserID) {
	for _, user := range users {
		w, hash := userKey{id, user}, s.hash(id, user)
		for _, sh := range []*activityShard{s.shard(hash), &s.unconfirmed} {
			sh.mu.Lock()
			delete(sh.waiting, w)
			delete(sh.writing, w)
			sh.mu.Unlock()
		}
		if recent := s.recent.Load(); recent != nil {
			recent[hash%recentSlots].Store(0) // a user that is added again is noted at once
		}
	}
}

// forgetAccount drops the unwritten times of an account.
func (s *activity) forgetAccount(id usher.AccountID) {
	for _, sh := range s.all() {
		sh.mu.Lock()
		for _, m := range []map[userKey]time.Time{sh.writing, sh.waiting} {
			for w := range m {
				if w.account == id {
					delete(m, w)
				}
			}
		}
		sh.mu.Unlock()
	}
}

// flushActivity writes last-active times until the Engine is closed.
func (e *Engine) flushActivity() {
	defer e.background.Done()
	ticker := time.NewTicker(e.options.LastActiveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			ctx, cancel := context.WithTimeout(e.backgroundCtx, loadTimeout)
			e.writeActivity(ctx)
			cancel()
		case <-e.closing:
			return
		}
	}
}

// writeActivity writes the waiting times. It returns the errors, and reports them to the
// Observer. Times that could not be written wait again.
func (e *Engine) writeActivity(ctx context.Context) (errs []error) {
	e.activity.flush.Lock()
	defer e.activity.flush.Unlock()
	for _, of := range []activityShards{e.activity.confirmedUsers(), e.activity.unconfirmedUsers()} {
		for id, users := range of.take() {
			err := safely(func() error { return e.writeAccountActivity(ctx, of, id, users) })
			switch {
			case err == nil, errors.Is(err, store.ErrErased), errors.Is(err, usher.ErrUnknownAccount):
				continue // an unknown account has no users
			case errors.Is(err, store.ErrReadOnly):
				continue
			}
			e.failed("write last-active times of", id, err)
			errs = append(errs, &Error{Op: "write last-active times of", Account: id, Err: err})
			of.putBack(id, users)
		}
		of.done()
	}
	return errs
}

// writeAccountActivity writes last-active times of users that the account has now. It
// locks out the other writers of this Engine, so that no time of a removed user is
// stored.
func (e *Engine) writeAccountActivity(ctx context.Context, of activityShards, id usher.AccountID, users map[usher.UserID]time.Time) error {
	l, done, err := e.acquire(ctx, id)
	if err != nil {
		return err
	}
	defer done()
	snap, err := e.await(ctx, l, newest)
	if err != nil {
		return err
	}
	for user := range users {
		if u, _ := snap.User(user); u == nil || !of.writes(userKey{id, user}) {
			delete(users, user)
		}
	}
	if len(users) == 0 {
		return nil
	}
	return e.userData.SaveLastActive(ctx, id, sortedActivity(users))
}
