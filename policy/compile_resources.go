package policy

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

func (c *compiler) resources() {
	for _, s := range standardResources {
		c.resourceIndex.add(s.name)
		r := resource{name: s.name, groups: map[string]uint64{}}
		for _, p := range s.parties {
			r.addParty(p)
		}
		c.p.resources = append(c.p.resources, r)
	}
	seen := map[string]bool{}
	for i := range c.doc.Resources {
		d := &c.doc.Resources[i]
		if seen[d.Name.Text] {
			c.problems.Add(d.Name.Pos, "resource %s is declared twice", d.Name.Text)
			continue
		}
		seen[d.Name.Text] = true
		c.checkName(d.Name, "resource")
		at, ok := c.resourceIndex.at[d.Name.Text]
		if !ok {
			at = len(c.p.resources)
			c.resourceIndex.add(d.Name.Text)
			c.p.resources = append(c.p.resources, resource{name: d.Name.Text, groups: map[string]uint64{}})
		}
		c.parties(&c.p.resources[at], d)
		c.fields(&c.p.resources[at], d)
	}
	for i := range c.p.resources {
		c.p.resources[i].sortParties()
	}
	c.p.resourceTable = newNameTable(c.resourceIndex.names)
}

func (c *compiler) parties(r *resource, d *syntax.Resource) {
	for _, p := range d.Parties {
		c.checkName(p.Name, "party")
		c.notIn(p.Name, "party")
		i := slices.IndexFunc(r.parties, func(have party) bool { return have.name == p.Name.Text })
		if i >= 0 {
			if kind := r.parties[i].kind(); kind != p.Kind {
				c.problems.Add(p.Name.Pos, "party %s of the standard resource %s relates to %s", p.Name.Text, r.name, kind)
			}
			continue
		}
		more := 1
		if p.Kind == syntax.OfBoth {
			more = 2
		}
		switch {
		case p.Kind > syntax.OfBoth:
			c.addUnlessPartial(p.Name.Pos, "party %s has an unknown kind (want users, teams or both)", p.Name.Text)
		case len(r.parties) <= maxParties && len(r.parties)+more > maxParties:
			c.problems.Add(p.Name.Pos, "more than %d parties of one resource, where one of users and teams counts as two", maxParties)
			return
		default:
			r.addParty(p)
		}
	}
}

func (r *resource) addParty(p syntax.Party) {
	if p.Kind.Users() {
		r.parties = append(r.parties, party{name: p.Name.Text, both: p.Kind == syntax.OfBoth})
	}
	if p.Kind.Teams() {
		r.parties = append(r.parties, party{name: p.Name.Text, teams: true, both: p.Kind == syntax.OfBoth})
	}
}

// sortParties sorts the parties by name. Otherwise the order of the file would decide which party a check
// reads first, and so which fact that fails is its error.
func (r *resource) sortParties() {
	slices.SortStableFunc(r.parties, func(a, b party) int { return cmp.Compare(a.name, b.name) })
}

func (c *compiler) fields(r *resource, d *syntax.Resource) {
	for _, g := range d.Fields {
		c.checkName(g.Name, "group of fields")
		for _, f := range g.Fields {
			c.checkName(f, "field")
			if !slices.Contains(r.fields, f.Text) && c.limit(f.Pos, len(r.fields)+1, maxFields, "fields of one resource that rules can hide") {
				r.fields = append(r.fields, f.Text)
			}
		}
	}
	slices.Sort(r.fields)
	for _, g := range d.Fields {
		for _, f := range g.Fields {
			if i, ok := slices.BinarySearch(r.fields, f.Text); ok {
				r.groups[g.Name.Text] |= 1 << i
			}
		}
	}
}

