package policytest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
)

// coverQuestion marks the rules that match a question of a scenario. One that nobody
// can answer fails as a step, and reaches none.
func (p *player) coverQuestion(r usher.Request) {
	if view, err := p.engine.View(p.ctx, worldAccount); err == nil {
		_ = p.cover.reach(view.State(), r)
	}
}

// coverBatch marks the rules that match what a user's commands ask, each on the state
// that those before it leave.
func (p *player) coverBatch(b *engine.Batch) {
	view, err := p.engine.View(p.ctx, worldAccount)
	if err != nil || b.Actor.User() == "" {
		return
	}
	begun := view.State()
	state := begun
	for i, c := range b.Commands {
		if r, ok := asks(state, b.Actor.User(), c); ok {
			r.Account, r.Context, r.Time = worldAccount, b.Context, b.Time
			_ = p.cover.reach(state, r)
		}
		o, err := begun.Propose(p.suite.policy, account.Proposal{Actor: b.Actor, Context: b.Context, Time: b.Time, Commands: b.Commands[:i+1]})
		if err != nil {
			return // those behind it are not asked about
		}
		state = o.Next
	}
}

// asks returns what a command of a user asks for. It is false for those that ask for
// no permission.
func asks(state *account.State, as usher.UserID, c account.Command) (usher.Request, bool) {
	on := func(want string, user usher.UserID, teams ...usher.TeamID) (usher.Request, bool) {
		p := permission.MustParse(want)
		o := &usher.Object{Type: p.Resource(), Account: worldAccount, Parties: map[string][]string{}}
		if user != "" {
			o.ID, o.Parties["user"] = string(user), []string{string(user)}
		}
		for _, t := range teams {
			if t != "" {
				o.Parties["team"] = append(o.Parties["team"], string(t))
			}
		}
		return usher.Request{Subject: as, Permission: p, Resource: o}, true
	}
	switch c := c.(type) {
	case account.AddUser:
		return on("user.create", "", c.Teams...)
	case account.Leave:
		return on("user.leave", as)
	case account.RemoveUser:
		return on("user.delete", c.User)
	case account.SetStatus:
		return on("user.set-status", c.User)
	case account.SetRole:
		return on("user.set-role", c.User)
	case account.SetField:
		return on("user.edit", c.User)
	case account.CreateTeam:
		return on("team.create", "", c.Parent)
	case account.MoveTeam:
		from, _ := state.Team(c.Team)
		return on("team.edit", "", c.Team, from, c.Parent)
	case account.DeleteTeam:
		return on("team.delete", "", c.Team)
	case account.AddToTeam:
		return on("team.set-members", c.User, c.Team)
	case account.RemoveFromTeam:
		return on("team.set-members", c.User, c.Team)
	case account.SetTeamRole:
		return on("team.set-role", c.User, c.Team)
	case account.UnsetTeamRole:
		return on("team.set-role", c.User, c.Team)
	case account.AssignSeat:
		return on("seat.assign", c.User)
	case account.UnassignSeat:
		return on("seat.unassign", c.User)
	case account.SetSeats:
		return on("seat.purchase", "")
	case account.GiveGrant:
		return on("grant.give", c.User)
	case account.RevokeGrant:
		return on("grant.revoke", c.User)
	case account.ChangeSetting:
		return on("account.configure", "")
	case account.DefineField, account.RenameField, account.MoveField, account.ArchiveField, account.RestoreField:
		return on("field.manage", "")
	case account.TransferOwnership:
		return on("account.transfer", "")
	case account.DeleteAccount:
		return on("account.delete", "")
	}
	return usher.Request{}, false // invitations, and what only the host does
}
