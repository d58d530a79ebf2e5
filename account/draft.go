package account

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
)

// draft is a state that is being changed, by one goroutine. It is the policy.Facts
// of the commands that follow; the state that it began with stays as it is.
type draft struct {
	next     State // all but users, which are in their own table until done
	users    *table.Edit[*policy.User]
	teams    draftTeams
	interner *interner // nil where few records are made

	members   *memberIndexEdit // nil until a command needs it
	regrouped []usher.UserID   // the users whose teams changed before that, perhaps repeatedly

	ownCounts, ownPools, ownPlan, ownFields bool // they are no more those of the old state
}

func (s *State) draft() *draft {
	d := &draft{next: *s, users: s.users.Edit()}
	if d.next.members == nil {
		d.next.members = &memberIndexOnce{}
	}
	return d
}

// done returns the state as it was drafted. The draft is of no use after it.
func (d *draft) done() *State {
	d.doneMembers() // which needs the users that the draft began with
	d.next.users = *d.users.Table()
	d.doneTeams()
	return &d.next
}

// User returns the user as drafted, or nil.
func (d *draft) User(id usher.UserID) (*policy.User, error) {
	u, _ := d.users.Find(string(id))
	return u, nil
}

// Account returns teams and settings as drafted. The error is always nil.
func (d *draft) Account() (*policy.Account, error) {
	d.settleTree()
	return &d.next.planned().facts, nil
}

func (d *draft) find(id usher.UserID) *policy.User {
	u, _ := d.users.Find(string(id))
	return u
}

// put keeps a changed record of a user. Records are shared between versions, and
// between users who are alike, so a record is changed only before it is put. What
// changes the teams of a user calls putTeams.
func (d *draft) put(id usher.UserID, u policy.User) {
	if d.interner != nil {
		d.users.Set(string(id), d.interner.record(u))
		return
	}
	d.users.Set(string(id), u.Compact())
}

// plan returns the draft's own plan, to be changed, with its own settings. The fields
// are shared until ownFields is set.
func (d *draft) plan() *plan {
	if !d.ownPlan {
		plan := *d.next.planned()
		plan.facts.Settings = maps.Clone(plan.facts.Settings)
		d.next.plan, d.ownPlan = &plan, true
	}
	return d.next.plan
}

// fieldPlan is plan with the draft's own fields, to be changed.
func (d *draft) fieldPlan() *plan {
	plan := d.plan()
	if !d.ownFields {
		plan.fields, d.ownFields = slices.Clone(plan.fields), true
	}
	return plan
}

// without returns a copy of a list that lacks one element, nil where nothing is
// left, so that alike users have alike records.
func without[E any](list []E, at int) []E {
	if len(list) == 1 {
		return nil
	}
	return slices.Delete(slices.Clone(list), at, at+1)
}
