package account

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// rolesOn writes the roles on resources, by type: the resources, the lists of roles that pairs have,
// and for each user and each team the indexes of these.
func (w *snapshotWriter) rolesOn(on resourceRoles, users []entry[*policy.User]) {
	w.uint(len(on))
	if len(on) == 0 {
		return
	}
	places := make(map[string]int, len(users))
	for i, u := range users {
		places[u.id] = i
	}
	for i := range on {
		w.rolesOnType(&on[i], places)
	}
}

func (w *snapshotWriter) rolesOnType(t *resourceRolesOfType, users map[string]int) {
	ids := map[string]int{}
	for _, in := range []int{ofUsers, ofTeams} {
		for id := range t.relations[in].All() {
			ids[id] = 0
		}
	}
	w.text(t.name)
	w.uint(len(ids))
	for i, id := range slices.Sorted(maps.Keys(ids)) {
		ids[id] = i
		w.text(id)
	}
	var lists uniqueItems
	var pairs []byte
	for _, of := range []struct {
		relation *relation
		place    func(string) int
	}{
		{t.relations[byUser], func(id string) int { return users[id] }},
		{t.relations[byTeam], func(id string) int { return w.teams[usher.TeamID(id)] }},
	} {
		pairs = item(pairs, of.relation.Len())
		for _, h := range sorted(of.relation.All(), of.relation.Len()) {
			pairs = item(pairs, of.place(h.id), h.value.len())
			for _, on := range sorted(h.value.all(), h.value.len()) {
				pairs = item(pairs, ids[on.id], lists.place(roleList(on.value)))
			}
		}
	}
	w.uint(len(lists.places))
	w.buf = append(append(w.buf, lists.data...), pairs...)
}

func roleList(roles []role.Name) []byte {
	b := item(nil, len(roles))
	for _, name := range roles {
		b = appendText(b, string(name))
	}
	return b
}

// rolesOn reads the roles on resources of the users and the teams of a state.
func (r *snapshotReader) rolesOn(s *State) {
	n := r.count(6)
	if n == 0 {
		return
	}
	users := make([]string, 0, s.users.Len())
	for id := range s.all() {
		users = append(users, id)
	}
	slices.Sort(users)
	e := s.on.edit()
	last := ""
	for range n {
		name := r.name()
		if name <= last {
			r.fail("the types of resources are not in order")
		}
		last = name
		r.rolesOnType(e, name, users)
		if r.err != nil {
			return
		}
	}
	s.on = e.finish()
}

func (r *snapshotReader) rolesOnType(e *resourceRolesEdit, name string, users []string) {
	ids := make([]string, r.count(2))
	for i := range ids {
		if ids[i] = r.name(); i > 0 && ids[i] <= ids[i-1] {
			r.fail("the resources are not in order")
		}
	}
	lists := make([][]role.Name, r.count(3))
	for i := range lists {
		lists[i] = r.roleList()
	}
	usedIDs, usedLists := make([]bool, len(ids)), 0
	pair := func() (on usher.Ref, roles []role.Name, at int) {
		at, list := r.int(len(ids)), r.int(len(lists))
		if r.err != nil {
			return usher.Ref{}, nil, 0
		}
		if list > usedLists {
			r.fail("the lists of roles are not in the order of their first use")
		}
		usedLists = max(usedLists, list+1)
		usedIDs[at] = true
		return usher.Ref{Type: name, ID: ids[at]}, lists[list], at
	}
	r.holdersOn(e, len(users), func(at int) Holder { return Holder{User: usher.UserID(users[at])} }, pair)
	r.holdersOn(e, len(r.teams), func(at int) Holder { return Holder{Team: r.teams[at]} }, pair)
	if r.err == nil && (usedLists < len(lists) || slices.Contains(usedIDs, false) || len(ids) == 0) {
		r.fail("no user and no team has a role on a resource, or a list of roles is not used")
	}
}

// holdersOn reads the users, or the teams, that have roles on resources of a type.
func (r *snapshotReader) holdersOn(e *resourceRolesEdit, limit int, holderAt func(at int) Holder, pair func() (usher.Ref, []role.Name, int)) {
	last := -1
	for range r.count(4) {
		at, n := r.int(limit), r.count(2)
		if r.err != nil {
			return
		}
		if at <= last || n == 0 {
			r.fail("the users or the teams with roles on resources are not in order, or one has none")
			return
		}
		last = at
		h, before := holderAt(at), -1
		for range n {
			on, roles, place := pair()
			if r.err == nil && place <= before {
				r.fail("the resources of %s are not in order", h.word())
			}
			if r.err != nil {
				return
			}
			before = place
			e.set(h, on, roles)
		}
	}
}

// roleList reads a list of roles, which must be sorted and not empty.
func (r *snapshotReader) roleList() []role.Name {
	list := make([]role.Name, r.count(2))
	for i := range list {
		if list[i] = role.Name(r.name()); i > 0 && list[i] <= list[i-1] {
			r.fail("the roles on a resource are not in order")
		}
	}
	if len(list) == 0 {
		r.fail("a list of roles on a resource is empty")
	}
	return list
}
