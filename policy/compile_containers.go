package policy

import (
	"strings"

	"github.com/usher-go/usher/policy/syntax"
)

// containers resolves what contains each type of resource.
func (c *compiler) containers() {
	for _, d := range c.doc.Resources {
		at, ok := c.resourceIndex.at[d.Name.Text]
		if !ok || d.In.Text == "" {
			continue
		}
		if at < len(standardResources) {
			c.problems.Add(d.In.Pos, "%s is a standard resource, which commands check without a container; remove in", d.Name.Text)
			continue
		}
		if in := c.find(&c.resourceIndex, d.In, "resource"); in >= 0 {
			c.p.resources[at].in = &c.p.resources[in]
		}
	}
	for _, d := range c.doc.Resources {
		if at, ok := c.resourceIndex.at[d.Name.Text]; ok && d.In.Text != "" {
			c.checkChain(&c.p.resources[at], d.In.Pos)
		}
	}
}

// notIn reports a party or an attribute with the key under which test files write what contains
// a resource.
func (c *compiler) notIn(n syntax.Name, what string) {
	if n.Text == "in" {
		c.problems.Add(n.Pos, "a %s cannot be named in, because test files write the container of a resource under this key; choose another name", what)
	}
}

// checkChain reports types of resources that contain each other, and too many levels of types.
func (c *compiler) checkChain(r *resource, at syntax.Pos) {
	path := []string{r.name}
	for in := r.in; in != nil; in = in.in {
		path = append(path, in.name)
		switch {
		case in == in.in: // a tree of one type
			return
		case in == r:
			c.problems.Add(at, "resources contain each other in a cycle: %s; only a resource in its own type can contain others of it", strings.Join(path, " in "))
			r.in = nil
			return
		case len(path) > maxDepth+1:
			c.problems.Add(at, "more than %d types of containers above %s", maxDepth, r.name)
			return
		}
	}
}

// above returns the parties that a term considers on the containers of a resource: those with
// the names after as, or with the names of the resource's own parties.
func (c *compiler) above(r *resource, t syntax.Term) (up upward) {
	if !t.Above {
		return upward{}
	}
	if r.in == nil {
		c.addUnlessPartial(t.Pos, "nothing contains %s, so `or above` has no meaning; declare `in: …` in %[1]s, or remove `or above`", r.name)
	}
	level := 0
	for in := r.in; in != nil && level < maxDepth; in = in.in {
		mask := in.namedLike(r, t.As)
		up.parties[level] = mask
		level++
		if mask != 0 {
			up.levels = uint8(level)
		}
	}
	if r.in != nil && up.levels == 0 {
		c.warnings.Add(t.Pos, "no container of %s has a party of these names, so `or above` adds nothing", r.name)
	}
	return up
}

// namedLike returns the parties with given names, or if there are none with the names of the
// parties of another resource.
func (r *resource) namedLike(other *resource, names []syntax.Name) (mask uint16) {
	for _, n := range names {
		mask |= r.partyMask(n.Text)
	}
	if len(names) == 0 {
		for _, p := range other.parties {
			mask |= r.partyMask(p.name)
		}
	}
	return mask
}
