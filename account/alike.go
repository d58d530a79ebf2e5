package account

import (
	"encoding/binary"

	"github.com/usher-go/usher/policy"
)

// many is the number of changes from which on it pays to look for alike users.
const internThreshold = 64

// alike finds users of whom the same is known: most members of a large account, so
// that they share one record. The zero alike has seen nobody.
type interner struct {
	records map[string]*policy.User
	key     []byte
}

// record returns a record equal to u, which must not be changed any more.
func (a *interner) record(u policy.User) *policy.User {
	k := append(a.key[:0], byte(u.Status))
	k = appendText(k, string(u.Role))
	k = binary.AppendUvarint(k, uint64(len(u.Teams)))
	for _, m := range u.Teams {
		k = appendText(k, string(m.Team))
		k = binary.AppendUvarint(k, uint64(len(m.Roles)))
		for _, r := range m.Roles {
			k = appendText(k, string(r))
		}
	}
	k = binary.AppendUvarint(k, uint64(len(u.Seats)))
	for _, s := range u.Seats {
		k = appendText(k, string(s))
	}
	for _, g := range u.Grants {
		k = appendText(k, g.Name)
		k = binary.AppendVarint(k, g.Until.Unix())
		k = binary.AppendUvarint(k, uint64(g.Until.Nanosecond()))
	}
	a.key = k
	if known, ok := a.records[string(k)]; ok {
		return known
	}
	if a.records == nil {
		a.records = map[string]*policy.User{}
	}
	made := u.Compact()
	a.records[string(k)] = made
	return made
}

func appendText(k []byte, s string) []byte {
	return append(binary.AppendUvarint(k, uint64(len(s))), s...)
}
