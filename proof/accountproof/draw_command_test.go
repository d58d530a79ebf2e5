package accountproof_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// every has each command once that the model has and that can change its accounts. Their invitations
// have no end, so resend-invitation changes none.
var every = []account.Command{
	account.CreateAccount{},
	account.Import{},
	account.AddUser{},
	account.Invite{},
	account.RevokeInvitation{},
	account.AcceptInvitation{},
	account.DeclineInvitation{},
	account.RequestToJoin{},
	account.WithdrawRequest{},
	account.AdmitUser{},
	account.JoinTeam{},
	account.LeaveTeam{},
	account.Leave{},
	account.RemoveUser{},
	account.RenameUser{},
	account.SetStatus{},
	account.SetRole{},
	account.SetRoleBeside{},
	account.UnsetRoleBeside{},
	account.CreateTeam{},
	account.MoveTeam{},
	account.DeleteTeam{},
	account.AddToTeam{},
	account.RemoveFromTeam{},
	account.SetTeamRole{},
	account.UnsetTeamRole{},
	account.SetSeats{},
	account.AssignSeat{},
	account.UnassignSeat{},
	account.ChangeSetting{},
	account.GiveGrant{},
	account.RevokeGrant{},
	account.DefineField{},
	account.RenameField{},
	account.MoveField{},
	account.ArchiveField{},
	account.RestoreField{},
	account.SetField{},
	account.TransferOwnership{},
	account.DeleteAccount{},
}

// commands draws each command, with its weight.
var commands = []struct {
	weight int
	draw   func(drawing) account.Command
}{
	{4, func(drawing) account.Command { return account.AcceptInvitation{} }},
	{8, drawing.attach},
	{6, drawing.invite},
	{2, func(d drawing) account.Command {
		c := account.ResendInvitation{User: d.key()}
		if d.onceIn(3, "end") {
			c.Until = noon.AddDate(10, 0, 0)
		}
		return c
	}},
	{3, func(d drawing) account.Command { return account.RevokeInvitation{User: d.key()} }},
	{2, func(drawing) account.Command { return account.DeclineInvitation{} }},
	{2, func(drawing) account.Command { return account.Leave{} }},
	{8, drawing.requestToJoin},
	{2, func(drawing) account.Command { return account.WithdrawRequest{} }},
	{10, drawing.admitUser},
	{6, func(d drawing) account.Command { return account.JoinTeam{Team: d.team()} }},
	{4, func(d drawing) account.Command { return account.LeaveTeam{Team: d.team()} }},
	{10, drawing.addUser},
	{4, func(d drawing) account.Command { return account.RemoveUser{User: d.user()} }},
	{6, func(d drawing) account.Command {
		if d.onceIn(2, "merge") {
			return account.RenameUser{From: d.user(), To: d.user()}
		}
		return account.RenameUser{From: d.user(), To: d.newcomer()}
	}},
	{8, func(d drawing) account.Command { return account.SetStatus{User: d.user(), Status: d.status()} }},
	{12, func(d drawing) account.Command { return account.SetRole{User: d.user(), Role: d.accountRole()} }},
	{10, drawing.setRoleBeside},
	{8, func(d drawing) account.Command {
		id := d.user()
		if u := d.w.users[id]; u != nil && len(u.beside) > 0 && !d.onceIn(3, "any role beside") {
			return account.UnsetRoleBeside{User: id, Role: pick(d, "role", slices.Sorted(maps.Keys(u.beside)))}
		}
		return account.UnsetRoleBeside{User: id, Role: d.roleBeside()}
	}},
	{6, drawing.createTeam},
	{6, drawing.moveTeam},
	{3, drawing.deleteTeam},
	{10, drawing.addToTeam},
	{3, drawing.removeFromTeam},
	{14, drawing.setTeamRole},
	{6, drawing.unsetTeamRole},
	{8, func(d drawing) account.Command {
		return account.SetSeats{Pool: d.pool(), Total: d.below(8, "total") - 1}
	}},
	{9, func(d drawing) account.Command { return account.AssignSeat{User: d.user(), Pool: d.pool()} }},
	{6, func(d drawing) account.Command { return account.UnassignSeat{User: d.user(), Pool: d.pool()} }},
	{4, func(d drawing) account.Command {
		return account.ChangeSetting{Setting: d.setting(), Value: d.onceIn(2, "value")}
	}},
	{10, func(d drawing) account.Command {
		id := d.user()
		return account.GiveGrant{User: id, Grant: d.grant(d.w.users[id]), Until: d.until()}
	}},
	{6, func(d drawing) account.Command {
		id := d.user()
		if u := d.w.users[id]; u != nil && len(u.grants) > 0 && !d.onceIn(3, "any grant") {
			return account.RevokeGrant{User: id, Grant: pick(d, "grant", slices.Sorted(maps.Keys(u.grants)))}
		}
		return account.RevokeGrant{User: id, Grant: d.grant(nil)}
	}},
	{5, drawing.defineField},
	{2, func(d drawing) account.Command { return account.RenameField{Field: d.field(), To: d.fieldName()} }},
	{3, func(d drawing) account.Command {
		if d.onceIn(4, "last") {
			return account.MoveField{Field: d.field()}
		}
		return account.MoveField{Field: d.field(), Before: d.field()}
	}},
	{2, func(d drawing) account.Command { return account.ArchiveField{Field: d.field()} }},
	{2, func(d drawing) account.Command { return account.RestoreField{Field: d.field()} }},
	{8, drawing.setField},
	{4, func(d drawing) account.Command { return account.TransferOwnership{To: d.user()} }},
	{2, func(d drawing) account.Command { return account.Import{Seed: d.seed()} }},
	{2, func(d drawing) account.Command {
		c := account.CreateAccount{Owner: pick(d, "owner", userIDs), Seats: map[seat.PoolName]int{}}
		for range d.below(3, "pools") {
			c.Seats[d.pool()] = d.below(5, "seats")
		}
		if d.onceIn(4, "odd owner") {
			c.Owner = usher.UserID(pick(d, "owner", oddIDs))
		}
		return c
	}},
	{1, func(d drawing) account.Command {
		if d.onceIn(3, "really") {
			return account.DeleteAccount{}
		}
		return account.AcceptInvitation{}
	}},
}

