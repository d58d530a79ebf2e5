package account

import (
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/role"
)

// resourceRolesEdit is a changed copy of resourceRoles, for one goroutine.
type resourceRolesEdit struct {
	types []*resourceRolesOfTypeEdit // sorted by name
}

type resourceRolesOfTypeEdit struct {
	name  string
	lists [][]role.Name
	edits [4]relationEdit
}

// relationEdit is a changed copy of a relation. Large tables in it stay open for further changes, so
// that many changes of one user in a batch copy the table once.
type relationEdit struct {
	table *table.Edit[roleTable]
	open  map[string]*table.Edit[[]role.Name]
}

func (s resourceRoles) edit() *resourceRolesEdit {
	e := &resourceRolesEdit{}
	for i := range s {
		t := &resourceRolesOfTypeEdit{name: s[i].name, lists: s[i].lists}
		for in := range t.edits {
			t.edits[in].table = s[i].relations[in].Edit()
		}
		e.types = append(e.types, t)
	}
	return e
}

// finish returns the changed copy. The edit must not be used afterwards.
func (e *resourceRolesEdit) finish() resourceRoles {
	var s resourceRoles
	for _, t := range e.types {
		if t.edits[byUser].table.Len()+t.edits[byTeam].table.Len() == 0 {
			continue
		}
		made := resourceRolesOfType{name: t.name, lists: t.lists}
		for in := range t.edits {
			made.relations[in] = t.edits[in].finish()
		}
		s = append(s, made)
	}
	return s
}

func (e *relationEdit) finish() *relation {
	for id, open := range e.open {
		e.table.Set(id, roleTable{many: open.Table()})
	}
	e.open = nil
	return e.table.Table()
}

func (e *resourceRolesEdit) typed(name string) *resourceRolesOfTypeEdit {
	for _, t := range e.types {
		if t.name == name {
			return t
		}
	}
	return nil
}

// made returns the edit of a type, which it adds if there is none.
func (e *resourceRolesEdit) made(name string) *resourceRolesOfTypeEdit {
	at, has := slices.BinarySearchFunc(e.types, name, func(t *resourceRolesOfTypeEdit, name string) int { return strings.Compare(t.name, name) })
	if !has {
		t := &resourceRolesOfTypeEdit{name: strings.Clone(name)}
		for in := range t.edits {
			t.edits[in].table = (&relation{}).Edit()
		}
		e.types = slices.Insert(e.types, at, t)
	}
	return e.types[at]
}

func (e *resourceRolesEdit) find(in int, resourceType, id, with string) []role.Name {
	t := e.typed(resourceType)
	if t == nil {
		return nil
	}
	return t.edits[in].find(id, with)
}

func (e *resourceRolesEdit) of(in int, resourceType, id string) roleTable {
	t := e.typed(resourceType)
	if t == nil {
		return roleTable{}
	}
	return t.edits[in].of(id)
}

func (e *resourceRolesEdit) count(in int, id string) (n int) {
	for _, t := range e.types {
		n += t.edits[in].len(id)
	}
	return n
}

// resourcesOf returns the roles of a holder on resources, sorted by resource.
func (e *resourceRolesEdit) resourcesOf(h Holder) (list []RolesOn) {
	for _, t := range e.types {
		found := t.edits[h.by()].of(h.id())
		for _, on := range sorted(found.all(), found.len()) {
			list = append(list, RolesOn{h, usher.Ref{Type: t.name, ID: on.id}, on.value})
		}
	}
	return list
}

// set gives a user or a team exactly these sorted roles on a resource; none takes all.
func (e *resourceRolesEdit) set(h Holder, on usher.Ref, roles []role.Name) {
	t := e.made(on.Type)
	if len(roles) > 0 {
		roles = t.shared(roles)
	}
	t.edits[h.by()].set(h.id(), on.ID, roles)
	t.edits[h.of()].set(on.ID, h.id(), roles)
}

