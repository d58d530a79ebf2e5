package account

import (
	"strconv"

	"github.com/usher-go/usher/internal/table"
)

// RememberedKeys is how many keys of the last commits with a key an account knows.
const RememberedKeys = 4096

// keys finds the commit that was made under a key. The oldest is forgotten for
// each one past RememberedKeys.
type keys struct {
	byKey *table.Table[keyed]
	inRow *table.Table[string] // the key by its number
	last  uint64               // the number of the newest
}

// keyed is the commit under a key.
type keyed struct {
	version uint64
	request string
	number  uint64
}

// Keyed returns the version of the commit that was made under the key, and the
// fingerprint of what was proposed.
func (s *State) Keyed(key string) (version uint64, request string, ok bool) {
	k, ok := s.keys.byKey.Find(key)
	return k.version, k.request, ok
}

// with returns the keys with another one.
func (k keys) with(key, request string, version uint64) keys {
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