func (c *compiler) permissions() {
	add := func(resource int, action string, at syntax.Pos) bool {
		name, err := permission.Parse(c.p.resources[resource].name + "." + action)
		if err != nil {
			c.addUnlessPartial(at, "%v", err)
			return false
		}
		if !c.limit(at, len(c.p.perms)+1, maxPermissions, "permissions") || !c.permIndex.add(name.String()) {
			return false
		}
		c.p.resources[resource].perms = append(c.p.resources[resource].perms, len(c.p.perms))
		protection := protections[name]
		if c.p.unique < 0 {
			protection = protection.withoutHolder()
		}
		c.p.perms = append(c.p.perms, perm{name: name, index: len(c.p.perms), pos: at, resource: resource, protection: protection})
		return true
	}
	for i, s := range standardResources {
		for _, action := range s.actions {
			add(i, action, syntax.Pos{})
		}
	}
	for _, d := range c.doc.Resources {
		for _, p := range d.Permissions {
			if p.Action.Text == syntax.Wildcard {
				continue
			}
			name := d.Name.Text + "." + p.Action.Text
			if at, ok := c.permIndex.at[name]; ok {
				c.p.perms[at].pos = p.Action.Pos
			} else if !add(c.resourceIndex.at[d.Name.Text], p.Action.Text, p.Action.Pos) && len(c.p.perms) >= maxPermissions {
				return
			}
			if at, ok := c.permIndex.at[name]; ok && p.Title != "" {
				c.p.permTitles[at] = p.Title
			}
		}
	}
}

func (c *compiler) bundles() {
	for i, d := range c.doc.Bundles {
		if !c.limit(d.Name.Pos, i+1, maxBundles, "bundles") {
			return
		}
		if !c.bundleIndex.add(d.Name.Text) {
			c.problems.Add(d.Name.Pos, "bundle %s is declared twice", d.Name.Text)
		}
		if _, ok := c.permIndex.at[d.Name.Text]; ok {
			c.problems.Add(d.Name.Pos, "bundle %s has the name of a permission; choose another", d.Name.Text)
		}
		if _, ok := c.featureIndex.at[d.Name.Text]; ok {
			c.problems.Add(d.Name.Pos, "bundle %s has the name of a feature, so a grant of it would be ambiguous; choose another", d.Name.Text)
		}
		if len(d.Members) == 0 {
			c.addUnlessPartial(d.Name.Pos, "bundle %s is empty; list permissions", d.Name.Text)
		}
		name, err := permission.ParseBundle(d.Name.Text)
		if err != nil {
			c.addUnlessPartial(d.Name.Pos, "%v", err)
		}
		c.p.bundles = append(c.p.bundles, bundle{name: name, pos: d.Name.Pos})
	}
	b := bundler{compiler: c, state: make([]int, len(c.doc.Bundles))}
	for i := range c.doc.Bundles {
		b.visit(i)
	}
}

// bundler expands nested bundles.
type bundler struct {
	*compiler
	state []int // 0: not visited, 1: being visited, 2: done
	path  []string
}

func (b *bundler) visit(i int) {
	d := &b.doc.Bundles[i]
	b.state[i] = 1
	b.path = append(b.path, d.Name.Text)
	in := map[int]bool{}
	take := func(perm int) {
		if !in[perm] {
			in[perm] = true
			b.p.bundles[i].perms = append(b.p.bundles[i].perms, perm)
		}
	}
	inside := map[int]bool{}
	for _, m := range d.Members {
		if perm, ok := b.permIndex.at[m.Text]; ok {
			take(perm)
			continue
		}
		j, ok := b.bundleIndex.at[m.Text]
		switch {
		case !ok:
			b.noMember(m)
			continue
		case b.state[j] == 1:
			b.circle(m)
			continue
		case inside[j]:
			continue
		case b.state[j] == 0:
			b.visit(j)
		}
		inside[j] = true
		for _, perm := range b.p.bundles[j].perms {
			take(perm)
		}
	}
	b.path = b.path[:len(b.path)-1]
	b.state[i] = 2
}

func (b *bundler) noMember(m syntax.Name) {
	if _, ok := b.featureIndex.at[m.Text]; ok {
		b.problems.Add(m.Pos, "a bundle contains permissions and bundles, but %s is a feature", m.Text)
		return
	}
	b.unknown(m, "permission or bundle", func() []string { return slices.Concat(b.permIndex.names, b.bundleIndex.names) })
}

func (b *bundler) circle(m syntax.Name) {
	circle := b.path[slices.Index(b.path, m.Text):]
	b.problems.Add(m.Pos, "bundles contain each other in a cycle: %s contains %s", joinCircle(circle, " contains "), m.Text)
}
