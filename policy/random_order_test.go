package policy_test

import (
	"slices"

	"github.com/usher-go/usher/policy/syntax"
)

// reordered returns a copy of a document with all unordered parts in another order: everything but
// the members of bundles, the words of a rule, and the first role with at-least of a policy without
// a unique role.
func reordered(d dice, doc *syntax.Document) *syntax.Document {
	c := *doc
	c.Seats = shuffled(d, doc.Seats)
	for i := range c.Seats {
		c.Seats[i].Holds = shuffled(d, c.Seats[i].Holds)
	}
	c.Features = shuffled(d, doc.Features)
	c.Settings = shuffled(d, doc.Settings)
	c.Conditions = shuffled(d, doc.Conditions)
	c.Roles = shuffled(d, doc.Roles)
	for i := range c.Roles {
		r := &c.Roles[i]
		r.Includes, r.Requires = shuffled(d, r.Includes), shuffled(d, r.Requires)
		r.Seats = shuffled(d, r.Seats)
	}
	if !slices.ContainsFunc(doc.Roles, func(r syntax.Role) bool { return r.Unique }) {
		keepFirst(c.Roles, doc.Roles)
	}
	c.Bundles = shuffled(d, doc.Bundles)
	c.Resources = shuffled(d, doc.Resources)
	for i := range c.Resources {
		r := &c.Resources[i]
		r.Parties = shuffled(d, r.Parties)
		r.Fields = shuffled(d, r.Fields)
		for j := range r.Fields {
			r.Fields[j].Fields = shuffled(d, r.Fields[j].Fields)
		}
		r.Permissions = shuffled(d, r.Permissions)
		for j := range r.Permissions {
			cells := shuffled(d, r.Permissions[j].Cells)
			for k := range cells {
				cells[k].Rules = shuffled(d, cells[k].Rules)
			}
			r.Permissions[j].Cells = cells
		}
	}
	c.Never = shuffled(d, doc.Never)
	for i := range c.Never {
		c.Never[i].Rules = shuffled(d, c.Never[i].Rules)
	}
	return &c
}

// keepFirst exchanges two roles, so that the same role with at-least comes first as in another order.
func keepFirst(roles, as []syntax.Role) {
	bounded := func(r syntax.Role) bool { return r.AtLeast > 0 && r.OfAccount() }
	from := slices.IndexFunc(as, bounded)
	if from < 0 {
		return
	}
	is := slices.IndexFunc(roles, bounded)
	want := slices.IndexFunc(roles, func(r syntax.Role) bool { return r.Name.Text == as[from].Name.Text })
	roles[is], roles[want] = roles[want], roles[is]
}
