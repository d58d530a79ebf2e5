package account

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/usher-go/usher"
)

// snapshotWriter appends numbers as varints, and texts after their length.
type snapshotWriter struct {
	buf   []byte
	teams map[usher.TeamID]int // their indexes
}

func (w *snapshotWriter) uint(n int)       { w.buf = binary.AppendUvarint(w.buf, uint64(n)) }
func (w *snapshotWriter) text(s string)    { w.buf = appendText(w.buf, s) }
func (w *snapshotWriter) time(t time.Time) { w.buf = appendTime(w.buf, t) }
func (w *snapshotWriter) bool(b bool)      { w.buf = append(w.buf, bit(b)) }

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendTime(b []byte, t time.Time) []byte {
	b = binary.AppendVarint(b, t.Unix())
	return binary.AppendUvarint(b, uint64(t.Nanosecond()))
}

func (w *snapshotWriter) config(p *config) {
	teams := sorted(p.facts.Teams.All(), p.facts.Teams.Len())
	w.teams = make(map[usher.TeamID]int, len(teams))
	for i, t := range teams {
		w.teams[usher.TeamID(t.id)] = i
	}
	w.uint(len(teams))
	for _, t := range teams {
		w.text(t.id)
		parent := 0
		if t.value != "" {
			parent = w.teams[t.value] + 1
		}
		w.uint(parent)
	}

	w.uint(p.deleted.Len())
	for _, t := range sorted(p.deleted.All(), p.deleted.Len()) {
		w.text(t.id)
	}

	w.uint(len(p.facts.Settings))
	for _, name := range slices.Sorted(maps.Keys(p.facts.Settings)) {
		w.text(name)
		w.bool(p.facts.Settings[name])
	}

	w.uint(p.lastField)
	w.uint(len(p.fields))
	for _, f := range p.fields {
		w.uint(f.ID)
		w.text(f.Name)
		w.buf = append(w.buf, byte(f.Type), bit(f.Archived))
	}
	w.roles(p.custom)
}

func (w *snapshotWriter) roles(c *customRoles) {
	if c == nil {
		c = &customRoles{}
	}
	w.uint(len(c.list))
	for _, r := range c.list {
		w.text(string(r.Name))
		w.text(r.Title)
		w.text(string(r.Like))
		w.uint(len(r.Gives))
		for _, g := range r.Gives {
			w.text(g.Permission.String())
			w.text(g.Rule)
		}
	}
}

// pools writes how many seats are bought, and how many are held beyond these. How many are held follows
// from the users.
func (w *snapshotWriter) pools(s *State) {
	w.uint(len(s.pools))
	for _, name := range slices.Sorted(maps.Keys(s.pools)) {
		w.text(string(name))
		w.uint(s.pools[name].Total)
		w.uint(s.pools[name].Excess())
	}
}

// keys writes the keys, the oldest first. How many keys each actor has follows from them.
func (w *snapshotWriter) keys(k keys) {
	list := make([]entry[keyed], 0, k.byKey.Len())
	for key, v := range k.byKey.All() {
		list = append(list, entry[keyed]{key, v})
	}
	slices.SortFunc(list, func(a, b entry[keyed]) int { return cmp.Compare(a.value.version, b.value.version) })
	w.uint(len(list))
	for _, e := range list {
		w.buf = append(w.buf, e.id...) // in the form of scopedKey
		w.buf = binary.AppendUvarint(w.buf, e.value.version)
		w.text(e.value.request)
	}
}
