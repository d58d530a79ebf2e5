package policy

import (
	"maps"
	"slices"

	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

// HeldRole is a role that a user holds on single resources.
type HeldRole struct {
	Role  role.Name
	Type  string   // of the resources
	Count int      // of the resources
	IDs   []string // of the first resources, sorted; at most 100
}

// maxHeldIDs limits HeldRole.IDs.
const maxHeldIDs = 100

// heldRoles adds to a summary the roles that the subject holds on resources, and returns their
// bits. It fails the evaluation if the facts do.
func (q *evaluation) heldRoles(s *Summary) (all uint64) {
	of, ok := q.facts.(ResourceRoles)
	if _, lists := q.facts.(ResourceRoleLister); !ok || !lists || q.p.onType == nil || q.class.role == noRole {
		return 0
	}
	var tree *team.Tree
	if len(q.user.Teams) > 0 {
		if account := q.lookAtAccount(); account != nil {
			tree = account.Teams
		}
	}
	held := map[string]map[string]uint64{} // the bits by type, then by id
	for i := range q.p.onType {
		on := q.p.onType[i]
		if on.res == nil {
			continue
		}
		if held[on.res.name] == nil {
			bits := map[string]uint64{}
			held[on.res.name] = bits
			if err := q.p.eachHeld(of, on.res, q.subject, q.user, tree, func(id string, b uint64) { bits[id] |= b }); err != nil {
				q.fail(err)
			}
		}
		h := HeldRole{Role: q.p.roles[i].Name, Type: on.res.name}
		for _, id := range slices.Sorted(maps.Keys(held[on.res.name])) {
			if held[on.res.name][id]&on.bit == 0 || id == "" {
				continue
			}
			if h.Count++; h.Count <= maxHeldIDs {
				h.IDs = append(h.IDs, id)
			}
		}
		if h.Count > 0 {
			s.OnResources = append(s.OnResources, h)
			all |= on.bit
		}
	}
	return all
}
