package policytest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

func (b *builder) addUser(u *testfile.User) {
	id := usher.UserID(u.ID.Text)
	user := &policy.User{Status: u.Status, Kind: usher.UserKind(u.Kind.Text)}
	if user.Status == 0 {
		user.Status = usher.Active
	}
	if u.Kind.Text != "" && user.Status != usher.Active && user.Status != usher.Inactive {
		b.Problems.Add(u.Kind.Pos, "%s is a service account, which is active or inactive, not %s", u.ID.Text, user.Status)
	}
	held, at, ok := b.Policy.DefaultRole(), u.ID.Pos, true
	if u.Role.Text != "" {
		at = u.Role.Pos
		held, ok = b.Role(u.Role)
	}
	if ok && u.Kind.Text != "" && held.Unique {
		b.Problems.Add(at, "%s is a service account, and only a person can have the role %s", u.ID.Text, held.Name)
		ok = false
	}
	if ok {
		user.Role = held.Name
		b.holders[held.Name] = append(b.holders[held.Name], syntax.Name{Text: u.ID.Text, Pos: at})
	} else {
		b.unknownRole = true
	}
	for _, n := range u.Beside {
		if b.RoleBeside(n) {
			user.Beside = append(user.Beside, role.Name(n.Text))
			b.holders[role.Name(n.Text)] = append(b.holders[role.Name(n.Text)], syntax.Name{Text: u.ID.Text, Pos: n.Pos})
		}
	}
	for _, m := range u.Teams {
		b.addMember(user, m, held)
	}
	for _, m := range u.Outside {
		b.addOutside(user, m, held)
	}
	if ok {
		b.addSeats(u, user)
	}
	for _, g := range u.Grants {
		switch {
		case !b.Find(g.Name, "grant", b.Grantable):
		case held.NoGrants:
			b.Problems.Add(g.Name.Pos, "the role %s cannot have grants", held.Name)
		default:
			user.Grants = append(user.Grants, policy.Grant{Name: g.Name.Text, Until: g.Until})
		}
	}
	b.addValues(u)
	b.seed.Users[id] = *user
	b.order = append(b.order, id)
}

// addValues checks and adds the values of custom fields. Archived fields have values, too.
func (b *builder) addValues(u *testfile.User) {
	for _, f := range u.Fields {
		if !b.Find(f.Field, "field", b.fields) {
			continue
		}
		if t := b.types[f.Field.Text]; !f.Value.Fits(t) {
			b.Problems.Add(f.Value.Pos, "field %s has type %s, and %q is not a value of that type", f.Field.Text, t, f.Value.Text)
			continue
		}
		id := usher.UserID(u.ID.Text)
		if b.seed.Values[id] == nil {
			b.seed.Values[id] = map[string]account.Value{}
		}
		b.seed.Values[id][f.Field.Text] = account.Value(f.Value.Text)
	}
}
