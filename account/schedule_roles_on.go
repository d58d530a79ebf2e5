package account

import (
	"cmp"

	"github.com/usher-go/usher"
)

// holding is a user or a team, and a resource.
type holding struct {
	Holder
	on usher.Ref
}

// compare orders holdings by resource. On a resource, users come before teams.
func (h holding) compare(o holding) int {
	return cmp.Or(
		cmp.Compare(h.on.Type, o.on.Type), cmp.Compare(h.on.ID, o.on.ID),
		cmp.Compare(h.by(), o.by()), cmp.Compare(h.id(), o.id()),
	)
}

// roleOnEntry is an entry about a role on a resource. Such entries are sorted by holding, then by role,
// then by time.
type roleOnEntry struct{ *ScheduleEntry }

func (e roleOnEntry) holding() holding {
	s := e.slot()
	return holding{Holder{s.user, s.team}, s.on}
}

func (e roleOnEntry) compare(o roleOnEntry) int {
	return cmp.Or(
		e.holding().compare(o.holding()),
		cmp.Compare(e.slot().role, o.slot().role),
		compareEntries(e.ScheduleEntry, o.ScheduleEntry),
	)
}

func (e roleOnEntry) before(o roleOnEntry) bool { return e.compare(o) < 0 }
