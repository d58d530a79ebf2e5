package ceilingproof_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// drawing draws commands for the present account.
type drawing struct {
	dice
	state *account.State
	at    time.Time
	fresh *int // numbers new users and teams, so that ids are unique

	beside, outside []role.Name // the roles of these kinds in the policy

	like   []role.Name    // the roles that a role of the account can be like
	offers []policy.Offer // what such roles can give
}

func (d drawing) users() (ids []usher.UserID) {
	for l := range d.state.UsersAfter("") {
		ids = append(ids, l.ID)
	}
	return ids
}

func (d drawing) teams() (ids []usher.TeamID) {
	for t := range d.state.View(nil).Teams("") {
		ids = append(ids, t.ID)
	}
	return ids
}

func (d drawing) user() usher.UserID { return pick(d.dice, d.users()...) }

// team draws a team, "" if there is none.
func (d drawing) team() usher.TeamID {
	teams := d.teams()
	if len(teams) == 0 {
		return ""
	}
	return pick(d.dice, teams...)
}

func (d drawing) find(id usher.UserID) *policy.User {
	u, _ := d.state.User(id)
	return u
}

func (d drawing) number() int {
	*d.fresh++
	return *d.fresh
}

// membership draws a team of a user, with team roles if there is one.
func (d drawing) membership() (id usher.UserID, m policy.Membership) {
	for range 8 {
		id = d.user()
		if teams := d.find(id).Teams; len(teams) > 0 {
			m = pick(d.dice, teams...)
			if len(m.Roles) > 0 || d.chance(30) {
				return id, m
			}
		}
	}
	return id, m
}

// outsideMembership draws a user with a team that the user is not in, mostly one on which the user
// has a role.
func (d drawing) outsideMembership() (id usher.UserID, m policy.Membership) {
	for range 8 {
		id = d.user()
		if outside := d.find(id).Outside; len(outside) > 0 {
			return id, pick(d.dice, outside...)
		}
	}
	return id, policy.Membership{Team: d.team()}
}

func (d drawing) accountRole() role.Name {
	return pick(d.dice, append([]role.Name{"admin", "clerk", "member"}, d.definedLike("clerk", "member")...)...)
}

func (d drawing) teamRole() role.Name {
	return pick(d.dice, append([]role.Name{"manager", "lead"}, d.definedLike("manager", "lead")...)...)
}

func (d drawing) besideRole() role.Name {
	return pick(d.dice, append(slices.Clone(d.beside), d.definedLike("biller", "tester")...)...)
}

var kinds = []string{
	"add-user", "add-user", "set-role", "set-role", "set-role", "set-status", "remove-user",
	"set-team-role", "set-team-role", "unset-team-role", "remove-from-team", "add-to-team", "move-team", "move-team", "create-team", "delete-team",
	"give-grant", "give-grant", "give-grant", "give-grant", "revoke-grant", "revoke-grant", "assign-seat", "unassign-seat", "unassign-seat", "change-setting",
	"admit-user", "admit-user", "admit-user", "join-team", "leave-team", "invite", "revoke-invitation",
	"set-role-beside", "set-role-beside", "set-role-beside", "unset-role-beside", "unset-role-beside", "cancel", "cancel",
}

