package policytest

import (
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/suggest"
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
		r, ok := b.customRole(&list[i])
		switch most := b.Policy.MaxCustomRoles(); {
		case !ok:
		case len(b.seed.Roles) == most:
			b.Problems.Add(list[i].Name.Pos, "with %s, the account defines too many roles (at-most: %d)", list[i].Name.Text, most)
		default:
			b.seed.Roles = append(b.seed.Roles, r)
			continue
		}
		b.AddRole(r.Name, r.Like) // so that its holders are not reported, too
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
	like := b.Policy.CustomLike()
	if len(like) == 0 {
		b.Problems.Add(d.Name.Pos, "the policy has no custom-roles, so an account cannot define the role %s", d.Name.Text)
		return r, false
	}
	ok := true
	switch {
	case r.Like != "":
		ok = b.canBeLike(d.Like, like)
	case len(like) == 1:
		r.Like = like[0]
	default:
		b.Problems.Add(d.Name.Pos, "the role %s needs like, because the policy lists several roles under custom-roles (%s)", d.Name.Text, join(like))
		ok = false
	}
	for _, g := range d.Gives {
		name, err := permission.Parse(g.Permission.Text)
		if err != nil {
			b.Problems.Add(g.Permission.Pos, "%v", err)
			continue
		}
		if !b.Permission(g.Permission) {
			continue
		}
		for _, rule := range g.Rules {
			if b.offered(name, rule) {
				r.Gives = append(r.Gives, policy.Choice{Permission: name, Rule: rule.Text})
			}
		}
	}
	return r, ok
}

// canBeLike reports whether a role is one of those that a role of the account can be like. It adds
// a problem if not.
func (b *builder) canBeLike(n syntax.Name, like []role.Name) bool {
	if slices.Contains(like, role.Name(n.Text)) {
		return true
	}
	var names []string
	for _, name := range like {
		names = append(names, string(name))
	}
	b.Problems.Add(n.Pos, "under the policy, no role can be like %q%s (%s)", n.Text, suggest.DidYouMean(n.Text, names), join(like))
	return false
}

// offered reports whether the policy offers a rule to the roles of accounts. It adds a problem if
// not, with the rules that the policy offers.
func (b *builder) offered(name permission.Permission, rule syntax.Name) bool {
	if _, ok := b.Policy.Offered(policy.Choice{Permission: name, Rule: rule.Text}); ok {
		return true
	}
	var rules []string
	for _, o := range b.Policy.Offers() {
		if o.Permission == name {
			rules = append(rules, o.Rule)
		}
	}
	if len(rules) == 0 {
		b.Problems.Add(rule.Pos, "the policy offers no rule of %s to the roles of an account", name)
		return false
	}
	b.Problems.Add(rule.Pos, "the policy does not offer %q for %s%s; it offers %s", rule.Text, name, suggest.DidYouMean(rule.Text, rules), strings.Join(rules, ", "))
	return false
}

func join(names []role.Name) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
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
