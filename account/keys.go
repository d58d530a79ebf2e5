package account

import (
	"encoding/binary"
	"slices"

	"github.com/usher-go/usher/internal/table"
)

// MaxIdempotencyKeys is how many idempotency keys an account remembers, each with the commit
// made under it: UserKeys for its users, and HostKeys for the parts of the host application.
// Users never evict keys of the host, nor the host those of users.
//
// Each user has at most KeysPerUser keys, and each part of the host at most KeysPerPart. The
// actor's next key evicts the actor's oldest one.
//
// If all users together have more than UserKeys keys, one is evicted: the oldest key of the
// acting user if no other user has more keys, and otherwise the oldest key among the users
// with the most keys. So a user loses a key only to a user with fewer keys. There is one
// exception: if each of UserKeys users has a single key, the first key of another user evicts
// the oldest of them. The same holds for the parts of the host and HostKeys.
//
// The remembered keys follow from the journal alone.
const (
	MaxIdempotencyKeys = UserKeys + HostKeys

	UserKeys = 3072 // of all users together
	HostKeys = 1024 // of all parts of the host together

	KeysPerUser = 64  // of each user
	KeysPerPart = 256 // of each part of the host
)

// keys maps an actor's idempotency key to the commit made under it.
type keys struct {
	byKey        *table.Table[keyed] // by scopedKey
	users, parts keyGroup
}

// keyed is the commit made under a key.
type keyed struct {
	version uint64
	request string
}

// keyGroup contains the keys of all users, or of all parts of the host.
type keyGroup struct {
	actors *table.Table[keyHolder] // by actorOf
	ranks  *sortedSet[keyRank]     // of these actors
	count  int                     // of all their keys
}

// keyHolder contains the keys of an actor. A stored keyHolder has at least one.
type keyHolder struct {
	keys  *sortedSet[keptKey] // the oldest first
	count int
}

// keptKey is a remembered key of an actor. Keys are ordered by version.
type keptKey struct {
	version uint64
	key     string // as in keys.byKey
}

func (k keptKey) before(other keptKey) bool { return k.version < other.version }
func (k keptKey) priority() uint64          { return mix(k.version) }

// keyRank orders actors by the number of keys, and actors with equal numbers by their oldest
// key. The last actor is the first to lose a key.
type keyRank struct {
	count  int
	oldest uint64
	actor  string // as in keyGroup.actors
}

func (r keyRank) before(other keyRank) bool {
	if r.count != other.count {
		return r.count < other.count
	}
	return r.oldest > other.oldest // each commit has one actor
}

func (r keyRank) priority() uint64 { return mix(r.oldest) }

// scopedKey returns a key that also contains the actor, because the same key of two actors is
// two keys. Snapshots contain this form, in which each text has its length in front.
func scopedKey(actor Actor, key string) string {
	b := make([]byte, 0, 8+len(actor.user)+len(actor.host)+len(key))
	b = appendText(b, string(actor.user))
	b = appendText(b, actor.host)
	return string(appendText(b, key))
}

// actorOf returns the part of a scoped key that identifies its actor, and whether the actor
// is a part of the host.
func actorOf(scopedKey string) (name string, isPart bool) {
	at := 0
	for range 2 {
		n, size := binary.Uvarint([]byte(scopedKey[at:min(len(scopedKey), at+binary.MaxVarintLen64)]))
		isPart = n > 0
		at += size + int(n)
	}
	return scopedKey[:at], isPart
}

// IdempotentCommit returns the version of the commit that the actor made under an idempotency
// key, and the fingerprint of what was proposed. It returns false for an unknown key. The
// same key of another actor is another key.
func (s *State) IdempotentCommit(actor Actor, key string) (version uint64, request string, ok bool) {
	if key == "" {
		return 0, "", false
	}
	k, ok := s.keys.byKey.Find(scopedKey(actor, key))
	return k.version, k.request, ok
}

// with returns the keys with the key of a commit newer than all others.
func (k keys) with(actor Actor, key, request string, version uint64) keys {
	return k.withScoped(scopedKey(actor, key), keyed{version, request})
}

// withScoped is with for a scoped key. A key that is already remembered then refers to the
// newer commit: a library with a smaller MaxIdempotencyKeys may have made both.
func (k keys) withScoped(key string, of keyed) keys {
	byKey := k.byKey.Edit()
	actor, isPart := actorOf(key)
	room, most, each := &k.users, UserKeys, KeysPerUser
	if isPart {
		room, most, each = &k.parts, HostKeys, KeysPerPart
	}
	edit := keyGroupEdit{room.actors.Edit(), room.ranks, room.count}
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
	*room = keyGroup{edit.actors.Table(), edit.ranks, edit.count}
	k.byKey = byKey.Table()
	return k
}

// keyGroupEdit is a changed copy of a keyGroup.
type keyGroupEdit struct {
	actors *table.Edit[keyHolder]
	ranks  *sortedSet[keyRank]
	count  int
}

// holder returns the keys of an actor, which may be empty.
func (e *keyGroupEdit) holder(actor string) keyHolder {
	h, _ := e.actors.Find(actor)
	return h
}

func (e *keyGroupEdit) remember(actor string, k keptKey) {
	h := e.holder(actor)
	e.put(actor, h, keyHolder{h.keys.with(k), h.count + 1})
}

func (e *keyGroupEdit) forget(actor string, k keptKey) {
	h := e.holder(actor)
	e.put(actor, h, keyHolder{h.keys.without(k), h.count - 1})
}

// forgetOldest removes the actor's oldest key and returns it.
func (e *keyGroupEdit) forgetOldest(actor string) string {
	oldest := e.holder(actor).keys.first()
	e.forget(actor, oldest)
	return oldest.key
}

func (e *keyGroupEdit) put(actor string, old, now keyHolder) {
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

// keysOf returns keys of a list without duplicates, the oldest first. It evicts the oldest
// keys beyond the limits.
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
		return keys{byKey.Table(), keyGroupOf(users.by, users.count), keyGroupOf(parts.by, parts.count)}
	}
	var k keys
	for _, e := range list {
		k = k.withScoped(e.id, e.value)
	}
	return k
}

func keyGroupOf(by map[string][]keptKey, count int) keyGroup {
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
	return keyGroup{actors.Table(), sortedSetOf(ranks), count}
}
