package policytest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// Command returns what is written as package account does it, nil for a name that
// is no command's.
func (c *Command) Command() account.Command {
	user, team, parent := usher.UserID(c.User.Text), usher.TeamID(c.Team.Text), usher.TeamID(c.Parent.Text)
	role, pool := role.Name(c.Role.Text), seat.PoolName(c.Pool.Text)
	switch c.Name {
	case "create-account":
		create := account.CreateAccount{Owner: usher.UserID(c.Owner.Text)}
		for _, s := range c.Seats {
			if create.Seats == nil {
				create.Seats = map[seat.PoolName]int{}
			}
			create.Seats[seat.PoolName(s.Pool.Text)] = s.Total
		}
		return create
	case "add-user":
		add := account.AddUser{User: user, Role: role, Status: c.Status}
		for _, t := range c.Teams {
			add.Teams = append(add.Teams, usher.TeamID(t.Text))
		}
		return add
	case "accept-invitation":
		return account.AcceptInvitation{}
	case "decline-invitation":
		return account.DeclineInvitation{}
	case "leave":
		return account.Leave{}
	case "remove-user":
		return account.RemoveUser{User: user}
	case "set-status":
		return account.SetStatus{User: user, Status: c.Status}
	case "set-role":
		return account.SetRole{User: user, Role: role}
	case "transfer-ownership":
		return account.TransferOwnership{To: usher.UserID(c.To.Text)}
	case "delete-account":
		return account.DeleteAccount{}
	case "create-team":
		return account.CreateTeam{Team: team, Parent: parent}
	case "move-team":
		return account.MoveTeam{Team: team, Parent: parent}
	case "delete-team":
		return account.DeleteTeam{Team: team}
	case "add-to-team":
		return account.AddToTeam{Team: team, User: user}
	case "remove-from-team":
		return account.RemoveFromTeam{Team: team, User: user}
	case "set-team-role":
		return account.SetTeamRole{Team: team, User: user, Role: role}
	case "unset-team-role":
		return account.UnsetTeamRole{Team: team, User: user, Role: role}
	case "set-seats":
		return account.SetSeats{Pool: pool, Total: c.Total}
	case "assign-seat":
		return account.AssignSeat{User: user, Pool: pool}
	case "unassign-seat":
		return account.UnassignSeat{User: user, Pool: pool}
	case "give-grant":
		return account.GiveGrant{User: user, Grant: c.Grant.Text, Until: c.Until}
	case "revoke-grant":
		return account.RevokeGrant{User: user, Grant: c.Grant.Text}
	}
	return c.planCommand()
}

// planCommand is Command for settings and fields.
func (c *Command) planCommand() account.Command {
	field := c.Field.Text
	switch c.Name {
	case "change-setting":
		return account.ChangeSetting{Setting: c.Setting.Text, Value: c.On}
	case "define-field":
		return account.DefineField{Field: field, Type: c.Type}
	case "rename-field":
		return account.RenameField{Field: field, To: c.To.Text}
	case "move-field":
		return account.MoveField{Field: field, Before: c.Before.Text}
	case "archive-field":
		return account.ArchiveField{Field: field}
	case "restore-field":
		return account.RestoreField{Field: field}
	case "set-field":
		return account.SetField{User: usher.UserID(c.User.Text), Field: field, Value: account.Value(c.Value.Text)}
	}
	return nil
}
