package mirrortest

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// pick returns an item of a list.
func pick[E any](j *Journal, list ...E) E { return list[j.rand.IntN(len(list))] }

// The ids contain characters that have a meaning in SQL, JSON and arrays.
func (j *Journal) user() usher.UserID {
	return pick[usher.UserID](j, "mia", "max", "ann", `o'neil "ö"`, `back\slash`, "a,b{c}", "NULL", "42")
}

func (j *Journal) team() usher.TeamID {
	return pick[usher.TeamID](j, "sales", "berlin", "support", "it's", "t4")
}

func (j *Journal) pool() seat.PoolName { return pick[seat.PoolName](j, "booking", "desk") }

func (j *Journal) role() role.Name {
	return pick[role.Name](j, "admin", "staff", "guest", "owner", "a-role")
}

func (j *Journal) roleBeside() role.Name { return pick[role.Name](j, "billing", "auditor", "b-role") }

func (j *Journal) teamRole() role.Name { return pick[role.Name](j, "manager", "deputy", "c-role") }

// A role of the account is held as the role that stands in likes.
func (j *Journal) customRole() role.Name { return pick[role.Name](j, "a-role", "b-role", "c-role") }

var likes = map[role.Name]role.Name{"a-role": "staff", "b-role": "billing", "c-role": "deputy"}

func (j *Journal) gives() account.Gives {
	return pick(j, account.Gives{}, account.Gives{"calendar.view": {"own"}}, account.Gives{"calendar.view": {"any", "own"}, "calendar.edit": {"own"}})
}

func (j *Journal) resource() usher.Ref {
	return usher.Ref{Type: "calendar", ID: pick(j, "c1", "c2", `c'3 "ü"`)}
}

func (j *Journal) roleOn() role.Name { return pick[role.Name](j, "editor", "viewer") }

func (j *Journal) grant() string { return pick(j, "calendar.view", "calendar.edit") }

func (j *Journal) until() time.Time {
	return pick(j, time.Time{}, j.now.Add(time.Hour+123456789), j.now.AddDate(5000, 0, 0).Add(999))
}

func (j *Journal) create() account.Command {
	if j.rand.IntN(2) == 0 {
		return account.CreateAccount{Owner: j.user(), Seats: map[seat.PoolName]int{"desk": 5, "booking": j.rand.IntN(3)}}
	}
	return account.Import{Seed: account.Seed{
		Seats: map[seat.PoolName]int{"desk": 6, "booking": 3},
		Teams: map[usher.TeamID]usher.TeamID{"sales": "", "berlin": "sales"},
		Users: map[usher.UserID]policy.User{
			j.user(): {Status: usher.Active, Role: "owner", Teams: []policy.Membership{{Team: "berlin", Roles: []role.Name{"manager"}}}},
			"u7":     {Status: usher.Invited, Role: "guest", Beside: []role.Name{"billing", "auditor"}, Seats: []seat.PoolName{"booking"}},
			"u9":     {Status: usher.Active, Role: "admin", Grants: []policy.Grant{{Name: j.grant(), Until: j.until()}}},
			"u6":     {Status: usher.Requested, Role: "staff"},
			"u8":     {Status: usher.Inactive, Role: "staff", Teams: []policy.Membership{{Team: "sales"}}, Outside: []policy.Membership{{Team: "berlin", Roles: []role.Name{"deputy"}}}},
		},
		RolesOn: []account.RolesOn{
			{Holder: account.Holder{User: "u7"}, On: j.resource(), Roles: []role.Name{"editor", "viewer"}},
			{Holder: account.Holder{Team: "sales"}, On: j.resource(), Roles: []role.Name{"viewer"}},
		},
	}}
}

