package syntax

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// Digest returns a hexadecimal fingerprint of everything that affects decisions: the SHA-256
// of the document without titles and comments, with all unordered lists sorted.
func (d *Document) Digest() string {
	sum := sha256.Sum256(d.canonical().Print())
	return hex.EncodeToString(sum[:])
}

// canonical returns a copy in a canonical order. The members of bundles keep their order,
// because it determines which denial is returned.
func (d *Document) canonical() *Document {
	c := *d
	c.Title = ""
	c.Seats = sorted(d.Seats, func(s *SeatPool) string { return s.Name.Text })
	for i := range c.Seats {
		if c.Seats[i].Holds == nil {
			c.Seats[i].Holds = []usher.Status{usher.Invited, usher.Active}
		}
		c.Seats[i].Holds = slices.Clone(c.Seats[i].Holds)
		slices.Sort(c.Seats[i].Holds)
	}
	c.Features = sortedNames(d.Features)
	c.Settings = sorted(d.Settings, func(s *Setting) string { return s.Name.Text })
	for i := range c.Settings {
		c.Settings[i].Title = ""
		if c.Settings[i].Asks.Text == DefaultAsks {
			c.Settings[i].Asks = Name{}
		}
	}
	c.Conditions = sorted(d.Conditions, func(s *Condition) string { return s.Name.Text })
	for i := range c.Conditions {
		c.Conditions[i].Title = ""
	}
	c.Roles = sorted(d.Roles, func(r *Role) string { return r.Name.Text })
	c.leadFirstRole(d.Roles)
	for i := range c.Roles {
		r := &c.Roles[i]
		r.Title, r.SeatPos = "", Pos{}
		r.Includes, r.Requires = sortedNames(r.Includes), sortedNames(r.Requires)
		r.shortenSeats(c.Seats)
	}
	if d.Custom != nil {
		c.Custom = &CustomRoles{Like: sortedNames(d.Custom.Like), AtMost: cmp.Or(d.Custom.AtMost, DefaultCustomRoles)}
	}
	c.Bundles = sorted(d.Bundles, func(b *Bundle) string { return b.Name.Text })
	c.Resources = sorted(d.Resources, func(r *Resource) string { return r.Name.Text })
	for i := range c.Resources {
		c.Resources[i].sort()
	}
	c.Never = sorted(d.Never, func(n *Never) string { return n.Permission.Text })
	for i := range c.Never {
		c.Never[i].Rules = sortedRules(c.Never[i].Rules)
	}
	return &c
}

// leadFirstRole moves the first role with at-least in the order of the file to the front, if
// the file has no unique role and several with at-least: that order then determines the role
// of an account's first user.
func (d *Document) leadFirstRole(inFile []Role) {
	first, bounded := "", 0
	for i := range inFile {
		switch r := &inFile[i]; {
		case !r.OfAccount():
		case r.Unique:
			return
		case r.AtLeast > 0:
			if bounded++; bounded == 1 {
				first = r.Name.Text
			}
		}
	}
	if bounded > 1 {
		at := slices.IndexFunc(d.Roles, func(r Role) bool { return r.Name.Text == first })
		lead := d.Roles[at]
		d.Roles = slices.Insert(slices.Delete(d.Roles, at, at+1), 0, lead)
	}
}

// shortenSeats writes the seats of a role in their shortest form: as seat if all pools have
// the same rule, and otherwise without the pools in which the role cannot hold a seat. A team
// role has only the long form, and without it needs no seat.
func (r *Role) shortenSeats(pools []SeatPool) {
	if r.Seats == nil {
		return
	}
	named := slices.DeleteFunc(slices.Clone(r.Seats), func(s RoleSeat) bool { return s.Seat == role.SeatNone })
	if r.OnTeam {
		if r.Seats = nil; len(named) > 0 {
			r.Seats = sorted(named, func(s *RoleSeat) string { return s.Pool.Text })
		}
		return
	}
	same := role.SeatNone
	if len(named) > 0 && len(named) == len(pools) {
		same = named[0].Seat
	}
	if !slices.ContainsFunc(named, func(s RoleSeat) bool { return s.Seat != same }) {
		r.Seat, r.Seats = same, nil
		return
	}
	r.Seats = sorted(named, func(s *RoleSeat) string { return s.Pool.Text })
}

func (r *Resource) sort() {
	r.Parties = sorted(r.Parties, func(p *Party) string { return p.Name.Text })
	r.Fields = sorted(r.Fields, func(g *FieldGroup) string { return g.Name.Text })
	for i := range r.Fields {
		r.Fields[i].Fields = sortedNames(r.Fields[i].Fields)
	}
	r.Permissions = sorted(r.Permissions, func(p *Permission) string { return p.Action.Text })
	for i := range r.Permissions {
		p := &r.Permissions[i]
		p.Title = ""
		p.Cells = sorted(p.Cells, func(c *Cell) string { return c.Who.Text })
		for k := range p.Cells {
			p.Cells[k].Rules = sortedRules(p.Cells[k].Rules)
		}
	}
}

func sortedRules(rules []Rule) []Rule {
	rules = slices.Clone(rules)
	for i := range rules {
		rules[i].sort()
	}
	return sorted(rules, func(r *Rule) string { return r.String() })
}

func (r *Rule) sort() {
	r.sortTerms()
	r.Hiding = sortedNames(r.Hiding)
	r.If = sorted(r.If, func(t *Test) string { return t.String() })
}

// Canonical returns the text that is the same for all rules that differ only in the order of
// their parties, scopes, conditions and groups. It can have another order than the rule, but is
// a rule with the same effect.
func (r Rule) Canonical() string {
	r.sort()
	return r.String()
}

// sortTerms sorts the terms of a rule, and the parties of each. A rule begins with a term that
// is not negated.
func (r *Rule) sortTerms() {
	terms := r.Terms()
	for i := range terms {
		terms[i].As = sortedNames(terms[i].As)
	}
	if len(terms) > 1 {
		terms = sorted(terms, func(t *Term) string { return t.String() })
		slices.SortStableFunc(terms, func(a, b Term) int { return cmp.Compare(rank(a), rank(b)) })
	}
	r.Scope, r.Above, r.As, r.And = terms[0].Scope, terms[0].Above, terms[0].As, terms[1:]
}

// rank orders terms that are not negated before the others.
func rank(t Term) int {
	if t.Not {
		return 1
	}
	return 0
}

func sortedNames(names []Name) []Name {
	return sorted(names, func(n *Name) string { return n.Text })
}

// sorted returns a copy sorted by key. It computes each key once.
func sorted[E any](list []E, key func(*E) string) []E {
	if len(list) < 2 {
		return slices.Clone(list)
	}
	type keyed struct {
		key     string
		element E
	}
	pairs := make([]keyed, len(list))
	for i := range list {
		pairs[i] = keyed{key(&list[i]), list[i]}
	}
	slices.SortStableFunc(pairs, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	list = make([]E, len(pairs))
	for i := range pairs {
		list[i] = pairs[i].element
	}
	return list
}
