package policytest

import (
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// addRoles adds the roles that the account defines. From then on, names are looked up in the
// policy with these roles.
func (b *builder) addRoles(list []testfile.CustomRole) {
	for i := range list {
		if r, ok := b.customRole(&list[i]); ok {
			b.seed.Roles = append(b.seed.Roles, r)
		}
	}
	at := map[role.Name]*testfile.CustomRole{}
	for i := range list {
		at[role.Name(list[i].Name.Text)] = &list[i]
	}
	for _, fault := range b.Policy.CustomFaults(b.seed.Roles) {
		b.Problems.Add(placeOf(at[fault.Role], fault.Choice), "%s", fault.Text)
	}
	b.Policy = b.Policy.WithCustom(b.seed.Roles)
	for _, r := range b.seed.Roles {
		b.AddRole(r.Name, r.Like)
	}
}

func (b *builder) customRole(d *testfile.CustomRole) (policy.CustomRole, bool) {
	r := policy.CustomRole{Name: role.Name(d.Name.Text), Title: d.Title, Like: role.Name(d.Like.Text)}
	if like := b.Policy.CustomLike(); r.Like == "" && len(like) == 1 {
		r.Like = like[0]
	} else if r.Like == "" && len(like) > 1 {
		b.Problems.Add(d.Name.Pos, "the role %s needs like, because the policy lists several roles under custom-roles", d.Name.Text)
		return policy.CustomRole{}, false
	}
	for _, g := range d.Gives {
		name, err := permission.Parse(g.Permission.Text)
		if err != nil {
			b.Problems.Add(g.Permission.Pos, "%v", err)
			continue
		}
		for _, rule := range g.Rules {
			r.Gives = append(r.Gives, policy.Choice{Permission: name, Rule: rule.Text})
		}
	}
	return r, true
}

// placeOf returns the place of a choice, or that of the role.
func placeOf(d *testfile.CustomRole, c policy.Choice) syntax.Pos {
	for _, g := range d.Gives {
		for _, rule := range g.Rules {
			if g.Permission.Text == c.Permission.String() && rule.Text == c.Rule {
				return rule.Pos
			}
		}
	}
	return d.Name.Pos
}
