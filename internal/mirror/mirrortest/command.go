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

func (j *Journal) role() role.Name { return pick[role.Name](j, "admin", "staff", "guest", "owner") }

func (j *Journal) roleBeside() role.Name { return pick[role.Name](j, "billing", "auditor") }

func (j *Journal) teamRole() role.Name { return pick[role.Name](j, "manager", "deputy") }

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
	}}
}

func (j *Journal) command() account.Command {
	switch j.rand.IntN(31) {
	case 0, 1, 2:
		c := account.AddUser{User: j.user(), Role: j.role(), Status: pick(j, usher.Active, usher.Invited)}
		if j.rand.IntN(2) == 0 {
			c.Teams = []usher.TeamID{j.team()}
		}
		return c
	case 3, 4:
		return account.RemoveUser{User: j.user()}
	case 5:
		return account.SetStatus{User: j.user(), Status: pick(j, usher.Active, usher.Inactive)}
	case 6, 7:
		return account.SetRole{User: j.user(), Role: j.role()}
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
	case 29, 30:
		return account.RenameUser{From: j.user(), To: j.user()}
	}
	if j.rand.IntN(8) == 0 {
		return account.DeleteAccount{}
	}
	return account.ChangeSetting{Setting: "open-house", Value: j.rand.IntN(2) == 0}
}