func (d drawing) addUser() account.Command {
	c := account.AddUser{User: d.newcomer()}
	if !d.onceIn(3, "default role") {
		c.Role = d.accountRole()
	}
	switch d.below(10, "status") {
	case 0, 1, 2, 3:
		c.Status = usher.Invited
	case 4:
		c.Status = d.status()
	}
	for range d.below(3, "teams") {
		c.Teams = append(c.Teams, d.team())
	}
	return c
}

func (d drawing) invite() account.Command {
	c := d.addUser().(account.AddUser)
	return account.Invite{Key: c.User, Role: c.Role, Teams: c.Teams}
}

// key draws a user, who mostly is invited.
func (d drawing) key() usher.UserID {
	if invited := d.withStatus(usher.Invited); len(invited) > 0 && !d.onceIn(6, "any user") {
		return pick(d, "invited", invited)
	}
	return d.user()
}

func (d drawing) attach() account.Command {
	c := account.AcceptInvitation{Key: d.key(), User: d.user()}
	switch d.below(8, "as") {
	case 0, 1:
		c.User = d.newcomer()
	case 2:
		c.User = c.Key
	case 3:
		if requested := d.withStatus(usher.Requested); len(requested) > 0 {
			c.User = pick(d, "requested", requested)
		}
	case 4:
		c.User = usher.UserID(pick(d, "odd", oddIDs))
	}
	return c
}

func (d drawing) requestToJoin() account.Command {
	var c account.RequestToJoin
	if !d.onceIn(3, "the actor") {
		c.User = d.newcomer()
	}
	if d.onceIn(5, "role") {
		c.Role = d.accountRole()
	}
	return c
}

func (d drawing) admitUser() account.Command {
	c := account.AdmitUser{User: d.user()}
	if requested := d.withStatus(usher.Requested); len(requested) > 0 && !d.onceIn(5, "any user") {
		c.User = pick(d, "requested", requested)
	}
	if d.onceIn(3, "role") {
		c.Role = d.accountRole()
	}
	return c
}

