package account

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Command is something that somebody asks to have changed. Each says which
// permission is asked for, on which resource; the host needs none. Where a command
// finds things as asked already, nothing changes and that is no error.
//
// Where a role or a status goes with seats, the command takes and releases them too,
// and what it asks for is all that it asks for: no seat.assign, no seat.unassign. If
// its batch leaves more seats held than bought, it is refused with NoSeatsLeft.
//
// A command is passed as it is: &SetRole{} compiles, and is refused as Invalid.
//
// The exported fields are the arguments of the command. The tag usher has words about one,
// with commas between them: "optional" if it may be left out, what a string is ("setting",
// "grant", "field", "name"), "team-role" for a role that is held on a team, and the values
// that are allowed of those that its type has ("active|inactive"). [Commands] derives from
// them how a command is written. The schema and the FORMAT pages quote the first sentence
// of the comment on a type, and the comments that end the lines of the fields.
type Command interface {
	// asks returns what the command requires of its actor.
	asks(*proposing) requirement

	// propose makes the changes that follow from the command, or refuses it. The actor
	// meets what asks returned.
	propose(*proposing) error

	// describe returns the arguments of the command in words, "" if there are none.
	describe() string
}

// CreateAccount creates the account with its first user, the active holder of the
// unique role. Only the host may, and an id is used once. Seats are what the plan
// sells from the beginning: where the unique role requires a seat, the owner takes
// one of them.
type CreateAccount struct {
	Owner usher.UserID
	Seats map[seat.PoolName]int `usher:"optional"` // default: none
}

// Import creates the account as it stands somewhere else, in one commit. Only the
// host may. What no account may be is Invalid: two holders of the unique role, more
// seats held than bought, a circle of teams.
type Import struct {
	Contents Contents
}

// AddUser adds a user, or invites one. The user is put in the teams that are listed.
// Where the role requires a seat in the user's status, one is taken.
// user.create on {team: Teams}.
type AddUser struct {
	User   usher.UserID
	Role   role.Name      `usher:"optional"`                // default: the policy's default role
	Status usher.Status   `usher:"optional,active|invited"` // default: active
	Teams  []usher.TeamID `usher:"optional"`                // default: none
}

// AcceptInvitation makes the actor, who was invited, active. Seats go with it as with
// SetStatus.
type AcceptInvitation struct{}

// DeclineInvitation removes the actor, who was invited.
type DeclineInvitation struct{}

// Leave removes the actor. It does what RemoveUser does. user.leave on {user: actor}.
type Leave struct{}

// RemoveUser removes a user with all that is theirs, and releases their seats.
// user.delete on {user}.
type RemoveUser struct {
	User usher.UserID
}

// SetStatus makes a user active or inactive. Seats that are not held in the new
// status are released, and come back by themselves only where the role requires
// them; those that it requires in the new status are taken. user.set-status on
// {user}.
type SetStatus struct {
	User   usher.UserID
	Status usher.Status `usher:"active|inactive"`
}

// SetRole gives a user another account role. Seats that the new role may not hold
// are released, and those that it requires are taken; others stay.
// user.set-role on {user}.
type SetRole struct {
	User usher.UserID
	Role role.Name
}

// CreateTeam creates a team, at the top or below another one. The id of a deleted
// team is never used again. team.create on {team: parent}.
type CreateTeam struct {
	Team   usher.TeamID
	Parent usher.TeamID `usher:"optional"` // default: at the top
}

// MoveTeam puts a team, with all teams below it, at the top or below another one.
// team.edit on {team: the team, its old and its new parent}.
type MoveTeam struct {
	Team   usher.TeamID
	Parent usher.TeamID `usher:"optional"` // default: to the top
}

// DeleteTeam deletes a team that has no teams below it. Its members stay in the
// account. No other team can have its id afterwards, since the application may still
// name the deleted team as a party of resources. team.delete on {team}.
type DeleteTeam struct {
	Team usher.TeamID
}

