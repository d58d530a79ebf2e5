package account

import (
	"strconv"

	"github.com/usher-go/usher/internal/table"
)

// RememberedKeys is how many keys of the last commits with a key an account knows, of
// all actors together.
const RememberedKeys = 4096

// keys finds the commit that an actor made under a key. The oldest is forgotten for
// each one past RememberedKeys.
type keys struct {
	byKey *table.Table[keyed]  // by scoped
	inRow *table.Table[string] // the key of byKey by its number
	last  uint64               // the number of the newest
}

// keyed is the commit under a key.
type keyed struct {
	version uint64
	request string
	number  uint64
}

// scoped returns the key as that of its actor: the same key of two actors is two
// keys. It is what a snapshot has, so that texts stand behind their length.
func scoped(actor Actor, key string) string {
	b := make([]byte, 0, 8+len(actor.user)+len(actor.host)+len(key))
	b = appendText(b, string(actor.user))
	b = appendText(b, actor.host)
	return string(appendText(b, key))
}

// Keyed returns the version of the commit that the actor made under the key, and the
// fingerprint of what was proposed. The same key of another actor is another key.
func (s *State) Keyed(actor Actor, key string) (version uint64, request string, ok bool) {
	if key == "" {
		return 0, "", false
	}
	k, ok := s.keys.byKey.Find(scoped(actor, key))
	return k.version, k.request, ok
}

// with returns the keys with another one.
func (k keys) with(actor Actor, key, request string, version uint64) keys {
	key = scoped(actor, key)
	byKey, inRow := k.byKey.Edit(), k.inRow.Edit()
	k.last++
	byKey.Set(key, keyed{version, request, k.last})
	inRow.Set(number(k.last), key)
	if k.last > RememberedKeys {
		old := number(k.last - RememberedKeys)
		if forgotten, ok := inRow.Find(old); ok {
			byKey.Delete(forgotten)
			inRow.Delete(old)
		}
	}
	k.byKey, k.inRow = byKey.Table(), inRow.Table()
	return k
}

func number(n uint64) string { return strconv.FormatUint(n, 36) }