func (d drawing) createTeam() account.Command {
	if d.onceIn(6, "there") {
		return account.CreateTeam{Team: d.team(), Parent: d.parent()}
	}
	unused := slices.DeleteFunc(slices.Clone(teamIDs), func(id usher.TeamID) bool { return d.w.gone[id] })
	if len(unused) < 2 || d.onceIn(20, "new team") {
		unused = append(unused, usher.TeamID(fmt.Sprint("team ", len(d.w.gone))))
	}
	if d.onceIn(8, "gone team") {
		unused = teamIDs
	}
	return account.CreateTeam{Team: pick(d, "team", unused), Parent: d.parent()}
}

// staffed adds commands after the creation of each team that needs holders of roles.
func (d drawing) staffed(batch ...account.Command) (all []account.Command) {
	for _, c := range batch {
		all = append(all, c)
		created, ok := c.(account.CreateTeam)
		for _, r := range d.w.book.teamBounds() {
			if !ok || r.AtLeast == 0 {
				continue
			}
			id := d.user()
			if !r.Outside || d.onceIn(2, "member") {
				all = append(all, account.AddToTeam{Team: created.Team, User: id})
			}
			all = append(all, account.SetTeamRole{Team: created.Team, User: id, Role: roleName(r)})
		}
	}
	return all
}

func (d drawing) addToTeam() account.Command {
	return account.AddToTeam{Team: d.team(), User: d.user()}
}

func (d drawing) moveTeam() account.Command {
	return account.MoveTeam{Team: d.team(), Parent: d.parent()}
}

func (d drawing) deleteTeam() account.Command { return account.DeleteTeam{Team: d.team()} }

func (d drawing) removeFromTeam() account.Command {
	id := d.user()
	team, _ := d.membership(d.w.users[id])
	return account.RemoveFromTeam{Team: team, User: id}
}

func (d drawing) setTeamRole() account.Command {
	id := d.user()
	team, name := d.membership(d.w.users[id])
	return account.SetTeamRole{Team: team, User: id, Role: name}
}

func (d drawing) unsetTeamRole() account.Command {
	id := d.user()
	team, name := d.membership(d.w.users[id])
	return account.UnsetTeamRole{Team: team, User: id, Role: name}
}

func (d drawing) setField() account.Command {
	name := d.field()
	return account.SetField{User: d.user(), Field: name, Value: d.value(name)}
}

func (d drawing) setRoleBeside() account.Command {
	return account.SetRoleBeside{User: d.user(), Role: d.roleBeside()}
}

// teamCommand draws a command that depends on teams or changes them.
func (d drawing) teamCommand() account.Command {
	return pick(d, "team command", []func(drawing) account.Command{
		drawing.createTeam, drawing.moveTeam, drawing.moveTeam, drawing.deleteTeam, drawing.addToTeam,
		drawing.removeFromTeam, drawing.setTeamRole, drawing.unsetTeamRole, drawing.setField, drawing.addUser,
	})(d)
}

func (d drawing) defineField() account.Command {
	if d.onceIn(8, "odd") {
		return account.DefineField{Field: d.field(), Type: account.FieldType(d.below(6, "type"))}
	}
	return account.DefineField{Field: d.fieldName(), Type: account.FieldType(1 + d.below(4, "type"))}
}

// drawable has the indexes of commands, each repeated by its weight.
var drawable = func() (list []int) {
	for i, c := range commands {
		for range c.weight {
			list = append(list, i)
		}
	}
	return list
}()

func (d drawing) command() account.Command { return commands[pick(d, "command", drawable)].draw(d) }

