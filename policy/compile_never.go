package policy

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

// never resolves the rules under never. The rules of a bundle forbid each of its permissions,
// beside the rules that a permission has itself or through another bundle.
func (c *compiler) never() {
	for _, d := range c.doc.Never {
		if _, err := permission.ParseBundle(d.Permission.Text); err != nil {
			c.addUnlessPartial(d.Permission.Pos, "%v", err)
			continue
		}
		var perms []int
		at, ok := c.permIndex.at[d.Permission.Text]
		bundle, isBundle := c.bundleIndex.at[d.Permission.Text]
		switch {
		case ok:
			perms = []int{at}
		case isBundle && bundle < len(c.p.bundles):
			perms = c.p.bundles[bundle].perms
		case isBundle: // one bundle too many, which is a problem already
			continue
		default:
			c.unknownUnderNever(d.Permission)
			continue
		}
		if len(d.Rules) == 0 {
			c.addUnlessPartial(d.Permission.Pos, "never %s has no rule, and would forbid nothing", d.Permission.Text)
		}
		for i, r := range d.Rules {
			if !c.limit(r.Pos, i+1, maxCellRules, "rules in one cell") {
				break
			}
			if len(r.Hiding) > 0 {
				c.addUnlessPartial(r.Pos, "a rule under never cannot hide fields; remove hiding")
			}
			c.neverRule(d.Permission.Text, perms, r, !ok)
		}
	}
}

// unknownUnderNever reports a name that is neither a permission nor a bundle.
func (c *compiler) unknownUnderNever(n syntax.Name) {
	names := func() []string { return slices.Concat(c.permIndex.names, c.bundleIndex.names) }
	if _, err := permission.Parse(n.Text); err != nil && !c.problems.Full() && suggest.DidYouMean(n.Text, names()) == "" {
		c.addUnlessPartial(n.Pos, "%v", err) // more helpful than an unknown name
		return
	}
	c.unknown(n, "permission or bundle", names)
}

// neverRule adds one rule under never to permissions. Its names are resolved once for each
// type of resource.
func (c *compiler) neverRule(about string, perms []int, r syntax.Rule, isBundle bool) {
	written := c.write(writtenRule{source: usher.SourceNever, about: about, text: r.String(), pos: r.Pos, rule: r})
	resolved := map[int]compiledRule{}
	for _, at := range perms {
		resource := c.p.perms[at].resource
		compiled, ok := resolved[resource]
		if !ok {
			if isBundle {
				c.member = c.p.perms[at].name.String()
			}
			c.cellOf = underNever
			compiled = c.rule(resource, about, r)
			c.member = ""
			resolved[resource] = compiled
		}
		if isBundle {
			c.fromBundle[written] = true
		}
		c.p.perms[at].never = append(c.p.perms[at].never, rule{
			extent: compiled.extent, written: written, perm: uint16(at), held: -1,
		})
	}
}
