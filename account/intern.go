package account

import (
	"encoding/binary"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// internThreshold is the number of changes from which sharing records saves time.
const internThreshold = 64

// interner finds equal records of users, so that they share one in memory. Most members of a
// large account have equal records. The zero interner is ready to use.
type interner struct {
	records map[string]*policy.Record
	key     []byte
}

// record returns a shared record equal to u. The caller must not change it.
func (a *interner) record(u policy.User) *policy.Record {
	k := append(a.key[:0], byte(u.Status), bit(u.Kind == usher.ServiceAccount))
	k = appendText(k, string(u.Role))
	for _, list := range [][]policy.Membership{u.Teams, u.Outside} {
		k = binary.AppendUvarint(k, uint64(len(list)))
		for _, m := range list {
			k = appendText(k, string(m.Team))
			k = binary.AppendUvarint(k, uint64(len(m.Roles)))
			for _, r := range m.Roles {
				k = appendText(k, string(r))
			}
		}
	}
	k = binary.AppendUvarint(k, uint64(len(u.Seats)))
	for _, s := range u.Seats {
		k = appendText(k, string(s))
	}
	k = binary.AppendUvarint(k, uint64(len(u.Beside)))
	for _, r := range u.Beside {
		k = appendText(k, string(r))
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
		a.records = map[string]*policy.Record{}
	}
	made := policy.NewRecord(u)
	a.records[string(k)] = made
	return made
}

func appendText(k []byte, s string) []byte {
	return append(binary.AppendUvarint(k, uint64(len(s))), s...)
}