// AddToTeam puts a user in a team. team.set-members on {team, user}.
type AddToTeam struct {
	Team usher.TeamID
	User usher.UserID
}

// RemoveFromTeam takes a user out of a team, and ends the roles held there.
// team.set-members on {team, user}.
type RemoveFromTeam struct {
	Team usher.TeamID
	User usher.UserID
}

// SetTeamRole gives a user a role on a team that the user was put in.
// team.set-role on {team, user}.
type SetTeamRole struct {
	Team usher.TeamID
	User usher.UserID
	Role role.Name `usher:"team-role"`
}

// UnsetTeamRole ends a role on a team. team.set-role on {team, user}.
type UnsetTeamRole struct {
	Team usher.TeamID
	User usher.UserID
	Role role.Name `usher:"team-role"`
}

// SetSeats sets how many seats of a pool are bought. A batch that leaves fewer than
// are held is refused with SeatsInUse. seat.purchase.
type SetSeats struct {
	Pool  seat.PoolName
	Total int
}

// AssignSeat gives a user a seat. seat.assign on {user}.
type AssignSeat struct {
	User usher.UserID
	Pool seat.PoolName
}

// UnassignSeat takes a user's seat away. seat.unassign on {user}.
type UnassignSeat struct {
	User usher.UserID
	Pool seat.PoolName
}

// ChangeSetting turns a setting of the account on or off. account.configure.
type ChangeSetting struct {
	Setting string `usher:"setting"`
	Value   bool
}

// GiveGrant gives a user a permission, a bundle or a feature. A grant that the user holds gets the new end. grant.give on {user}; to
// end a grant sooner also requires grant.revoke on {user}. A grant that would be over
// already is refused as Invalid, unless it ends one that is held.
type GiveGrant struct {
	User  usher.UserID
	Grant string    `usher:"grant"`
	Until time.Time `usher:"optional"` // default: for good
}

// RevokeGrant takes a grant away. grant.revoke on {user}.
type RevokeGrant struct {
	User  usher.UserID
	Grant string `usher:"grant"`
}

// DefineField defines a custom field of users, after all others. field.manage.
type DefineField struct {
	Field string `usher:"field"`
	Type  FieldType
}

// RenameField gives a custom field another name; the values stay. field.manage.
type RenameField struct {
	Field string `usher:"field"`
	To    string `usher:"name"`
}

// MoveField puts a custom field before another one, or at the end.
// field.manage.
type MoveField struct {
	Field  string `usher:"field"`
	Before string `usher:"optional,field"` // default: at the end
}

// ArchiveField hides a custom field; its values are kept. field.manage.
type ArchiveField struct {
	Field string `usher:"field"`
}

// RestoreField shows an archived custom field again. field.manage.
type RestoreField struct {
	Field string `usher:"field"`
}

// SetField sets what a user has in a custom field. user.edit on {user}, and the
// decision must not hide the field.
type SetField struct {
	User  usher.UserID
	Field string `usher:"field"`
	Value Value
}

// TransferOwnership hands the unique role over to an active user. The user who had it gets
// the role that it hands over to. Of both, seats that the new role may not hold are
// released, and then those that it requires are taken. account.transfer.
type TransferOwnership struct {
	To usher.UserID
}

// DeleteAccount deletes the account. Its id is never used again. account.delete.
type DeleteAccount struct{}

// Contents is an account as it stands, for [Import]. Nobody is asked whether it may
// be so. Who has a role that requires a seat holds one without saying so. The zero
// Contents lacks a holder of the unique role, and is refused.
type Contents struct {
	Settings map[string]bool
	Seats    map[seat.PoolName]int         // bought
	Teams    map[usher.TeamID]usher.TeamID // each with its parent, "" at the top
	Fields   []Field                       // in their order; ids are given anew
	Users    map[usher.UserID]policy.User
	Values   map[usher.UserID]map[string]Value // of custom fields, by the field's name
}