func (j *Journal) command() account.Command {
	switch j.rand.IntN(51) {
	case 0, 1, 2:
		c := account.AddUser{User: j.user(), Role: j.role(), Status: pick(j, usher.Active, usher.Invited)}
		if j.rand.IntN(2) == 0 {
			c.Teams = []usher.TeamID{j.team()}
		}
		if c.Status == usher.Active && j.rand.IntN(3) == 0 {
			c.Kind = usher.ServiceAccount
		}
		return c
	case 3, 4:
		return account.RemoveUser{User: j.user()}
	case 5:
		return account.SetStatus{User: j.user(), Status: pick(j, usher.Active, usher.Inactive)}
	case 6, 7:
		return account.SetRole{User: j.user(), Role: j.role(), Until: pick(j, time.Time{}, j.now.Add(time.Hour))}
	case 8, 9:
		return account.TransferOwnership{To: j.user()}
	case 10:
		return account.CreateTeam{Team: j.team(), Parent: pick(j, "", j.team())}
	case 11:
		return account.MoveTeam{Team: j.team(), Parent: pick(j, "", j.team())}
	case 12:
		return account.DeleteTeam{Team: j.team()}
	case 13:
		return account.AddToTeam{Team: j.team(), User: j.user()}
	case 14:
		return account.RemoveFromTeam{Team: j.team(), User: j.user()}
	case 15:
		return account.SetTeamRole{Team: j.team(), User: j.user(), Role: j.teamRole()}
	case 16:
		return account.UnsetTeamRole{Team: j.team(), User: j.user(), Role: j.teamRole()}
	case 17:
		return account.SetSeats{Pool: j.pool(), Total: j.rand.IntN(9)}
	case 18:
		return pick[account.Command](j, account.AssignSeat{User: j.user(), Pool: j.pool()}, account.UnassignSeat{User: j.user(), Pool: j.pool()})
	case 19:
		return account.GiveGrant{User: j.user(), Grant: j.grant(), Until: j.until()}
	case 22, 23:
		return account.RequestToJoin{User: j.user(), Role: pick(j, "", j.role())}
	case 24, 25:
		return account.AdmitUser{User: j.user(), Role: pick(j, "", j.role())}
	case 20:
		return account.RevokeGrant{User: j.user(), Grant: j.grant()}
	case 26, 27:
		return account.SetRoleBeside{User: j.user(), Role: j.roleBeside()}
	case 28:
		return account.UnsetRoleBeside{User: j.user(), Role: j.roleBeside()}
	case 31, 32:
		return account.GiveRoleOn{User: j.user(), Role: j.roleOn(), On: j.resource()}
	case 33:
		return account.GiveRoleOn{Team: j.team(), Role: j.roleOn(), On: j.resource()}
	case 34:
		return account.TakeRoleOn{User: j.user(), Role: j.roleOn(), On: j.resource()}
	case 35:
		return account.TakeRoleOn{Team: j.team(), Role: j.roleOn(), On: j.resource()}
	case 36:
		return account.Forget{On: j.resource()}
	case 37:
		return account.Invite{Key: j.user(), Role: j.role(), Teams: []usher.TeamID{j.team()}}
	case 38:
		return account.RevokeInvitation{User: j.user()}
	case 39, 40:
		return account.AcceptInvitation{Key: j.user(), User: j.user()}
	case 29, 30:
		return account.RenameUser{From: j.user(), To: j.user()}
	case 41, 42:
		return account.Request{
			Commands: []account.Command{account.SetRole{User: j.user(), Role: j.role()}, account.AddToTeam{Team: j.team(), User: j.user()}},
			Note:     pick(j, "", `for "Mia" \ 'please'`),
			Until:    pick(j, time.Time{}, j.now.Add(2*time.Minute)),
		}
	case 43:
		return account.Approve{Request: account.RequestID(1 + j.rand.IntN(5))}
	case 44:
		return pick[account.Command](j, account.Decline{Request: account.RequestID(1 + j.rand.IntN(5))}, account.Withdraw{Request: account.RequestID(1 + j.rand.IntN(5))})
	case 45, 46, 47:
		name := j.customRole()
		return account.DefineRole{Role: name, Title: pick(j, "", "A role"), Like: likes[name], Gives: j.gives()}
	case 48, 49:
		return account.ChangeRole{Role: j.customRole(), Title: pick(j, "", "A role", "The role"), Gives: pick(j, nil, j.gives())}
	case 50:
		name := j.customRole()
		return account.DeleteRole{Role: name, ReplaceBy: pick(j, "", likes[name])}
	}
	if j.rand.IntN(8) == 0 {
		return account.DeleteAccount{}
	}
	return account.ChangeSetting{Setting: "open-house", Value: j.rand.IntN(2) == 0}
}
