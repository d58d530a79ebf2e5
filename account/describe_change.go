package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// DescribeChange returns a change as a sentence of the journal: "max gets a seat in
// booking". It is one line, whatever is in the change.
func DescribeChange(c Change) string {
	switch c := c.(type) {
	case nil:
		return "no change"
	case AccountCreated:
		return "the account begins, with " + word(c.Owner) + " as " + word(c.Unique)
	case AccountDeleted:
		return "the account is deleted"
	case UserAdded:
		s := word(c.User) + " is added as " + word(c.Role)
		if c.Status != usher.Active {
			s += " (" + word(c.Status.String()) + ")"
		}
		return s
	case UserRemoved:
		return word(c.User) + " is removed"
	case StatusSet:
		return word(c.User) + ": " + word(c.From.String()) + " becomes " + word(c.To.String())
	case RoleSet:
		return word(c.User) + ": " + word(c.From) + " becomes " + word(c.To)
	case OwnershipTransferred:
		return word(c.From) + " hands the account over to " + word(c.To) + ", who was " + word(c.Was) + ", and becomes " + word(c.Becomes)
	case SeatsSet:
		return printable.Sprintf("seats in %s: %d becomes %d", word(c.Pool), c.From, c.To)
	case SeatAssigned:
		return word(c.User) + " gets a seat in " + word(c.Pool)
	case SeatUnassigned:
		return word(c.User) + " loses the seat in " + word(c.Pool)
	case SettingChanged:
		return "the setting " + word(c.Setting) + " is turned " + onOff(c.Value)
	case GrantGiven:
		return word(c.User) + " gets the grant " + word(c.Grant) + until(c.Until)
	case GrantRevoked:
		return word(c.User) + " loses the grant " + word(c.Grant)
	case TeamCreated, TeamMoved, TeamDeleted, MemberAdded, MemberRemoved, TeamRoleSet, TeamRoleUnset:
		return describeTeamChange(c)
	case FieldDefined, FieldRenamed, FieldMoved, FieldArchived, FieldRestored, FieldSet:
		return describeFieldChange(c)
	default:
		return printable.Sprintf("%T", c)
	}
}

func describeTeamChange(c Change) string {
	switch c := c.(type) {
	case TeamCreated:
		s := "the team " + word(c.Team) + " is made"
		if c.Parent != "" {
			s += " below " + word(c.Parent)
		}
		return s
	case TeamMoved:
		return "the team " + word(c.Team) + " moves from " + above(c.From) + " to " + above(c.To)
	case TeamDeleted:
		return "the team " + word(c.Team) + " is deleted"
	case MemberAdded:
		return word(c.User) + " joins the team " + word(c.Team)
	case MemberRemoved:
		return word(c.User) + " leaves the team " + word(c.Team)
	case TeamRoleSet:
		return word(c.User) + " gets the role " + word(c.Role) + " on the team " + word(c.Team)
	case TeamRoleUnset:
		return word(c.User) + " loses the role " + word(c.Role) + " on the team " + word(c.Team)
	default:
		return c.ChangeType()
	}
}

func describeFieldChange(c Change) string {
	switch c := c.(type) {
	case FieldDefined:
		return "the field " + word(c.Field) + " is defined, of type " + word(c.Type.String())
	case FieldRenamed:
		return "the field " + word(c.Field) + " is called " + word(c.To) + " from now on"
	case FieldMoved:
		return "the field " + word(c.Field) + " moves " + before(c.Before)
	case FieldArchived:
		return "the field " + word(c.Field) + " is archived"
	case FieldRestored:
		return "the field " + word(c.Field) + " is restored"
	case FieldSet:
		return "the field " + word(c.Field) + " of " + word(c.User) + " is set"
	default:
		return c.ChangeType()
	}
}

func above(parent usher.TeamID) string {
	if parent == "" {
		return "the top"
	}
	return word(parent)
}
