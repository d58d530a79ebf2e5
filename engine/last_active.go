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

// sightings are the last-active times that are not written yet.
//
// Most calls find in recent that the user was noted a moment ago, and end there
// without a lock. A slot of it has half a hash of account and user, and the second
// when they were noted; two users who share a slot push each other out, which
// costs a look into the shard and nothing else.
type activity struct {
	seed   maphash.Seed
	recent atomic.Pointer[[recentSlots]atomic.Uint64] // nil before the first
	shards [seenShards]seenShard

	// unconfirmed has users of accounts that were not in memory when they were seen,
	// so that it is not known yet whether there are such users.
	unconfirmed seenShard

	flush sync.Mutex // is held while they are written
}

const (
	recentSlots = 1 << 16
	seenShards  = 32

	// mostSeen is how many users of a shard wait to be written. Those after them
	// are noted when they are seen the next time.
	mostSeen = 1 << 16

	// mostUnconfirmed is how many users wait of whom it is not known whether there are
	// such users. It is small, since any request can name accounts and users.
	mostUnconfirmed = 1 << 10
)

// seenShard has the users who wait to be written, and those who are being written.
type seenShard struct {
	mu      sync.Mutex
	waiting map[whom]time.Time
	writing map[whom]time.Time
}

type whom struct {
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

// halfHash is the part of a slot that is of the hash; the rest is a second.
const halfHash = ^uint64(1<<32 - 1)

// notedSince reports whether the slot says that whoever has the hash was noted at
// a second or later.
func notedSince(slot, hash uint64, second int64) bool {
	return slot != 0 && slot&halfHash == hash&halfHash && int64(slot&^halfHash) > second
}

func (s *activity) shard(hash uint64) *seenShard { return &s.shards[hash>>16%seenShards] }

// all returns the shards, with the one of users who are unconfirmed.
func (s *activity) all() []*seenShard { return append(s.confirmed().shards, &s.unconfirmed) }

// note keeps the later of two times, of at most so many users, and reports whether it
// did. It needs sh.mu.
func (sh *seenShard) note(w whom, at time.Time, most int) bool {
	old, ok := sh.waiting[w]
	switch {
	case ok && !at.After(old):
	case ok:
		sh.waiting[w] = at
	case len(sh.waiting) >= most:
		return false
	default:
		if sh.waiting == nil {
			sh.waiting = map[whom]time.Time{}
		}
		sh.waiting[whom{usher.AccountID(strings.Clone(string(w.account))), usher.UserID(strings.Clone(string(w.user)))}] = at
	}
	return true
}

// Seen notes that a user was active just now. It is cheap enough to be called with
// every request: most calls do no more than look at the time. Of each user a time
// is written at most once in Options.LastActiveEvery, in the background; Close writes
// what is left, a crash loses it.
//
// Ids that are not those of a user of an account are ignored, and hold no memory. So
// are all ids if the store is not a store.UserDataStore. Where the account is not in memory,
// the store is read later to find out; until then a small number of such users is
// kept, and more are ignored until a check reads their account.
func (e *Engine) MarkActive(id usher.AccountID, user usher.UserID) {
	if e == nil || e.keeper == nil {
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
			ok := s.unconfirmed.note(whom{id, user}, at, mostUnconfirmed)
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
		sh.note(whom{id, user}, at, mostSeen)
		sh.mu.Unlock()
		if e.index.find(id) == snap {
			return
		}
		s.forget(id, []usher.UserID{user}) // a commit since may have removed the user
	}
}

// LastActiveTimes yields when the users who come after the one given were last active,
// sorted by the bytes of their ids, as View.Users lists them; who never was is left
// out. It knows what is not written yet, and is exact to Options.LastActiveEvery. An
// error ends the loop; it is an *Error that wraps what View's does.
func (e *Engine) LastActiveTimes(ctx context.Context, id usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	return func(yield func(store.LastActive, error) bool) {
		snap, err := e.current(ctx, id, 1)
		if err != nil {
			yield(store.LastActive{}, wrapped("read last-active times of", id, err))
			return
		}
		if e.keeper == nil {
			return
		}
		show := func(s store.LastActive) bool {
			u, _ := snap.User(s.User)
			return u == nil || yield(s, nil)
		}
		unwritten := e.activity.of(id, after)
		for s, err := range e.keeper.LastActiveTimes(ctx, id, after) {
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

// LastActive returns when a user was last active, as LastActiveTimes tells it: the zero
// time for one who never was, and for who is no user of the account.
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

// before returns the greatest id that comes before one: ids are only so long.
func before(user usher.UserID) usher.UserID {
	most := len(user) - 1
	if user[most] == 0 {
		return user[:most]
	}
	return user[:most] + usher.UserID([]byte{user[most] - 1}) + usher.UserID(strings.Repeat("\xff", account.MaxID-len(user)))
}

// of returns what is not written of an account, of the users after one, sorted.
func (s *activity) of(id usher.AccountID, after usher.UserID) []store.LastActive {
	latest := map[usher.UserID]time.Time{}
	for _, sh := range s.all() {
		sh.mu.Lock()
		for _, m := range []map[whom]time.Time{sh.writing, sh.waiting} {
			for w, at := range m {
				if w.account == id && w.user > after && at.After(latest[w.user]) {
					latest[w.user] = at
				}
			}
		}
		sh.mu.Unlock()
	}
	return sortedSightings(latest)
}

func sortedSightings(m map[usher.UserID]time.Time) []store.LastActive {
	list := make([]store.LastActive, 0, len(m))
	for user, at := range m {
		list = append(list, store.LastActive{User: user, At: at.UTC().Truncate(time.Millisecond)})
	}
	slices.SortFunc(list, func(a, b store.LastActive) int { return cmp.Compare(a.User, b.User) })
	return list
}

// forget drops what is not written of users who were removed.
func (s *activity) forget(id usher.AccountID, users []usher.UserID) {
	for _, user := range users {
		w, hash := whom{id, user}, s.hash(id, user)
		for _, sh := range []*seenShard{s.shard(hash), &s.unconfirmed} {
			sh.mu.Lock()
			delete(sh.waiting, w)
			delete(sh.writing, w)
			sh.mu.Unlock()
		}
		if recent := s.recent.Load(); recent != nil {
			recent[hash%recentSlots].Store(0) // one who comes back is noted at once
		}
	}
}

// forgetAccount drops what is not written of an account.
func (s *activity) forgetAccount(id usher.AccountID) {
	for _, sh := range s.all() {
		sh.mu.Lock()
		for _, m := range []map[whom]time.Time{sh.writing, sh.waiting} {
			for w := range m {
				if w.account == id {
					delete(m, w)
				}
			}
		}
		sh.mu.Unlock()
	}
}

// flushSightings writes last-active times until the Engine is closed.
func (e *Engine) flushSightings() {
	defer e.background.Done()
	ticker := time.NewTicker(e.options.LastActiveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			ctx, cancel := context.WithTimeout(e.life, longestFlight)
			e.writeSightings(ctx)
			cancel()
		case <-e.closing:
			return
		}
	}
}

// writeSightings writes what waits to be written, and returns what went wrong, of
// which the Observer is told, too. What could not be written waits on.
func (e *Engine) writeSightings(ctx context.Context) (errs []error) {
	e.activity.flush.Lock()
	defer e.activity.flush.Unlock()
	for _, of := range []sightingsOf{e.activity.confirmed(), e.activity.others()} {
		for id, users := range of.take() {
			err := safely(func() error { return e.writeSeen(ctx, of, id, users) })
			switch {
			case err == nil, errors.Is(err, store.ErrErased), errors.Is(err, usher.ErrUnknownAccount):
				continue // an account that there is not has nobody to be seen
			case errors.Is(err, store.ErrReadOnly):
				continue
			}
			e.failed("write last-active times of", id, err)
			errs = append(errs, &Error{Op: "write last-active times of", Account: id, Err: err})
			of.putBack(id, users)
		}
		of.written()
	}
	return errs
}

// writeSeen writes last-active times of users of an account, as the store has it
// now, while nobody else of this Engine writes to it: who was removed must not be
// kept again.
func (e *Engine) writeSeen(ctx context.Context, of sightingsOf, id usher.AccountID, users map[usher.UserID]time.Time) error {
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
		if u, _ := snap.User(user); u == nil || !of.writes(whom{id, user}) {
			delete(users, user)
		}
	}
	if len(users) == 0 {
		return nil
	}
	return e.keeper.SaveLastActive(ctx, id, sortedSightings(users))
}
