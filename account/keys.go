package account

import (
	"encoding/binary"
	"slices"

	"github.com/usher-go/usher/internal/table"
)

// MaxIdempotencyKeys is how many idempotency keys an account remembers in all, each with
// the commit that was made under it: UserKeys of its users, and HostKeys of the parts
// of the host. Users never make it forget a key of the host, nor the host one of a
// user.
//
// Of one user at most KeysPerUser keys are remembered, of one part of the host at most
// KeysPerPart. The next key of the same actor replaces the oldest.
//
// If all users together have more than UserKeys, one key of them is forgotten: the
// oldest of the user who acts, if no other user has more keys, and otherwise the
// oldest among those of the users who have the most. So a user loses a key only to a
// user who has fewer. The one exception is that each of UserKeys users has a single
// key: then the oldest of these is forgotten for the first key of another user. The
// same holds for the parts of the host and HostKeys.
//
// Which keys are remembered follows from the journal alone.
const (
	MaxIdempotencyKeys = UserKeys + HostKeys

	UserKeys = 3072 // of all users
	HostKeys = 1024 // of all parts of the host

	KeysPerUser = 64  // of one user
	KeysPerPart = 256 // of one part of the host
)

// keys finds the commit that an actor made under a key.
type keys struct {
	byKey        *table.Table[keyed] // by scoped
	users, parts keyRoom
}

// keyed is the commit under a key.
type keyed struct {
	version uint64
	request string
}

// keyRoom has the keys of users, or of parts of the host.
type keyRoom struct {
	actors *table.Table[keyHolder] // by actorOf
	ranks  *sortedSet[keyRank]     // of all these actors
	count  int                     // keys of all of them
}

// keyHolder is what an actor has: at least one key, where it is kept.
type keyHolder struct {
	keys  *sortedSet[keptKey] // the oldest first
	count int
}

// keptKey is a key of an actor. Versions order the keys.
type keptKey struct {
	version uint64
	key     string // as in keys.byKey
}

func (k keptKey) before(other keptKey) bool { return k.version < other.version }
func (k keptKey) priority() uint64          { return scatter(k.version) }

// keyRank orders actors: the last one has the most keys, and of those who have as
// many the oldest key.
type keyRank struct {
	count  int
	oldest uint64
	actor  string // as in keyRoom.actors
}

func (r keyRank) before(other keyRank) bool {
	if r.count != other.count {
		return r.count < other.count
	}
	return r.oldest > other.oldest // no two actors made the same commit
}

func (r keyRank) priority() uint64 { return scatter(r.oldest) }

// scoped returns the key as that of its actor: the same key of two actors is two
// keys. It is what a snapshot has, so that texts stand behind their length.
func scopedKey(actor Actor, key string) string {
	b := make([]byte, 0, 8+len(actor.user)+len(actor.host)+len(key))
	b = appendText(b, string(actor.user))
	b = appendText(b, actor.host)
	return string(appendText(b, key))
}

// actorOf returns the part of a scoped key that names its actor, and whether that is
// a part of the host.
func actorOf(scopedKey string) (name string, isPart bool) {
	at := 0
	for range 2 {
		n, size := binary.Uvarint([]byte(scopedKey[at:min(len(scopedKey), at+binary.MaxVarintLen64)]))
		isPart = n > 0
		at += size + int(n)
	}
	return scopedKey[:at], isPart
}

// Keyed returns the version of the commit that the actor made under the key, and the
// fingerprint of what was proposed. The same key of another actor is another key.
func (s *State) IdempotentCommit(actor Actor, key string) (version uint64, request string, ok bool) {
	if key == "" {
		return 0, "", false
	}
	k, ok := s.keys.byKey.Find(scopedKey(actor, key))
	return k.version, k.request, ok
}

// with returns the keys with that of a commit that is newer than all others.
func (k keys) with(actor Actor, key, request string, version uint64) keys {
	return k.withScoped(scopedKey(actor, key), keyed{version, request})
}

