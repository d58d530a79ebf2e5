package account

import (
	"iter"
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// draft is a changed copy of a State, for one goroutine. It is the policy.Facts for the
// commands that follow. The State that it started from does not change.
type draft struct {
	next     State // everything but the users, which finish adds
	users    *table.Edit[*policy.Record]
	teams    draftTeams
	interner *interner                // nil if few records are made
	beside   *table.Edit[besideCount] // nil until a count in it changes
	on       *resourceRolesEdit       // nil until a role on a resource changes
	schedule *scheduleEdit            // nil until it changes

	members    *memberIndexEdit // nil until a command needs it
	movedUsers []usher.UserID   // users whose teams changed while members was nil; may contain duplicates

	ownCounts, ownPools, ownConfig, ownFields bool // copied from the old state already
}

func (s *State) draft() *draft {
	d := &draft{next: *s, users: s.users.Edit()}
	if d.next.members == nil {
		d.next.members = &memberIndexOnce{}
	}
	return d
}

// finish returns the new State. The draft must not be used afterwards.
func (d *draft) finish() *State {
	d.finishMembers() // before users changes, which it reads
	d.next.users = *d.users.Table()
	if d.beside != nil {
		d.next.beside = d.beside.Table()
	}
	if d.on != nil {
		d.next.on = d.on.finish()
	}
	d.finishTeams()
	d.finishSchedule()
	return &d.next
}

// User returns the user in the draft, or nil. The error is always nil.
func (d *draft) User(id usher.UserID) (*policy.User, error) {
	return d.find(id), nil
}

// UserRolesOn returns the roles of a user on a resource in the draft. The error is always nil.
func (d *draft) UserRolesOn(user usher.UserID, on usher.Ref) ([]role.Name, error) {
	return d.rolesOf(Holder{User: user}, on), nil
}

// TeamRolesOn returns the roles of a team on a resource in the draft. The error is always nil.
func (d *draft) TeamRolesOn(team usher.TeamID, on usher.Ref) ([]role.Name, error) {
	return d.rolesOf(Holder{Team: team}, on), nil
}

// Account returns the teams and settings in the draft. The error is always nil.
func (d *draft) Account() (*policy.Account, error) {
	d.settleTree()
	return &d.next.currentConfig().facts, nil
}

func (d *draft) find(id usher.UserID) *policy.User {
	r, _ := d.users.Find(string(id))
	return r.User()
}

// all yields the users of the draft.
func (d *draft) all() iter.Seq2[string, *policy.User] { return usersIn(d.users.All()) }

// put stores a user's record. Versions, and users with equal records, share records, so a
// record must not be changed after put. Changes of a user's teams go through putTeams.
func (d *draft) put(id usher.UserID, u policy.User) {
	if d.interner != nil {
		d.users.Set(string(id), d.interner.record(u))
		return
	}
	d.users.Set(string(id), policy.NewRecord(u))
}

// editConfig returns the draft's own copy of the configuration, with its own settings, to be
// changed. The fields are shared until ownFields is set.
func (d *draft) editConfig() *config {
	if !d.ownConfig {
		plan := *d.next.currentConfig()
		plan.facts.Settings = maps.Clone(plan.facts.Settings)
		d.next.config, d.ownConfig = &plan, true
	}
	return d.next.config
}

// editFields is editConfig with the draft's own copy of the fields.
func (d *draft) editFields() *config {
	plan := d.editConfig()
	if !d.ownFields {
		plan.fields, d.ownFields = slices.Clone(plan.fields), true
	}
	return plan
}

// without returns a copy of a list without one element. It returns nil for an empty result,
// so that equal users have equal records.
func without[E any](list []E, at int) []E {
	if len(list) == 1 {
		return nil
	}
	return slices.Delete(slices.Clone(list), at, at+1)
}
