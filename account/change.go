package account

import (
	"reflect"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Change is a fact that follows from a command, as the journal keeps it. Changes
// say what was before where that would otherwise be lost, so that a journal reads
// without replaying it; a change that does not fit the state is refused by
// [State.Apply].
type Change interface {
	// apply makes the change, or returns why it does not fit.
	apply(*draft) error

	// describe returns the change as a sentence.
	describe() string
}

// UsersOf returns the users whom changes name, each once, in that order: whose page
// of a journal they belong to.
func UsersOf(changes ...Change) []usher.UserID {
	var list []usher.UserID
	seen := map[usher.UserID]bool{}
	for _, c := range changes {
		v := reflect.Indirect(reflect.ValueOf(c))
		if v.Kind() != reflect.Struct {
			continue // nil
		}
		for i := range v.NumField() {
			if id, ok := v.Field(i).Interface().(usher.UserID); ok && !seen[id] {
				seen[id] = true
				list = append(list, id)
			}
		}
	}
	return list
}

// AccountCreated begins the account. Unique is the role that exactly one user
// holds, from here on Owner.
type AccountCreated struct {
	Owner  usher.UserID `json:"owner"`
	Unique role.Name    `json:"unique"`
}

// AccountDeleted ends the account.
type AccountDeleted struct{}

// UserAdded puts a user in the account.
type UserAdded struct {
	User   usher.UserID `json:"user"`
	Role   role.Name    `json:"role"`
	Status usher.Status `json:"status"`
}

// UserRemoved takes a user out of the account, with all that is left of theirs.
type UserRemoved struct {
	User usher.UserID `json:"user"`
}

// StatusSet gives a user another status.
type StatusSet struct {
	User usher.UserID `json:"user"`
	From usher.Status `json:"from"`
	To   usher.Status `json:"to"`
}

// RoleSet gives a user another account role, which is not the unique one.
type RoleSet struct {
	User usher.UserID `json:"user"`
	From role.Name    `json:"from"`
	To   role.Name    `json:"to"`
}

// OwnershipTransferred hands the unique role from one user, who gets the role
// Becomes, to another, who had the role Was.
type OwnershipTransferred struct {
	From    usher.UserID `json:"from"`
	To      usher.UserID `json:"to"`
	Was     role.Name    `json:"was"`
	Becomes role.Name    `json:"becomes"`
}

// TeamCreated makes a team. Journals from before ids of deleted teams were kept may
// have one with such an id, which is valid.
type TeamCreated struct {
	Team   usher.TeamID `json:"team"`
	Parent usher.TeamID `json:"parent,omitempty"`
}

// TeamMoved puts a team below another one, or at the top.
type TeamMoved struct {
	Team usher.TeamID `json:"team"`
	From usher.TeamID `json:"from,omitempty"`
	To   usher.TeamID `json:"to,omitempty"`
}

// TeamDeleted deletes a team, which nobody is in any more.
type TeamDeleted struct {
	Team usher.TeamID `json:"team"`
}

// MemberAdded puts a user in a team.
type MemberAdded struct {
	Team usher.TeamID `json:"team"`
	User usher.UserID `json:"user"`
}

// MemberRemoved takes a user out of a team, where the user has no role any more.
type MemberRemoved struct {
	Team usher.TeamID `json:"team"`
	User usher.UserID `json:"user"`
}

// TeamRoleSet gives a user a role on a team.
type TeamRoleSet struct {
	Team usher.TeamID `json:"team"`
	User usher.UserID `json:"user"`
	Role role.Name    `json:"role"`
}

// TeamRoleUnset ends a role on a team.
type TeamRoleUnset struct {
	Team usher.TeamID `json:"team"`
	User usher.UserID `json:"user"`
	Role role.Name    `json:"role"`
}

// SeatsSet says how many seats of a pool are bought.
type SeatsSet struct {
	Pool seat.PoolName `json:"pool"`
	From int           `json:"from"`
	To   int           `json:"to"`
}

// SeatAssigned gives a user a seat.
type SeatAssigned struct {
	User usher.UserID  `json:"user"`
	Pool seat.PoolName `json:"pool"`
}

// SeatUnassigned takes a user's seat away.
type SeatUnassigned struct {
	User usher.UserID  `json:"user"`
	Pool seat.PoolName `json:"pool"`
}

// SettingChanged turns a setting on or off.
type SettingChanged struct {
	Setting string `json:"setting"`
	Value   bool   `json:"value"`
}

// GrantGiven gives a user a grant, or gives one that is held another end.
type GrantGiven struct {
	User  usher.UserID `json:"user"`
	Grant string       `json:"grant"`
	Until time.Time    `json:"until,omitzero"`
}

// GrantRevoked takes a grant away.
type GrantRevoked struct {
	User  usher.UserID `json:"user"`
	Grant string       `json:"grant"`
}

// FieldDefined makes a custom field, as the last.
type FieldDefined struct {
	ID    int       `json:"id"`
	Field string    `json:"field"`
	Type  FieldType `json:"type"`
}

// FieldRenamed gives a custom field another name.
type FieldRenamed struct {
	Field string `json:"field"`
	To    string `json:"to"`
}

// FieldMoved puts a custom field before another one, or at the end.
type FieldMoved struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
}

// FieldArchived hides a custom field.
type FieldArchived struct {
	Field string `json:"field"`
}

// FieldRestored shows a custom field again.
type FieldRestored struct {
	Field string `json:"field"`
}

// FieldSet says that a user's custom field was set. What it was set to is personal
// data, and stands beside the journal.
type FieldSet struct {
	User  usher.UserID `json:"user"`
	Field string       `json:"field"`
}
