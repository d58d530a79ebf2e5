package policy

import (
	"slices"
	"strings"

	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// maxWays limits the number of include paths with different requirements from a role to
// one that it includes.
const maxWays = 16

func (c *compiler) roles() {
	var names []string
	var roleIndex index
	for i, d := range c.doc.Roles {
		if !c.limit(d.Name.Pos, i+1, maxRoles, "roles") {
			break
		}
		c.declare(&roleIndex, d.Name, "role")
		names = append(names, d.Name.Text)
	}
	for i := range names {
		c.p.roles = append(c.p.roles, c.role(&c.doc.Roles[i], &roleIndex))
	}
	for i := range c.custom {
		names = append(names, c.addCustomRole(&c.custom[i], &roleIndex))
	}
	c.p.roleTable = newNameTable(names)
	for _, r := range c.p.roles {
		c.p.teamSeats = c.p.teamSeats || r.OnTeam && r.hasSeats()
		c.p.held = append(c.p.held, heldRole{r.guard, r.OnTeam, r.OnTeam && r.Outside, r.Beside, !r.OfAccount()})
	}
	c.rolesOnTypes()
	c.uniqueAndDefault()
	if c.limit(syntax.Pos{Line: 1, Col: 1}, len(c.guards), maxLiterals, "conditions that roles require") && c.acyclic() {
		c.closures()
		c.bounds()
	}
}

func (c *compiler) role(d *syntax.Role, names *index) compiledRole {
	r := compiledRole{pos: d.Name.Pos, Role: role.Role{
		Name: role.Name(d.Name.Text), Title: d.Title, OnTeam: d.OnTeam, Beside: d.Beside, OnResource: d.OnResource.Text,
		Unique: d.Unique, HandsOverTo: role.Name(d.HandsOverTo.Text), Default: d.Default, All: d.All,
		AtLeast: d.AtLeast, AtMost: d.AtMost,
		NoTeamRoles: d.NoTeamRoles, NoGrants: d.NoGrants, Outside: d.Outside,
	}}
	if role.Name(d.Name.Text) == role.Custom {
		c.problems.Add(d.Name.Pos, "%s cannot name a role: the cells of this name list what the roles that accounts define can have", d.Name.Text)
	}
	if d.Name.Text == syntax.TitleKey {
		c.problems.Add(d.Name.Pos, "%s cannot name a role: a permission has its title beside the cells of roles", d.Name.Text)
	}
	for _, n := range d.Includes {
		i := c.find(names, n, "role")
		if i >= 0 {
			c.mayInclude(d, &c.doc.Roles[i], n)
		}
		r.Includes = append(r.Includes, role.Name(n.Text))
	}
	for _, n := range d.Requires {
		if i := c.find(&c.conditionIndex, n, "condition"); i >= 0 {
			c.used[i] = true
			r.guard |= c.requiredLiteral(i)
		}
		r.Requires = append(r.Requires, n.Text)
	}
	if d.AtMost > 0 && d.AtLeast > d.AtMost {
		c.problems.Add(d.BoundsPos, "%s has at-least: %d, which is more than its at-most: %d", d.Name.Text, d.AtLeast, d.AtMost)
	}
	if d.Outside && !d.OnTeam && d.OnResource.Text == "" {
		c.addUnlessPartial(d.OutsidePos, "%s is not a team role; outside is only for team roles, which have held-on: team", d.Name.Text)
	}
	switch {
	case d.OnResource.Text != "":
		c.resourceRole(d)
		return r
	case d.OnTeam:
		c.teamRole(d)
	case d.Beside:
		c.besideRole(d)
		return r
	default:
		c.handOver(d, names)
	}
	r.Seats = c.roleSeats(d)
	return r
}

// mayInclude reports a role that includes a role of another kind. Account roles may also include
// roles beside.
func (c *compiler) mayInclude(d, included *syntax.Role, at syntax.Name) {
	switch {
	case d.OnResource.Text != included.OnResource.Text:
		c.problems.Add(at.Pos, "%s includes %s, but %[1]s is %[3]s and %[2]s is %[4]s; a role includes roles that are held in the same way", d.Name.Text, at.Text, howHeld(d), howHeld(included))
	case d.OnTeam != included.OnTeam:
		other := "an account role"
		if d.Beside || included.Beside {
			other = "a role beside the account role"
		}
		c.problems.Add(at.Pos, "%s includes %s, but one is a team role and the other %s", d.Name.Text, at.Text, other)
	case d.Beside && !included.Beside:
		c.problems.Add(at.Pos, "%s is held beside the account role and cannot include %s, which is an account role; an account role may include %[1]s", d.Name.Text, at.Text)
	}
}

// besideRole rejects keys that only an account role has.
func (c *compiler) besideRole(d *syntax.Role) {
	for _, key := range []struct {
		name string
		said bool
		pos  syntax.Pos
	}{
		{"unique", d.Unique, d.UniquePos},
		{"default", d.Default, d.DefaultPos},
		{"hands-over-to", d.HandsOverTo.Text != "", d.HandsOverTo.Pos},
		{"seat", d.SeatSaid(), d.SeatPos},
		{"seats", d.Seats != nil, d.SeatsPos},
		{"team-roles", d.NoTeamRoles, d.NoTeamRolesPos},
		{"grants", d.NoGrants, d.NoGrantsPos},
	} {
		if key.said {
			c.problems.Add(key.pos, "%s is held beside the account role, which decides about seats and ownership; %s is only for account roles", d.Name.Text, key.name)
		}
	}
}

// hasSeats reports whether the holders of the role can hold a seat because of it.
func (r *compiledRole) hasSeats() bool {
	for _, rule := range r.Seats {
		if rule != role.SeatNone {
			return true
		}
	}
	return false
}

// plainMember is what test files write instead of a team role for a user without one.
const plainMember = "member"

// teamRole rejects keys that only account roles have, and the one name that test files
// could not distinguish from a plain membership.
func (c *compiler) teamRole(d *syntax.Role) {
	if d.Name.Text == plainMember {
		c.problems.Add(d.Name.Pos, "%s is not allowed as the name of a team role: test files write it for a user without a team role; choose another name, such as team-member, or make it an account role", d.Name.Text)
	}
	for _, key := range []struct {
		name string
		said bool
		pos  syntax.Pos
	}{
		{"unique", d.Unique, d.UniquePos},
		{"default", d.Default, d.DefaultPos},
		{"all", d.All, d.AllPos},
		{"hands-over-to", d.HandsOverTo.Text != "", d.HandsOverTo.Pos},
		{"beside", d.Beside, d.BesidePos},
		{"team-roles", d.NoTeamRoles, d.NoTeamRolesPos},
		{"grants", d.NoGrants, d.NoGrantsPos},
	} {
		if key.said {
			c.problems.Add(key.pos, "%s is a team role; %s is only for account roles", d.Name.Text, key.name)
		}
	}
	if d.SeatSaid() {
		c.problems.Add(d.SeatPos, "%s is a team role; seat is only for account roles: write seats, such as {booking: required}", d.Name.Text)
	}
}

func (c *compiler) handOver(d *syntax.Role, names *index) {
	to := d.HandsOverTo
	switch {
	case d.Unique && to.Text == "":
		c.addUnlessPartial(d.Name.Pos, "%s is unique and needs hands-over-to: the role that its holder gets at a transfer", d.Name.Text)
	case !d.Unique && to.Text != "":
		c.addUnlessPartial(to.Pos, "hands-over-to is only for the unique role; %s is not unique", d.Name.Text)
	case to.Text == "":
	default:
		i := c.find(names, to, "role")
		switch {
		case i < 0:
		case to.Text == d.Name.Text:
			c.problems.Add(to.Pos, "%s hands over to itself; name the role that the previous holder gets", to.Text)
		case c.doc.Roles[i].OnTeam:
			c.problems.Add(to.Pos, "%s is a team role; hands-over-to must name an account role", to.Text)
		case c.doc.Roles[i].OnResource.Text != "":
			c.problems.Add(to.Pos, "%s is %s; hands-over-to must name an account role", to.Text, howHeld(&c.doc.Roles[i]))
		case c.doc.Roles[i].Beside:
			c.problems.Add(to.Pos, "%s is held beside the account role; hands-over-to must name an account role", to.Text)
		}
	}
}

// roleSeats returns the seat rule of a role for each pool. The short form (seat) applies to
// all pools; the long form (seats) forbids the pools that it does not name. A team role without
// the long form allows no seat.
func (c *compiler) roleSeats(d *syntax.Role) map[seat.PoolName]role.Seat {
	seats := make(map[seat.PoolName]role.Seat, len(c.doc.Seats))
	if d.Seats == nil && d.OnTeam {
		return nil
	}
	if d.Seats == nil {
		if d.Seat == role.SeatRequired && len(c.doc.Seats) == 0 {
			c.problems.Add(d.SeatPos, "%s requires a seat, but the policy declares no seat pools", d.Name.Text)
		}
		for _, pool := range c.doc.Seats {
			seats[seat.PoolName(pool.Name.Text)] = d.Seat
		}
		return seats
	}
	if d.SeatSaid() {
		c.problems.Add(d.SeatsPos, "%s has both seat and seats; remove seat, which is short for the same rule in all pools", d.Name.Text)
	}
	for _, s := range d.Seats {
		c.find(&c.poolIndex, s.Pool, "seat pool")
		name := seat.PoolName(s.Pool.Text)
		if _, twice := seats[name]; twice {
			c.problems.Add(s.Pool.Pos, "duplicate seat pool %s", s.Pool.Text)
		}
		seats[name] = s.Seat
	}
	return seats
}

func (c *compiler) uniqueAndDefault() {
	var unique, byDefault []syntax.Name
	for i, r := range c.p.roles {
		if r.Unique && r.OfAccount() {
			unique = append(unique, c.doc.Roles[i].Name)
			c.p.unique = i
		}
		if r.Default && r.OfAccount() {
			byDefault = append(byDefault, c.doc.Roles[i].Name)
		}
	}
	c.atMostOne(unique, "unique", "at most one")
	c.atMostOne(byDefault, "default", "exactly one")
	switch {
	case len(c.p.roles) == 0:
		c.addUnlessPartial(syntax.Pos{Line: 1, Col: 1}, "a policy needs roles, one of them default: true")
	case len(byDefault) == 0:
		c.addUnlessPartial(c.doc.Roles[0].Name.Pos, "no role has default: true, the role that a new user gets; a policy must have exactly one")
	}
	if len(unique) == 1 && len(byDefault) == 1 && unique[0] == byDefault[0] {
		c.problems.Add(unique[0].Pos, "%s is unique and default; a second user could not be added", unique[0].Text)
	}
	for i := range min(len(c.p.roles), len(c.doc.Roles)) {
		for _, n := range c.doc.Roles[i].Includes {
			if len(unique) > 0 && n.Text == unique[0].Text {
				c.problems.Add(n.Pos, "%s is unique; no role may include it", n.Text)
			}
		}
	}
}

func (c *compiler) atMostOne(have []syntax.Name, key, want string) {
	for _, n := range have[min(1, len(have)):] {
		c.problems.Add(n.Pos, "%s is a second role with %s: true, after %s; a policy must have %s", n.Text, key, have[0].Text, want)
	}
}

// acyclic reports cycles of includes.
func (c *compiler) acyclic() bool {
	const (
		fresh = iota
		open
		done
	)
	state := make([]int, len(c.p.roles))
	ok := true
	var visit func(i int, path []string)
	visit = func(i int, path []string) {
		state[i] = open
		path = append(path, string(c.p.roles[i].Name))
		for k, name := range c.p.roles[i].Includes {
			j := c.p.roleIndex(name)
			switch {
			case j < 0:
				ok = false
			case state[j] == fresh:
				visit(j, path)
			case state[j] == open:
				ok = false
				circle := path[slices.Index(path, string(name)):]
				c.problems.Add(c.doc.Roles[i].Includes[k].Pos, "roles include each other in a cycle: %s includes %s",
					joinCircle(circle, " includes "), name)
			}
		}
		state[i] = done
	}
	for i := range c.p.roles {
		if state[i] == fresh {
			visit(i, nil)
		}
	}
	return ok
}

// joinCircle joins the names of a cycle, and omits the middle of a long one.
func joinCircle(names []string, between string) string {
	if len(names) > 8 {
		names = slices.Concat(names[:4], []string{"…"}, names[len(names)-3:])
	}
	return strings.Join(names, between)
}

// closures computes, for each role, all roles that it includes and what the include paths
// require. Of two paths to the same role, it keeps the one that requires less.
func (c *compiler) closures() {
	done := make([]bool, len(c.p.roles))
	var of func(i int) []reached
	of = func(i int) []reached {
		r := &c.p.roles[i]
		if done[i] {
			return r.closure
		}
		done[i] = true
		ways := make([][]uint64, len(c.p.roles))
		for _, name := range r.Includes {
			for _, far := range of(c.p.roleIndex(name)) {
				if len(ways[far.role]) > maxWays {
					continue // reported below
				}
				ways[far.role] = addWay(ways[far.role], far.guard|r.guard)
			}
		}
		r.closure = []reached{{i, r.guard}}
		for far, guards := range ways {
			if len(guards) > maxWays {
				c.problems.Add(r.pos, "%s includes %s through more than %d paths with different requirements", r.Name, c.p.roles[far].Name, maxWays)
				guards = guards[:1]
			}
			for _, guard := range guards {
				r.closure = append(r.closure, reached{far, guard})
			}
		}
		return r.closure
	}
	c.holders = make([][]reached, len(c.p.roles))
	for i := range c.p.roles {
		for _, far := range of(i) {
			c.holders[far.role] = append(c.holders[far.role], reached{i, far.guard})
		}
	}
}

func addWay(guards []uint64, way uint64) []uint64 {
	for _, other := range guards {
		if other&^way == 0 {
			return guards // that path requires no more
		}
	}
	guards = slices.DeleteFunc(guards, func(other uint64) bool { return way&^other == 0 })
	return append(guards, way)
}