// shared returns a list that is equal to the given one, and that other pairs have as well.
func (t *resourceRolesOfTypeEdit) shared(roles []role.Name) []role.Name {
	for _, known := range t.lists {
		if slices.Equal(known, roles) {
			return known
		}
	}
	if len(t.lists) < maxSharedLists {
		t.lists = append(slices.Clip(t.lists), roles)
	}
	return roles
}

// dropHolder takes all roles of a user or a team.
func (e *resourceRolesEdit) dropHolder(h Holder) {
	for _, t := range e.types {
		t.drop(h.by(), h.of(), h.id())
	}
}

// dropResource takes all roles on a resource.
func (e *resourceRolesEdit) dropResource(on usher.Ref) {
	if t := e.typed(on.Type); t != nil {
		t.drop(ofUsers, byUser, on.ID)
		t.drop(ofTeams, byTeam, on.ID)
	}
}

// drop deletes an id from a relation, and its pairs from the reverse relation.
func (t *resourceRolesOfTypeEdit) drop(in, reverse int, id string) {
	found := t.edits[in].of(id)
	if found.len() == 0 {
		return
	}
	for other := range found.all() {
		t.edits[reverse].set(other, id, nil)
	}
	delete(t.edits[in].open, id)
	t.edits[in].table.Delete(id)
}

func (e *relationEdit) of(id string) roleTable {
	if open := e.open[id]; open != nil {
		return roleTable{many: open.Table()}
	}
	found, _ := e.table.Find(id)
	return found
}

func (e *relationEdit) len(id string) int {
	if open := e.open[id]; open != nil {
		return open.Len()
	}
	found, _ := e.table.Find(id)
	return found.len()
}

func (e *relationEdit) find(id, with string) []role.Name {
	if open := e.open[id]; open != nil {
		roles, _ := open.Find(with)
		return roles
	}
	found, _ := e.table.Find(id)
	return found.find(with)
}

// set sets the roles of a pair; none deletes it.
func (e *relationEdit) set(id, with string, roles []role.Name) {
	open := e.open[id]
	if open == nil {
		found, _ := e.table.Find(id)
		if found.many == nil {
			e.setFew(id, found.few, with, roles)
			return
		}
		open = found.many.Edit()
		e.keepOpen(id, open)
	}
	if len(roles) > 0 {
		open.Set(with, roles)
		return
	}
	open.Delete(with)
	if open.Len() > maxFew/2 {
		return
	}
	var few []rolesOfPair
	for id, roles := range open.All() {
		few = append(few, rolesOfPair{id, roles})
	}
	slices.SortFunc(few, func(a, b rolesOfPair) int { return strings.Compare(a.id, b.id) })
	delete(e.open, id)
	e.table.Set(id, roleTable{few: few})
}

func (e *relationEdit) keepOpen(id string, open *table.Edit[[]role.Name]) {
	if e.open == nil {
		e.open = map[string]*table.Edit[[]role.Name]{}
	}
	e.open[id] = open
}

func (e *relationEdit) setFew(id string, few []rolesOfPair, with string, roles []role.Name) {
	at, has := slices.BinarySearchFunc(few, with, func(h rolesOfPair, id string) int { return strings.Compare(h.id, id) })
	switch {
	case len(roles) == 0 && !has:
		return
	case len(roles) == 0 && len(few) == 1:
		e.table.Delete(id)
		return
	case len(roles) == 0:
		few = slices.Delete(slices.Clone(few), at, at+1)
	case has:
		few = slices.Clone(few)
		few[at].roles = roles
	case len(few) < maxFew:
		list := make([]rolesOfPair, 0, len(few)+1)
		list = append(append(list, few[:at]...), rolesOfPair{with, roles})
		few = append(list, few[at:]...)
	default:
		open := (&table.Table[[]role.Name]{}).Edit()
		for _, h := range few {
			open.Set(h.id, h.roles)
		}
		open.Set(with, roles)
		e.keepOpen(id, open)
		return
	}
	e.table.Set(id, roleTable{few: few})
}
