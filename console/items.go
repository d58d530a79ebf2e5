package console

import (
	"reflect"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/printable"
)

// Item is a resource of the host, for pages on which users give and take roles on single resources.
type Item struct {
	// Resource is the resource as the host's routes load it, with its parties, because these decide
	// what a viewer may do. It must come from the host's tables.
	Resource usher.Resource

	Title string // for display; default: the id
	Link  string // the address of the host's page about it; default: no link
}

// itemsOf returns the resources of the host with their titles, in one call of the host. It leaves out
// those that the host does not return.
func (v *viewer) itemsOf(refs ...usher.Ref) map[usher.Ref]Item {
	var missing []usher.Ref
	for _, ref := range refs {
		if _, ok := v.items[ref]; !ok && !slices.Contains(missing, ref) {
			missing = append(missing, ref)
		}
	}
	if len(missing) == 0 || v.options.Resources == nil {
		return v.items
	}
	found, err := v.options.Resources(v.ctx, v.subject.Account, missing)
	if err != nil {
		v.options.Log.ErrorContext(v.ctx, "console: Options.Resources failed", "account", printable.Value(v.subject.Account), "error", printable.Error(err))
	}
	if v.items == nil {
		v.items = map[usher.Ref]Item{}
	}
	for _, ref := range missing {
		item := found[ref]
		if err != nil || item.Resource == nil || item.Resource.Ref() != ref || item.Resource.InAccount() != v.subject.Account {
			item = Item{} // without parties, no rule about it matches
		}
		v.items[ref] = item
	}
	return v.items
}

// batchOn returns the viewer's batch of commands, with the resources that they name.
func (v *viewer) batchOn(commands ...account.Command) engine.Batch {
	b := v.batch(commands...)
	b.Resources = v.resourcesOf(commands)
	return b
}

// resourcesOf returns the resources that commands name, as the host knows them.
func (v *viewer) resourcesOf(commands []account.Command) (list []usher.Resource) {
	refs := v.refsIn(commands)
	if len(refs) == 0 {
		return nil
	}
	items := v.itemsOf(refs...)
	for _, ref := range refs {
		if item := items[ref]; item.Resource != nil {
			list = append(list, item.Resource)
		}
	}
	return list
}

// refsIn returns the resources that commands name, each once, with those in requests and in the schedule.
func (v *viewer) refsIn(commands []account.Command) (refs []usher.Ref) {
	for _, c := range commands {
		switch c := c.(type) {
		case account.Request:
			refs = append(refs, v.refsIn(c.Commands)...)
		case account.Approve:
			if q, ok := v.view.Request(c.Request, v.now); ok {
				refs = append(refs, v.refsIn(q.Commands)...)
			}
		case account.Cancel:
			if ref, ok := v.scheduledOn()[c.ID]; ok && !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
		of := reflect.ValueOf(c)
		for i := range of.NumField() {
			if ref, ok := of.Field(i).Interface().(usher.Ref); ok && !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
	}
	return refs
}

// scheduledOn returns the resources of scheduled changes, by the numbers of the changes.
func (v *viewer) scheduledOn() map[int]usher.Ref {
	if v.planned == nil {
		v.planned = map[int]usher.Ref{}
		for e := range v.view.Scheduled(account.ScheduleEntry{}) {
			switch c := e.Command.(type) {
			case account.GiveRoleOn:
				v.planned[e.ID] = c.On
			case account.TakeRoleOn:
				v.planned[e.ID] = c.On
			}
		}
	}
	return v.planned
}