// command draws a command of a kind.
func (d drawing) command(kind string) account.Command {
	switch kind {
	case "add-user":
		return account.AddUser{
			User: usher.UserID(fmt.Sprintf("new%d", d.number())), Role: d.accountRole(),
			Status: pick(d.dice, usher.Active, usher.Active, usher.Invited), Teams: some(d.dice, 0, 2, d.teams()...),
		}
	case "invite":
		return account.Invite{Key: usher.UserID(fmt.Sprintf("key%d", d.number())), Role: d.accountRole(), Teams: some(d.dice, 0, 2, d.teams()...)}
	case "revoke-invitation":
		invited := slices.DeleteFunc(d.users(), func(id usher.UserID) bool { return d.find(id).Status != usher.Invited })
		return account.RevokeInvitation{User: pick(d.dice, append(invited, d.user())...)}
	case "admit-user":
		c := account.AdmitUser{User: d.user()}
		for _, id := range d.users() {
			if d.find(id).Status == usher.Requested {
				c.User = id
			}
		}
		if d.chance(40) {
			c.Role = d.accountRole()
		}
		return c
	case "join-team":
		return account.JoinTeam{Team: d.team()}
	case "leave-team":
		return account.LeaveTeam{Team: d.team()}
	case "set-role":
		from, until := d.term()
		return account.SetRole{User: d.user(), Role: d.accountRole(), From: from, Until: until}
	case "set-role-beside":
		if len(d.beside) == 0 {
			return d.command("set-role")
		}
		from, until := d.term()
		return account.SetRoleBeside{User: d.user(), Role: d.besideRole(), From: from, Until: until}
	case "unset-role-beside":
		if len(d.beside) == 0 {
			return d.command("set-role")
		}
		holders := slices.DeleteFunc(d.users(), func(id usher.UserID) bool { return len(d.find(id).Beside) == 0 })
		id := pick(d.dice, append(holders, d.user())...)
		return account.UnsetRoleBeside{User: id, Role: pick(d.dice, append(slices.Clone(d.find(id).Beside), d.beside...)...)}
	case "set-status":
		return account.SetStatus{User: d.user(), Status: pick(d.dice, usher.Active, usher.Inactive)}
	case "remove-user":
		return account.RemoveUser{User: d.user()}
	case "set-team-role":
		id, m := d.membership()
		if len(d.outside) > 0 && d.chance(30) {
			return account.SetTeamRole{User: d.user(), Team: d.team(), Role: pick(d.dice, d.outside...)}
		}
		from, until := d.term()
		return account.SetTeamRole{User: id, Team: m.Team, Role: d.teamRole(), From: from, Until: until}
	case "unset-team-role":
		id, m := d.membership()
		if len(d.outside) > 0 && d.chance(30) {
			id, m = d.outsideMembership()
		}
		r := d.teamRole()
		if len(m.Roles) > 0 {
			r = pick(d.dice, m.Roles...)
		}
		return account.UnsetTeamRole{User: id, Team: m.Team, Role: r}
	case "remove-from-team":
		id, m := d.membership()
		if len(d.outside) > 0 && d.chance(20) {
			id, m = d.outsideMembership()
		}
		return account.RemoveFromTeam{User: id, Team: m.Team}
	case "add-to-team":
		if len(d.outside) > 0 && d.chance(40) {
			id, m := d.outsideMembership()
			return account.AddToTeam{User: id, Team: m.Team}
		}
		_, until := d.term()
		return account.AddToTeam{User: d.user(), Team: d.team(), Until: until}
	case "cancel":
		entries := slices.Collect(d.state.View(nil).Scheduled(account.ScheduleEntry{}))
		if len(entries) == 0 {
			return d.command("set-role")
		}
		return account.Cancel{ID: pick(d.dice, entries...).ID}
	case "move-team":
		return account.MoveTeam{Team: d.team(), Parent: pick(d.dice, "", d.team(), d.team())}
	case "create-team":
		if len(d.teams()) >= 5 {
			return account.DeleteTeam{Team: d.team()}
		}
		return account.CreateTeam{Team: usher.TeamID(fmt.Sprintf("t%d", d.number())), Parent: pick(d.dice, "", d.team())}
	case "delete-team":
		return account.DeleteTeam{Team: d.team()}
	case "give-grant":
		return d.giveGrant()
	case "revoke-grant":
		id := d.user()
		if grants := d.find(id).Grants; len(grants) > 0 {
			return account.RevokeGrant{User: id, Grant: pick(d.dice, grants...).Name}
		}
		return account.RevokeGrant{User: id, Grant: pick(d.dice, grantNames...)}
	case "assign-seat":
		return account.AssignSeat{User: d.user(), Pool: "desk"}
	case "unassign-seat":
		seated := slices.DeleteFunc(d.users(), func(id usher.UserID) bool { return len(d.find(id).Seats) == 0 })
		return account.UnassignSeat{User: pick(d.dice, append(seated, d.user())...), Pool: "desk"}
	case "change-setting":
		return account.ChangeSetting{Setting: "open", Value: d.chance(50)}
	case "transfer-ownership":
		return account.TransferOwnership{To: d.user()}
	}
	panic(kind)
}

// term draws a beginning and an end; mostly neither.
func (d drawing) term() (from, until time.Time) {
	if d.chance(60) {
		return from, until
	}
	if d.chance(50) {
		from = d.at.Add(time.Duration(1+d.IntN(3)) * 30 * time.Minute)
	}
	if d.chance(60) {
		until = d.at.Add(time.Duration(4+d.IntN(3)) * 30 * time.Minute)
	}
	return from, until
}

// giveGrant draws a new grant, or another end for an existing one.
func (d drawing) giveGrant() account.Command {
	c := account.GiveGrant{User: d.user(), Grant: pick(d.dice, grantNames...), Until: later(d.dice, d.at)}
	if grants := d.find(c.User).Grants; len(grants) > 0 && d.chance(40) {
		c.Grant = pick(d.dice, grants...).Name
		if d.chance(25) {
			c.Until = d.at.Add(-time.Hour)
		}
	}
	return c
}

// proposal draws a proposal of a user: one command, or several in a batch.
func (d drawing) proposal(actor usher.UserID) account.Proposal {
	p := account.Proposal{Actor: account.AsUser(actor), Time: d.at, Commands: []account.Command{d.command(pick(d.dice, kinds...))}}
	if d.chance(12) {
		for range 1 + d.IntN(3) {
			p.Commands = append(p.Commands, d.command(pick(d.dice, kinds...)))
		}
	} else if d.chance(3) {
		p.Commands[0] = d.command("transfer-ownership")
	}
	if !d.chance(40) {
		p.Context = usher.Context{"mfa": d.chance(75)}
	}
	return p
}
