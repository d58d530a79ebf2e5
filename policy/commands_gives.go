package policy

import (
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

// giving states which roles the commands that check a permission can give. Other commands give
// none.
var giving = map[permission.Permission]struct {
	role func(*compiledRole) bool
	none func(*Policy) bool // whether there is a command that gives none
}{
	permission.MustParse("user.create"):   {toUser, always}, // revoke-invitation gives none
	userAdmit:                             {toUser, never},
	permission.MustParse("user.set-role"): {func(r *compiledRole) bool { return toUser(r) || r.Beside }, (*Policy).hasBeside},
	roleDefine:                            {func(r *compiledRole) bool { return !r.Unique }, always}, // delete-role with a replacement
	permission.MustParse("team.set-role"): {func(r *compiledRole) bool { return r.OnTeam }, always},
	userDelegate:                          {func(r *compiledRole) bool { return !r.Unique }, always}, // it is checked for any command
}

// toUser reports whether a role is an account role that a command can give.
func toUser(r *compiledRole) bool { return r.OfAccount() && !r.Unique }

func always(*Policy) bool { return true }

func never(*Policy) bool { return false }

// hasBeside reports whether a role is held beside the account role; a command takes it away.
func (p *Policy) hasBeside() bool {
	for i := range p.roles {
		if p.roles[i].Beside {
			return true
		}
	}
	return false
}

// canGive reports whether a command that checks a permission can give a role, and whether one can
// give another role or none.
func (p *Policy) canGive(name permission.Permission, role int) (this, other bool) {
	g, ok := giving[name]
	if !ok {
		return false, true
	}
	other = g.none(p)
	for i := range p.roles {
		switch can := g.role(&p.roles[i]); {
		case !can:
		case i == role:
			this = true
		default:
			other = true
		}
	}
	for _, like := range p.custom.like { // roles of accounts are given, too
		other = other || g.role(&p.roles[p.roleIndex(like)])
	}
	return this, other
}

// lintGives warns about a condition on the given role that a command can never meet, or always
// meets.
func (c *compiler) lintGives(perm int, rule extent, at syntax.Pos) {
	name := c.p.perms[perm].name
	if !forCommands(name) {
		return // the host application states which role it gives
	}
	for i, l := range c.p.resources[c.p.perms[perm].resource].literals {
		cond := &c.p.conditions[l.condition]
		if rule.need>>i&1 == 0 || cond.kind != syntax.OnGives {
			continue
		}
		if this, _ := c.p.canGive(name, cond.role); !this {
			c.warnings.Add(at, "%s never holds here: no command that checks %s gives the role %s", cond.name, name, cond.of)
		}
	}
}
