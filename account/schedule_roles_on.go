package account

import (
	"cmp"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// holding is a user or a team, and a resource.
type holding struct {
	Holder
	on usher.Ref
}

// compare orders holdings by resource. On a resource, users come before teams.
func (h holding) compare(o holding) int {
	if by := cmp.Or(cmp.Compare(h.on.Type, o.on.Type), cmp.Compare(h.on.ID, o.on.ID)); by != 0 {
		return by
	}
	return cmp.Or(cmp.Compare(h.by(), o.by()), cmp.Compare(h.id(), o.id()))
}

// roleOnEntry is an entry about a role on a resource. Such entries are sorted by holding, then by role,
// then by time.
type roleOnEntry struct {
	*ScheduleEntry
	of   holding
	role role.Name
}

// roleOn returns the entry as one about a role on a resource, and whether it is one.
func (e *ScheduleEntry) roleOn() (roleOnEntry, bool) {
	s := e.slot()
	return roleOnEntry{e, holding{Holder{s.user, s.team}, s.on}, s.role}, s.kind == roleOnOf
}

func (e roleOnEntry) compare(o roleOnEntry) int {
	if by := e.of.compare(o.of); by != 0 {
		return by
	}
	return cmp.Or(cmp.Compare(e.role, o.role), compareEntries(e.ScheduleEntry, o.ScheduleEntry))
}

func (e roleOnEntry) before(o roleOnEntry) bool { return e.compare(o) < 0 }