// seed draws an account for an import, mostly a valid one.
func (d drawing) seed() account.Seed {
	c := account.Seed{
		Settings: map[string]bool{}, Seats: map[seat.PoolName]int{}, Teams: map[usher.TeamID]usher.TeamID{},
		Users: map[usher.UserID]policy.User{}, Values: map[usher.UserID]map[string]account.Value{},
	}
	book := d.w.book
	for _, pool := range book.pools() {
		c.Seats[pool] = 2 + d.below(8, "seats")
	}
	for _, s := range book.doc.Settings {
		if d.onceIn(3, "setting") {
			c.Settings[s.Name.Text] = d.onceIn(2, s.Name.Text)
		}
	}
	above := []usher.TeamID{""}
	for _, id := range teamIDs[:d.below(5, "teams")] {
		c.Teams[id] = pick(d, "parent", above)
		above = append(above, id)
	}
	for i := range d.below(4, "fields") {
		c.Fields = append(c.Fields, account.Field{
			ID: 7, Name: fieldIDs[i], Type: account.FieldType(i%4 + 1), Archived: d.onceIn(4, "archived"),
		})
	}
	for i, id := range userIDs[:1+d.below(5, "users")] {
		c.Users[id] = d.member(i == 0, above[1:])
		if len(c.Fields) > 0 && d.onceIn(4, "value") {
			c.Values[id] = map[string]account.Value{"email": pick(d, "value", values)}
		}
	}
	if d.onceIn(3, "fault") {
		d.fault(&c)
	}
	return c
}

// member draws a user of an imported account.
func (d drawing) member(first bool, teams []usher.TeamID) policy.User {
	book := d.w.book
	u := policy.User{Role: roleName(*book.first()), Status: usher.Active}
	if !first {
		others := []role.Name{""}
		for _, r := range book.doc.Roles {
			if r.OfAccount() && !r.Unique {
				others = append(others, roleName(r))
			}
		}
		u.Role = pick(d, "role", others)
		u.Status = pick(d, "status", []usher.Status{usher.Active, 0, usher.Active, usher.Invited, usher.Inactive, usher.Requested})
	}
	for _, r := range book.doc.Roles {
		if r.Beside && r.AtMost == 0 && d.onceIn(3, r.Name.Text) {
			u.Beside = append(u.Beside, roleName(r))
		}
	}
	for _, id := range teams {
		if !d.onceIn(2, "member") {
			continue
		}
		m := policy.Membership{Team: id}
		for _, r := range book.doc.Roles {
			if r.OnTeam && d.onceIn(2, r.Name.Text) {
				m.Roles = append(m.Roles, roleName(r))
			}
		}
		u.Teams = append(u.Teams, m)
	}
	for _, r := range book.doc.Roles {
		isIn := func(m policy.Membership) bool { return len(teams) > 0 && m.Team == teams[0] }
		if len(teams) > 0 && r.Outside && d.onceIn(4, "outside") && !slices.ContainsFunc(u.Teams, isIn) && len(u.Outside) == 0 {
			u.Outside = append(u.Outside, policy.Membership{Team: teams[0], Roles: []role.Name{roleName(r)}})
		}
	}
	if pools := book.pools(); len(pools) > 0 && d.onceIn(8, "seat") {
		u.Seats = append(u.Seats, pick(d, "seat", pools))
	}
	if d.onceIn(3, "grant") {
		u.Grants = append(u.Grants, policy.Grant{Name: d.grant(nil), Until: d.until()})
	}
	return u
}

// fault makes one change to the seed that makes it invalid.
func (d drawing) fault(c *account.Seed) {
	ann := c.Users["ann"]
	switch d.below(12, "which") {
	case 0:
		c.Users["fay"] = ann
	case 1:
		delete(c.Users, "ann")
	case 2:
		c.Teams["sales"], c.Teams["emea"] = "emea", "sales"
	case 3:
		c.Teams["sales"] = "nosuch"
	case 4:
		c.Seats["nosuch"] = 1
	case 5:
		c.Settings["nosuch"] = true
	case 6:
		c.Users[usher.UserID(pick(d, "user", oddIDs))] = policy.User{}
	case 7:
		c.Values["stranger"] = map[string]account.Value{"email": "x"}
	case 8:
		c.Fields = append(c.Fields, account.Field{Name: "size"}, account.Field{Name: "size", Type: account.TextField})
	case 9:
		ann.Grants = append(ann.Grants, policy.Grant{Name: "user.view"}, policy.Grant{Name: "user.view", Until: noon})
		c.Users["ann"] = ann
	case 10:
		ann.Teams = append(ann.Teams, policy.Membership{Team: "ops"})
		c.Users["ann"] = ann
	case 11:
		for pool := range c.Seats {
			c.Seats[pool] = -1
		}
	}
}