// withScoped is with of a scoped key. One that is remembered already is the newer
// commit's from then on: a library that forgets keys sooner may have made both.
func (k keys) withScoped(key string, of keyed) keys {
	byKey := k.byKey.Edit()
	actor, isPart := actorOf(key)
	room, most, each := &k.users, UserKeys, KeysPerUser
	if isPart {
		room, most, each = &k.parts, HostKeys, KeysPerPart
	}
	edit := keyRoomEdit{room.actors.Edit(), room.ranks, room.count}
	if old, ok := byKey.Find(key); ok {
		edit.forget(actor, keptKey{old.version, key})
	}
	byKey.Set(key, of)
	edit.remember(actor, keptKey{of.version, key})
	switch mine, largest := edit.holder(actor).count, edit.ranks.last(); {
	case mine > each, edit.count > most && mine > 1 && mine == largest.count:
		byKey.Delete(edit.forgetOldest(actor))
	case edit.count > most:
		byKey.Delete(edit.forgetOldest(largest.actor))
	}
	*room = keyRoom{edit.actors.Table(), edit.ranks, edit.count}
	k.byKey = byKey.Table()
	return k
}

// keyRoomEdit changes a copy of a keyRoom.
type keyRoomEdit struct {
	actors *table.Edit[keyHolder]
	ranks  *sortedSet[keyRank]
	count  int
}

// holder returns what an actor has, which may be nothing.
func (e *keyRoomEdit) holder(actor string) keyHolder {
	h, _ := e.actors.Find(actor)
	return h
}

func (e *keyRoomEdit) remember(actor string, k keptKey) {
	h := e.holder(actor)
	e.put(actor, h, keyHolder{h.keys.with(k), h.count + 1})
}

func (e *keyRoomEdit) forget(actor string, k keptKey) {
	h := e.holder(actor)
	e.put(actor, h, keyHolder{h.keys.without(k), h.count - 1})
}

// forgetOldest returns the key that it forgot.
func (e *keyRoomEdit) forgetOldest(actor string) string {
	oldest := e.holder(actor).keys.first()
	e.forget(actor, oldest)
	return oldest.key
}

func (e *keyRoomEdit) put(actor string, old, now keyHolder) {
	e.count += now.count - old.count
	if old.count > 0 {
		e.ranks = e.ranks.without(old.rank(actor))
	}
	if now.count == 0 {
		e.actors.Delete(actor)
		return
	}
	e.actors.Set(actor, now)
	e.ranks = e.ranks.with(now.rank(actor))
}

func (h keyHolder) rank(actor string) keyRank { return keyRank{h.count, h.keys.first().version, actor} }

// keysOf makes keys of those in a list, the oldest first, of which no two are the
// same. Those that do not fit are forgotten from the oldest on.
func keysOf(list []entry[keyed]) keys {
	type room struct {
		by    map[string][]keptKey
		count int
	}
	users, parts := room{by: map[string][]keptKey{}}, room{by: map[string][]keptKey{}}
	fits := true
	byKey := (*table.Table[keyed])(nil).Edit()
	for _, e := range list {
		actor, isPart := actorOf(e.id)
		r, each := &users, KeysPerUser
		if isPart {
			r, each = &parts, KeysPerPart
		}
		r.by[actor] = append(r.by[actor], keptKey{e.value.version, e.id})
		r.count++
		fits = fits && len(r.by[actor]) <= each
		byKey.Set(e.id, e.value)
	}
	if fits && users.count <= UserKeys && parts.count <= HostKeys {
		return keys{byKey.Table(), roomOf(users.by, users.count), roomOf(parts.by, parts.count)}
	}
	var k keys
	for _, e := range list {
		k = k.withScoped(e.id, e.value)
	}
	return k
}

func roomOf(by map[string][]keptKey, count int) keyRoom {
	actors, ranks := (*table.Table[keyHolder])(nil).Edit(), make([]keyRank, 0, len(by))
	for actor, list := range by {
		h := keyHolder{sortedSetOf(list), len(list)}
		actors.Set(actor, h)
		ranks = append(ranks, h.rank(actor))
	}
	slices.SortFunc(ranks, func(a, b keyRank) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	return keyRoom{actors.Table(), sortedSetOf(ranks), count}
}
