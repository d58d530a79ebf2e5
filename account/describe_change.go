package account

import (
	"reflect"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// DescribeChange returns a change as a sentence of the journal: "max gets a seat in
// booking". It is one line, whatever is in the change.
func DescribeChange(c Change) string {
	switch t := reflect.TypeOf(c); {
	case t == nil:
		return "no change"
	case !isChange(t):
		return printable.Sprintf("%T", c)
	}
	return c.describe()
}

func (c AccountCreated) describe() string {
	return "the account begins, with " + word(c.Owner) + " as " + word(c.Unique)
}

func (AccountDeleted) describe() string { return "the account is deleted" }

func (c UserAdded) describe() string {
	s := word(c.User) + " is added as " + word(c.Role)
	if c.Status != usher.Active {
		s += " (" + word(c.Status.String()) + ")"
	}
	return s
}

func (c UserRemoved) describe() string { return word(c.User) + " is removed" }

func (c StatusSet) describe() string {
	return word(c.User) + ": " + word(c.From.String()) + " becomes " + word(c.To.String())
}

func (c RoleSet) describe() string {
	return word(c.User) + ": " + word(c.From) + " becomes " + word(c.To)
}

func (c OwnershipTransferred) describe() string {
	return word(c.From) + " hands the account over to " + word(c.To) + ", who was " + word(c.Was) + ", and becomes " + word(c.Becomes)
}

func (c SeatsSet) describe() string {
	return printable.Sprintf("seats in %s: %d becomes %d", word(c.Pool), c.From, c.To)
}

func (c SeatAssigned) describe() string { return word(c.User) + " gets a seat in " + word(c.Pool) }

func (c SeatUnassigned) describe() string { return word(c.User) + " loses the seat in " + word(c.Pool) }

func (c SettingChanged) describe() string {
	return "the setting " + word(c.Setting) + " is turned " + onOff(c.Value)
}

func (c GrantGiven) describe() string {
	return word(c.User) + " gets the grant " + word(c.Grant) + until(c.Until)
}

func (c GrantRevoked) describe() string { return word(c.User) + " loses the grant " + word(c.Grant) }

func (c TeamCreated) describe() string {
	s := "the team " + word(c.Team) + " is made"
	if c.Parent != "" {
		s += " below " + word(c.Parent)
	}
	return s
}

func (c TeamMoved) describe() string {
	return "the team " + word(c.Team) + " moves from " + above(c.From) + " to " + above(c.To)
}

func (c TeamDeleted) describe() string { return "the team " + word(c.Team) + " is deleted" }

func (c MemberAdded) describe() string { return word(c.User) + " joins the team " + word(c.Team) }

func (c MemberRemoved) describe() string { return word(c.User) + " leaves the team " + word(c.Team) }

func (c TeamRoleSet) describe() string {
	return word(c.User) + " gets the role " + word(c.Role) + " on the team " + word(c.Team)
}

func (c TeamRoleUnset) describe() string {
	return word(c.User) + " loses the role " + word(c.Role) + " on the team " + word(c.Team)
}

func (c FieldDefined) describe() string {
	return "the field " + word(c.Field) + " is defined, of type " + word(c.Type.String())
}

func (c FieldRenamed) describe() string {
	return "the field " + word(c.Field) + " is called " + word(c.To) + " from now on"
}

func (c FieldMoved) describe() string {
	return "the field " + word(c.Field) + " moves " + before(c.Before)
}

func (c FieldArchived) describe() string { return "the field " + word(c.Field) + " is archived" }

func (c FieldRestored) describe() string { return "the field " + word(c.Field) + " is restored" }

func (c FieldSet) describe() string {
	return "the field " + word(c.Field) + " of " + word(c.User) + " is set"
}

func above(parent usher.TeamID) string {
	if parent == "" {
		return "the top"
	}
	return word(parent)
}
