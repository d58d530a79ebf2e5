package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// RequestFrom returns a request for the commands after which a remedy of an explanation is in place.
// The user is the subject of the explanation, and need not be the author of the request. It returns false for
// a visitor, and if a step of the remedy is not a change of the account: facts of the request,
// attributes and parties belong to the host application. The commands fit the version of the View.
// They are not authorized: an approver may lack the permissions, or a seat may not be free then.
//
// A role on a resource is on the resource that the explanation was about, so the host passes it with
// the approval, in [Proposal.Resources].
func (v View) RequestFrom(user usher.UserID, r usher.Remedy) (Request, bool) {
	var made Request
	if user == "" {
		return made, false
	}
	for _, s := range r.Steps {
		commands := v.commandsOf(user, s)
		if len(commands) == 0 {
			return Request{}, false
		}
		made.Commands = append(made.Commands, commands...)
	}
	return made, len(made.Commands) > 0
}

// commandsOf returns the commands that make a step, or nil if commands cannot make it.
func (v View) commandsOf(id usher.UserID, s usher.Step) []Command {
	m, in := v.User(id)
	switch s.Kind {
	case usher.StepJoin:
		return []Command{AddUser{User: id, Role: role.Name(s.Name)}}
	case usher.StepActivate:
		if in && m.Status == usher.Requested {
			return []Command{AdmitUser{User: id}}
		}
		return []Command{SetStatus{User: id, Status: usher.Active}}
	case usher.StepRole:
		if r, _ := v.words().Role(role.Name(s.Name)); r.Unique {
			return []Command{TransferOwnership{To: id}}
		}
		return []Command{SetRole{User: id, Role: role.Name(s.Name)}}
	case usher.StepBeside:
		return []Command{SetRoleBeside{User: id, Role: role.Name(s.Name)}}
	case usher.StepTeam:
		return []Command{AddToTeam{Team: s.Team, User: id}}
	case usher.StepTeamRole:
		set := SetTeamRole{Team: s.Team, User: id, Role: role.Name(s.Name)}
		r, _ := v.words().Role(set.Role)
		if _, member := m.InTeam(s.Team); member || r.Outside {
			return []Command{set}
		}
		return []Command{AddToTeam{Team: s.Team, User: id}, set}
	case usher.StepResourceRole:
		if s.On.ID == "" {
			return nil
		}
		return []Command{GiveRoleOn{Role: role.Name(s.Name), On: s.On, User: id}}
	case usher.StepSeat:
		return []Command{AssignSeat{User: id, Pool: seat.PoolName(s.Name)}}
	case usher.StepGrant:
		return []Command{GiveGrant{User: id, Grant: s.Name}}
	case usher.StepSetting:
		return []Command{ChangeSetting{Setting: s.Name, Value: s.Value}}
	case usher.StepContext, usher.StepAttribute, usher.StepParty:
	}
	return nil
}
